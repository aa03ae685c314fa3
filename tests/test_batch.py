"""Padding, and which records share a batch."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seqpipe.batch import Padded, by_length, pad
from seqpipe.codec import Encoded, Label, WordOptions, Words

sizes = st.lists(st.integers(0, 30), max_size=40)


@given(st.lists(st.lists(st.integers(-1, 9), max_size=6), min_size=1, max_size=6), st.data())
def test_pad_keeps_every_number_and_nothing_else(values: list[list[int]], data: st.DataObject) -> None:
    encoded = Encoded([np.array(value, np.int64) for value in values])
    rows = data.draw(st.none() | st.lists(st.integers(0, len(values) - 1), min_size=1))
    chosen = values if rows is None else [values[row] for row in rows]
    padded = pad(encoded, rows)
    assert padded.values.dtype == torch.int64
    assert padded.values.shape == padded.mask.shape == (len(chosen), max([1, *map(len, chosen)]))
    assert padded.lengths.tolist() == padded.mask.sum(1).tolist() == [len(value) for value in chosen]
    real = zip(padded.values, padded.lengths.tolist(), strict=True)
    assert [row[:length].tolist() for row, length in real] == chosen
    assert padded.values.masked_select(padded.mask).tolist() == [number for value in chosen for number in value]


def test_pad_frames() -> None:
    frames = [np.arange(6, dtype=np.float32).reshape(3, 2), np.ones((1, 2), np.float32)]
    padded = pad(Encoded(frames))
    assert padded.values.tolist() == [[[0, 1], [2, 3], [4, 5]], [[1, 1], [0, 0], [0, 0]]]
    assert padded.lengths.tolist() == [3, 1]


def test_pad_single_numbers() -> None:
    codec = Label()
    codec.fit(["yes", "no"])
    padded = pad(codec.encode(["no", "yes", "never seen"]), [2, 1])
    assert padded.values.tolist() == [-1, 1]
    assert padded.lengths.tolist() == [1, 1]
    assert padded.forms is None


def test_pad_takes_the_forms_of_its_own_words_only() -> None:
    codec = Words(WordOptions())
    texts = [["a", "rose", "is", "a", "rose"], ["unspeakable"], ["is", "a"], []]
    codec.fit(texts)
    encoded = codec.encode(texts)
    padded = pad(encoded, [2, 0, 3])
    assert padded.forms is not None
    words = padded.forms.word[padded.values]
    assert codec.decode(padded.forms.word.tolist()) == ["a", "rose", "is"]
    rows = zip(words.tolist(), padded.lengths.tolist(), strict=True)
    assert [codec.decode(row[:length]) for row, length in rows] == [texts[2], texts[0], []]
    wanted = codec.forms(["a", "rose", "is"])
    assert padded.forms.affixes.tolist() == wanted.affixes.tolist()
    assert padded.forms.shape.tolist() == wanted.shape.tolist()
    assert padded.forms.letters.shape[0] == 3


@pytest.mark.parametrize("seed", [None, 0, 7])
@settings(deadline=None)
@given(lengths=sizes, tokens=st.integers(1, 60))
def test_a_budget_of_tokens_is_kept_and_used(lengths: list[int], tokens: int, seed: int | None) -> None:
    shuffle = None if seed is None else np.random.default_rng(seed)
    batches = list(by_length(lengths, tokens_per_batch=tokens, shuffle=shuffle))
    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    padded = [max(lengths[index] for index in batch) * len(batch) for batch in batches]
    assert all(size <= tokens or len(batch) == 1 for size, batch in zip(padded, batches, strict=True))
    # No batch closes while the next record still fits.
    by_size = sorted(batches, key=lambda batch: [*(-lengths[index] for index in batch), 1])
    for batch, after in pairwise(by_size):
        assert (len(batch) + 1) * max(lengths[index] for index in batch) > tokens
        assert min(lengths[index] for index in batch) >= max(lengths[index] for index in after)


@pytest.mark.parametrize("shuffled", [False, True])
@settings(deadline=None)
@given(lengths=sizes, size=st.integers(1, 7))
def test_a_batch_size_is_kept(lengths: list[int], size: int, shuffled: bool) -> None:
    batches = list(by_length(lengths, batch_size=size, shuffle=np.random.default_rng(1) if shuffled else None))
    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    full, left = divmod(len(lengths), size)
    assert sorted(map(len, batches), reverse=True) == [size] * full + [left] * bool(left)
    spans = sorted((max(inside), min(inside)) for inside in ([lengths[index] for index in b] for b in batches))
    assert all(shorter[0] <= longer[1] for shorter, longer in pairwise(spans))


def test_without_shuffling_the_longest_come_first_and_equals_keep_their_order() -> None:
    assert list(by_length([2, 5, 2, 5, 1], tokens_per_batch=10)) == [[1, 3], [0, 2, 4]]
    assert list(by_length([2, 5, 2, 5, 1])) == [[1, 3, 0, 2, 4]]


def test_a_generator_decides_the_order() -> None:
    lengths = [3] * 30 + [4] * 30

    def order(seed: int) -> list[list[int]]:
        return list(by_length(lengths, tokens_per_batch=12, shuffle=np.random.default_rng(seed)))

    assert order(1) == order(1)
    assert order(1) != order(2)
    # Both the batches and what is in them change.
    assert {frozenset(batch) for batch in order(1)} != {frozenset(batch) for batch in order(2)}
    longest = [max(lengths[index] for index in batch) for batch in order(1)]
    assert longest != sorted(longest, reverse=True)


@pytest.mark.parametrize("make", [list, lambda: np.array([], np.int64)])
def test_no_records_make_no_batches(make: Callable[[], list[int]]) -> None:
    assert list(by_length(make(), tokens_per_batch=10)) == []
    assert list(by_length(make(), tokens_per_batch=10, shuffle=np.random.default_rng(0))) == []


def test_mask_follows_the_lengths() -> None:
    padded = Padded(torch.zeros(2, 3, 4), torch.tensor([3, 1]))
    assert padded.mask.tolist() == [[True, True, True], [True, False, False]]
