"""Linear-chain conditional random fields (Lafferty et al. 2001) over batches of ragged sequences.

Throughout, `emissions [B, T, K]` score tag k at step t, `lengths [B]` say which steps are real, and `Chain` holds the
scores of transitions. A forbidden transition scores minus infinity.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from . import lanes
from .lanes import Lanes
from .sums import Sums


class Chain(NamedTuple):
    """Scores of a first tag, of a last tag (`[K]`, or `[B, K]` of each record) and of tag j after tag i `[K, K]`."""

    start: Tensor
    end: Tensor
    pairs: Tensor


def both_ways(chain: Chain, mirrored: Sequence[int]) -> Chain:
    """The mean of a chain and of the one that reads from the end to the beginning, tag k as `mirrored[k]`."""
    start, end, pairs = (part[list(mirrored)] for part in chain)
    return Chain((chain.start + end) / 2, (chain.end + start) / 2, (chain.pairs + pairs[:, list(mirrored)].T) / 2)


def exact(scores: Tensor) -> Tensor:
    """Scores in double precision, where the device has it."""
    return scores.float() if scores.device.type == "mps" else scores.double()


def log_partition(emissions: Tensor, lengths: Tensor, chain: Chain) -> Tensor:
    """`[B]` logarithm of the summed exponentiated scores of all tag sequences; differentiable in all scores.

    The gradient is written out (it is the marginals) and not traced, which needs neither a graph nor its memory.
    """
    return _LogPartition.apply(emissions, lengths, *chain)  # type: ignore[no-any-return, no-untyped-call]


def path_score(emissions: Tensor, lengths: Tensor, chain: Chain, tags: Tensor) -> Tensor:
    """`[B]` score of one tag sequence `[B, T]` for each record; differentiable."""
    batch, steps, count = emissions.shape
    real = torch.arange(steps, device=tags.device) < lengths[:, None]
    scores = emissions.gather(2, tags[..., None]).squeeze(2)
    pairs = chain.pairs[tags[:, :-1], tags[:, 1:]]
    inner = torch.where(real, scores, 0).sum(1) + torch.where(real[:, 1:], pairs, 0).sum(1)
    last = tags.gather(1, lengths[:, None] - 1)
    edges = chain.start.expand(batch, count).gather(1, tags[:, :1]) + chain.end.expand(batch, count).gather(1, last)
    return inner + edges.squeeze(1)


class _Sums:
    """Sums of a batch: the scores of each step are weighed against the highest of them."""

    def __init__(self, emissions: Tensor, lengths: Tensor, chain: Chain) -> None:
        batch, steps, count = emissions.shape
        scores = exact(emissions)
        real = torch.arange(steps, device=lengths.device) < lengths[:, None]
        peak = scores.amax(2, keepdim=True)
        emit = (scores - peak).exp_().masked_fill_(~real[..., None], 0)
        self.lanes = Lanes(real, lanes.count(steps, batch, 2 * count**2))
        first, rest = self.lanes.split(emit)
        start, end, pairs = (exact(part).exp() for part in chain)
        self.within = Sums(self.lanes, start.expand(batch, -1).T * first, rest, pairs, end.expand(batch, -1).T)
        self.total = self.within.total + torch.where(real, peak.squeeze(2), 0).sum(1)


class _LogPartition(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, emissions: Tensor, lengths: Tensor, start: Tensor, end: Tensor, pairs: Tensor) -> Tensor:
        ctx.sums = _Sums(emissions, lengths, Chain(start, end, pairs))
        ctx.shapes = start.shape, end.shape
        ctx.dtype = emissions.dtype
        return ctx.sums.total.to(emissions.dtype)  # type: ignore[no-any-return]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        sums: Sums = ctx.sums.within
        beta = sums.backward().mul_(grads[0].to(sums.alpha.dtype))
        unary = sums.alpha * beta
        first, last = unary[0, :, 0].T, unary[-1, :, -1].T
        steps = sums.lanes.join(unary[0, :, 0], unary[1:] * sums.lanes.real)
        after = beta[1:].mul_(sums.weight).flatten(2)
        pairs = sums.pairs * (sums.alpha[:-1].flatten(2) @ after.transpose(1, 2)).sum(0)
        edges = first.sum_to_size(ctx.shapes[0]), last.sum_to_size(ctx.shapes[1])
        steps, start, end, pairs = (part.to(ctx.dtype) for part in (steps, *edges, pairs))
        return steps, None, start, end, pairs


@torch.no_grad()
def path_confidence(emissions: Tensor, lengths: Tensor, chain: Chain, tags: Tensor, begins: Tensor) -> Tensor:
    """`[B, T]` probability that the whole run of steps which a step belongs to is tagged as `tags [B, T]` says.

    Runs begin where `begins [B, T]` is true. Where every step begins a run these are the marginals of its tag.
    Arbitrary behind a record's end.
    """
    alpha, inner, beta = _Sums(emissions, lengths, chain).within.along(tags)
    real = torch.arange(tags.shape[1], device=tags.device) < lengths[:, None]
    heads = torch.cat([torch.ones_like(begins[:, :1]), begins[:, 1:]], 1)
    closes = torch.cat([heads[:, 1:] | ~real[:, 1:], heads[:, :1]], 1)
    terms = torch.where(heads, alpha, inner) + torch.where(closes, beta, 0)
    return run_sums(torch.where(real, terms, 0), heads).exp_().clamp_(max=1)


def run_sums(terms: Tensor, heads: Tensor) -> Tensor:
    """At each step `[B, T]` the sum of the terms of its run; runs begin where `heads` is true, as it is at step 0."""
    run = heads.flatten().cumsum(0) - 1
    sums = torch.zeros_like(terms).flatten().index_add_(0, run, terms.flatten())
    return sums[run].view(terms.shape)
