"""Labels of many steps as numbers: what a list of them would be."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from seqpipe.codec import Symbols
from seqpipe.coded import Coded

LABELS = st.lists(st.sampled_from(["gene", "other", "tRNA", None]))


@given(LABELS, st.slices(8))
def test_it_is_what_a_list_is(labels: list[str | None], part: slice) -> None:
    coded = Coded.of(labels)
    assert coded == labels
    assert list(coded) == labels
    assert [coded[place] for place in range(len(coded))] == labels
    assert coded[part] == labels[part]
    assert coded.used() == set(labels) - {None}


@given(LABELS, LABELS)
def test_equal_where_the_labels_are(one: list[str | None], other: list[str | None]) -> None:
    assert (Coded.of(one) == Coded.of(other)) == (one == other)
    assert (Coded.of(one) == other) == (one == other)


def test_other_numbers_for_the_same_labels_are_equal() -> None:
    assert Coded(np.array([0, 1, -1, -2]), ["a", "b"]) == Coded(np.array([1, 0, -1, -1]), ["b", "a"])


@given(st.lists(LABELS, min_size=1), LABELS)
def test_a_codec_learns_and_numbers_both_alike(training: list[list[str | None]], labels: list[str | None]) -> None:
    one, other = Symbols(), Symbols()
    one.fit(training)
    other.fit(map(Coded.of, training))
    assert one.symbols == other.symbols
    assert None not in one.symbols
    np.testing.assert_array_equal(one.encode([labels]).rows[0], other.encode([Coded.of(labels)]).rows[0])


def test_a_long_one_is_gone_through_piece_by_piece() -> None:
    coded = Coded(np.arange(200_000) % 3 - 1, ["a", "b"])
    assert list(coded) == [None, "a", "b"] * 66_666 + [None, "a"]
