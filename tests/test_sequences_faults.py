"""Files of sequences that are not as they should be: a line for each record, and with `on_error: skip` the others."""

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest

from seqpipe import cli, report
from seqpipe.errors import Mistake
from seqpipe.lines import MOST
from seqpipe.readers.sequences import Sequences


def reader(**options: Any) -> Sequences:
    return Sequences(Sequences.Options.model_validate_json(json.dumps(options)))


def wrong(path: Path, **options: Any) -> list[str]:
    with pytest.raises(Mistake) as caught:
        list(reader(**options).read(path))
    return [line.replace(f"{path.parent}{os.sep}", "") for line in caught.value.lines]


TAGS = {"alphabet": "protein", "target": "tags"}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (">a\nAC!T\n", "record 'a': letter 3 is '!', which dna does not have; mend or remove it"),
        (">a\nACG\n-T\n", "record 'a': letter 4 is '-', which dna does not have; take the gaps out"),
        (">a\nACé\n", "record 'a': letter 3 is 'é', which dna does not have; mend or remove it"),
        (">a label=x\n\n", "record 'a': has no sequence; remove it"),
        (">\nACGT\n", "a record without a name; give it one behind the '>'"),
    ],
)
def test_records_of_fasta(file: Any, text: str, what: str) -> None:
    path = file(f">first label=x\nACGT\n{text}>last label=y\nAC\n", "a.fasta")
    place = f"a.fasta:3: {what}"
    assert wrong(path) == [place]
    lenient = reader(on_error="skip")
    assert [one.id for one in lenient.read(path)] == ["first", "last"]
    assert lenient.skipped == [f"{path.parent}{os.sep}{place}"]


def test_names_that_are_there_twice(file: Any) -> None:
    path = file(">a\nA\n>a more\nC\n", "a.fasta")
    assert wrong(path) == [
        f"a.fasta:3: record 'a': is there already at {path}:1; each record needs a name of its own".replace(
            f"{path.parent}{os.sep}", ""
        )
    ]


def test_all_wrong_records_are_told_but_not_thousands_of_them(file: Any) -> None:
    assert [line[:11] for line in wrong(file(">a\n!\n>b\nA\n>c\n?\n", "a.fasta"))] == ["a.fasta:1: ", "a.fasta:5: "]
    many = file("".join(f">{number}\nA!\n" for number in range(10_000)), "b.fasta")
    told = wrong(many)
    assert len(told) == MOST + 1
    assert told[-1] == f"b.fasta: more mistakes than these {MOST}"
    lenient = reader(on_error="skip")
    assert list(lenient.read(many)) == []
    assert len(lenient.skipped or []) == 10_000


@pytest.mark.parametrize(
    ("mine", "other", "letters", "sign"),
    [
        ("dna", "protein", "MKVLAAGIVGLLLAQWERTYPSDF", "L"),
        ("dna", "rna", "ACGUUGCAUUGC", "U"),
        ("rna", "dna", "acgttgcattgc", "T"),
        ("dna", "protein", "MK--VLAAGIVGLL*", "L"),
    ],
)
def test_a_file_of_another_alphabet_is_told_in_one_line(
    file: Any, mine: str, other: str, letters: str, sign: str
) -> None:
    path = file("".join(f">{number}\n{letters}\n" for number in range(100)), "a.fasta")
    what = f"looks like {other}, for it has '{sign}', and reader.alphabet is {mine}; set that, or name another file"
    assert wrong(path, alphabet=mine) == [f"a.fasta:1: record '0' {what}"]
    rows = file("id\tsequence\n" + "".join(f"{number}\t{letters}\n" for number in range(100)), "a.tsv")
    assert wrong(rows, alphabet=mine) == [f"a.tsv:2: record '0' {what}"]


@pytest.mark.parametrize(
    ("name", "text", "what"),
    [
        ("a.fasta", "ACGT\n", "a.fasta:1: a FASTA file begins with '>' and a name; is it the right file?"),
        ("a.fasta", "", "a.fasta: no record in it; is it the right file?"),
        ("a.csv", "id,sequence\n", "a.csv: no record in it; is it the right file?"),
        ("a.csv", "id,sequenc\nx,A\n", "a.csv:2: no column 'sequence'; did you mean 'sequenc'?; see reader.columns"),
        ("a.csv", "sequence,lable\nA,x\n", "a.csv:2: no column 'label'; did you mean 'lable'? see reader.columns"),
        (
            "a.csv",
            "sequence,label\nA\n",
            "a.csv:2: record '1': 1 column where 2 are needed, as many as in the first line",
        ),
        (
            "a.arff",
            "@attribute a x\n@data\nA,C\n",
            "a.arff:3: record '1': 2 cells where 1 are needed, one for each @attribute",
        ),
        ("a.arff", "@attribute a x\n@attribute a y\n", "a.arff:2: a second attribute named 'a'; rename one"),
        ("a.arff", "@attribute a x\n@data\n{0 A}\n", "a.arff:3: record '1': a sparse row; write all of its cells out"),
        (
            "a.arff",
            "A,C\n",
            "a.arff: no line '@data', which the rows of an ARFF file come after; is it the right file?",
        ),
    ],
)
def test_files(file: Any, name: str, text: str, what: str) -> None:
    assert wrong(file(text, name)) == [what]


def test_files_of_no_kind(file: Any) -> None:
    (line,) = wrong(file(">a\nA\n", "a.txt"))
    assert line.startswith("a.txt: what kind of file is it? a file of sequences ends in .fasta, .fa, ")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (">a\nMKV\nHH\n", "record 'a': 2 labels for 3 letters; each letter needs one"),
        (">a\nMKV\nHHHH\n", "record 'a': 4 labels for 3 letters; each letter needs one"),
        (">a\nMKV\nHHH\n110\n", "record 'a': 4 lines where there are three; for FASTA without labels, set "
         "reader.label_line: false"),
    ],
)  # fmt: skip
def test_label_lines(file: Any, text: str, what: str) -> None:
    assert wrong(file(text, "a.fasta"), **TAGS, label_line=True) == [f"a.fasta:1: {what}"]


@pytest.mark.parametrize(
    ("labels", "mask", "what"),
    [
        (">b\nHH\n", ">b\n11\n", "a.fasta:1: record 'a': is not in labels.fasta"),
        (">a\nHHH\n", ">b\n11\n", "a.fasta:1: record 'a': is not in mask.fasta"),
        (">a\nHH\n", ">a\n111\n", "a.fasta:1: record 'a': 2 labels for 3 letters; each letter needs one"),
        (">a\nHHH\n", ">a\n1111\n", "a.fasta:1: record 'a': a mask of 4 signs for 3 letters"),
        (">a\nHHH\n", ">a\n1x1\n", "a.fasta:1: record 'a': 'x' in the mask; it has a 1 where the label is known, a 0 "
         "elsewhere"),
        (">b\nC\n>b\nE\n>a\nHHH\n", ">a\n111\n", "labels.fasta:3: a second record 'b'; each needs a name of its own"),
        ("HHH\n", ">a\n111\n", "labels.fasta:1: a FASTA file begins with '>' and a name; is it the right file?"),
        (">a\nHHH\n", None, "a.fasta: its labels are beside it, but no mask.fasta; see reader.mask_file"),
    ],
)  # fmt: skip
def test_files_beside(file: Any, labels: str, mask: str | None, what: str) -> None:
    path = file(">a\nMKV\n", "a.fasta")
    file(labels, "labels.fasta")
    if mask is not None:
        file(mask, "mask.fasta")
    options = TAGS | {"label_file": "labels.fasta", "mask_file": "mask.fasta"}
    assert [line.replace(f"{path.parent}{os.sep}", "") for line in wrong(path, **options)] == [what]


def test_a_table_with_labels_but_no_mask(file: Any) -> None:
    columns = {"columns": {"mask": "known"}}
    (line,) = wrong(file("sequence,label\nMKV,HHH\n", "a.csv"), **TAGS, **columns)
    assert line == "a.csv:2: no column 'known'; there are: label, sequence; see reader.columns"
    assert [one.target for one in reader(**TAGS, **columns).read(file("sequence\nMKV\n", "b.csv"))] == [None]


def test_what_is_whole_of_a_truncated_file_goes_on(file: Any) -> None:
    whole = "".join(f">{number} label=x\n{'ACGT' * (number + 1)}\n" for number in range(2000))
    path = file(gzip.compress(whole.encode())[:-400], "a.fasta.gz")
    assert "damaged gzip data" in wrong(path)[-1]
    lenient = reader(on_error="skip")
    found = list(lenient.read(path))
    assert 0 < len(found) < 2000
    assert all(len(one.input) == 4 * (number + 1) for number, one in enumerate(found))
    (told,) = lenient.skipped or []
    assert told.startswith(f"{path}: damaged gzip data")
    assert list(lenient.read(file("ACGT", "b.fasta"))) == []
    assert len(lenient.skipped or []) == 2
    for missing in (path.with_name("c.fasta"), path.with_name("c.tsv.gz")):
        assert wrong(missing, on_error="skip") == [f"{missing.name}: no such file"]


PIPELINE = """\
reader: {type: sequences, on_error: skip}
data: {train: train.fasta, dev: dev.fasta}
encoder: {type: gru, hidden_size: 4, embed: {size: 0}}
head: {type: classifier}
train: {epochs: 1}
"""


def test_commands_tell_what_was_left_out(
    file: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    good = "".join(f">{number} label={'xy'[number % 2]}\n{'AG'[number % 2] * 9}\n" for number in range(20))
    train = file(good + "".join(f">bad{number}\nA-C\n" for number in range(7)), "train.fasta")
    dev = file(good + ">bad\n!\n", "dev.fasta")
    out = str(tmp_path / "run")
    assert cli.main(["run", str(file(PIPELINE, "a.yaml")), "--out", out]) == 0
    told = capsys.readouterr().err
    assert told.endswith("take the gaps out\n  and 3 more\n")
    assert told.count("left out, as reader.on_error says: 8") == 1
    assert "left out, as reader.on_error says: 8" in caplog.text
    listed = json.loads((tmp_path / "run" / "data.json").read_text())["skipped"]
    assert [line.partition(": ")[0] for line in listed] == [
        *(f"{train}:{line}" for line in range(41, 55, 2)),
        f"{dev}:41",
    ]
    for command in (["evaluate", out, str(dev)], ["predict", out, str(dev)]):
        assert cli.main(command) == 0
        lines = capsys.readouterr().err.splitlines()
        assert lines[-2:] == ["left out, as reader.on_error says: 1", f"  {listed[-1]}"]
    assert cli.main(["predict", out, str(file(good, "good.fasta"))]) == 0
    assert "left out" not in capsys.readouterr().err


def test_a_run_with_nothing_left_says_why(file: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for name in ("train.fasta", "dev.fasta"):
        file(">a\n-\n", name)
    assert cli.main(["run", str(file(PIPELINE, "a.yaml")), "--out", str(tmp_path / "run")]) == 2
    assert "take the gaps out" in caplog.text


def test_what_was_left_out_for_two_splits_is_told_once() -> None:
    made = reader(on_error="skip")
    assert report.skipped(made) == report.skipped(reader()) == []
    made.skipped = ["a:1: x", "a:2: y", "a:1: x"]
    assert report.skipped(made, 1) == ["left out, as reader.on_error says: 2", "  a:1: x", "  and 1 more"]
