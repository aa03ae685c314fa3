"""Linear-chain conditional random fields (Lafferty et al. 2001) over batches of ragged sequences.

Throughout, `emissions [B, T, K]` score tag k at step t, `lengths [B]` say which steps are real, and `Chain` holds the
scores of transitions. A forbidden transition scores minus infinity. Loops run over time only.

Sums over tag sequences run forward and backward in probabilities that are scaled at each step (Rabiner 1989, section
V.A), a matrix product a step, in double precision where the device has it: scores may lie 700 nats apart.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


class Chain(NamedTuple):
    """Scores of a first tag `[K]`, of a last tag `[K]` and of tag j after tag i `[K, K]`."""

    start: Tensor
    end: Tensor
    pairs: Tensor


def both_ways(chain: Chain, mirrored: Sequence[int]) -> Chain:
    """The mean of a chain and of the one that reads from the end to the beginning, tag k as `mirrored[k]`."""
    start, end, pairs = (part[list(mirrored)] for part in chain)
    return Chain((chain.start + end) / 2, (chain.end + start) / 2, (chain.pairs + pairs[:, list(mirrored)].T) / 2)


def log_partition(emissions: Tensor, lengths: Tensor, chain: Chain) -> Tensor:
    """`[B]` logarithm of the summed exponentiated scores of all tag sequences; differentiable in all scores.

    The gradient is written out (it is the marginals) and not traced, which needs neither a graph nor its memory.
    """
    return _LogPartition.apply(emissions, lengths, *chain)  # type: ignore[no-any-return, no-untyped-call]


def path_score(emissions: Tensor, lengths: Tensor, chain: Chain, tags: Tensor) -> Tensor:
    """`[B]` score of one tag sequence `[B, T]` for each record; differentiable."""
    real = torch.arange(tags.shape[1], device=tags.device) < lengths[:, None]
    steps = emissions.gather(2, tags[..., None]).squeeze(2)
    pairs = chain.pairs[tags[:, :-1], tags[:, 1:]]
    inner = torch.where(real, steps, 0).sum(1) + torch.where(real[:, 1:], pairs, 0).sum(1)
    last = tags.gather(1, lengths[:, None] - 1).squeeze(1)
    return inner + chain.start[tags[:, 0]] + chain.end[last]


def exact(scores: Tensor) -> Tensor:
    """Scores in double precision, where the device has it."""
    return scores.float() if scores.device.type == "mps" else scores.double()


class _Sums:
    """Forward and backward sums of a batch.

    `alpha [T, B, K]` and `beta [T, B, K]` are scaled so that their product is the marginals; `scale [T, B]` is what the
    forward sums were divided by. Behind a record's end alpha stays, beta is that of ending and scale is 1.
    """

    def __init__(self, emissions: Tensor, lengths: Tensor, chain: Chain) -> None:
        steps = exact(emissions.transpose(0, 1))
        self.lengths = lengths
        self.shortest = int(lengths.min())
        self.real = torch.arange(len(steps), device=lengths.device)[:, None] < lengths
        steps = torch.where(self.real[..., None], steps, 0)
        self.peak = steps.amax(2)
        self.emit = (steps - self.peak[..., None]).exp()
        self.start, self.end, self.pairs = (exact(part).exp() for part in chain)
        self.alpha, self.scale = self._forward()
        ending = self.alpha[-1] @ self.end
        self.finish = self.end / ending.clamp(min=torch.finfo(ending.dtype).tiny)[:, None]
        self.total = ((self.scale.log() + self.peak) * self.real).sum(0) + ending.log()

    def _forward(self) -> tuple[Tensor, Tensor]:
        tiny = torch.finfo(self.emit.dtype).tiny
        now = self.start * self.emit[0]
        scale = now.sum(1, keepdim=True).clamp(min=tiny)
        now = now / scale
        alphas, scales = [now], [scale]
        for t in range(1, len(self.emit)):
            onward = (now @ self.pairs) * self.emit[t]
            scale = onward.sum(1, keepdim=True).clamp(min=tiny)
            onward = onward / scale
            if t >= self.shortest:
                onward = torch.where(self.real[t, :, None], onward, now)
                scale = torch.where(self.real[t, :, None], scale, 1)
            now = onward
            alphas.append(now)
            scales.append(scale)
        return torch.stack(alphas), torch.stack(scales).squeeze(2)

    def backward(self) -> Tensor:
        """`beta [T, B, K]`"""
        back = self.pairs.T.contiguous()
        weight = self.emit / self.scale[..., None]
        now = self.finish
        betas = [now]
        for t in range(len(self.emit) - 1, 0, -1):
            onward = (now * weight[t]) @ back
            now = onward if t < self.shortest else torch.where(self.real[t, :, None], onward, self.finish)
            betas.append(now)
        return torch.stack(betas[::-1])


class _LogPartition(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, emissions: Tensor, lengths: Tensor, start: Tensor, end: Tensor, pairs: Tensor) -> Tensor:
        sums = ctx.sums = _Sums(emissions, lengths, Chain(start, end, pairs))
        ctx.dtype = emissions.dtype
        return sums.total.to(emissions.dtype)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        sums: _Sums = ctx.sums
        beta = sums.backward()
        weight = (sums.real * grads[0])[..., None].to(beta.dtype)
        unary = sums.alpha * beta * weight
        after = (beta * sums.emit / sums.scale[..., None] * weight)[1:]
        pairs = sums.pairs * (sums.alpha[:-1].flatten(0, 1).T @ after.flatten(0, 1))
        last = unary.gather(0, (sums.lengths - 1)[None, :, None].expand(1, -1, unary.shape[2])).sum((0, 1))
        found = unary.transpose(0, 1), unary[0].sum(0), last, pairs
        steps, start, end, pairs = (part.to(ctx.dtype) for part in found)
        return steps, None, start, end, pairs


def path_confidence(emissions: Tensor, lengths: Tensor, chain: Chain, tags: Tensor, begins: Tensor) -> Tensor:
    """`[B, T]` probability that the whole run of steps which a step belongs to is tagged as `tags [B, T]` says.

    Runs begin where `begins [B, T]` is true. Where every step begins a run these are the marginals of its tag.
    Arbitrary behind a record's end.
    """
    sums = _Sums(emissions, lengths, chain)
    at = tags.T[..., None]
    alpha, beta, emit = (part.gather(2, at).squeeze(2).log() for part in (sums.alpha, sums.backward(), sums.emit))
    inner = emit - sums.scale.log()
    inner[1:] += chain.pairs[tags[:, :-1], tags[:, 1:]].T
    # Only what lies inside runs is summed up, so that a long record loses nothing to cancellation.
    heads = begins.T
    heads = torch.cat([torch.ones_like(heads[:1]), heads[1:]])
    inside = inner.masked_fill(heads | ~sums.real, 0).cumsum(0)
    place = torch.arange(len(heads), device=tags.device)[:, None].expand_as(heads)
    first = torch.where(heads, place, 0).cummax(0).values
    closes = torch.cat([heads[1:], torch.ones_like(heads[:1])]) | (place == lengths - 1)
    last = torch.where(closes, place, len(heads) - 1).flip(0).cummin(0).values.flip(0)
    sure = alpha.gather(0, first) + inside.gather(0, last) - inside.gather(0, first) + beta.gather(0, last)
    return sure.exp().clamp(max=1).T


def best_paths(emissions: Tensor, lengths: Tensor, chain: Chain, n: int = 1) -> tuple[Tensor, Tensor]:
    """The n best tag sequences `[B, n, T]`, best first, and their scores `[B, n]` (Viterbi 1967).

    Where a record has fewer than n possible sequences, the scores of the rest are minus infinity. Behind a record's
    end the tags are 0.
    """
    batch, length, tags = emissions.shape
    steps = emissions.transpose(0, 1)
    score = emissions.new_full((batch, n, tags), -torch.inf)
    score[:, 0] = chain.start + steps[0]
    arrows = []
    stay = torch.arange(n * tags, device=emissions.device).view(1, n, tags)
    for t in range(1, length):
        ways = (score[..., None] + chain.pairs).view(batch, n * tags, tags)
        best, arrow = ways.max(1, keepdim=True) if n == 1 else ways.topk(n, dim=1)
        alive = (t < lengths)[:, None, None]
        score = torch.where(alive, best + steps[t][:, None], score)
        arrows.append(torch.where(alive, arrow, stay))
    final, place = (score + chain.end).view(batch, n * tags).topk(n, dim=1)
    path = [place % tags]
    for arrow in reversed(arrows):
        place = arrow.reshape(batch, n * tags).gather(1, place)
        path.append(place % tags)
    paths = torch.stack(path[::-1], 2)
    real = torch.arange(length, device=lengths.device) < lengths[:, None]
    return torch.where(real[:, None], paths, 0), final
