"""Reading tables: forms of files, columns, Parquet, and what is refused in which words."""

import gzip
import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from seqpipe.errors import Mistake
from seqpipe.readers.table import Table

ONCE = {"columns": {"text": 1, "label": 0}, "header": False, "separator": " ", "once": True}


def reader(**options: Any) -> Table:
    return Table(Table.Options.model_validate(options))


def content(path: Path, **options: Any) -> list[tuple[Any, Any]]:
    return [(record.input, record.target) for record in reader(**options).read(path)]


def wrong(path: Path, **options: Any) -> list[str]:
    with pytest.raises(Mistake) as caught:
        list(reader(**options).read(path))
    return [line.replace(f"{path.parent}{os.sep}", "") for line in caught.value.lines]


TWO = [(["A", "warm", "bed."], "good"), (["It", "rained,", "twice."], "bad")]


@pytest.mark.parametrize(
    ("name", "text", "options"),
    [
        ("a.csv", 'text,label\nA warm bed.,good\n"It rained, twice.",bad\n', {}),
        ("a.csv", '\ufefftext,label\r\nA warm bed.,good\r\n\r\n"It rained,\ntwice.",bad', {}),
        (
            "a.csv",
            'x,stars,said\n1,good,A warm bed.\n2,bad,"It rained, twice."\n',
            {"columns": {"text": "said", "label": "stars"}},
        ),
        ("a.tsv", "label\ttext\ngood\tA warm bed.\nbad\tIt rained, twice.\n", {}),
        ("a.data", "text;label\nA warm bed.;good\nIt rained, twice.;bad\n", {"separator": ";"}),
        ("a.train", "good A warm bed.\nbad It rained, twice. \n", ONCE),
        (
            "a.csv",
            "A warm bed.;good\nIt rained, twice.;bad\n",
            {**ONCE, "separator": ";", "columns": {"text": 0, "label": 1}},
        ),
        ("a.jsonl", '{"text": "A warm bed.", "label": "good"}\n\n{"label": "bad", "text": "It rained, twice."}', {}),
    ],
)
def test_forms(file: Any, name: str, text: str, options: dict[str, Any]) -> None:
    assert content(file(text, name), **options) == TWO
    assert content(file(gzip.compress(text.encode()), f"{name}.gz"), **options) == TWO


def test_columns_by_number_under_a_header(file: Any) -> None:
    path = file("id,sentence,mood\n1,A warm bed.,good\n", "a.csv")
    assert content(path, columns={"text": 1, "label": 2}) == TWO[:1]
    assert content(path, columns={"text": "sentence", "label": 2}) == TWO[:1]


def test_places_and_ids(file: Any) -> None:
    path = file('text,label\n"two\nlines",good\n\none,bad\n', "a.csv")
    records = list(reader().read(path))
    assert [(one.id, one.where) for one in records] == [("1", f"{path}:2"), ("2", f"{path}:5")]


def test_quotes_may_be_signs_like_any_other(file: Any) -> None:
    path = file('text\tlabel\n" he said\tbad\n5" of rain\tbad\n', "a.tsv")
    assert [words for words, _ in content(path, quoting=False)] == [['"', "he", "said"], ['5"', "of", "rain"]]


def test_encodings(file: Any) -> None:
    path = file("1 brûlée \x85 .\n".encode("latin-1"), "a.train")
    assert content(path, **ONCE, encoding="latin-1") == [(["brûlée", "."], "1")]
    assert wrong(path, **ONCE) == [
        "a.train:1: not UTF-8 (byte 0xfb at position 5); set reader.encoding (latin-1?), or save the file as UTF-8"
    ]
    cp1252 = file(b"x,y\n\x81,1\n", "b.csv")
    assert wrong(cp1252, encoding="cp1252", columns={"text": "x", "label": "y"})[0].startswith(
        "b.csv:2: not CP1252 (byte 0x81 at position 1); "
    )


def test_plain_lines_are_texts_without_labels(file: Any) -> None:
    path = file('A warm bed.\n\n good or "bad\n', "a.txt")
    wanted = [(["A", "warm", "bed."], None), ([], None), (["good", "or", '"bad'], None)]
    assert content(path) == wanted
    assert content(path, **ONCE) == wanted


@pytest.mark.parametrize(
    ("value", "label"), [("3", "3"), (3, "3"), (True, "true"), (None, None), ("", None), ("a b", "a b")]
)
def test_labels_in_json(file: Any, value: Any, label: str | None) -> None:
    assert content(file(json.dumps({"text": "x", "label": value}), "a.jsonl")) == [(["x"], label)]


def test_without_a_label_column(file: Any) -> None:
    assert content(file("text,source\nx y,z\n", "a.csv")) == [(["x", "y"], None)]
    assert content(file('{"text": "x"}\n{"text": "y", "label": 1}\n', "a.jsonl")) == [(["x"], None), (["y"], "1")]
    assert content(file("x\ny\n", "b.csv"), header=False, columns={"text": 0, "label": 1}) == [
        (["x"], None),
        (["y"], None),
    ]
    assert content(file("text,label\nx,z\n", "c.csv"), columns={"label": None}) == [(["x"], None)]


def test_tokens_of_spacy(file: Any) -> None:
    path = file("text,label\nDidn't rain.  Twice!,good\n", "a.csv")
    assert content(path, pipeline="blank:en") == [(["Did", "n't", "rain", ".", "Twice", "!"], "good")]


@pytest.mark.parametrize(
    ("name", "text", "options", "lines"),
    [
        ("a.csv", "", {}, ["a.csv: no row in it; is it the right file?"]),
        ("a.csv", "text,label\n", {}, ["a.csv: no row in it; is it the right file?"]),
        (
            "a.csv",
            "said,label\nx,y\n",
            {},
            ["a.csv:1: no column named 'text'; there are: label, said; see reader.columns"],
        ),
        (
            "a.csv",
            "Text,label\nx,y\n",
            {},
            ["a.csv:1: no column named 'text'; did you mean 'Text'?; see reader.columns"],
        ),
        (
            "a.csv",
            "text,lable\nx,y\nx,y\n",
            {},
            ["a.csv:1: no column named 'label'; did you mean 'lable'? if not, set reader.columns.label: null"],
        ),
        (
            "a.csv",
            "x\n",
            {"header": False, "columns": {"text": 1, "label": 0}},
            ["a.csv:1: no column 1, counted from 0; there are: 0; see reader.columns"],
        ),
        ("a.csv", "text,text\nx,y\n", {}, ["a.csv:1: two columns named 'text'; rename one, or header: false"]),
        (
            "a.csv",
            "text,label\nx\nx,y\nx,y,z\n",
            {},
            [
                "a.csv:2: 1 column where 2 are needed, as many as in the first line",
                "a.csv:4: 3 columns where 2 are needed, as many as in the first line",
            ],
        ),
        ("a.train", "1 x\n1\n", ONCE, ["a.train:2: 1 column where 2 are needed, as many as in the first line"]),
        (
            "a.csv",
            'text,label\nx,y\n"x,y\nx,y\n',
            {},
            [
                "a.csv:3: broken row that begins here (unexpected end of data); "
                "if a quote is a sign like any other here, set reader.quoting: false"
            ],
        ),
        (
            "a.csv",
            'text,label\n"x" y,z\n',
            {},
            [
                "a.csv:2: broken row that begins here (',' expected after '\"'); "
                "if a quote is a sign like any other here, set reader.quoting: false"
            ],
        ),
        ("a.csv", "text,label\nx\0,y\n", {}, ["a.csv:2: a NUL character; is this a text file?"]),
        (
            "a.all",
            "x",
            {},
            [
                "a.all: what parts its columns? say so by reader.separator, "
                "or name the file .csv, .tsv, .jsonl, .parquet or .txt"
            ],
        ),
        (
            "a.jsonl",
            '{"text": 3}\n{"said": "x"}\n{"text": "x", "label": ["a"]}\n'
            '{"text": "x", "label": 0.5}\n[]\n{"text": "\\ud800"}\n{',
            {},
            [
                "a.jsonl:1: the text is no text, but 3; see reader.columns",
                "a.jsonl:2: no column named 'text'; there are: said; see reader.columns",
                "a.jsonl:3: several labels, but a record has one; see reader.columns",
                "a.jsonl:4: the label is 0.5; a label is text or a whole number",
                'a.jsonl:5: a JSON list where an object is needed: {"text": "..."}',
                "a.jsonl:6: the text holds a half of a surrogate pair at character 0; mend or remove it",
                "a.jsonl:7: broken JSON at column 2 (Expecting property name enclosed in double quotes)",
            ],
        ),
        (
            "a.txt",
            "a b c\na b\n",
            {"max_length": 2},
            ["a.txt:1: 3 tokens where reader.max_length is 2; is a quote missing? if not, raise it"],
        ),
        (
            "a.csv.gz",
            "text",
            {},
            ["a.csv.gz: damaged gzip data (Not a gzipped file (b'te')); fetch or pack the file anew"],
        ),
    ],
)
def test_refused_in_these_words(file: Any, name: str, text: str, options: dict[str, Any], lines: list[str]) -> None:
    assert wrong(file(text, name), **options) == lines


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"columns": {"label": ["a", "b"]}}, "names several columns, but a record has one text and one target"),
        ({"columns": {"text": {"a": 1}}}, "names several columns"),
        ({"columns": {"text": "x", "label": "x"}}, "text and label are the same column"),
        ({"header": False}, "header: false leaves columns without names; give numbers, as in {text: 1, label: 0}"),
        ({"once": True, "separator": " "}, "once: true needs header: false, and a separator such as separator: ' '"),
        ({**ONCE, "separator": None}, "once: true needs header: false, and a separator such as separator: ' '"),
        ({"separator": "::"}, "at most 1 character"),
        ({"separator": '"'}, "pattern"),
        ({"separator": "\n"}, "pattern"),
        ({"columns": {"text": -1}}, "greater than or equal to 0"),
        ({"encoding": "latim-1"}, "no text encoding named 'latim-1'; try utf-8 or latin-1"),
        ({"encoding": "rot13"}, "no text encoding named 'rot13'"),
        ({"encoding": "utf-16"}, "'utf-16' writes line ends in a way of its own; save the file as UTF-8"),
        ({"pipeline": "blank:xyz"}, "spaCy knows no language 'xyz'"),
    ],
)
def test_options_that_cannot_be(options: dict[str, Any], what: str) -> None:
    with pytest.raises(ValidationError) as caught:
        reader(**options)
    assert what in str(caught.value)


def test_parquet(file: Any, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    one = reader(columns={"text": "text", "label": "mood"})
    path = file('text,n,mood\n"A, b",1,x\nc,2,y\n', "a.csv")
    labels = zip(one.read(path), ["good", "bad"], strict=True)
    records = [replace(record, target=label, confidence=0.75) for record, label in labels]
    one.write(records, tmp_path / "b.parquet")
    again = list(one.read(tmp_path / "b.parquet"))
    assert [(record.input, record.target) for record in again] == [(["A,", "b"], "good"), (["c"], "bad")]
    assert again[1].origin.cells == {"text": "c", "n": "2", "mood": "bad", "confidence": 0.75}
    assert again[1].where == f"{tmp_path / 'b.parquet'}: row 2"
    assert content(tmp_path / "b.parquet") == [(["A,", "b"], None), (["c"], None)]
    assert wrong(tmp_path / "b.parquet", columns={"text": "mod"}) == [
        f"b.parquet: row {row}: no column named 'mod'; did you mean 'mood'?; see reader.columns" for row in (1, 2)
    ]
    assert wrong(file("text,label\n", "c.parquet"))[0].startswith("c.parquet: no Parquet that pyarrow can read (")


def test_parquet_names_the_extra(file: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.delitem(sys.modules, "seqpipe.readers.parquet", raising=False)
    what = "a.parquet: Parquet needs pyarrow; run: pip install 'seqpipe[parquet]'"
    assert wrong(file("", "a.parquet")) == [what]
