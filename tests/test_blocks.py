"""Chains over records on disk, block by block, are those over the whole record in memory."""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from seqpipe import blocks, crf, lanes, viterbi


@contextmanager
def small(steps: int, chunks: int) -> Iterator[None]:
    """Blocks of so many steps, in so many chunks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "STEPS", steps)
        patch.setattr(lanes, "count", lambda *_: chunks)
        yield


@st.composite
def problems(draw: st.DrawFn) -> tuple[int, Tensor, crf.Chain]:
    """Steps of a block, emissions of one record that ends about the end of a block, and a chain."""
    block, tags = draw(st.integers(1, 9)), draw(st.integers(1, 4))
    steps = max(block * draw(st.integers(0, 4)) + draw(st.integers(-1, 2)), 1)
    chance = torch.Generator().manual_seed(draw(st.integers(0, 2**31)))
    spread = draw(st.sampled_from([1.0, 30.0]))
    shapes = (1, steps, tags), (tags,), (tags,), (tags, tags)
    scores, *chain = (spread * torch.randn(shape, generator=chance, dtype=torch.double) for shape in shapes)
    for part in chain:
        part[torch.rand(part.shape, generator=chance) < draw(st.sampled_from([0.0, 0.2]))] = -torch.inf
    return block, scores, crf.Chain(*chain)


@settings(max_examples=80, deadline=None)
@given(problems(), st.integers(1, 3), st.integers(0, 15))
def test_blocks_change_nothing(problem: tuple[int, Tensor, crf.Chain], chunks: int, heads: int) -> None:
    block, scores, chain = problem
    steps, lengths = scores.shape[1], torch.tensor([scores.shape[1]])
    begins = torch.tensor([bool(heads >> tag & 1) for tag in range(scores.shape[2])])
    total = float(crf.log_partition(scores, lengths, chain))
    paths, best = viterbi.best_paths(scores, lengths, chain)
    with small(block, chunks):
        rows: blocks.Rows = lambda start, stop: scores[:, start:stop].clone()  # noqa: E731
        assert blocks.log_partition(rows, steps, chain) == pytest.approx(total, rel=1e-9, abs=1e-9)
        path = blocks.best_path(rows, steps, chain)
        sure = blocks.path_confidence(rows, steps, chain, path, begins)
    if total == -math.inf:
        assert path[:].tolist() == scores[0].argmax(1).tolist()
        assert not sure[:].any()
        return
    found = torch.from_numpy(path[:].astype(np.int64))[None]
    torch.testing.assert_close(crf.path_score(scores, lengths, chain, found), best[:, 0])
    if begins.all():
        assert torch.equal(found, paths[:, 0])
    wanted = crf.path_confidence(scores, lengths, chain, found, begins[found])
    np.testing.assert_allclose(sure[:], wanted[0], rtol=1e-5, atol=1e-30)


def test_a_run_may_go_on_over_many_blocks() -> None:
    scores = torch.zeros(1, 40, 2, dtype=torch.double)
    scores[..., 1] = -5
    scores[0, 30:, 1] = 5
    chain = crf.Chain(torch.zeros(2).double(), torch.zeros(2).double(), torch.zeros(2, 2).double())
    with small(3, 1):
        path = blocks.best_path(lambda start, stop: scores[:, start:stop], 40, chain)
        sure = blocks.path_confidence(
            lambda start, stop: scores[:, start:stop], 40, chain, path, torch.tensor([False, True])
        )
    one = 1 / (1 + math.exp(-5))
    assert path[:].tolist() == [0] * 30 + [1] * 10
    assert sure[:].tolist() == pytest.approx([one**30] * 30 + [one] * 10)
