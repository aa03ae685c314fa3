"""What the reader of genomes writes, read back by Biopython, by gffutils and by itself."""

import gzip
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import gffutils
import numpy as np
import pytest
from Bio import SeqIO
from Bio.SeqFeature import AfterPosition, BeforePosition
from gffutils.feature import Feature as Line

from seqpipe.annotation import annotate
from seqpipe.coded import Coded
from seqpipe.errors import Mistake
from seqpipe.feature import Feature, Molecule
from seqpipe.reader import Record
from seqpipe.readers.genome import Genome

READER = Genome(Genome.Options(phase=True, edges=True, introns=True))
BASES = list("C" * 60)
BASES[5:17] = "ATGACCACCTAA"
BASES[20:29] = "TTAGGTCAT"
BASES[51:57] = "TTAGGT"
BASES[57:60] = "GAT"
FEATURES = [
    Feature("CDS", ((5, 17),), table=4),
    Feature("CDS", ((20, 29),), -1, table=4),
    Feature("tRNA", ((31, 35), (38, 41))),
    Feature("CDS", ((43, 48),), 1, 2, (True, True), 4),
    Feature("tRNA", ((55, 63),), -1),
]


@pytest.fixture
def predicted() -> Record:
    molecule = Molecule("chr;1", "".join(BASES), tuple(FEATURES), True, "made up", "a.gb:1")
    labels = annotate(FEATURES, molecule.sequence, READER.labelling)
    sure = np.linspace(0.5, 1, 60, dtype=np.float32)
    return Record("chr;1", molecule.sequence, labels, "a.gb:1", confidence=sure, origin=molecule)


def mean(one: Feature, record: Record) -> float:
    return float(np.mean([record.confidence[at % 60] for start, stop in one.parts for at in range(start, stop)]))


def phases(one: Feature) -> list[int]:
    """Of each part, by counting codons base by base."""
    places = [at for start, stop in one.parts for at in range(start, stop)]
    ordered = places if one.strand > 0 else places[::-1]
    codon = {at: (step - one.phase) % 3 for step, at in enumerate(ordered)}
    return [(-codon[start if one.strand > 0 else stop - 1]) % 3 for start, stop in one.parts]


def test_features_come_back_by_gffutils(predicted: Record, tmp_path: Path) -> None:
    READER.write([predicted], tmp_path / "a.gff3")
    rows = [line for line in (tmp_path / "a.gff3").read_text().splitlines() if not line.startswith("#")]
    base = gffutils.create_db(str(tmp_path / "a.gff3"), ":memory:", merge_strategy="create_unique", keep_order=True)
    lines: list[Line] = list(base.all_features(order_by="start"))
    assert len(lines) == len(rows)
    assert base.directives == ["gff-version 3", "sequence-region chr%3B1 1 60"]
    assert [line.start for line in lines] == sorted(line.start for line in lines)
    ring = next(line for line in lines if line.featuretype == "region")
    assert (ring.start, ring.end, ring.attributes["Is_circular"]) == (1, 60, ["true"])
    by_id: dict[str, list[Line]] = {}
    for line in lines:
        if line is not ring:
            by_id.setdefault(line.attributes["ID"][0], []).append(line)
    found = sorted(by_id.values(), key=lambda parts: parts[0].start)
    assert len(found) == len(FEATURES)
    for one, parts in zip(FEATURES, found, strict=True):
        assert {line.seqid for line in parts} == {"chr%3B1"}
        assert [(line.start - 1, line.end) for line in parts] == list(one.parts)
        assert {(line.featuretype, line.strand) for line in parts} == {(one.kind, "+" if one.strand > 0 else "-")}
        assert [float(line.score) for line in parts] == pytest.approx([mean(one, predicted)] * len(parts), abs=1e-4)
        assert [line.frame for line in parts] == ([*map(str, phases(one))] if one.kind == "CDS" else ["."] * len(parts))
        assert parts[0].attributes.get("transl_table") == (["4"] if one.kind == "CDS" else None)
        assert ("partial" in parts[0].attributes) == any(one.open)


def test_phases_of_parts_are_counted_on(tmp_path: Path) -> None:
    for strand in (1, -1):
        one = Feature("CDS", ((2, 6), (9, 14), (20, 22)), strand, 1, (True, True), 1)
        molecule = Molecule("x", "C" * 30, (one,))
        labels = annotate([one], molecule.sequence, READER.labelling)
        READER.write([Record("x", molecule.sequence, labels, origin=molecule)], tmp_path / "a.gff3")
        rows = [line.split("\t") for line in (tmp_path / "a.gff3").read_text().splitlines() if line[0] != "#"]
        assert [int(row[7]) for row in rows] == phases(one)
        assert {row[5] for row in rows} == {"."}


@pytest.mark.parametrize("suffix", [".gb", ".gbk", ".gbff", ".embl", ".gb.gz"])
def test_features_come_back_by_biopython(suffix: str, predicted: Record, tmp_path: Path) -> None:
    path, record = tmp_path / f"a{suffix}", replace(predicted, id="chr_1", origin=replace(predicted.origin, id="chr_1"))
    READER.write([record, record], path)
    kind = "embl" if suffix == ".embl" else "genbank"
    with gzip.open(path, "rt") if suffix.endswith("gz") else path.open() as file:
        found = list(SeqIO.parse(file, kind))
    assert len(found) == 2
    assert str(found[0].seq) == predicted.input
    assert found[0].annotations["topology"] == "circular"
    assert found[0].annotations["molecule_type"] == "DNA"
    for one, other in zip(FEATURES, found[0].features, strict=True):
        parts = [(at, at + 1) for start, stop in one.parts for at in range(start, stop)]
        assert sorted(other.location) == sorted(start % 60 for start, _ in parts)
        assert other.location.strand == one.strand
        assert (other.type, other.qualifiers.get("codon_start")) == (
            one.kind,
            [str(one.phase + 1)] if one.kind == "CDS" else None,
        )
        ends = isinstance(other.location.start, BeforePosition), isinstance(other.location.end, AfterPosition)
        assert ends == (one.open if one.strand > 0 else one.open[::-1])
        assert f"confidence {mean(one, predicted):.4f}" in other.qualifiers["note"][0]


def test_features_as_bed(predicted: Record, tmp_path: Path) -> None:
    READER.write([predicted], tmp_path / "a.bed")
    rows = [line.split("\t") for line in (tmp_path / "a.bed").read_text().splitlines()]
    assert {len(row) for row in rows} == {12}
    assert [row[:3] + row[5:6] for row in rows] == [
        ["chr;1", "5", "17", "+"],
        ["chr;1", "20", "29", "-"],
        ["chr;1", "31", "41", "+"],
        ["chr;1", "43", "48", "+"],
        ["chr;1", "55", "60", "-"],
        ["chr;1", "0", "3", "-"],
    ]
    assert rows[2][9:] == ["2", "4,3", "0,7"]
    assert rows[4][3] == rows[5][3] == "chr;1.tRNA2"
    assert [int(row[4]) for row in rows] == [round(1000 * mean(one, predicted)) for one in [*FEATURES, FEATURES[-1]]]


def test_bases_that_are_read_twice_stand_once_in_bed(tmp_path: Path) -> None:
    slipped = Feature("CDS", ((3, 9), (8, 20)), open=(False, True))
    molecule = Molecule("x", "C" * 30, (slipped,))
    labels = annotate([slipped], molecule.sequence, READER.labelling)
    READER.write([Record("x", molecule.sequence, labels, origin=molecule)], tmp_path / "a.bed")
    row = (tmp_path / "a.bed").read_text().rstrip("\n").split("\t")
    assert row[1:3] + row[9:] == ["3", "20", "1", "17", "0"]
    assert row[4] == "0"


def test_bases_as_lines(predicted: Record, tmp_path: Path) -> None:
    some = replace(predicted, target=Coded.of([None, *list(predicted.target)[1:]]))
    bare = Record("y", "ACG", None, origin=Molecule("y", "ACG"))
    READER.write([some, bare], tmp_path / "a.tsv")
    head, *rows = (line.split("\t") for line in (tmp_path / "a.tsv").read_text().splitlines())
    assert head == ["sequence", "position", "base", "label", "confidence"]
    assert rows[0] == ["chr;1", "1", "C", ".", "0.5000"]
    assert rows[5] == ["chr;1", "6", "A", "+start1", f"{predicted.confidence[5]:.4f}"]
    assert [row[3] for row in rows[1:60]] == list(predicted.target)[1:]
    assert rows[60:] == [["y", "1", "A", ".", ""], ["y", "2", "C", ".", ""], ["y", "3", "G", ".", ""]]


def test_what_was_written_has_the_same_labels(predicted: Record, file: Callable[..., Path], tmp_path: Path) -> None:
    file(f">chr;1\n{predicted.input}\n", "a.fa")
    READER.write([predicted], tmp_path / "a.gff3")
    (again,) = READER.read(tmp_path / "a.gff3")
    assert (again.target, again.origin.features) == (predicted.target, tuple(sorted(FEATURES, key=_first)))


def _first(one: Feature) -> int:
    return one.start


@pytest.mark.parametrize(
    ("path", "said"), [("a.csv", "writes .gff3, .bed"), ("a.gb", "cannot be written as genbank .*[Ww]hitespace")]
)
def test_what_cannot_be_written_is_said(path: str, said: str, predicted: Record, tmp_path: Path) -> None:
    odd: dict[str, Any] = {"id": "a b"}
    with pytest.raises(Mistake, match=said):
        READER.write([replace(predicted, origin=replace(predicted.origin, **odd))], tmp_path / path)
    assert not list(tmp_path.iterdir())
