"""GFF3: features of sequences that stand in a FASTA file, or at its own end.

As the Sequence Ontology's specification of GFF3, version 1.26, has it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, pairwise
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from ..errors import Mistake
from ..feature import CODING, Feature, Molecule, Part, streams
from ..labelling import LabelOptions
from ..lines import MOST

GENES = ("gene", "pseudogene")
_STRAND = {"+": 1, "-": -1, ".": 0, "?": 0}


class Row(NamedTuple):
    """One line: a feature, or a part of one."""

    number: int
    kind: str
    start: int
    """From 0."""
    stop: int
    strand: int
    phase: int
    attributes: dict[str, str]
    """Those that are looked at."""

    @property
    def parents(self) -> list[str]:
        """Ids of the features that it is a part of."""
        return [unquote(one) for one in self.attributes.get("Parent", "").split(",") if one]


_LOOKED_AT = ("ID", "Parent", "pseudo", "transl_table", "start_range", "end_range")


@dataclass
class Table:
    """What a GFF3 file says of its sequences."""

    path: Path
    options: LabelOptions
    rows: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    """The rows of each sequence that may be labelled."""
    wrong: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """What is wrong with the lines of each sequence."""
    first: dict[str, int] = field(default_factory=dict)
    """The number of the first line that names each sequence."""
    genes: set[str] = field(default_factory=set)
    """Ids of genes."""
    pseudo: set[str] = field(default_factory=set)
    """Ids of pseudo genes."""
    circular: set[str] = field(default_factory=set)
    """Sequences that are circular."""

    def read(self, numbered: Iterator[tuple[int, str]]) -> Iterator[tuple[int, str]]:
        """Take in the lines up to the sequences; the lines of these, none where the file has none."""
        for number, line in numbered:
            if line.startswith(">"):
                return chain([(number, line)], numbered)
            if line.startswith("##FASTA"):
                return numbered
            if not line.startswith("#") and line.strip():
                self._take(number, line.rstrip("\n"))
        return iter(())

    def _take(self, number: int, line: str) -> None:
        name = unquote(line.split("\t")[0])
        self.first.setdefault(name, number)
        try:
            row = _row(number, line.split("\t"))
        except ValueError as error:
            if len(self.wrong[name]) < MOST:
                self.wrong[name].append(f"{self.path}:{number}: {error}")
            return
        if row.kind in GENES and "ID" in row.attributes:
            self.genes.add(row.attributes["ID"])
            if row.kind == "pseudogene" or "pseudo" in row.attributes:
                self.pseudo.add(row.attributes["ID"])
        if "Is_circular=true" in line:
            self.circular.add(name)
        if row.kind in self.options.labels or row.kind == "exon":
            self.rows[name].append(row)

    def annotated(self, molecule: Molecule) -> Molecule:
        """A sequence with its features. Raises `Mistake` with all of its lines that are wrong."""
        features = self.features(molecule.id, len(molecule.sequence))
        return replace(molecule, features=features, circular=molecule.id in self.circular)

    def missing(self, name: str, fasta: Path) -> Molecule:
        """Raises `Mistake`: no such sequence, or none of its lines can be read."""
        if name not in self.rows and self.wrong.get(name):
            raise Mistake(*self.wrong[name])
        where = f"{self.path}:{self.first[name]}"
        raise Mistake(
            f"{where}: names the sequence {name!r:.80}, which {fasta} does not have; add it, or leave out the lines"
        )

    def features(self, name: str, length: int) -> tuple[Feature, ...]:
        """The features of a sequence that are to be labelled. Raises `Mistake` with all of its lines that are wrong."""
        wrong = list(self.wrong.get(name, ()))
        room = 2 * length if name in self.circular else length
        rows = self.rows.get(name, [])
        wrong += [
            f"{self.path}:{row.number}: {row.kind} {row.start + 1}..{row.stop} lies outside of the sequence '{name}', "
            f"which has {length} bases; mend or leave out the line"
            for row in rows
            if row.stop > room or row.start >= length
        ]
        if wrong:
            raise Mistake(*wrong[:MOST])
        return tuple(feature for group in self._groups(rows) for feature in self._made(group, name, length))

    def _groups(self, rows: Sequence[Row]) -> Iterable[list[Row]]:
        """The rows of each feature: those of one id, and for a CDS those of one transcript."""
        exons: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            if row.kind == "exon":
                for parent in row.parents:
                    exons[parent].append(row)
        groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for row in rows:
            if row.kind in self.options.labels:
                for key in self._keys(row):
                    groups[row.kind, key].append(row)
        for (kind, _), group in groups.items():
            parts = exons.get(group[0].attributes.get("ID", "")) if kind not in (CODING, "exon") else None
            yield [group[0]._replace(start=one.start, stop=one.stop) for one in parts] if parts else group

    def _keys(self, row: Row) -> list[str]:
        transcripts = [one for one in row.parents if one not in self.genes] if row.kind == CODING else []
        return [f"in {one}" for one in transcripts] or [row.attributes.get("ID", f"line {row.number}")]

    def _made(self, group: list[Row], name: str, length: int) -> Iterator[Feature]:
        circular = name in self.circular
        rows = _transcribed(group, length, circular)
        first, last = rows[0], rows[-1]
        table = first.attributes.get("transl_table", "")
        pseudo = any("pseudo" in row.attributes or self.pseudo.intersection(row.parents) for row in rows)
        found = streams(
            [Part(row.start, row.stop, row.strand) for row in rows], length, circular, self.options.longest_gap
        )
        for stream in found:
            yield Feature(
                first.kind,
                stream.stretches,
                stream.strand,
                (first.phase - stream.before) % 3 if first.kind == CODING else 0,
                (_opened(first, False) if stream.first else True, _opened(last, True) if stream.last else True),
                int(table) if table.isdecimal() else None,
                pseudo,
            )


def _row(number: int, cells: list[str]) -> Row:
    """Raises ValueError that says what is wrong with it."""
    if len(cells) != 9:
        raise ValueError(f"{len(cells)} columns between tabs where GFF3 has 9; mend or leave out the line")
    _, _, kind, start, stop, _, strand, phase, attributes = cells
    if not (start.isdecimal() and stop.isdecimal() and 1 <= int(start) <= int(stop)):
        raise ValueError(f"{start!r:.40} to {stop!r:.40} are no places from 1 on, in this order; mend the line")
    if strand not in _STRAND:
        raise ValueError(f"the strand {strand!r:.40} is none of +, -, . and ?; mend the line")
    if phase not in (".", "0", "1", "2"):
        raise ValueError(f"the phase {phase!r:.40} is none of 0, 1, 2 and .; mend the line")
    pairs = (one.partition("=") for one in attributes.split(";"))
    known = {key.strip(): value.strip() for key, _, value in pairs if key.strip() in _LOOKED_AT}
    # Parents are parted by commas before they are decoded, for an id may hold one.
    known = {key: value if key == "Parent" else unquote(value) for key, value in known.items()}
    if known.get("pseudo") == "false":
        del known["pseudo"]
    whole = int(phase) if phase != "." else 0
    return Row(number, unquote(kind), int(start) - 1, int(stop), _STRAND[strand], whole, known)


def _transcribed(group: list[Row], length: int, circular: bool) -> list[Row]:
    """The parts of a feature in the order of transcription; as they stand where they are on both strands."""
    if len({row.strand for row in group}) > 1:
        return group
    rows = sorted(group, key=lambda row: row.start)
    if circular and len(rows) > 1 and rows[0].start == 0 and rows[-1].stop == length:
        gaps = [after.start - before.stop for before, after in pairwise(rows)]
        cut = gaps.index(max(gaps)) + 1
        rows = rows[cut:] + rows[:cut]
    return rows if rows[0].strand >= 0 else rows[::-1]


def _opened(row: Row, last: bool) -> bool:
    """Whether the feature goes on beyond its last or its first part, as NCBI writes it."""
    return ("end_range" if last == (row.strand >= 0) else "start_range") in row.attributes
