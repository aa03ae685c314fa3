"""Every real genome, there and back: its features become labels, and these become its features."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import gffutils
import pytest

from seqpipe.annotation import annotate, whole
from seqpipe.feature import Feature
from seqpipe.joining import features
from seqpipe.labelling import Labelling, LabelOptions
from seqpipe.reader import Record
from seqpipe.readers.genome import Genome

READER = Genome(Genome.Options(phase=True, edges=True, introns=True))
LOST = {
    "NC_000932.1": 1,  # A tRNA that is annotated in one stretch, with a CDS in its intron.
    "NC_004829.2": 3,  # Genes that begin beneath a shorter one of the other strand.
    "AJ506156.2": 2,  # A tRNA over the origin, annotated in two halves, comes back as one.
}
"""How many features of a record do not come back as they are."""


@pytest.fixture(scope="module")
def genomes(real_data: Callable[[str], Path]) -> list[Record]:
    paths = [path for path in sorted(real_data("genomes").iterdir()) if ".g" in path.name]
    assert len(paths) >= 12
    return [record for path in paths for record in READER.read(path)]


def told(one: Feature, sequence: str) -> Feature:
    """What labels tell of a feature: nothing of tables, and of ends only where a CDS has a start or stop codon."""
    begins, ends = whole(one, sequence, 11) if one.kind == "CDS" else (True, True)
    return replace(one, table=None, open=(not begins, not ends))


def test_features_become_labels_and_labels_features(genomes: list[Record]) -> None:
    kinds: list[str] = []
    for record in genomes:
        given = {told(one, record.input) for one in record.origin.features if not one.pseudo}
        found = {told(one, record.input) for one in READER.features(record)}
        assert len(given - found) == LOST.get(record.id, 0), record.id
        assert len(found - given) <= LOST.get(record.id, 0), record.id
        kinds += [one.kind for one in given]
    assert kinds.count("CDS") >= 2100
    assert kinds.count("tRNA") >= 170


@pytest.mark.parametrize(
    "options",
    [
        {"phase": True, "edges": True, "introns": True},
        {"phase": True, "edges": True},
        {"phase": True},
        {"introns": True},
        {},
        {"strands": False},
    ],
    ids=str,
)
def test_features_of_labels_have_the_same_labels(genomes: list[Record], options: dict[str, Any]) -> None:
    labelling = Labelling(LabelOptions(**options))
    for record in genomes:
        molecule = record.origin
        labels = annotate(molecule.features, molecule.sequence, labelling)
        found = features(labels, labelling, molecule.sequence, None, molecule.circular, molecule.table)
        assert annotate(found, molecule.sequence, labelling) == labels, record.id


def test_the_other_strand_twice_is_the_record(genomes: list[Record]) -> None:
    for record in genomes:
        other = READER.reverse(record)
        assert other.target != record.target
        twice = READER.reverse(other)
        assert (twice.input, twice.target) == (record.input, record.target)


def test_written_genomes_are_read_with_the_same_labels(genomes: list[Record], tmp_path: Path) -> None:
    small = [record for record in genomes if len(record.input) < 200_000]
    assert len(small) >= 10
    for record in small:
        (tmp_path / f"{record.id}.fa").write_text(f">{record.id}\n{record.input}\n")
        for suffix in (".gb", ".embl", ".gff3"):
            path = tmp_path / f"{record.id}{suffix}"
            READER.write([record], path)
            (again,) = READER.read(path)
            assert (again.id, again.input, again.target) == (record.id, record.input, record.target), path
            assert again.origin.circular == record.origin.circular


def test_an_independent_parser_finds_what_was_written(genomes: list[Record], tmp_path: Path) -> None:
    for record in genomes:
        if "NC_0" not in record.id or len(record.input) > 200_000:
            continue
        READER.write([record], tmp_path / "a.gff3")
        base = gffutils.create_db(str(tmp_path / "a.gff3"), ":memory:", merge_strategy="create_unique")
        found = Counter((one.featuretype, one.start - 1, one.end) for one in base.all_features())
        found.subtract([("region", 0, len(record.input))] * record.origin.circular)
        assert +found == Counter((one.kind, *part) for one in READER.features(record) for part in one.parts)
