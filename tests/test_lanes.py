"""Sequences in chunks side by side: every step in its place, and back."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seqpipe import lanes
from seqpipe.lanes import Lanes


@given(st.lists(st.integers(1, 30), min_size=1, max_size=3), st.integers(1, 12))
def test_each_step_lies_in_its_chunk_and_comes_back(lengths: list[int], chunks: int) -> None:
    steps = max(lengths)
    real = torch.arange(steps) < torch.tensor(lengths)[:, None]
    laid = Lanes(real, chunks)
    assert laid.chunks <= max(chunks, 1)
    assert laid.chunks * laid.size >= steps - 1
    values = torch.arange(len(lengths) * steps * 2).view(len(lengths), steps, 2)
    first, rest = laid.split(values)
    assert rest.is_contiguous()
    assert rest.shape == (laid.size, 2, laid.chunks, len(lengths))
    for step in range(1, steps):
        chunk, place = divmod(step - 1, laid.size)
        assert torch.equal(rest[place, :, chunk].T, values[:, step])
        assert torch.equal(laid.real[place, 0, chunk], real[:, step])
    assert int(laid.real.sum()) == sum(lengths) - len(lengths)
    assert laid.whole == [bool(row.all()) for row in laid.real]
    assert torch.equal(laid.join(first, rest), values)


@pytest.mark.parametrize(("steps", "batch", "labels"), [(30, 30, 9), (30, 30, 30), (100, 1, 5), (4096, 8, 60)])
def test_what_is_short_or_has_many_labels_is_one_chunk(steps: int, batch: int, labels: int) -> None:
    assert lanes.count(steps, batch, 2 * labels**2) == 1
    assert lanes.count(steps, batch, labels**3) == 1


@pytest.mark.parametrize(("steps", "batch", "labels"), [(4096, 8, 5), (4096, 1, 19), (1_000_000, 1, 5)])
def test_what_is_long_is_many_chunks_in_little_memory(steps: int, batch: int, labels: int) -> None:
    for numbers in (2 * labels**2, labels**3):
        chunks = lanes.count(steps, batch, numbers)
        assert lanes.FEWEST <= chunks <= steps // 40
        assert chunks * batch * numbers <= lanes.AT_ONCE
