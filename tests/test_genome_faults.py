"""What is wrong with files of genomes: one line each, and with `on_error: skip` the good sequences go on."""

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seqpipe.errors import Mistake
from seqpipe.readers.genome import Genome

BAD = "GATAACCATGGCCTGACCAGC"
GOOD = "ACGTACGTTGACCNNACGT"


def genbank(name: str, sequence: str, place: str = "8..16", notes: str = "") -> str:
    return (
        f"LOCUS       {name:16} {len(sequence):>11} bp    DNA     linear   UNK 01-JAN-1980\n"
        f"FEATURES             Location/Qualifiers\n     CDS             {place}\n"
        f'                     /gene="odd"\n{notes}'
        f"ORIGIN\n        1 {sequence.lower()}\n//\n"
    )


def embl(name: str, sequence: str, place: str) -> str:
    length = len(sequence)
    head = f"ID   {name}; SV 1; linear; DNA; STD; UNC; {length} BP.\nXX\nAC   {name};\n"
    table = f"FH   Key             Location/Qualifiers\nFH\nFT   CDS             {place}\nXX\n"
    return f"{head}{table}SQ   Sequence {length} BP;\n     {sequence.lower()}        {length}\n//\n"


ONE = genbank("bad", BAD)
TWO = genbank("good", GOOD, "1..9")
NOTE = "                     /{}\n"
GFF3 = "##gff-version 3\ngood\t.\tCDS\t1\t9\t.\t+\t0\tID=x\nbad\t{}\n##FASTA\n>bad\n" + f"{BAD}\n>good\n{GOOD}\n"
ROW = ".\tCDS\t{}\t.\t{}\t{}\tID=y"

FAULTS = {
    "a.gb": [
        (ONE[:150] + "\n" + TWO, "a.gb:1: record bad: is cut off, for it does not end with //; fetch the file anew"),
        (TWO + ONE[:-3], "a.gb:8: record bad: is cut off, for it does not end with //; fetch the file anew"),
        (ONE[: ONE.index("ORIGIN")] + "//\n" + TWO, "a.gb:1: record bad: has no sequence; fetch the record"),
        (ONE[: ONE.index("ORIGIN")] + "ORIGIN\n//\n" + TWO, "a.gb:1: record bad: has no sequence; fetch the record"),
        (ONE.replace("21 bp", "22 bp") + TWO, "record bad: says that it has 22 bases, but 21 are there; fetch"),
        (genbank("bad", BAD, "8..160") + TWO, "record bad: CDS 8..160: lies outside of the sequence, which has 21"),
        (genbank("bad", BAD, "16..8") + TWO, "record bad: CDS odd: has no place that can be read; mend or leave out"),
        (genbank("bad", BAD, "8.16") + TWO, "record bad: CDS odd: has no place that can be read; mend or leave out"),
        (genbank("bad", BAD, notes=NOTE.format("codon_start=x")) + TWO, "CDS 8..16: /codon_start='x' is no number"),
        (genbank("bad", BAD, notes=NOTE.format("transl_table=7")) + TWO, "names a genetic code 7, which NCBI does not"),
        (ONE.replace("atgg", "atzg") + TWO, "record bad: letter 10 of 21, 'Z', is none of DNA; mend it, or write N"),
        (ONE.replace("DNA  ", "what?") + TWO, "a.gb:1: record bad: is no genbank that can be read ("),
        (ONE + ONE + TWO, "a.gb:8: record bad: its name stands twice; give each its own"),
    ],
    "a.embl": [
        (embl("bad", BAD, "1..99") + embl("good", GOOD, "1..9"), "a.embl:1: record bad: CDS 1..99: lies outside of"),
        (embl("bad", BAD, "1..9")[:-3] + embl("good", GOOD, "1..9"), "a.embl:1: record bad: is cut off"),
    ],
    "a.fa": [
        (">bad x\nACG-TT\n>good\nACGT\n", "a.fa:1: record bad: letter 4 of 6, '-', is none of DNA; take gaps out"),
        (">good\nACGT\n>bad\nMKVLAEFQ\n", "a.fa:3: record bad: letter 4 of 8, 'L', is none of DNA; this looks like a"),
        (">bad\nACGU\n>good\nACGT\n", "letter 4 of 4, 'U', is none of DNA; set reader.alphabet: rna"),
        (">bad\nAC5T\n>good\nACGT\n", "letter 3 of 4, '5', is none of DNA; mend it, or write N for a base that"),
        (">bad\n\n>good\nACGT\n", "a.fa:1: record bad: has no sequence; leave it out"),
        (">\nACGT\n>good\nACGT\n", "a.fa:1: a sequence without a name; give it one"),
    ],
    "a.gff3": [
        (GFF3.format(ROW.format("1\t90", "+", "0")), "a.gff3:3: CDS 1..90 lies outside of the sequence 'bad'"),
        (GFF3.format(ROW.format("9\t1", "+", "0")), "a.gff3:3: '9' to '1' are no places from 1 on, in this order"),
        (GFF3.format(ROW.format("x\t9", "+", "0")), "a.gff3:3: 'x' to '9' are no places from 1 on, in this order"),
        (GFF3.format(ROW.format("1\t9", "x", "0")), "a.gff3:3: the strand 'x' is none of +, -, . and ?; mend the line"),
        (GFF3.format(ROW.format("1\t9", "+", "3")), "a.gff3:3: the phase '3' is none of 0, 1, 2 and .; mend the line"),
        (GFF3.format("CDS\t1\t9"), "a.gff3:3: 4 columns between tabs where GFF3 has 9; mend or leave out the line"),
        (GFF3.replace(f">bad\n{BAD}\n", "").format(ROW.format("1\t9", "+", "0")), "a.gff3:3: names the sequence"),
        (GFF3.format(ROW.format("1\t9", "+", "0") + ";transl_table=7"), "record bad: names a genetic code 7,"),
    ],
}  # fmt: skip
CASES = [(name, content, said) for name, cases in FAULTS.items() for content, said in cases]


def read(path: Path, **options: Any) -> tuple[list[str], Genome]:
    reader = Genome(Genome.Options(**options))
    return [record.id.partition(".")[0] for record in reader.read(path)], reader


@pytest.mark.parametrize(("name", "content", "said"), CASES, ids=[said for *_, said in CASES])
def test_a_record_at_fault_is_named_or_left_out(name: str, content: str, said: str, file: Callable[..., Path]) -> None:
    path = file(content, name)
    with pytest.raises(Mistake) as found:
        read(path)
    (line,) = found.value.lines
    assert said in line.replace(f"{path.parent}/", "")
    assert line.startswith(f"{path}:")
    names, reader = read(path, on_error="skip")
    assert "good" in names
    assert "bad" not in names or "twice" in said
    assert reader.skipped == [line]


FILES = [
    ("a.fa", b"", "a.fa: is empty; is it the right file?"),
    ("a.fa", b"\n \n", "a.fa: is empty; is it the right file?"),
    ("a.txt", b"hello\n", "a.txt:1: begins like no GenBank, EMBL, FASTA or GFF3 file; is it the right file?"),
    ("a.gb", b"LOCUS \0\n", "a.gb:1: a NUL character; is this a text file?"),
    ("a.gb.gz", b"LOCUS x\n", "a.gb.gz: damaged gzip data (Not a gzipped file"),
    ("a.gb.gz", gzip.compress(ONE.encode())[:60], "a.gb.gz: damaged gzip data (Compressed file ended"),
    ("a.gff3", b"##gff-version 3\n", "a.gff3: has no sequences, and beside it is no a.fa, .fasta or .fna; set reader"),
]


@pytest.mark.parametrize(("name", "content", "said"), FILES, ids=[said for *_, said in FILES])
def test_a_file_at_fault_is_named_or_left_out(name: str, content: bytes, said: str, file: Callable[..., Path]) -> None:
    path = file(content, name)
    with pytest.raises(Mistake) as found:
        read(path)
    (line,) = found.value.lines
    assert line.replace(f"{path.parent}/", "").startswith(said)
    names, reader = read(path, on_error="skip")
    assert (names, reader.skipped) == ([], [line])


def test_what_stands_before_the_damage_of_a_packed_file_is_read(file: Callable[..., Path]) -> None:
    path = file(gzip.compress((TWO + ONE).encode())[:-8], "a.gb.gz")
    names, reader = read(path, on_error="skip")
    assert "good" in names
    assert len(reader.skipped or ()) == 1


def test_what_is_not_there_stops_the_reading_always(tmp_path: Path, file: Callable[..., Path]) -> None:
    for options in ({}, {"on_error": "skip"}):
        with pytest.raises(Mistake, match="no such file"):
            read(tmp_path / "none.gb", **options)
        with pytest.raises(Mistake, match="no sequence in it; is it the right file"):
            read(file(">x\nACGT\n", "x.fa"), format="genbank", **options)


def test_all_lines_of_a_sequence_that_are_wrong_are_named_at_once(file: Callable[..., Path]) -> None:
    rows = "\n".join(f"bad\t.\tCDS\t{start}\t1\t.\t+\t0\tID=x" for start in (2, 3, 4))
    path = file(f"##gff-version 3\n{rows}\n##FASTA\n>bad\n{BAD}\n>good\n{GOOD}\n", "a.gff3")
    with pytest.raises(Mistake) as found:
        read(path)
    assert [line.split(": ")[0] for line in found.value.lines] == [f"{path}:{number}" for number in (2, 3, 4)]
    names, reader = read(path, on_error="skip")
    assert names == ["good"]
    assert reader.skipped == [f"{found.value.lines[0]} (and 2 more of this sequence)"]


def test_lower_case_is_kept_and_is_no_fault(file: Callable[..., Path]) -> None:
    (record,) = Genome(Genome.Options(soft_masking=True)).read(file(">x\nACgtNNry\n", "x.fa"))
    assert record.input == "ACgtNNry"
