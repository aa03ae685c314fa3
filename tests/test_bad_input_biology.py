"""What becomes of bad files of biology: one line, exit code 2; with on_error: skip the good records go on."""

import gzip
import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from seqpipe import cli

PIPELINE = """\
reader: {READER}
data: {train: FILE}
windows: {size: 1000, context: 20}
encoder: {type: gru, hidden_size: 4, embed: {size: 0}}
head: {type: tagger}
train: {epochs: 1}
"""
SKIP = ("--set", "reader.on_error=skip")


def letters(count: int, seed: int = 1) -> str:
    return "".join(random.Random(seed).choices("acgt", k=count))


def genbank(name: str, place: str = "11..40", sequence: str = letters(120)) -> str:
    rows = [f"{start + 1:>9} {sequence[start : start + 60]}\n" for start in range(0, len(sequence), 60)]
    return (
        f"LOCUS       {name:16} {len(sequence):>11} bp    DNA     linear   UNK 01-JAN-1980\n"
        f"ACCESSION   {name}\nVERSION     {name}\nFEATURES             Location/Qualifiers\n"
        f"     CDS             {place}\nORIGIN\n{''.join(rows)}//\n"
    )


ONE, BAD, TWO = genbank("one"), genbank("bad"), genbank("two", "complement(51..80)")
START = BAD.index("ORIGIN")
GENOMES: dict[str, tuple[str, str, str]] = {
    "cut off in the sequence": ("x.gb", ONE + TWO + BAD[:-30], "x.gb:19: record bad"),
    "cut off in the features": ("x.gb", ONE + BAD[: START - 5] + "\n" + TWO, "x.gb:10: record bad"),
    "no sequence": ("x.gb", ONE + BAD[:START] + "ORIGIN\n//\n" + TWO, "x.gb:10: record bad: has no sequence"),
    "no sequence and no place for it": ("x.gb", ONE + BAD[:START] + "//\n" + TWO, "x.gb:10: record bad"),
    "a feature outside": ("x.gb", ONE + BAD.replace("40", "400", 1) + TWO, "x.gb:10: record bad: CDS 11..400: lies"),
    "gaps": ("x.gb", ONE + BAD.replace(letters(120)[:10], "acgt--acgt") + TWO, "x.gb:10: record bad: letter 5 of 120"),
    "a protein": ("x.gb", ONE + BAD.replace(letters(120)[:10], "mkvlaefqly") + TWO, "x.gb:10: record bad: letter 4 of"),
    "a name twice": ("x.gb", ONE + TWO + ONE, "x.gb:19: record one: its name stands twice"),
    "features of nothing": (
        "x.gff3",
        "##gff-version 3\n" + "".join(f"{name}\t.\tCDS\t1\t9\t.\t+\t0\tID={name}\n" for name in ("one", "bad", "two"))
        + f"##FASTA\n>one\n{letters(30)}\n>two\n{letters(30)}\n",
        "x.gff3:3: ",
    ),
}  # fmt: skip
SEQUENCES: dict[str, tuple[str, str, str]] = {
    "no sequence": (
        "x.fasta",
        ">one\nACGT\n..xx\n>bad\n\n\n>two\nAC\nx.\n",
        "x.fasta:4: record 'bad': has no sequence",
    ),
    "gaps": (
        "x.fasta",
        ">one\nACGT\n..xx\n>bad\nA-GT\n..xx\n>two\nAC\nx.\n",
        "x.fasta:4: record 'bad': letter 2 is '-'",
    ),
    "a label too few": ("x.fasta", ">one\nACGT\n..xx\n>bad\nACGT\n..x\n>two\nAC\nx.\n", "x.fasta:4: record 'bad'"),
    "a protein": ("x.fasta", ">one\nACGT\n..xx\n>bad\nMKVLF\n..xxx\n>two\nAC\nx.\n", "x.fasta:4: record 'bad'"),
    "a name twice": ("x.fasta", ">one\nACGT\n..xx\n>two\nAC\nx.\n>one\nA\nx\n", "x.fasta:7: record 'one': is there"),
}
CASES = [
    *(("genome", kind, *case) for kind, case in GENOMES.items()),
    *(("sequences", kind, *case) for kind, case in SEQUENCES.items()),
]
each_case = pytest.mark.parametrize(("reader", "kind", "name", "content", "said"), CASES, ids=lambda one: one[:30])


def write(folder: Path, reader: str, file: Path) -> Path:
    """A pipeline that reads a file."""
    options = {"genome": "type: genome", "sequences": "type: sequences, target: tags, label_line: true"}
    path = folder / f"{reader}.yaml"
    path.write_text(PIPELINE.replace("READER", options[reader]).replace("FILE", str(file)))
    return path


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs named by their readers."""
    folder = tmp_path_factory.mktemp("trained")
    for reader, name, content in (("genome", "g.gb", ONE + TWO), ("sequences", "s.fasta", ">one\nACGT\n..xx\n")):
        (folder / name).write_text(content)
        assert cli.main(["run", str(write(folder, reader, folder / name)), "--out", str(folder / reader)]) == 0
    return folder


Told = Callable[..., tuple[int, str, list[str]]]


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Told:
    """Exit code, output and lines of error of a command, which never has a traceback."""

    def run(*arguments: object) -> tuple[int, str, list[str]]:
        capsys.readouterr()
        code = cli.main([str(one) for one in arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return code, out, err.splitlines()

    return run


def ids(path: Path) -> list[str]:
    """The records in a file of predictions, in order."""
    lines = path.read_text().splitlines()
    if path.suffix == ".fasta":
        return [line[1:].split()[0] for line in lines if line.startswith(">")]
    return [line.split()[1] for line in lines if line.startswith("##sequence-region")]


@each_case
@pytest.mark.parametrize("command", ["run", "predict", "evaluate"])
def test_a_bad_record_stops_with_one_line_that_names_it(
    command: str, reader: str, kind: str, name: str, content: str, said: str, trained: Path, tmp_path: Path, told: Told
) -> None:
    bad = tmp_path / name
    bad.write_text(content)
    out = tmp_path / f"out{'.gff3' if reader == 'genome' else '.fasta'}"
    if command == "run":
        code, shown, lines = told("run", write(tmp_path, reader, bad), "--out", tmp_path / "run")
        assert not (tmp_path / "run").exists()
    elif command == "evaluate":
        code, shown, lines = told("evaluate", trained / reader, bad)
    else:
        out.write_text("labelled before\n")
        code, shown, lines = told("predict", trained / reader, bad, "--out", out)
        assert out.read_text() == "labelled before\n"
    assert (code, shown, len(lines)) == (2, "", 1), lines
    assert lines[0].startswith(str(bad.parent / said))


@each_case
def test_the_good_ones_go_on_and_the_others_are_told(
    reader: str, kind: str, name: str, content: str, said: str, trained: Path, tmp_path: Path, told: Told
) -> None:
    bad = tmp_path / name
    bad.write_text(content)
    out = tmp_path / f"out{'.gff3' if reader == 'genome' else '.fasta'}"
    code, _, lines = told("predict", trained / reader, bad, "--out", out, *SKIP)
    assert (code, lines[0]) == (0, "left out, as reader.on_error says: 1")
    assert lines[1].startswith(f"  {bad.parent / said}")
    assert ids(out) == ["one", "two"]
    code, shown, again = told("evaluate", trained / reader, bad, *SKIP)
    assert (code, again) == (0, lines)
    assert "\n2 records" in shown
    code, _, more = told("run", write(tmp_path, reader, bad), "--out", tmp_path / "run", *SKIP)
    assert code == 0
    assert more[-2:] == lines
    data = json.loads((tmp_path / "run" / "data.json").read_text())
    assert data["train"]["records"] == 2
    assert [f"  {line}" for line in data["skipped"]] == lines[1:]


@pytest.mark.parametrize("reader", ["genome", "sequences"])
def test_a_file_that_ends_too_early_is_told_and_may_be_read_up_to_there(
    reader: str, trained: Path, tmp_path: Path, told: Told
) -> None:
    names = [f"r{number}" for number in range(2_000)]
    bad = tmp_path / f"x.{'gb' if reader == 'genome' else 'fasta'}.gz"
    packed = gzip.compress(
        "".join(genbank(one) if reader == "genome" else f">{one}\nACGT\n..xx\n" for one in names).encode()
    )
    bad.write_bytes(packed[: len(packed) // 2])
    out = tmp_path / f"out{'.gff3' if reader == 'genome' else '.fasta'}"
    code, _, lines = told("predict", trained / reader, bad, "--out", out)
    assert (code, len(lines), out.exists()) == (2, 1, False)
    assert lines[0].startswith(f"{bad}: damaged gzip data")
    code, _, more = told("predict", trained / reader, bad, "--out", out, *SKIP)
    assert (code, more[0]) == (0, f"left out, as reader.on_error says: {len(more) - 1}")
    assert f"  {lines[0]}" in more
    found = ids(out)
    assert found == names[: len(found)]
    assert len(found) > 500


@pytest.mark.parametrize("ends", ["\r\n", "\r", "mixed"])
def test_line_ends_change_nothing(ends: str, trained: Path, tmp_path: Path, told: Told) -> None:
    found = []
    for name, text in (("plain.gb", ONE + TWO), ("other.gb", ONE + TWO)):
        lines = text.splitlines()
        turn = ["\n"] if name == "plain.gb" else ["\r\n", "\n", "\r"] if ends == "mixed" else [ends]
        joined = "".join(line + turn[place % len(turn)] for place, line in enumerate(lines))
        (tmp_path / name).write_bytes(joined.encode())
        code, _, _ = told("predict", trained / "genome", tmp_path / name, "--out", tmp_path / f"{name}.tsv")
        assert code == 0
        found.append((tmp_path / f"{name}.tsv").read_bytes())
    assert found[0] == found[1]
    assert found[0].count(b"\n") == 241


@pytest.mark.parametrize("reader", ["genome", "sequences"])
def test_small_letters_are_labelled_as_capitals_are(reader: str, trained: Path, tmp_path: Path, told: Told) -> None:
    found = []
    for turn in (str.lower, str.upper):
        (tmp_path / "x.fa").write_text(f">one\n{turn(letters(90))}\n")
        code, _, _ = told("predict", trained / reader, tmp_path / "x.fa", "--out", tmp_path / "x.tsv")
        assert code == 0
        found.append((tmp_path / "x.tsv").read_text().upper())
    assert found[0] == found[1]


@pytest.mark.parametrize("reader", ["genome", "sequences"])
def test_proteins_for_a_reader_of_dna_leave_nothing(
    reader: str, trained: Path, tmp_path: Path, told: Told, caplog: pytest.LogCaptureFixture
) -> None:
    bad = tmp_path / "x.fa"
    bad.write_text(">p\nMKVLAAGIVGLLLAQW\n" if reader == "genome" else ">p\nMKVLAAGIVGLLLAQW\n................\n")
    code, shown, lines = told("predict", trained / reader, bad)
    assert (code, shown, len(lines)) == (2, "", 1)
    assert lines[0].startswith(f"{bad}:1: record ")
    assert "looks like" in lines[0]
    code, _, more = told("predict", trained / reader, bad, "--out", tmp_path / "x.tsv", *SKIP)
    assert (code, more) == (0, ["left out, as reader.on_error says: 1", f"  {lines[0]}"])
    assert len((tmp_path / "x.tsv").read_text().splitlines()) <= 1  # a header at most
    for command in (
        ["evaluate", trained / reader, bad],
        ["run", write(tmp_path, reader, bad), "--out", tmp_path / "run"],
    ):
        code, _, none = told(*command, *SKIP)
        assert code == 2
        assert any("no record" in line for line in none)
        assert lines[0] in "\n".join([*none, caplog.text])


def test_ten_thousand_tiny_contigs(trained: Path, tmp_path: Path, told: Told) -> None:
    rows = [f">c{number}\n{'ac-gt' if number % 1000 == 7 else letters(1 + number % 40)}\n" for number in range(10_000)]
    (tmp_path / "x.fa").write_text("".join(rows))
    code, _, lines = told("predict", trained / "genome", tmp_path / "x.fa", "--out", tmp_path / "x.gff3", *SKIP)
    assert (code, lines[0], len(lines)) == (0, "left out, as reader.on_error says: 10", 7)
    assert ids(tmp_path / "x.gff3") == [f"c{number}" for number in range(10_000) if number % 1000 != 7]


def test_one_long_contig(trained: Path, tmp_path: Path, told: Told) -> None:
    (tmp_path / "x.fa").write_text(f">long\n{letters(50_000) * 40}\n")
    code, _, lines = told("predict", trained / "genome", tmp_path / "x.fa", "--out", tmp_path / "x.bed")
    assert (code, lines) == (0, [])
    parts: list[set[tuple[int, str]]] = [set() for _ in range(40)]
    for line in (tmp_path / "x.bed").read_text().splitlines():
        name, start, stop, *_, strand = line.split("\t")[:6]
        assert name == "long"
        assert 0 <= int(start) < int(stop) <= 2_000_000
        parts[int(start) // 50_000].add((int(start) % 50_000, strand))
    assert len(parts[1]) > 1_000
    # The same letters have the same labels, wherever windows are cut.
    for part in parts[2:]:
        assert len(part ^ parts[1]) <= 0.001 * len(parts[1])
