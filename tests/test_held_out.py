"""What a user can get wrong in `data.held_out`, before any data is opened, and what the names in it stand for."""

from pathlib import Path
from textwrap import dedent

import pytest

from seqpipe.cli import main
from seqpipe.held_out import Place


def data(text: str) -> str:
    """A pipeline with this as its section data."""
    return f"reader: {{type: conll}}\ndata: {text}\nencoder: {{type: bilstm}}\nhead: {{type: tagger}}\n"


CASES = {
    "the end of labelled records": (
        """\
        reader: {type: table}
        data: {train: train.conll, held_out: {last: {dev: 0.1}}}
        encoder: {type: bilstm}
        head: {type: classifier}
        """,
        "2: data.held_out.last: cuts records, but 'classifier' learns one target for the whole of each; "
        "hold out whole records",
    ),
    "tenths and the end": (
        data("{train: train.conll, held_out: {dev: [1], last: {dev: 0.1}}}"),
        "2: data.held_out: give either tenths and names (dev, test) or shares of each record (last), not both",
    ),
    "nothing but the end": (
        data("{train: train.conll, held_out: {last: {dev: 0.5, test: 0.5}}}"),
        "2: data.held_out.last: the shares sum to 1 or more; leave some to train on",
    ),
    "no tenths to draw": (
        data("{train: train.conll, held_out: {by: id, dev: [a]}}"),
        "2: data.held_out: by says how tenths are drawn, but dev and test name none; give some, or leave it out",
    ),
    "blocks of no tenths": (
        data("{train: train.conll, held_out: {blocks: 10, dev: ['a:0-9']}}"),
        "2: data.held_out: blocks says how tenths are drawn, but dev and test name none; give some, or leave it out",
    ),
    "a margin where nothing is cut": (
        data("{train: train.conll, held_out: {margin: 10, dev: [a]}}"),
        "2: data.held_out: margin lies where a record is cut, but none is; give blocks, parts of records, or last",
    ),
    "a part with nothing in it": (
        data("{train: train.conll, held_out: {dev: ['a:9-9']}}"),
        "2: data.held_out: nothing lies in 'a:9-9': its end (9) is not after its start (9)",
    ),
    "parts that overlap": (
        data("{train: train.conll, held_out: {dev: ['a:0-9', 'b:7-'], test: ['b:-8']}}"),
        "2: data.held_out: 'b:-8' and 'b:7-' have steps or records in common; each is of one split",
    ),
    "a record and a part of it": (
        data("{train: train.conll, held_out: {dev: ['a:5-9'], test: [a, 'a#3-4']}}"),
        "2: data.held_out: 'a' and 'a:5-9' have steps or records in common; each is of one split",
    ),
    "a tenth of no kind": (
        data("{train: train.conll, held_out: {dev: [1.5]}}"),
        "2: data.held_out.dev.0: must be a whole number or text, not 1.5",
    ),
    "an eleventh tenth": (
        data("{train: train.conll, held_out: {dev: [10]}}"),
        "2: data.held_out.dev.0: must be at most 9 or text, not 10",
    ),
    "a name of no letters": (
        data("{train: train.conll, held_out: {dev: ['']}}"),
        "2: data.held_out: an empty name; write the id of a record",
    ),
    "a file and the end": (
        data("{train: train.conll, dev: dev.conll, held_out: {last: {dev: 0.5}}}"),
        "2: data: give either dev files or held_out.last.dev, not both",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_each_mistake_is_told_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    text, line = CASES[name]
    for split in ("train", "dev"):
        (tmp_path / f"{split}.conll").write_text("a O\n")
    file = tmp_path / "p.yaml"
    file.write_text(dedent(text))
    assert main(["check", str(file)]) == 2
    assert capsys.readouterr().err.splitlines() == [f"{file}:{line}"]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("chr1", ("chr1", "")),
        ("chr1:0-450000", ("chr1", ":", 0, 450_000)),
        ("chr1:450000-", ("chr1", ":", 450_000, None)),
        ("chr1:-9", ("chr1", ":", 0, 9)),
        ("a:b:3-4", ("a:b", ":", 3, 4)),
        ("folder/a.gb#0-1", ("folder/a.gb", "#", 0, 1)),
        ("HG002#1#chr1", ("HG002#1#chr1", "")),
        ("HLA:A*01", ("HLA:A*01", "")),
        ("NC_1:c90-10", ("NC_1:c90-10", "")),
    ],
)
def test_names_are_records_or_parts_of_them(text: str, place: tuple[object, ...]) -> None:
    assert Place.of(text)[: len(place) + 1] == (text, *place)


def test_files_may_be_named_with_folders_above_them() -> None:
    path = Path("/data/genomes/a.gb")
    assert [Place.of(f"{name}#0-9").of_file(path) for name in ("a.gb", "genomes/a.gb", "/data/genomes/a.gb")] == [
        True
    ] * 3
    assert not any(Place.of(f"{name}#0-9").of_file(path) for name in ("b.gb", "data/a.gb", "s/a.gb", ".gb"))
    assert not Place.of("a.gb").of_file(path)
