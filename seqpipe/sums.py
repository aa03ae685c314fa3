"""Sums over all tag sequences of a linear chain, forward and backward, all chunks side by side.

They run in probabilities that are scaled at each step (Rabiner 1989, section V.A), a matrix product a step. From chunk
to chunk they run in logarithms, for of two tags before a chunk one may be all but impossible at its end.
"""

import torch
from torch import Tensor

from .lanes import Lanes


class Sums:
    """Forward sums of a batch, and backward ones on demand.

    All that is given are weights, exponentiated scores: `begin [K, B]` of tags at the first step, `emit [C, K, N, B]`
    at the others, 0 behind a record's end, `pairs [K, K]` of tag j after tag i, and `end [K, B]` of what follows the
    last step. Sums are `[C + 1, K, N, B]`: at the step before each chunk, then at its own; behind a record's end they
    stay.
    """

    def __init__(self, lanes: Lanes, begin: Tensor, emit: Tensor, pairs: Tensor, end: Tensor) -> None:
        self.lanes = lanes
        self.tiny = torch.finfo(emit.dtype).tiny
        self.dead = (~lanes.real).to(emit.dtype)
        self.emit = emit
        self.pairs = pairs
        first = begin.sum(0).clamp_(min=self.tiny)
        begins = (begin / first)[:, None]
        if lanes.chunks > 1:
            self.operators, self.gains = self._operators()
            begins = self._begins(begins)
        self.alpha, scale = self._forward(begins)
        """alpha sums to 1 over the tags."""
        ending = (self.alpha[-1, :, -1] * end).sum(0)
        self.finish = torch.where(ending > 0, end / ending.clamp(min=self.tiny), 0)
        self.total = first.log() + scale.log().sum((0, 1, 2)) + ending.log()
        """`[B]` logarithm of the sum over all tag sequences."""
        self.weight = emit / scale
        """`[C, K, N, B]` what alpha is multiplied by at a step, beside `pairs`."""

    def _operators(self) -> tuple[Tensor, Tensor]:
        """From each tag before a chunk to each at its end: shares `[K to, K from, N, B]`, logarithm of their sum."""
        onto = self.pairs.T.contiguous()
        tags = len(onto)
        now = torch.eye(tags, dtype=onto.dtype, device=onto.device)[..., None, None]
        now = now.expand(-1, -1, *self.emit.shape[2:]).contiguous()
        gains = []
        for c, emit in enumerate(self.emit):
            onward = (onto @ now.view(tags, -1)).view(now.shape).mul_(emit[:, None])
            if not self.lanes.whole[c]:
                onward.addcmul_(now, self.dead[c])
            gains.append(onward.sum(0).clamp_(min=self.tiny))
            now = onward.div_(gains[-1])
        return now, torch.stack(gains).log_().sum(0).masked_fill_(now.sum(0) == 0, -torch.inf)

    def _begins(self, begin: Tensor) -> Tensor:
        """`[K, N, B]` alpha at the step before each chunk."""
        begins = [begin[:, 0]]
        for n in range(self.lanes.chunks - 1):
            share = (begins[-1].log() + self.gains[:, n]).softmax(0).nan_to_num_(nan=0)
            begins.append((self.operators[:, :, n] * share).sum(1))
        return torch.stack(begins, 1)

    def _forward(self, begins: Tensor) -> tuple[Tensor, Tensor]:
        onto = self.pairs.T.contiguous()
        now = begins.flatten(1)
        dead = self.dead.flatten(1)
        alphas, scales = [now], []
        for c, emit in enumerate(self.emit.flatten(2)):
            onward = torch.mm(onto, now).mul_(emit)
            if not self.lanes.whole[c]:
                onward.addcmul_(now, dead[c])
            scale = onward.sum(0, keepdim=True).clamp_(min=self.tiny)
            now = onward.div_(scale)
            alphas.append(now)
            scales.append(scale)
        return self.lanes.stack(alphas), self.lanes.stack(scales)

    def backward(self) -> Tensor:
        """beta, scaled so that its product with alpha is the marginals."""
        # What is all but out of reach may be likelier to go on than a number can say; infinite, it would spoil others.
        most = torch.finfo(self.finish.dtype).max / (len(self.pairs) * max(float(self.pairs.max()), 1.0))
        ends = self.finish[:, None] if self.lanes.chunks == 1 else self._ends(most)
        now = ends.flatten(1)
        betas = [now]
        dead = self.dead.flatten(1)
        weights = self.weight.flatten(2).unbind()
        for c in range(self.lanes.size - 1, -1, -1):
            onward = torch.mm(self.pairs, (now * weights[c]).clamp_(max=most))
            if not self.lanes.whole[c]:
                onward.addcmul_(now, dead[c])
            now = onward
            betas.append(now)
        return self.lanes.stack(betas[::-1])

    def _ends(self, most: float) -> Tensor:
        """`[K, N, B]` beta at the last step of each chunk."""
        begins = self.alpha[0].log()
        lowest = torch.finfo(begins.dtype).min
        ends = [self.finish]
        for n in range(self.lanes.chunks - 1, 0, -1):
            before = (self.operators[:, :, n] * ends[-1][:, None]).sum(0).log_() + self.gains[:, n]
            total = (before + begins[:, n]).logsumexp(0).clamp_(min=lowest)
            ends.append((before - total).exp_().clamp_(max=most))
        return torch.stack(ends[::-1], 1)

    def along(self, tags: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Logarithms `[B, T]` on the way of tags `[B, T]`: alpha, what a step multiplies it by, and beta."""
        first, rest = self.lanes.split(tags[..., None])

        def at(begin: Tensor, steps: Tensor) -> Tensor:
            return self.lanes.join(begin.gather(0, first), steps.gather(1, rest)).squeeze(2).log_()

        beta = self.backward()
        inner = at(self.alpha[0, :, 0], self.weight)
        inner[:, 1:] += self.pairs.log()[tags[:, :-1], tags[:, 1:]]
        return at(self.alpha[0, :, 0], self.alpha[1:]), inner, at(beta[0, :, 0], beta[1:])
