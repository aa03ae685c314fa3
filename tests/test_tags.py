"""Tagging schemes: each turned into the others and back, malformed tags, and what may follow what."""

from itertools import pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seqeval.metrics.sequence_labeling import get_entities
from seqeval.scheme import IOB1, IOB2, IOBES, Tokens

from seqpipe import tags

TYPES = ("per", "geo-political", "x")
SCHEMES = sorted(tags.LETTERS)


def sequences(letters: str) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(["O", *(f"{letter}-{kind}" for letter in letters for kind in TYPES)]), max_size=12)


@st.composite
def well_formed(draw: st.DrawFn) -> list[str]:
    found, place = [], 0
    for gap, length, kind in draw(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 3), st.sampled_from(TYPES)))):
        found.append((place + gap, place + gap + length, kind))
        place += gap + length
    return tags.tagged(found, place + draw(st.integers(0, 2)))


def test_bioes_of_an_example() -> None:
    given_tags = ["B-per", "O", "B-x", "I-x", "B-x", "I-x", "I-x", "B-per"]
    assert tags.bioes(given_tags) == ["S-per", "O", "B-x", "E-x", "B-x", "I-x", "E-x", "S-per"]


def test_written_forms_of_an_example() -> None:
    given_tags = ["B-x", "I-x", "B-x", "B-per", "O", "B-x"]
    assert tags.written(given_tags, "iob1") == ["I-x", "I-x", "B-x", "I-per", "O", "I-x"]
    assert tags.written(given_tags, "bilou") == ["B-x", "L-x", "U-x", "U-per", "O", "U-x"]
    assert tags.written(given_tags, "bio") == given_tags


@settings(deadline=None)
@given(sequences("BI"))
def test_bio_undoes_bioes_even_for_malformed_tags(given_tags: list[str]) -> None:
    assert tags.bio(tags.bioes(given_tags)) == given_tags


@settings(deadline=None)
@given(sequences("BIES"))
def test_bio_changes_letters_step_by_step(given_tags: list[str]) -> None:
    letters = {"B": "B", "I": "I", "E": "I", "S": "B", "O": "O"}
    assert tags.bio(given_tags) == [letters[tag[0]] + tag[1:] for tag in given_tags]


@settings(deadline=None)
@given(well_formed())
@pytest.mark.parametrize("scheme", SCHEMES)
def test_normal_undoes_written_without_repairs(scheme: str, given_tags: list[str]) -> None:
    assert tags.normal(tags.written(given_tags, scheme), scheme) == (given_tags, [])


@settings(deadline=None)
@given(well_formed())
@pytest.mark.parametrize(("scheme", "oracle"), [("iob1", IOB1), ("bio", IOB2), ("bioes", IOBES)])
def test_written_is_read_alike_by_seqeval(scheme: str, oracle: type, given_tags: list[str]) -> None:
    entities = Tokens(tags.written(given_tags, scheme), oracle).entities
    assert [(one.start, one.end, one.tag) for one in entities] == tags.spans(given_tags)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_normal_repairs_whatever_it_reads(scheme: str) -> None:
    symbols = ["O", *(f"{letter}-{kind}" for letter in tags.LETTERS[scheme] for kind in "ab")]
    repaired = 0
    for given_tags in product(symbols, repeat=3):
        read, repairs = tags.normal(given_tags, scheme)
        assert tags.spans(read) == tags.spans(read, lenient=True) == tags.spans(given_tags, lenient=True)
        assert tags.normal(tags.written(read, scheme), scheme) == (read, [])
        assert (repairs == []) == (tags.written(read, scheme) == list(given_tags))
        repaired += bool(repairs)
    assert 0 < repaired < len(symbols) ** 3


def test_repairs_name_the_steps() -> None:
    assert tags.normal(["O", "I-x", "I-x", "I-y"], "bio") == (["O", "B-x", "I-x", "B-y"], [1, 3])
    assert tags.normal(["B-x", "O", "E-x", "S-x"], "bioes") == (["B-x", "O", "B-x", "B-x"], [0, 2])
    assert tags.normal(["B-x", "I-x"], "iob1") == (["B-x", "I-x"], [0])


@settings(deadline=None)
@given(sequences("BIES"))
def test_lenient_spans_are_seqevals_default(given_tags: list[str]) -> None:
    oracle = [(start, last + 1, kind) for kind, start, last in get_entities(given_tags)]
    assert tags.spans(given_tags, lenient=True) == oracle


@settings(deadline=None)
@given(sequences("BI"))
def test_strict_spans_are_seqevals_strict_mode(given_tags: list[str]) -> None:
    oracle = [(one.start, one.end, one.tag) for one in Tokens(given_tags, IOB2).entities]
    assert tags.spans(given_tags) == oracle


@settings(deadline=None)
@given(well_formed())
def test_tagged_undoes_spans(given_tags: list[str]) -> None:
    assert tags.tagged(tags.spans(given_tags), len(given_tags)) == given_tags


@pytest.mark.parametrize("tag", ["", "B", "B-", "X", "B_per", "S-per", "b-per", "OO", "O-per"])
def test_unknown_tags(tag: str) -> None:
    assert not tags.known(tag, "bio")


def test_known_tags() -> None:
    assert all(tags.known(tag, "bio") for tag in ("O", "B-per", "I-geo-political", "B--"))
    assert tags.known("U-x", "bilou")
    assert not tags.known("S-x", "bilou")
    assert tags.known("S-x", "bioes")


def test_transitions_allow_exactly_the_well_formed_sequences() -> None:
    symbols = ["O", *(f"{letter}-{kind}" for kind in ("a", "a-b") for letter in "BIES")]
    start, end, pairs = tags.transitions(symbols)
    allowed = 0
    for numbers in product(range(len(symbols)), repeat=4):
        path = [symbols[number] for number in numbers]
        legal = start[numbers[0]] and end[numbers[-1]] and all(pairs[a][b] for a, b in pairwise(numbers))
        assert legal == (tags.normal(path, "bioes")[1] == []), path
        allowed += legal
    assert 0 < allowed < len(symbols) ** 4


def test_nothing_of_nothing() -> None:
    assert tags.bioes([]) == tags.bio([]) == tags.spans([]) == tags.tagged([], 0) == []
    assert tags.normal([], "iob1") == ([], [])
