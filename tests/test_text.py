"""Plain text: characters and words, one record a file or a line, round trips, and the end of a text held out."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqpipe import Mistake, cli, pipeline
from seqpipe.codec import Symbols
from seqpipe.reader import Record
from seqpipe.readers.text import Text
from seqpipe.splits import read, sources
from seqpipe.vocabulary import Vocabulary, VocabularyOptions

Write = Callable[[str | bytes, str], Path]
VERSE = "Rose, oh  rose\nRose\r\n\nlast"


def reader(**options: Any) -> Text:
    return Text(Text.Options(**options))


def inputs(made: Text, path: Path) -> list[Any]:
    return [record.input if isinstance(record.input, str) else list(record.input) for record in made.read(path)]


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({}, [VERSE]),
        ({"lowercase": True}, [VERSE.lower()]),
        ({"records": "line"}, ["Rose, oh  rose\n", "Rose\r\n", "\n", "last"]),
        ({"records": "prompt"}, ["Rose, oh  rose", "Rose", "", "last"]),
        ({"unit": "word"}, [["Rose,", "oh", "rose", "\n", "Rose", "\n", "\n", "last"]]),
        ({"unit": "word", "records": "line"}, [["Rose,", "oh", "rose", "\n"], ["Rose", "\n"], ["\n"], ["last"]]),
        ({"unit": "word", "records": "prompt"}, [["Rose,", "oh", "rose"], ["Rose"], [], ["last"]]),
    ],
)
def test_what_a_record_and_a_step_are(file: Write, options: dict[str, Any], wanted: list[Any]) -> None:
    path, packed = file(VERSE, "a.verse"), file(gzip.compress(VERSE.encode()), "b.gz")
    assert inputs(reader(**options), path) == inputs(reader(**options), packed) == wanted
    numbers = [record.where for record in reader(**options).read(path)]
    lines = options.get("records", "file") != "file"
    assert numbers == ([f"{path}:{number}" for number in (1, 2, 3, 4)] if lines else [str(path)])
    assert all(record.target is None for record in reader(**options).read(path))


def test_codecs() -> None:
    assert type(reader().input) is Symbols
    words = reader(unit="word", words=VocabularyOptions(most=2)).input
    assert isinstance(words, Vocabulary)
    words.fit([["a", "b", "a", "c", "b"]])
    assert words.symbols == ["a", "b"]
    assert reader().target is None


def test_an_empty_file_is_an_empty_record(file: Write) -> None:
    assert inputs(reader(), file("", "a.txt")) == [""]
    assert inputs(reader(records="prompt"), file("", "a.txt")) == []


@pytest.mark.parametrize(
    ("data", "what"), [(b"ab\ncaf\xe9\n", ":2: not UTF-8 (byte 0xe9 at position 4)"), (b"a\0", ":1: a NUL character")]
)
def test_what_is_no_text_is_refused_with_its_line(file: Write, data: bytes, what: str) -> None:
    path = file(data, "a.txt")
    with pytest.raises(Mistake) as caught:
        list(reader().read(path))
    assert str(caught.value).startswith(f"{path}{what}")


@pytest.mark.parametrize("name", ["out.txt", "out.txt.gz"])
@given(st.text(st.characters(codec="utf-8", exclude_characters="\0\ufeff"), max_size=40))
def test_what_is_written_reads_back(tmp_path_factory: pytest.TempPathFactory, name: str, text: str) -> None:
    folder = tmp_path_factory.mktemp("text")
    (folder / "in.txt").write_bytes(text.encode())
    for records in ("file", "line"):
        made = reader(records=records)
        found = list(made.read(folder / "in.txt"))
        assert "".join(map(made.text, found)) == text
        made.write(found, folder / name)
        packed = (folder / name).read_bytes()
        assert (gzip.decompress(packed) if name.endswith("gz") else packed) == text.encode()


def test_what_follows_is_written_and_shown(tmp_path: Path) -> None:
    record = Record("1", "a line\nof", list(" it\n"))
    reader().write([record], tmp_path / "a.txt")
    assert (tmp_path / "a.txt").read_bytes() == b"a line\nof it\n"
    reader(records="prompt").write([record, Record("2", "b", ["c"])], tmp_path / "a.txt")
    assert (tmp_path / "a.txt").read_bytes() == b"a line\nof it\n\n\nbc"
    assert reader().render(record) == r"a line\nof |  it\n"
    assert reader().render(Record("1", "x" * 100 + "y")) == "x" * 59 + "y | "
    words = Record("1", ["a", "line", "\n", "of"], ["it", "\n", "\n", "all"])
    reader(unit="word").write([words], tmp_path / "a.txt")
    assert (tmp_path / "a.txt").read_bytes() == b"a line\nof it\n\nall"


def test_it_writes_text_only(tmp_path: Path) -> None:
    with pytest.raises(Mistake, match=r"a\.csv: the reader text writes \.txt, \.gz$"):
        reader().write([], tmp_path / "a.csv")


HELD = """\
reader: {type: text}
data: {train: a.txt, held_out: {last: LAST}}
encoder: {type: gru, hidden_size: 4, embed: {size: 4}}
head: {type: lm, length: 5}
train: {epochs: 1, bptt: 7, tokens_per_batch: 30}
"""


def splits(folder: Path, text: str, last: str) -> dict[str, list[str]]:
    (folder / "a.txt").write_text(text)
    (folder / "p.yaml").write_text(HELD.replace("LAST", last))
    loaded = pipeline.load(folder / "p.yaml")
    made = loaded.reader.cls(loaded.reader.options)
    return {
        split: [str(record.input) for record in read(loaded, made, split, sources(loaded, split))]
        for split in pipeline.SPLITS
    }


@pytest.mark.parametrize(
    ("last", "wanted"),
    [
        ("{dev: 0.1}", (90, 10, None)),
        ("{test: 0.25}", (75, None, 25)),
        ("{dev: 0.1, test: 0.2}", (70, 10, 20)),
        ("{dev: 0.2, test: 0.7}", (10, 20, 70)),
        ("{dev: 0.004}", (99, 1, None)),
        ("{}", (100, None, None)),
    ],
)
def test_the_end_of_a_text_is_held_out(tmp_path: Path, last: str, wanted: tuple[int | None, ...]) -> None:
    text = "".join(chr(ord("0") + number) for number in range(75)) + "x" * 25
    found = splits(tmp_path, text, last)
    assert [len(part[0]) if part else None for part in found.values()] == list(wanted)
    assert "".join(part for split in found.values() for part in split) == text


def test_a_run_of_a_text_with_prompts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    splits(tmp_path, "abracadabra " * 30, "{dev: 0.1, test: 0.1}")
    out = tmp_path / "out"
    assert cli.main(["run", str(tmp_path / "p.yaml"), "--out", str(out)]) == 0
    metrics = json.loads((out / "metrics.json").read_text())
    assert metrics["test"]["bits"] == pytest.approx(metrics["test"]["loss"] * 1.4426950408889634)
    (tmp_path / "prompts").write_text("abra\n\n")
    command = ["predict", str(out), str(tmp_path / "prompts"), "--set", "reader.records=prompt"]
    capsys.readouterr()
    assert cli.main(command) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("abra | ")
    assert second.startswith(" | ")
    assert (len(first), len(second)) == (12, 8)
    assert cli.main([*command, "--out", str(tmp_path / "new.txt"), "--set", "head.length=3"]) == 0
    one, two = (tmp_path / "new.txt").read_text().split("\n\n")
    assert (one[:4], len(one), len(two)) == ("abra", 7, 3)


def test_the_split_of_shakespeare(real_data: Callable[[str], Path]) -> None:
    real_data("tinyshakespeare")
    loaded = pipeline.load(Path(__file__).parent.parent / "pipelines" / "shakespeare.yaml")
    made = loaded.reader.cls(loaded.reader.options)
    (train,), (dev,) = (read(loaded, made, split, sources(loaded, split)) for split in ("train", "dev"))
    assert (len(train.input), len(dev.input)) == (1_003_854, 111_540)
    assert len({*train.input, *dev.input}) == 65
