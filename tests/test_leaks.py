"""Inputs that two splits share: found, counted and shown by `check --data`, and told in a line by `run`."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from seqpipe import cli
from seqpipe.codec import Symbols
from seqpipe.leaks import Shared, listing, shared, warning
from seqpipe.pipeline import load
from seqpipe.reader import Reader, Record
from seqpipe.readers.frames import FrameLines
from seqpipe.splits import read, read_all, sources

SPLITS = {
    "train": ["the boat", "an oar", "the boat", "a sail"],
    "dev": ["a sail", "a mast", "the boat", ""],
    "test": ["a mast", "a rope"],
}
PIPELINE = """\
reader: {type: table}
data: {train: train.csv, dev: dev.csv, test: test.csv}
encoder: {type: gru, hidden_size: 4, embed: {size: 4, letters: 0}}
head: {type: classifier}
train: {epochs: 1}
"""
FLATTER = "their scores may flatter: see seqpipe check --data, and data.held_out"


class Lines(Reader):
    """Texts of letters, of which small and capital ones are the same."""

    def __init__(self) -> None:
        super().__init__(None)
        self.input, self.target = Symbols(), None
        self.input.identity = str.lower

    def read(self, path: Path) -> Iterator[Record]:
        yield from ()


def records(split: str) -> list[Record]:
    return [Record(str(line), text, None, f"{split}:{line}") for line, text in enumerate(SPLITS[split], 2)]


@pytest.fixture
def leaky(tmp_path: Path) -> Path:
    for split, texts in SPLITS.items():
        rows = [f"{text},{'ab'[number % 2]}\n" for number, text in enumerate(texts)]
        (tmp_path / f"{split}.csv").write_text("text,label\n" + "".join(rows))
    path = tmp_path / "leaky.yaml"
    path.write_text(PIPELINE)
    return path


def test_each_pair_of_splits_is_compared() -> None:
    found = list(shared(Lines(), {split: iter(records(split)) for split in SPLITS}))
    assert found == [
        Shared("dev", "train", 2, 3, [("dev:2", "train:5"), ("dev:4", "train:2")]),
        Shared("test", "dev", 1, 2, [("test:2", "dev:3")]),
    ]
    assert warning(found) == f"data: 2 of 3 dev inputs are in train too (dev:2 is train:5); {FLATTER}"
    assert warning(found[1:]) is None
    assert list(listing(found[1:])) == ["1 of 2 test inputs are in dev too:", "  test:2 is dev:3"]


def test_what_counts_as_the_same_is_what_the_codec_says() -> None:
    splits = {"train": [Record("1", "acgt", where="a:1")], "test": [Record("1", "AcGt", where="b:1")]}
    assert [one.examples for one in shared(Lines(), splits)] == [[("b:1", "a:1")]]


def test_frames_are_the_same_number_by_number() -> None:
    reader = FrameLines(FrameLines.Options())
    one, other = np.array([[1, 2], [3, 4]], np.float32), np.array([[1, 2], [3, 4.0001]], np.float32)
    same = {"train": [Record("1", one)], "dev": [Record("1", one.copy())]}
    assert [found.count for found in shared(reader, same)] == [1]
    assert not list(shared(reader, {"train": [Record("1", one)], "dev": [Record("1", other)]}))


def test_of_many_the_first_few_are_shown() -> None:
    many = [Record(str(number), f"{number}", where=f"a:{number}") for number in range(8)]
    (found,) = shared(Lines(), {"train": many, "test": many})
    assert list(listing([found])) == [
        "8 of 8 test inputs are in train too:",
        *(f"  a:{number} is a:{number}" for number in range(5)),
        "  and 3 more",
    ]


def test_check_reads_data_when_told_to(leaky: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", str(leaky)]) == 0
    without = capsys.readouterr().out
    assert cli.main(["check", str(leaky), "--data"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(without)
    here = leaky.parent
    assert out.removeprefix(without).splitlines() == [
        "  train    4 records of 8 steps",
        "  dev      4 records of 6 steps",
        "  test     2 records of 4 steps",
        "2 of 3 dev inputs are in train too:",
        f"  {here}/dev.csv:2 is {here}/train.csv:5",
        f"  {here}/dev.csv:4 is {here}/train.csv:2",
        "1 of 2 test inputs are in dev too:",
        f"  {here}/test.csv:2 is {here}/dev.csv:3",
    ]


def test_check_tells_of_names_that_no_record_has(leaky: Path, capsys: pytest.CaptureFixture[str]) -> None:
    held = "data={train: train.csv, held_out: {dev: [nobody]}}"
    assert cli.main(["check", str(leaky), "--set", held]) == 0
    capsys.readouterr()
    assert cli.main(["check", str(leaky), "--data", "--set", held]) == 2
    assert capsys.readouterr().err == "data.held_out.dev: no training record has the id 'nobody'; the first is '1'\n"


def test_run_tells_it_in_one_line(leaky: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert cli.main(["run", str(leaky), "--out", str(leaky.parent / "out")]) == 0
    here = leaky.parent
    told = [line for line in caplog.text.splitlines() if "flatter" in line]
    assert len(told) == 1
    assert told[0].endswith(
        f"data: 2 of 3 dev inputs are in train too ({here}/dev.csv:2 is {here}/train.csv:5); {FLATTER}"
    )
    caplog.clear()
    held = "data={train: train.csv, held_out: {by: sequence, dev: [8]}}"
    assert cli.main(["run", str(leaky), "--out", str(leaky.parent / "other"), "--set", held]) == 0
    assert "flatter" not in caplog.text


@pytest.mark.parametrize("limit", ["null", "1", "2"])
@pytest.mark.parametrize("held", ["{}", "{dev: [8, 7, 2], test: [9, 1]}", "{dev: ['1'], test: ['train.csv#2-4']}"])
def test_all_splits_in_one_pass_are_those_read_one_by_one(leaky: Path, held: str, limit: str) -> None:
    loaded = load(leaky, [f"data={{train: [train.csv, test.csv], limit: {limit}, held_out: {held}}}"])
    reader = loaded.new_reader()
    paths = {split: sources(loaded, split) for split in SPLITS}
    assert read_all(loaded, reader, paths) == {
        split: list(read(loaded, reader, split, paths[split])) for split in SPLITS
    }
