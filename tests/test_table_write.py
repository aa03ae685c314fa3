"""Writing tables: labels put into every form of file, what a form cannot hold, and that it is read again."""

import csv
import gzip
import io
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqpipe.errors import Mistake
from seqpipe.reader import Record
from seqpipe.readers.table import Table

ONCE = {"columns": {"text": 1, "label": 0}, "header": False, "separator": " ", "once": True}


def reader(**options: Any) -> Table:
    return Table(Table.Options.model_validate(options))


def predicted(records: list[Record], labels: list[str | None]) -> list[Record]:
    sure = [None if label is None else 0.75 for label in labels]
    return [replace(one, target=a, confidence=b) for one, a, b in zip(records, labels, sure, strict=True)]


@pytest.mark.parametrize(
    ("name", "text", "options", "out", "wanted"),
    [
        (
            "a.csv",
            'n,text,label\n1,"a, b",x\n2,,y\n',
            {},
            "b.csv",
            'n,text,label,confidence\n1,"a, b",good,0.75\n2,,,\n',
        ),
        ("a.csv", "text,n\na b,1\n,2\n", {}, "b.tsv", "text\tn\tlabel\tconfidence\na b\t1\tgood\t0.75\n\t2\t\t\n"),
        ("a.csv", "text,confidence\na b,7\n,8\n", {}, "b.csv", "text,confidence,label\na b,0.75,good\n,,\n"),
        (
            "a.data",
            "text;label\na b;x\n;y\n",
            {"separator": ";"},
            "b.data",
            "text;label;confidence\na b;good;0.75\n;;\n",
        ),
        ("a.txt", "a  b\n\n", {}, "b.csv", "text,label,confidence\na  b,good,0.75\n,,\n"),
        ("a.txt", "a  b\n\n", ONCE, "b.csv", "a  b,good,0.75\n,,\n"),
        ("a.txt", "a  b\n\n", ONCE, "b.all", "good a  b\n \n"),
        (
            "a.txt",
            "a\n\n",
            ONCE,
            "b.jsonl",
            '{"text": "a", "label": "good", "confidence": 0.75}\n{"text": "", "label": null, "confidence": null}\n',
        ),
        (
            "a.csv",
            "n,said\n1,a\n2,\n",
            {"columns": {"text": 1, "label": 2}},
            "b.csv",
            "n,said,label,confidence\n1,a,good,0.75\n2,,,\n",
        ),
        ("a.all", "x a  b \ny \n", ONCE, "b.all", "good a  b \n \n"),
        ("a.all", "x a  b \ny \n", ONCE, "b.csv", "good,a  b ,0.75\n,,\n"),
        (
            "a.all",
            "x a\ny \n",
            ONCE,
            "b.jsonl",
            '{"label": "good", "text": "a", "confidence": 0.75}\n{"label": null, "text": "", "confidence": null}\n',
        ),
        (
            "a.jsonl",
            '{"text": "é", "more": [1], "label": null}\n{"text": ""}\n',
            {},
            "b.jsonl",
            '{"text": "é", "more": [1], "label": "good", "confidence": 0.75}\n'
            '{"text": "", "label": null, "confidence": null}\n',
        ),
        (
            "a.csv",
            "a,1\n,2\n",
            {"header": False, "columns": {"text": 0, "label": 5}},
            "b.csv",
            "a,1,good,0.75\n,2,,\n",
        ),
    ],
)
def test_written(file: Any, name: str, text: str, options: dict[str, Any], out: str, wanted: str) -> None:
    one = reader(**options)
    path = file(text, name)
    records = predicted(list(one.read(path)), ["good", None])
    target = path.with_name(out)
    one.write(records, target)
    assert target.read_text(encoding="utf-8").replace("\r", "<CR>") == wanted
    one.write(records, path.with_name(f"{out}.gz"))
    assert gzip.decompress(path.with_name(f"{out}.gz").read_bytes()).decode() == wanted


def test_n_best_labels_in_json(file: Any) -> None:
    one = reader()
    path = file("text\nx\n", "a.csv")
    (record,) = one.read(path)
    ranked = [("good", 0.75), ("bad", 0.25)]
    one.write([replace(record, target="good", confidence=0.75, alternatives=ranked)], path.with_name("b.jsonl"))
    assert json.loads(path.with_name("b.jsonl").read_text()) == {
        "text": "x",
        "label": "good",
        "confidence": 0.75,
        "alternatives": [{"label": "good", "probability": 0.75}, {"label": "bad", "probability": 0.25}],
    }


def test_written_in_its_own_encoding(file: Any) -> None:
    one = reader(encoding="latin-1")
    path = file("text\nbrûlée\n".encode("latin-1"), "a.csv")
    records = list(one.read(path))
    one.write(predicted(records, ["süß"]), path.with_name("b.csv"))
    assert path.with_name("b.csv").read_bytes() == "text,label,confidence\nbrûlée,süß,0.75\n".encode("latin-1")
    with pytest.raises(Mistake, match=r"a\.csv:2: cannot be written so \(.*\); write \.jsonl, which can hold it$"):
        one.write(predicted(records, ["✓"]), path.with_name("b.csv"))
    assert "good" not in path.with_name("b.csv").read_text(encoding="latin-1")


def test_what_a_form_cannot_hold_is_refused(file: Any) -> None:
    path = file('{"text": "x"}\n{"text": "y", "n": 1}\n', "a.jsonl")
    records = predicted(list(reader().read(path)), ["a", "b"])
    with pytest.raises(Mistake, match=r"a\.jsonl:2: has other columns than the first row; write \.jsonl"):
        reader().write(records, path.with_name("b.csv"))
    with pytest.raises(Mistake, match=r"b\.xyz: the reader table writes \.csv, \.tsv, \.jsonl, \.parquet$"):
        reader().write(records, path.with_name("b.xyz"))
    once = reader(**ONCE)
    (record,) = once.read(file("1 x\n", "a.all"))
    with pytest.raises(Mistake, match=r"a\.all:1: a separator or line end inside a cell; write \.jsonl"):
        once.write(predicted([record], ["very good"]), path.with_name("b.all"))
    unquoted = reader(quoting=False)
    (record,) = unquoted.read(file("text\nx\n", "c.csv"))
    with pytest.raises(Mistake, match=r"c\.csv:2: cannot be written so \(need to escape, but no escapechar set\)"):
        unquoted.write(predicted([record], ["a,b"]), path.with_name("d.csv"))
    assert {one.name for one in path.parent.iterdir()} == {"a.jsonl", "a.all", "c.csv"}


cell = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=12)


@settings(deadline=None)
@given(st.lists(st.tuples(cell, cell), min_size=1, max_size=6), st.sampled_from([".csv", ".tsv", ".jsonl"]))
def test_what_is_written_is_read_again(tmp_path_factory: pytest.TempPathFactory, rows: Any, suffix: str) -> None:
    folder = tmp_path_factory.mktemp("again")
    made = io.StringIO(newline="")
    csv.writer(made).writerows([("text", "label"), *rows])
    path = folder / "a.csv"
    path.write_bytes(made.getvalue().encode())
    records = list(reader().read(path))
    assert [reader().text(one) for one in records] == [text for text, _ in rows]
    assert [one.target or "" for one in records] == [label for _, label in rows]
    reader().write(records, folder / f"b{suffix}")
    again = list(reader().read(folder / f"b{suffix}"))
    assert [(one.input, one.target) for one in again] == [(one.input, one.target) for one in records]
    assert [reader().text(one) for one in again] == [text for text, _ in rows]


def test_shown_in_a_line(file: Any) -> None:
    records = list(reader().read(file('text,label\n"a\n b",x\nc,\n', "a.csv")))
    assert [reader().render(one) for one in records] == ["[x] a b", "[] c"]
    assert reader().render(predicted(records, ["good", None])[0]) == "[good 0.75] a b"
    assert reader().render(Record("1", ["a", "b"], "x")) == "[x] a b"
