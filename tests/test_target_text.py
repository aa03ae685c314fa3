"""Tables with a target text: forms, units, what is refused, and writing back."""

import csv
import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from seqpipe import subwords
from seqpipe.codec import Label, Words
from seqpipe.errors import Mistake
from seqpipe.readers.table import Table
from seqpipe.subwords import Subwords
from seqpipe.vocabulary import Vocabulary

TWO = {"columns": {"text": "en", "target": "fr"}}
TEXT = "en\tfr\nGo on.\tContinue.\nWho is it?\tQui est-ce\u202f?\nHush!\t\n"


def reader(**options: Any) -> Table:
    return Table(Table.Options.model_validate(TWO | options))


def test_words_of_both_texts(file: Any) -> None:
    table = reader()
    assert isinstance(table.input, Words)
    assert isinstance(table.target, Vocabulary)
    records = list(table.read(file(TEXT, "a.tsv")))
    assert [one.input for one in records] == [["Go", "on."], ["Who", "is", "it?"], ["Hush!"]]
    assert [one.target for one in records] == [["Continue."], ["Qui", "est-ce", "?"], None]
    assert [table.render(one) for one in records[:2]] == ["Go on. -> Continue.", "Who is it? -> Qui est-ce ?"]
    assert isinstance(Table(Table.Options()).target, Label)


def test_words_as_a_pipeline_cuts_them(file: Any) -> None:
    table = reader(pipeline="blank:en", target_pipeline="blank:fr")
    records = list(table.read(file(TEXT, "a.tsv")))
    assert [one.input for one in records[:2]] == [["Go", "on", "."], ["Who", "is", "it", "?"]]
    assert records[0].target == ["Continue", "."]
    assert records[1].target[-1] == "?"


def test_sub_words_are_for_the_codec_to_cut(file: Any) -> None:
    table = reader(subwords=300)
    assert isinstance(table.input, Subwords)
    assert isinstance(table.target, Subwords)
    records = list(table.read(file(TEXT, "a.tsv")))
    assert [one.input for one in records] == ["Go on.", "Who is it?", "Hush!"]
    assert [one.target for one in records] == ["Continue.", "Qui est-ce\u202f?", None]
    assert table.render(records[1]) == "Who is it? -> Qui est-ce\u202f?"


@pytest.mark.parametrize("subwords", [None, 300])
def test_predictions_are_written_in_their_column(file: Any, tmp_path: Path, subwords: int | None) -> None:
    table = reader(subwords=subwords)
    records = list(table.read(file("id\ten\n1\tGo on.\n", "a.tsv")))
    assert records[0].target is None
    value: Any = ["Continue", "!"] if subwords is None else "Continue !"
    found = [replace(records[0], target=value, confidence=0.5, alternatives=[(value, 0.5), (value[:0], 0.25)])]
    table.write(found, tmp_path / "b.tsv")
    with (tmp_path / "b.tsv").open(encoding="utf-8", newline="") as text:
        rows = list(csv.DictReader(text, delimiter="\t"))
    assert rows == [{"id": "1", "en": "Go on.", "fr": "Continue !", "confidence": "0.5"}]
    table.write(found, tmp_path / "b.jsonl")
    written = json.loads((tmp_path / "b.jsonl").read_text(encoding="utf-8"))
    assert written["fr"] == "Continue !"
    assert [one["target"] for one in written["alternatives"]] == ["Continue !", ""]
    assert [one.target for one in table.read(tmp_path / "b.tsv")] == [value]


def test_a_slip_of_the_pen_is_no_missing_column(file: Any) -> None:
    path = file("en,fre\na,b\n", "a.csv")
    with pytest.raises(Mistake) as caught:
        list(reader().read(path))
    advice = "did you mean 'fre'? if not, set reader.columns.target: null"
    assert str(caught.value).replace(f"{path.parent}{os.sep}", "") == f"a.csv:1: no column named 'fr'; {advice}"


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"columns": {"text": "a", "target": "a"}}, "text and target are the same column"),
        ({"columns": {"target": "a", "label": "b"}}, "either a label or a target text"),
        ({"columns": {"target": ["a", "b"]}}, "names several columns, but a record has one text and one target"),
        ({"subwords": 500, "pipeline": "blank:en"}, "subwords take the place of the pipeline's tokens"),
        ({"subwords": 500, "target_pipeline": "blank:fr"}, "target_pipeline cuts target texts into words"),
        ({"columns": {"label": "x"}, "target_pipeline": "blank:fr"}, "target_pipeline cuts target texts into words"),
        ({"subwords": 500, "words": {"min_count": 2}}, "subwords leave no word unknown"),
        ({"subwords": 500, "target_words": {"most": 9}}, "subwords leave no word unknown"),
        ({"subwords": 10}, "greater than or equal to 300"),
    ],
)
def test_options_that_cannot_be(options: dict[str, Any], what: str) -> None:
    with pytest.raises(ValidationError, match=what):
        reader(**options)


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentencepiece", None)
    with pytest.raises(ValidationError, match=r"sub-words need sentencepiece; run: pip install 'seqpipe\[subwords\]'"):
        reader(subwords=300)


TRAIN = ["the cat sat on the mat", "a dog ran home", "qui est-ce\u202f?", "the dog sat"] * 5


def fitted() -> Subwords:
    codec = Subwords(300)
    codec.fit(TRAIN)
    return codec


CODEC = fitted()


@settings(deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20), max_size=4))
def test_every_text_has_its_numbers_and_they_its_text(texts: list[str]) -> None:
    plain = [" ".join(part for part in text.replace("▁", "_").split(" ") if part) for text in texts]
    rows = CODEC.encode(plain).rows
    assert len(rows) == len(plain)
    assert [CODEC.decode(row.tolist()) for row in rows] == plain
    assert all(0 <= number < len(CODEC) == 300 for row in rows for number in row.tolist())


def test_sub_words_are_learned_the_same_twice_and_survive_json() -> None:
    codec, other, twin = fitted(), fitted(), Subwords(300)
    assert codec.state() == other.state()
    twin.restore(json.loads(json.dumps(codec.state())))
    assert [row.tolist() for row in twin.encode(TRAIN).rows] == [row.tolist() for row in codec.encode(TRAIN).rows]
    assert codec.steps(TRAIN) == sum(len(row) for row in codec.encode(TRAIN).rows) < sum(map(len, TRAIN))
    assert max(len(row) for row in codec.encode(["the dog sat"]).rows) < len("the dog sat")


def test_what_is_no_model_is_refused() -> None:
    for state in ("!", "AAAA", ""):
        with pytest.raises(ValueError, match="not a model of sentencepiece"):
            Subwords(300).restore({"sentencepiece": state})


def test_what_is_not_empty_has_a_step() -> None:
    assert [len(row) for row in CODEC.encode(["\u2581", " \u2581 ", ""]).rows] == [1, 1, 0]


def test_long_texts_are_learned_from_too() -> None:
    codec = Subwords(300)
    codec.fit([" ".join(TRAIN) * 60] * 2)
    assert len(codec) == 300


def test_too_little_text_for_so_many_units() -> None:
    for size, texts, what in (
        (5000, TRAIN, r"Vocabulary size too high \(5000\)\. Please set it to a value <= \d+"),
        (
            300,
            ["".join(map(chr, range(0x4E00, 0x4E80)))],
            r"Vocabulary size is smaller than required_chars\. 300 vs \d+",
        ),
    ):
        with pytest.raises(Mistake, match=rf"^reader.subwords: {size} units cannot be learned from this text: {what}$"):
            Subwords(size).fit(texts)
    assert subwords.library().__name__ == "sentencepiece"


LONGER = """\
en	fr
The night train is waiting near the old station.	Le train de nuit attend près de la vieille gare.
Nobody wanted to wait for the night train.	Personne ne voulait attendre le train de nuit.
The old man was waiting near the station.	Le vieil homme attendait près de la gare.
"""


def test_in_training_texts_are_cut_otherwise_in_every_epoch(file: Any) -> None:
    table = reader(subwords=300, subword_dropout=0.5)
    records = list(table.read(file(LONGER, "a.tsv")))
    table.fit(records)
    varied = [table.augment(records, Random(seed)) for seed in (1, 1, 2)]
    assert varied[0] == varied[1]
    assert varied[0] != varied[2]
    for side in ("input", "target"):
        codec = getattr(table, side)
        cut = [codec.encode([getattr(one, side) for one in some]).rows for some in (records, *varied)]
        assert sum(map(len, cut[1])) > sum(map(len, cut[0]))
        for rows in cut:
            assert [codec.decode(row.tolist()) for row in rows] == [getattr(one, side) for one in records]


def test_without_dropout_nothing_varies(file: Any) -> None:
    table = reader(subwords=300)
    records = list(table.read(file(TEXT, "a.tsv")))
    assert table.augment(records, Random(1)) is records


def test_dropout_is_of_subwords_alone() -> None:
    with pytest.raises(ValidationError, match="subword_dropout is of sub-words"):
        reader(subword_dropout=0.1)
