"""Codecs: values to numbers and back, what is unknown, and what they learned as JSON."""

import doctest
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from seqpipe import codec as module
from seqpipe import tags
from seqpipe.codec import Codec, Label, Symbols, Tags, WordOptions, Words, shape

words = st.text(st.characters(categories=["Lu", "Ll", "Nd", "Po", "Lo"]), min_size=1, max_size=9)
texts = st.lists(st.lists(words, max_size=6), max_size=6)
bio = st.lists(st.sampled_from(["O", "B-x", "I-x", "B-y-z", "I-y-z"]), max_size=8)


def learnt(codec: Codec, values: Any) -> Any:
    codec.fit(values)
    return codec


def again(codec: Codec, fresh: Codec) -> Any:
    """`fresh` with what `codec` learned, by way of a JSON text."""
    fresh.restore(json.loads(json.dumps(codec.state())))
    return fresh


def test_doctests() -> None:
    found = doctest.testmod(module)
    assert found.attempted == 1
    assert found.failed == 0


@given(texts)
def test_symbols_come_back_and_the_unknown_are_minus_one(values: list[list[str]]) -> None:
    codec = learnt(Symbols(), values)
    rows = codec.encode(values).rows
    assert [codec.decode(row.tolist()) for row in rows] == values
    assert {number for row in rows for number in row.tolist()} == set(range(len(codec)))
    assert all(row.dtype == np.int64 for row in rows)
    assert codec.encode([["never learned"]]).rows[0].tolist() == [-1]
    twin = again(codec, Symbols())
    assert twin.number == codec.number
    assert twin.symbols == codec.symbols


def test_numbers_do_not_depend_on_the_order_of_the_records() -> None:
    assert learnt(Symbols(), ["ab", "c"]).number == learnt(Symbols(), ["cb", "a"]).number == {"a": 0, "b": 1, "c": 2}


@given(st.lists(st.sampled_from(["good", "bad", "so so"]), min_size=1))
def test_labels_come_back(values: list[str]) -> None:
    codec = learnt(Label(), values)
    rows = codec.encode([*values, "ugly"]).rows
    assert [codec.decode(row) for row in rows[:-1]] == values
    assert rows[-1] == -1
    assert all(row.shape == () for row in rows)
    assert again(codec, Label()).number == codec.number


@given(st.lists(bio, min_size=1))
def test_span_tags_are_bio_outside_and_bioes_inside(values: list[list[str]]) -> None:
    codec = learnt(Tags(spans=True), values)
    kinds = sorted({tag[2:] for value in values for tag in value if tag != "O"})
    assert codec.symbols == ["O"] + [f"{part}-{kind}" for kind in kinds for part in "BIES"]
    for value, row in zip(values, codec.encode(values).rows, strict=True):
        assert [codec.symbols[number] for number in row] == tags.bioes(value)
        assert codec.decode(row.tolist()) == value
    assert again(codec, Tags(spans=True)).number == codec.number


def test_span_tags_by_hand() -> None:
    codec = learnt(Tags(spans=True), [["B-x", "I-x", "I-x", "O", "B-x"]])
    assert codec.symbols == ["O", "B-x", "I-x", "E-x", "S-x"]
    encoded = codec.encode([["B-x", "I-x", "I-x", "O", "B-x"], ["B-new", "I-new", "B-x"], []])
    assert [row.tolist() for row in encoded.rows] == [[1, 2, 3, 0, 4], [-1, -1, 4], []]
    # What a network may predict without constraints stays as malformed as it is.
    assert codec.decode([2, 0, 3]) == ["I-x", "O", "I-x"]


def test_spans_that_training_never_closed_are_known_in_every_part() -> None:
    assert len(learnt(Tags(spans=True), [["B-x"]])) == 5


def test_plain_tags_are_taken_as_they_are() -> None:
    codec = learnt(Tags(spans=False), [["NOUN", "I-x", "B-y"]])
    assert codec.symbols == ["B-y", "I-x", "NOUN"]
    assert codec.encode([["I-x", "VERB"]]).rows[0].tolist() == [1, -1]
    assert codec.decode([2, 1]) == ["NOUN", "I-x"]


@given(texts, texts)
def test_words_point_into_their_forms(seen: list[list[str]], unseen: list[list[str]]) -> None:
    codec = learnt(Words(WordOptions()), seen)
    encoded = codec.encode(seen + unseen)
    distinct = list(dict.fromkeys(word for value in seen + unseen for word in value))
    assert [[distinct[at] for at in row] for row in encoded.rows] == seen + unseen
    assert encoded.forms is not None
    assert {len(part) for part in encoded.forms} == {len(distinct)}
    normal = [codec.normal(word) for value in seen for word in value]
    known = [codec.normal(word) if codec.normal(word) in normal else "<unknown>" for word in distinct]
    assert codec.decode(encoded.forms.word.tolist()) == known
    assert encoded.forms.affixes.shape == (len(distinct), 8)


@given(texts)
def test_what_words_learned_survives_json_with_the_same_numbers(values: list[list[str]]) -> None:
    codec = learnt(Words(WordOptions()), values)
    twin = again(codec, Words(WordOptions()))
    assert twin.number == codec.number
    assert len(twin) == len(codec)
    mine, other = codec.encode([*values, ["Unseen!"]]), twin.encode([*values, ["Unseen!"]])
    assert mine.forms is not None
    assert other.forms is not None
    assert all(np.array_equal(a, b) for a, b in zip(mine.forms, other.forms, strict=True))


def test_word_numbers() -> None:
    codec = learnt(Words(WordOptions()), [["Rose", "rose", "is", "1987"], ["rose", "2004"]])
    # The most frequent first; 0 is what was never learned.
    assert codec.number["words"] == {"rose": 1, "0000": 2, "is": 3}
    forms = codec.forms(["ROSE", "7777", "77", "is"])
    assert forms.word.tolist() == [1, 2, 0, 3]
    assert codec.decode([0, 2]) == ["<unknown>", "0000"]
    assert len(codec) == 4
    plain = learnt(Words(WordOptions(lowercase=False, zero_digits=False)), [["Rose", "rose", "1987"]])
    assert plain.forms(["Rose", "rose", "ROSE", "1987", "2004"]).word.tolist() == [1, 2, 0, 3, 0]


def test_rare_words_are_unknown_and_their_spelling_is_not() -> None:
    codec = learnt(Words(WordOptions(min_count=2)), [["Often", "often", "rare"]])
    assert codec.number["words"] == {"often": 1}
    assert "r" in codec.number["letters"]
    assert set(codec.number["shapes"]) == {"Xxxx", "xxx"}


def test_affixes_seen_once_are_unknown() -> None:
    codec = learnt(Words(WordOptions()), [["undo", "undone"]])
    assert set(codec.number["affixes"]) == {"^u", "^un", "^und", "^undo"}
    known = codec.forms(["undue"]).affixes[0]
    assert [bool(number) for number in known] == [True, True, True, False] + [False] * 4


def test_affixes_of_short_words_are_the_whole_word() -> None:
    codec = Words(WordOptions())
    assert codec.affixes("Rosy7") == ["^r", "^ro", "^ros", "^rosy", "0$", "y0$", "sy0$", "osy0$"]
    assert codec.affixes("ab") == ["^a", "^ab", "^ab", "^ab", "b$", "ab$", "ab$", "ab$"]
    assert codec.affixes("") == ["^"] * 4 + ["$"] * 4


def test_letters_are_seen_as_written() -> None:
    codec = learnt(Words(WordOptions()), [["aab"]])
    assert codec.number["letters"] == {"a": 2, "b": 3}
    assert codec.forms(["ba", "bAab", ""]).letters.tolist() == [[3, 2, 0, 0], [3, 1, 2, 3], [0, 0, 0, 0]]


@pytest.mark.parametrize(
    ("most", "looked_at"), [(1, "a"), (2, "ag"), (3, "abg"), (4, "abfg"), (6, "abcefg"), (7, "abcdefg"), (9, "abcdefg")]
)
def test_of_long_words_the_beginning_and_the_end_are_looked_at(most: int, looked_at: str) -> None:
    codec = learnt(Words(WordOptions(max_letters=most)), [["abcdefg"]])
    letters = codec.forms(["abcdefg"]).letters[0].tolist()
    assert "".join(list(codec.counts["letters"])[number - 2] for number in letters) == looked_at


@pytest.mark.parametrize("values", [[], [[]], [[], []]])
def test_no_words_have_no_forms(values: list[list[str]]) -> None:
    encoded = learnt(Words(WordOptions()), values).encode(values)
    assert encoded.forms is not None
    assert [len(row) for row in encoded.rows] == [0] * len(values)
    assert [part.shape[0] for part in encoded.forms] == [0] * 4
    assert encoded.forms.affixes.shape == (0, 8)


@pytest.mark.parametrize("option", ["min_count", "max_letters"])
def test_word_options_that_leave_nothing_are_refused(option: str) -> None:
    with pytest.raises(ValidationError, match="greater than or equal to 1"):
        WordOptions.model_validate({option: 0})


@pytest.mark.parametrize(
    ("word", "pattern"),
    [
        ("", ""),
        ("a", "x"),
        ("NASA", "XXX"),
        ("Rose", "Xxxx"),
        ("iPhone7", "xXxxxd"),
        ("3,141.5926", "d,ddd.ddd"),
        ("-----", "---"),
        ("東京", "xx"),
        ("aBcDeFgHiJkLmN", "xXxXxXxXxXxX"),
    ],
)
def test_shapes(word: str, pattern: str) -> None:
    assert shape(word) == pattern
