"""Writing columns: predictions put into the tag column, and that what is read is written back byte for byte."""

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqpipe import tags
from seqpipe.errors import Mistake
from seqpipe.reader import Record
from seqpipe.readers.conll import Conll


def reader(**options: Any) -> Conll:
    return Conll(Conll.Options.model_validate(options))


def read(path: Path, **options: Any) -> list[Record]:
    return list(reader(**options).read(path))


def test_gzip(file: Any, tmp_path: Path) -> None:
    path = file(gzip.compress(b"Ann B-per\n"), "a.conll.gz")
    (one,) = read(path)
    reader().write([one], tmp_path / "b.conll.gz")
    assert gzip.decompress((tmp_path / "b.conll.gz").read_bytes()) == b"Ann B-per\n"


@pytest.mark.parametrize(
    ("scheme", "text"), [("iob1", "I I B"), ("bio", "B I B"), ("bioes", "B E S"), ("bilou", "B L U")]
)
def test_schemes_become_bio_and_are_written_back(file: Any, tmp_path: Path, scheme: str, text: str) -> None:
    path = file("".join(f"w {letter}-geo-political\n" for letter in text.split()))
    records = read(path, scheme=scheme)
    assert records[0].target == ["B-geo-political", "I-geo-political", "B-geo-political"]
    reader(scheme=scheme).write(records, tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == path.read_bytes()


def test_predictions_become_the_last_column(file: Any, tmp_path: Path) -> None:
    path = file("# one\r\nAnn\r\nsleeps \r\n\r\n\r\nwell\r\n")
    records = [Record(one.id, one.input, ["B-x"] * len(one.input), origin=one.origin) for one in read(path)]
    reader().write(records, tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == b"# one\r\nAnn\tB-x\r\nsleeps\tB-x\r\n\r\n\r\nwell\tB-x\r\n"
    assert [one.target for one in read(tmp_path / "b")] == [one.target for one in records]


def test_predictions_take_the_tag_column_and_leave_the_rest(file: Any, tmp_path: Path) -> None:
    path = file("-DOCSTART- -X- O\n\n  Ann  NNP   B-per\nsleeps VBZ O\n\n-DOCSTART- -X- O\n\nin\tIN\tO\n\n")
    records = [Record(one.id, one.input, ["B-x"] * len(one.input), origin=one.origin) for one in read(path)]
    assert [one.input for one in records] == [["Ann", "sleeps"], ["in"]]
    reader().write(records, tmp_path / "b")
    assert (tmp_path / "b").read_text() == (
        "-DOCSTART- -X- O\n\n  Ann  NNP   B-x\nsleeps VBZ B-x\n\n-DOCSTART- -X- O\n\nin\tIN\tB-x\n\n"
    )


def test_malformed_predictions_are_written_as_they_are(file: Any, tmp_path: Path) -> None:
    (one,) = read(file("a O\nb O\n"))
    reader().write([Record("1", one.input, ["O", "I-x"], origin=one.origin)], tmp_path / "b")
    assert (tmp_path / "b").read_text() == "a O\nb I-x\n"


def test_sentences_of_several_files_stay_apart(file: Any, tmp_path: Path) -> None:
    records = read(file("a O", "a")) + read(file("# sent_id = 7\nb O\n", "b")) + read(file("c O\n\n", "c"))
    reader().write(records, tmp_path / "d")
    assert (tmp_path / "d").read_text() == "a O\n\n# sent_id = 7\nb O\n\nc O\n\n"


def test_writing_reads_lazily_and_leaves_nothing_half(file: Any, tmp_path: Path) -> None:
    records = read(file("a O\n"))

    def stops() -> Any:
        yield records[0]
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        reader().write(stops(), tmp_path / "b")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.conll"]


def test_writing_where_nothing_can_be_written(file: Any, tmp_path: Path) -> None:
    records, path = read(file("a O\n")), tmp_path / "none" / "b"
    with pytest.raises(Mistake) as caught:
        reader().write(records, path)
    assert caught.value.lines == (f"{path}: cannot be written (No such file or directory)",)


UPOS = {"columns": {"token": "FORM", "tag": "UPOS"}, "scheme": "none"}


cell = st.text(st.characters(exclude_characters="\t\r\n\0", exclude_categories=["Cs"]), min_size=1, max_size=4)
word = cell.filter(lambda text: text.strip(" \v\f") and not text.startswith(("#", "-DOCSTART-", "\ufeff")))
kinds = st.sampled_from(["x", "a-b"])


@st.composite
def files(draw: st.DrawFn, scheme: str) -> bytes:
    """A well-formed file in all its freedom: columns, comments, borders, line ends, with or without the last one."""
    end = draw(st.sampled_from(["\n", "\r\n"]))
    gaps = st.lists(st.sampled_from(["", "\t", " ", "# a comment", "-DOCSTART- O"]), max_size=3)
    width = draw(st.integers(0, 2))
    text = "".join(line + end for line in draw(gaps))
    for lengths in draw(st.lists(st.lists(st.tuples(st.integers(1, 3), st.booleans(), kinds), min_size=1), min_size=1)):
        found, place = [], 0
        for length, outside, kind in lengths:
            found += [] if outside else [(place, place + length, kind)]
            place += length
        for tag in tags.written(tags.tagged(found, place), scheme):
            text += "\t".join([draw(word), *(draw(cell) for _ in range(width)), tag]) + end
        text += draw(st.sampled_from(["", " ", "\t"])) + end
        text += "".join(line + end for line in draw(gaps))
    return (text.rstrip() if draw(st.booleans()) else text).encode()


@pytest.mark.parametrize("scheme", sorted(tags.LETTERS))
@settings(deadline=None)
@given(data=st.data())
def test_what_is_read_is_written_back_byte_for_byte(
    tmp_path_factory: pytest.TempPathFactory, scheme: str, data: st.DataObject
) -> None:
    folder = tmp_path_factory.getbasetemp()
    given_bytes = data.draw(files(scheme))
    (folder / "in.tsv").write_bytes(given_bytes)
    one = reader(scheme=scheme)
    records = list(one.read(folder / "in.tsv"))
    one.write(records, folder / "out.tsv")
    assert (folder / "out.tsv").read_bytes() == given_bytes
    assert all(tags.normal(record.target, "bio") == (record.target, []) for record in records)


REAL = [
    ("wnut17", "train.conll", (3394, 62730, 1975)),
    ("wnut17", "dev.conll", (1009, 15733, 836)),
    ("wnut17", "test.conll", (1287, 23394, 1079)),
    ("ncbi_disease", "devel.tsv", (923, 23969, 787)),
    ("ncbi_disease", "test.tsv", (940, 24497, 960)),
    ("ud_en_ewt", "dev.tsv", (2001, 25147, 0)),
    ("ud_en_ewt", "test.tsv", (2077, 25094, 0)),
]


@pytest.mark.parametrize(("name", "split", "counts"), REAL)
def test_real_files(
    real_data: Callable[[str], Path],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    name: str,
    split: str,
    counts: tuple[int, int, int],
) -> None:
    path = real_data(name) / split
    one = reader(**UPOS, fields=["FORM", "UPOS", "XPOS"]) if name == "ud_en_ewt" else reader()
    records = list(one.read(path))
    entities = sum(len(tags.spans(record.target)) for record in records) if one.target.spans else 0
    assert (len(records), sum(len(record.input) for record in records), entities) == counts
    assert caplog.messages == []
    one.write(records, tmp_path / split)
    assert (tmp_path / split).read_bytes() == path.read_bytes()
