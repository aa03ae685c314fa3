"""What becomes of bad files in the hands of a user: one line with file and line, exit code 2, and nothing lost."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from seqpipe import cli
from seqpipe.pipeline import load
from seqpipe.run import run

GOOD = b"Ada B-person\nsings O\n\n"
LONG = b"word O\n" * 1_000_000

BAD: dict[str, tuple[bytes | None, str]] = {
    "empty file": (b"", "bad.conll"),
    "only blank lines": (b"\n \n\t\n", "bad.conll"),
    "truncated line": (GOOD + b"Bo\n", "bad.conll:4"),
    "a column too many": (GOOD + b"Bo x B-person\n", "bad.conll:4"),
    "unknown tag": (GOOD + b"Bo person\n", "bad.conll:4"),
    "invalid UTF-8": (GOOD + b"B\xff B-person\n", "bad.conll:4"),
    "a NUL byte": (GOOD + b"B\0 B-person\n", "bad.conll:4"),
    "a sentence of a million tokens": (GOOD + LONG, "bad.conll:4"),
    "a folder": (None, "bad.conll"),
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    (folder / "good.conll").write_bytes(GOOD * 4)
    (folder / "p.yaml").write_text(
        "reader: {type: conll}\ndata: {train: good.conll}\nencoder: {type: lstm, hidden_size: 4}\n"
        "head: {type: tagger}\ntrain: {epochs: 1}\n"
    )
    run(load(folder / "p.yaml"), folder / "run")
    return folder


def put(path: Path, content: bytes | None) -> Path:
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    return path


def refused(capsys: pytest.CaptureFixture[str], place: Path, *arguments: object) -> None:
    assert cli.main([str(one) for one in arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err
    lines = [line for line in err.splitlines() if line.strip()]
    assert len(lines) == 1, err
    assert str(place) in lines[0]


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("command", ["run", "predict", "evaluate"])
def test_a_bad_file_is_named_with_its_line(
    kind: str, command: str, trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content, place = BAD[kind]
    bad = put(tmp_path / "bad.conll", content)
    if command == "run":
        file = tmp_path / "p.yaml"
        file.write_text((trained / "p.yaml").read_text().replace("good.conll", "bad.conll"))
        where = "bad.conll' is a folder" if content is None else tmp_path / place
        refused(capsys, where, "run", file, "--out", tmp_path / "out")
        assert not (tmp_path / "out").exists()
    elif command == "evaluate":
        refused(capsys, tmp_path / place, "evaluate", trained / "run", bad)
    else:
        out = tmp_path / "out.conll"
        out.write_text("labelled before\n")
        refused(capsys, tmp_path / place, "predict", trained / "run", bad, "--out", out)
        assert out.read_text() == "labelled before\n"
        assert sorted(one.name for one in tmp_path.iterdir()) == ["bad.conll", "out.conll"]


@pytest.mark.parametrize(
    ("name", "content", "place"),
    [
        ("bad.txt", b"", "bad.txt"),
        ("bad.txt", b"Ada sings.\nB\xff\n", "bad.txt:2"),
        ("bad.txt", b"Ada sings.\nB\0\n", "bad.txt:2"),
        ("bad.txt", b"Ada sings.\n" + b"word " * 1_000_000 + b"\n", "bad.txt:2"),
        ("bad.jsonl", b'{"text": "Ada"}\n{"text": "Bo\n', "bad.jsonl:2"),
        ("bad.jsonl", b'{"text": "Ada"}\n{"txt": "Bo"}\n', "bad.jsonl:2"),
        ("bad.inline", b"[Ada](person)\n[Bo(person)\n", "bad.inline:2"),
        ("bad.spacy", b"\x00\x01\x02", "bad.spacy"),
        ("bad.pdf", b"%PDF", "bad.pdf"),
    ],
)
def test_bad_text_is_named_with_its_line(
    name: str, content: bytes, place: str, trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = put(tmp_path / name, content)
    reader = ("--set", "reader={type: spacy}")
    refused(capsys, tmp_path / place, "predict", trained / "run", bad, *reader, "--out", tmp_path / "out.jsonl")
    assert [one.name for one in tmp_path.iterdir()] == [name]


def test_a_file_that_is_not_there_is_named(trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    refused(capsys, tmp_path / "none.conll", "predict", trained / "run", tmp_path / "none.conll")


def test_labels_never_seen_are_allowed_where_they_are_only_scored(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "t.conll").write_text("Grey B-ship\n")
    assert cli.main(["evaluate", str(trained / "run"), str(tmp_path / "t.conll")]) == 0
    assert "ship" in capsys.readouterr().out
    assert f"{tmp_path / 't.conll'}:1: 'B-ship' was never seen in training" in caplog.text


@pytest.mark.parametrize("name", ["x.jsonl", "x.foo", "x"])
def test_a_format_that_the_reader_cannot_write_is_refused(
    name: str, trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    refused(capsys, tmp_path / name, "predict", trained / "run", trained / "good.conll", "--out", tmp_path / name)
    refused(capsys, tmp_path, "predict", trained / "run", trained / "good.conll", "--out", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_pipe_is_written_to_and_stays_a_pipe(trained: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.conll"
    os.mkfifo(pipe)
    with ThreadPoolExecutor() as pool:
        read = pool.submit(pipe.read_bytes)
        assert cli.main(["predict", str(trained / "run"), str(trained / "good.conll"), "--out", str(pipe)]) == 0
        assert read.result(60).count(b"\n") == 12
    assert pipe.is_fifo()


@pytest.mark.parametrize("widths", ["[0]", "[-3]", "[]"])
def test_sizes_that_cannot_be_are_refused_by_check(
    widths: str, trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    setting = f"encoder.embed.letter_widths={widths}"
    refused(capsys, Path("letter_widths"), "check", trained / "p.yaml", "--set", setting)


def test_a_network_too_large_for_memory_is_told(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    huge = ("--set", "encoder.hidden_size=100000000000")
    refused(capsys, Path("encoder"), "run", trained / "p.yaml", "--out", tmp_path / "out", *huge)
