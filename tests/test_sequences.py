"""The reader of sequences: where files have letters, labels and masks, and what becomes of them in training."""

import gzip
import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from seqpipe.coded import Coded
from seqpipe.reader import Record
from seqpipe.readers.sequences import Sequences


def reader(**options: Any) -> Sequences:
    return Sequences(Sequences.Options.model_validate_json(json.dumps(options)))


def content(path: Path, **options: Any) -> list[tuple[str, str, Any]]:
    return [(record.id, record.input, record.target) for record in reader(**options).read(path)]


FASTA = ">a label=EI x\nACGT\nNN\n\n>b of 2 words\r\nac gt\r\n>c label=N\rTT\rGG\r"


def test_fasta_with_labels_in_its_headers(file: Any) -> None:
    found = [("a", "ACGTNN", "EI"), ("b", "acgt", None), ("c", "TTGG", "N")]
    for path in (file(FASTA, "a.fasta"), file(gzip.compress(FASTA.encode()), "b.fa.gz")):
        records = list(reader().read(path))
        assert [(one.id, one.input, one.target) for one in records] == found
        assert [one.where for one in records] == [f"{path}:{line}" for line in (1, 5, 7)]
        assert reader().heading(records[0]) == "a label=EI x"


def test_records_are_read_one_at_a_time(file: Any) -> None:
    path = file(">a\nAC\n>b\nGT\n>c\n!\n", "a.fasta")
    records = reader().read(path)
    assert [next(records).id, next(records).id] == ["a", "b"]


@pytest.mark.parametrize(
    ("place", "labels"),
    [
        ({"field": "kind"}, ["x", None, None]),
        ({"word": 1}, ["EI", "kind", None]),
        ({"word": 2}, ["kind=x", None, None]),
        ({"word": -1}, ["kind=x", "kind", None]),
        ({"pattern": r"^\w+ ([A-Z]+)"}, ["EI", None, None]),
    ],
)
def test_places_in_headers(file: Any, place: dict[str, Any], labels: list[str | None]) -> None:
    path = file(">a EI kind=x\nA\n>b kind\nC\n>kind\nG\n", "a.fasta")
    assert [label for *_, label in content(path, label_in_header=place)] == labels


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"label_in_header": {"word": 1, "field": "x"}}, "give one of field, word and pattern"),
        ({"label_in_header": {"word": 0}}, "word 0 is the name of the record"),
        ({"label_in_header": {"pattern": "(a"}}, "pattern is no regular expression"),
        ({"label_in_header": {"pattern": "a"}}, "pattern has 0 groups where one is needed"),
        ({"label_in_header": {"pattern": "(a)(b)"}}, "pattern has 2 groups"),
        ({"columns": {"id": "x", "sequence": "x"}}, "a column is named twice"),
        ({"label_line": True}, "are of labels of letters; set target: tags"),
        ({"target": "tags", "label_line": True, "label_file": "x"}, "give one"),
        ({"target": "tags", "mask_file": "x"}, "hides labels of a label_file"),
        ({"alphabet": "protein", "reverse_complement": True}, "a protein has no reverse complement"),
        ({"mirror": {"a": "b", "c": "b"}}, "mirror has a label in two pairs"),
        ({"mirror": {"a": "b", "b": "c"}}, "mirror has a label in two pairs"),
        ({"alphabet": "lipid"}, "alphabet"),
    ],
)
def test_options_that_make_no_sense(options: dict[str, Any], what: str) -> None:
    with pytest.raises(ValidationError, match=what):
        reader(**options)


def test_tables_with_a_label_each(file: Any) -> None:
    found = [("x", "ACGT", "EI"), ("y", "acgt", None)]
    assert content(file("id,sequence,label\nx,ACGT,EI\ny,acgt,\n", "a.csv")) == found
    assert content(file("label\tid\t sequence\nEI\tx\tAC GT\n\ty\tacgt\n", "a.tsv")) == found
    numbered = {"header": False, "columns": {"id": 2, "sequence": 0, "label": 1}}
    assert content(file("ACGT,EI,x\nacgt,,y\n", "b.csv"), **numbered) == found
    nameless = [("1", "ACGT", None), ("2", "AC", None)]
    assert content(file("sequence,of\nACGT,1\nAC,2\n", "c.csv")) == nameless


def test_further_columns_are_the_heading(file: Any) -> None:
    path = file("id,sequence,set,label\nx,ACGT,train,EI\n", "a.csv")
    assert [reader().heading(one) for one in reader().read(path)] == ["set=train"]


ARFF = """\
% of splice junctions
@relation s
@ATTRIBUTE 'a name' { x, y }
@attribute p1 { A, C}
@attribute p2 { A, C}
@attribute Class {E,N}
@data
% comment
'x one', A ,C,E\r
y,C,C,N
"""


def test_arff_with_a_letter_in_each_column(file: Any) -> None:
    columns = {"id": "a name", "sequence": ["p1", "p2"], "label": "Class"}
    assert content(file(ARFF, "a.arff"), columns=columns) == [("x one", "AC", "E"), ("y", "CC", "N")]
    columns = {"id": None, "sequence": [1, 2], "label": 3}
    assert content(file(ARFF, "a.arff"), columns=columns) == [("1", "AC", "E"), ("2", "CC", "N")]


def tags(path: Path, **options: Any) -> list[tuple[str, str, Any]]:
    found = content(path, alphabet="protein", target="tags", **options)
    return [(id, letters, None if target is None else list(target)) for id, letters, target in found]


def test_labels_of_letters_in_a_third_line(file: Any) -> None:
    path = file(">a of x\nMKV\nH?E\n>b\nMK\n\n>c\nM K\r\n E\r\n", "a.fasta")
    found = [("a", "MKV", ["H", None, "E"]), ("b", "MK", None), ("c", "MK", [" ", "E"])]
    assert tags(path, label_line=True) == found
    assert tags(file(">a\nMKV\nH E\n", "b.fasta"), label_line=True) == [("a", "MKV", ["H", " ", "E"])]
    assert tags(file(">a\nMKV\nH-E\n", "b.fasta"), label_line=True, unknown="-") == [("a", "MKV", ["H", None, "E"])]


@pytest.mark.parametrize("order", [["a", "b", "c"], ["c", "x", "a", "b"]])
def test_labels_of_letters_and_masks_in_files_beside(file: Any, order: list[str]) -> None:
    labels = {"a": "HH\nE", "b": "CC", "c": "E", "x": "EEEE"}
    masks = {"a": "101", "b": "00", "c": "1", "x": "1111"}
    path = file(">a\nMKV\n>b\nMK\n>c\nM\n", "p.fasta")
    file("".join(f">{one} SET={one}\n{labels[one]}\n" for one in order), "p.labels.fa")
    packed = "".join(f">{one}\n{masks[one]}\n" for one in reversed(order)).encode()
    file(gzip.compress(packed), "mask.fasta.gz")
    options = {"label_file": "*.labels.fa", "mask_file": "mask.fasta.gz"}
    found = [("a", "MKV", ["H", None, "E"]), ("b", "MK", [None, None]), ("c", "M", ["E"])]
    assert tags(path, **options) == found
    made = reader(alphabet="protein", target="tags", **options)
    assert [made.heading(one) for one in made.read(path)] == ["a a SET=a", "b b SET=b", "c c SET=c"]
    assert [one.name for one in made.beside(path)] == ["p.labels.fa", "mask.fasta.gz"]


def test_without_the_file_of_labels_nothing_is_labelled(file: Any) -> None:
    path = file(">a\nMKV\n", "p.fasta")
    options = {"label_file": "*.labels.fa", "mask_file": "mask.fasta.gz"}
    assert tags(path, **options) == [("a", "MKV", None)]


def test_labels_of_letters_in_tables(file: Any) -> None:
    columns = {"sequence": "input", "label": "ss", "mask": "known"}
    path = file("input, ss, known\nM K V,H H E,1.0 0.0 1.0\nMKV,HHE,110\n,,\n", "a.csv")
    two = [("1", "MKV", ["H", None, "E"]), ("2", "MKV", ["H", "H", None])]
    made = reader(alphabet="protein", target="tags", columns=columns, on_error="skip")
    assert [(one.id, one.input, list(one.target)) for one in made.read(path)] == two
    words = file("sequence\tlabel\nMKV\tB-sig I-sig ?\n", "b.tsv")
    assert tags(words) == [("1", "MKV", ["B-sig", "I-sig", None])]


def test_lower_case_is_kept_and_told_apart_on_wish(file: Any) -> None:
    path = file(">a label=x\nACgt\n", "a.fasta")
    plain, soft = reader(), reader(soft_masking=True)
    (record,) = plain.read(path)
    assert record.input == "ACgt"
    assert (plain.input.encode(["ACgt"]).rows[0] == plain.input.encode(["ACGT"]).rows[0]).all()
    assert (soft.input.encode(["ACgt"]).rows[0] != soft.input.encode(["ACGT"]).rows[0]).any()


@settings(deadline=None)
@given(st.text("ACGTacgtNRY", min_size=1, max_size=20), st.data())
def test_reverse_complements_turn_labels_round_and_back(letters: str, data: st.DataObject) -> None:
    labels = data.draw(st.lists(st.sampled_from(["+", "-", ".", None]), min_size=len(letters), max_size=len(letters)))
    made = reader(target="tags", mirror={"+": "-"})
    record = Record("a", letters, Coded.of(labels), "a.fasta:1")
    there = made.reverse(record)
    assert there is not None
    swapped: dict[Any, Any] = {"+": "-", "-": "+"}
    assert list(there.target) == [swapped.get(one, one) for one in reversed(labels)]
    back = made.reverse(there)
    assert back is not None
    assert (back.input, back.target) == (letters, labels)
    assert reader(alphabet="protein", target="tags").reverse(record) is None


def test_training_records_are_reversed_by_the_toss_of_a_coin() -> None:
    records = [Record(str(number), "AACG", "x") for number in range(400)]
    made = reader(reverse_complement=True)
    varied = made.augment(records, Random(1))
    turned = sum(one.input == "CGTT" for one in varied)
    assert 150 < turned < 250
    assert all(one.input in ("AACG", "CGTT") and one.target == "x" for one in varied)
    assert made.augment(records, Random(1)) == varied != made.augment(records, Random(2))
    assert reader().augment(records, Random(1)) is records


def test_a_person_sees_label_and_letters() -> None:
    long = Record("a", "ACGT" * 20, "EI", confidence=0.987)
    assert reader().render(long) == f"[EI 0.99] a {'ACGT' * 15}..."
    tagged = Record("b", "MKV", Coded.of(["H", None, "E"]))
    assert reader(alphabet="protein", target="tags").render(tagged) == "b MKV -> H?E"
