"""Labelled sequences as files: read back they are the same records, and Biopython reads the FASTA too."""

import csv
import json
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from Bio import SeqIO
from hypothesis import given, settings
from hypothesis import strategies as st

from seqpipe.coded import Coded
from seqpipe.errors import Mistake
from seqpipe.reader import Record
from seqpipe.readers.sequences import Sequences


def reader(**options: Any) -> Sequences:
    return Sequences(Sequences.Options.model_validate_json(json.dumps(options)))


def content(records: Any) -> list[tuple[str, Any, Any]]:
    return [(record.id, record.input, record.target) for record in records]


def written(made: Sequences, records: list[Record], path: Path) -> str:
    made.write(records, path)
    return path.read_text(encoding="utf-8")


IDS = st.text("abcXYZ09_.|", min_size=1, max_size=8)
LETTERS = st.text("ACDEFGHIKLMNPQRSTVWYXacdw", min_size=1, max_size=130)
SIGNS = st.sampled_from(["H", "E", "C", "-", "*", None])


@settings(deadline=None)
@given(st.dictionaries(IDS, st.tuples(LETTERS, st.none() | st.sampled_from(["EI", "x=1", "ä"])), min_size=1))
def test_one_label_each_comes_back(given_: dict[str, tuple[str, str | None]]) -> None:
    made = reader(alphabet="protein")
    records = [Record(id, letters, label) for id, (letters, label) in given_.items()]
    with TemporaryDirectory() as folder:
        for name in ("a.fasta", "a.fa.gz", "a.tsv", "a.csv", "a.csv.gz"):
            made.write(records, Path(folder, name))
            assert content(made.read(Path(folder, name))) == content(records)
        with open(Path(folder, "a.fasta"), encoding="utf-8") as file:
            parsed = [(one.id, str(one.seq)) for one in SeqIO.parse(file, "fasta")]
        assert parsed == [(record.id, record.input) for record in records]


@settings(deadline=None)
@given(st.dictionaries(IDS, st.tuples(LETTERS, st.data()), min_size=1, max_size=4))
def test_labels_of_letters_come_back(given_: dict[str, tuple[str, st.DataObject]]) -> None:
    records = []
    for id, (letters, data) in given_.items():
        labels = data.draw(st.lists(SIGNS, min_size=len(letters), max_size=len(letters)))
        records.append(Record(id, letters, Coded.of(labels)))
    lines = reader(alphabet="protein", target="tags", label_line=True)
    beside = reader(alphabet="protein", target="tags", label_file="*.labels.fasta")
    with TemporaryDirectory() as folder:
        for name in ("a.fasta", "a.tsv", "a.csv.gz"):
            lines.write(records, Path(folder, name))
            assert content(lines.read(Path(folder, name))) == content(records)
        bare = [replace(record, target=None) for record in records]
        beside.write(bare, Path(folder, "b.fasta"))
        beside.write(records, Path(folder, "b.labels.fasta"))
        assert content(beside.read(Path(folder, "b.fasta"))) == content(records)


def test_labels_of_several_signs_have_a_place_in_tables_alone(tmp_path: Path) -> None:
    made = reader(alphabet="protein", target="tags")
    record = Record("a", "MKV", Coded.of(["B-x", None, "O"]), "a.tsv:2")
    assert written(made, [record], tmp_path / "a.tsv").splitlines()[1] == "a\tMKV\tB-x ? O\t"
    assert content(made.read(tmp_path / "a.tsv")) == content([record])
    for name in ("a.fasta", "a.labels.fasta"):
        with pytest.raises(Mistake, match=r"^a\.tsv:2: a label of several signs has no place in FASTA; write \.tsv$"):
            made.write([record], tmp_path / name)


def test_headers_keep_what_they_say(file: Any, tmp_path: Path) -> None:
    path = file(">a kind=x of words\nACGT\n>b of words\nAC\n", "a.fasta")
    made = reader(label_in_header={"field": "kind"})
    records = [replace(one, target="y z"[0], confidence=0.98765) for one in made.read(path)]
    out = tmp_path / "out.fasta"
    first = ">a kind=y of words confidence=0.9877\nACGT\n>b of words kind=y confidence=0.9877\nAC\n"
    assert written(made, records, out) == first
    again = [replace(one, target="z", confidence=0.5) for one in made.read(out)]
    assert "kind=z of words confidence=0.5000" in written(made, again, tmp_path / "again.fasta")


@pytest.mark.parametrize(
    ("place", "header", "label", "out"),
    [
        ({"word": -1}, "a EI", "N", "a N"),
        ({"word": -1}, "a", "N", "a N"),
        ({"word": 1}, "a EI more", "N", "a N more"),
        ({"pattern": "class_(.)"}, "a class_x.", "y", "a class_y."),
        ({"field": "label"}, "a", "two words", None),
        ({"pattern": "class_(.)"}, "a", "y", None),
    ],
)
def test_a_label_goes_where_it_is_read(
    file: Any, tmp_path: Path, place: dict[str, Any], header: str, label: str, out: str | None
) -> None:
    made = reader(label_in_header=place)
    (record,) = made.read(file(f">{header}\nAC\n", "a.fasta"))
    labelled = [replace(record, target=label, confidence=0.5)]
    if out is None:
        with pytest.raises(Mistake, match=rf"a\.fasta:1: the label '{label}' has no place in the header; write \.tsv$"):
            made.write(labelled, tmp_path / "out.fasta")
        assert not (tmp_path / "out.fasta").exists()
    else:
        assert written(made, labelled, tmp_path / "out.fasta") == f">{out}\nAC\n"


def test_rows_keep_their_columns(file: Any, tmp_path: Path) -> None:
    path = file("organism,id,sequence,label\nyeast,x,ACGT,EI\nfly,y,AC,\n", "a.csv")
    made = reader()
    records = [replace(one, target="N", confidence=0.25) for one in made.read(path)]
    assert written(made, records, tmp_path / "b.csv").splitlines() == [
        "organism,id,sequence,label,confidence",
        "yeast,x,ACGT,N,0.25",
        "fly,y,AC,N,0.25",
    ]
    nameless = reader(header=False, columns={"id": None, "sequence": 0, "label": 1})
    (record,) = nameless.read(file("ACGT\n", "c.csv"))
    assert written(nameless, [replace(record, target="N", confidence=0.5)], tmp_path / "d.csv") == "ACGT,N,0.5\n"


def test_letters_of_many_columns_become_one(file: Any, tmp_path: Path) -> None:
    text = "@attribute n x\n@attribute of x\n@attribute p x\n@attribute q x\n@attribute c x\n@data\nx,yeast,A,C,E\n"
    made = reader(columns={"id": "n", "sequence": ["p", "q"], "label": "c"})
    out = written(made, list(made.read(file(text, "a.arff"))), tmp_path / "b.tsv")
    assert out == "n\tsequence\tof\tc\tconfidence\nx\tAC\tyeast\tE\t\n"


def test_a_row_for_each_letter(tmp_path: Path) -> None:
    made = reader(alphabet="protein", target="tags")
    one = Record("a", "MK", Coded.of(["H", None]), confidence=np.array([0.5, 0.98765]))
    two = Record("b", "V", ["E"])
    assert written(made, [one, two], tmp_path / "a.letters.tsv") == (
        "id\tposition\tletter\tlabel\tconfidence\n"
        "a\t1\tM\tH\t0.5000\na\t2\tK\t.\t0.9877\nb\t1\tV\tE\t\n"
    )  # fmt: skip
    with open(tmp_path / "a.letters.tsv", encoding="utf-8") as file:
        assert {len(row) for row in csv.reader(file, delimiter="\t")} == {5}


def test_confidences_of_letters_stand_in_one_cell(tmp_path: Path) -> None:
    made = reader(alphabet="protein", target="tags")
    record = Record("a", "MK", Coded.of(["H", "E"]), confidence=[0.5, 0.25])
    assert written(made, [record], tmp_path / "a.tsv").splitlines()[1] == "a\tMK\tHE\t0.5000 0.2500"


def test_names_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(Mistake, match=r"out\.txt: the reader sequences writes \.tsv, \.csv, \.fasta, \.fa, "):
        reader().write([], tmp_path / "out.txt")
    for name in ("out.labels.fasta", "out.letters.tsv.gz"):
        with pytest.raises(Mistake, match="has a label for each letter, but here each sequence has one"):
            reader().write([], tmp_path / name)
