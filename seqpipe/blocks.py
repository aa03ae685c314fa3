"""Chains over a record too long for memory: emissions come from disk, block by block, and labels go there.

Blocks share a step: with what one ends, the next begins. What a block needs of those behind it comes of a first pass,
from the last to the first; the second, from the first to the last, has all that there is to know.
"""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from . import lanes
from .crf import Chain, run_sums
from .lanes import Lanes
from .ondisk import OnDisk
from .sums import Sums
from .viterbi import Routes, arrows

STEPS = 32_768
"""Steps of a block."""

Rows = Callable[[int, int], Tensor]
"""`[1, steps, K]` emissions of the steps from one up to but without another."""


def log_partition(rows: Rows, steps: int, chain: Chain) -> float:
    """As that of `crf`, of one record."""
    weights = Chain(*(part.exp() for part in chain))
    begin, total = None, 0.0
    for start, stop in _blocks(steps):
        emit, peak = _weights(rows(start, stop))
        end = weights.end if stop == steps else torch.ones_like(weights.end)
        sums = _forward(emit, weights, begin, end[:, None])
        total += float(sums.total) + float(peak[:, int(start > 0) :].sum())
        begin = sums.alpha[-1, :, -1]
    return total


def best_path(rows: Rows, steps: int, chain: Chain) -> OnDisk:
    """`[T]` the best tags of one record, as `viterbi` finds them; where none are possible, the best of each step."""
    tags = len(chain.end)
    found = OnDisk((steps, tags), np.uint8 if tags <= 256 else np.int16)
    after = chain.end[:, None]
    for start, stop in reversed(_blocks(steps)):
        laid, first, rest = _laid(rows(start, stop), tags**3)
        best, onward = arrows(laid, rest, chain.pairs, after)
        found[start:stop] = laid.join(onward[0, :, 0], onward)[0].numpy()
        after = best[0, :, 0]
    path = OnDisk((steps,), np.int16)
    score, tag = (chain.start[:, None] + first + after).max(0)
    for start, stop in _blocks(steps):
        if bool(score == -torch.inf):
            path[start:stop] = rows(start, stop)[0].argmax(1).numpy()
            continue
        laid, _, rest = _laid(torch.from_numpy(np.array(found[start:stop], np.int64))[None], tags**2)
        part = Routes(laid, rest).follow(tag)[0]
        path[start:stop] = part.numpy()
        tag = part[-1:]
    return path


def path_confidence(rows: Rows, steps: int, chain: Chain, path: OnDisk, begins: Tensor) -> OnDisk:
    """`[T]` as that of `crf`; a run begins at each step whose tag is true in `begins [K]`."""
    weights = Chain(*(part.exp() for part in chain))
    runs = _Runs(steps)
    begin = None
    for (start, stop), end in zip(_blocks(steps), _ends(rows, steps, weights), strict=True):
        sums = _forward(_weights(rows(start, stop))[0], weights, begin, end)
        tags = torch.from_numpy(np.array(path[start:stop], np.int64))
        alpha, inner, beta = (part[0] for part in sums.along(tags[None]))
        runs.add(start, alpha, inner, beta, begins[tags])
        begin = sums.alpha[-1, :, -1]
    return runs.sure


def _ends(rows: Rows, steps: int, weights: Chain) -> Tensor:
    """`[N, K, 1]` for each block, weights of all that follows its last step."""
    blocks = _blocks(steps)
    # One piece of memory: many small ones between those of the blocks would keep them from being used again.
    ends = weights.end.new_empty(len(blocks), len(weights.end), 1)
    ends[-1, :, 0] = weights.end
    for number in range(len(blocks) - 1, 0, -1):
        emit, _ = _weights(rows(*blocks[number]).flip(1))
        # That of a block's first step counts for the block before.
        emit[:, -1] = 1
        back = Chain(ends[number, :, 0], torch.ones_like(weights.end), weights.pairs.T.contiguous())
        ends[number - 1] = _forward(emit, back, None, back.end[:, None]).alpha[-1, :, -1]
    return ends


def _forward(emit: Tensor, weights: Chain, begin: Tensor | None, end: Tensor) -> Sums:
    """Sums of a block; `begin [K, 1]` are those at its first step, where it is not the first of the record."""
    laid, first, rest = _laid(emit, 2 * len(end) ** 2)
    begin = weights.start[:, None] * first if begin is None else begin
    return Sums(laid, begin, rest, weights.pairs, end)


class _Runs:
    """Confidences of runs, block by block; what is known of the run that is open at a block's end is kept."""

    def __init__(self, steps: int) -> None:
        self.sure = OnDisk((steps,), np.float32)
        self.opened = 0
        """Where the open run begins."""
        self.so_far = torch.zeros((), dtype=torch.double)
        """Logarithm of its probability, up to the last step that was added."""

    def add(self, start: int, alpha: Tensor, inner: Tensor, beta: Tensor, begins: Tensor) -> None:
        """Steps of a block, the first of which is the last of the block before."""
        heads = begins.clone()
        heads[0] = True
        terms = torch.where(heads, alpha, inner)
        if start:
            terms[0] = self.so_far
        closes = torch.cat([heads[1:], torch.tensor([start + len(heads) == len(self.sure)])])
        sums = run_sums((terms + torch.where(closes, beta, 0))[None], heads[None])[0]
        self.so_far = sums[-1]
        sure = sums.exp().clamp(max=1).numpy()
        self.sure[start : start + len(sure)] = sure
        if bool(closes.any()):
            for place in range(self.opened, start, STEPS):
                self.sure[place : min(place + STEPS, start)] = sure[0]
            self.opened = start + int(heads.nonzero()[-1])


def _blocks(steps: int) -> list[tuple[int, int]]:
    return [(start, min(start + STEPS + 1, steps)) for start in range(0, max(steps - 1, 1), STEPS)]


def _weights(scores: Tensor) -> tuple[Tensor, Tensor]:
    """Weights of each step against the highest, and the score of that."""
    peak = scores.amax(2, keepdim=True)
    return (scores - peak).exp_(), peak


def _laid(values: Tensor, numbers: int) -> tuple[Lanes, Tensor, Tensor]:
    laid = Lanes(torch.ones(values.shape[:2], dtype=torch.bool), lanes.count(values.shape[1], 1, numbers))
    return laid, *laid.split(values)
