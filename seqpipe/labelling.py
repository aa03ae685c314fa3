"""What labels the bases of an annotated sequence have, and what may follow what within a feature."""

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple, Self

import numpy as np
from Bio.Data import CodonTable
from pydantic import Field, field_validator, model_validator

from .feature import CODING
from .options import Options

OTHER = "other"
"""The label of a base that no feature covers."""
INTRON = "intron"
"""The label of what lies between the parts of a feature."""
CODES = tuple(sorted(CodonTable.unambiguous_dna_by_id))
"""NCBI's numbers of the genetic codes."""


class LabelOptions(Options):
    """Which features of a genome become which labels, and what the labels tell of them."""

    labels: dict[str, str] = Field({"CDS": "CDS", "tRNA": "tRNA", "rRNA": "rRNA"}, min_length=1, max_length=50)
    """The label of each type of feature, which may be the same for several; all else is `other`.

    Where features overlap, the label that stands first is seen. Of features of one label: on one strand the one that
    begins later (from 5' to 3'), so that beginnings are seen, and of those that begin together the longer one; on
    opposite strands the shorter one, and of equals the one on the + strand.
    """
    strands: bool = True
    """Whether labels tell the strand, as in `+CDS` and `-CDS`; a feature of no strand is then on the + strand."""
    phase: bool = False
    """Whether labels tell which base of its codon each base of a CDS is, as in `+CDS1`, `+CDS2`, `+CDS3`."""
    edges: bool = False
    """Whether start and stop codons have labels of their own, as in `+start1` and `+stop3`; takes `phase`.

    The first codon of a CDS is its start, whichever it is, but where the CDS goes on beyond (`<`) or its phase is not
    0. The last one is its stop where the genetic code says so and the CDS does not go on beyond (`>`).
    """
    introns: bool = False
    """Whether what lies between the parts of a feature is labelled `intron` (`+intron`) where no feature covers it."""
    pseudo: Literal["other", "unknown", "same"] = "other"
    """What pseudo genes are labelled: as if they were not there, as unknown (not learned, not scored), or as genes."""
    longest_gap: int = Field(20_000, ge=0)
    """Bases between two parts of one feature, at most.

    Parts that lie further apart, or on both strands, or not in order (trans-splicing), are features of their own.
    """
    transl_table: int = 1
    """NCBI's number of the genetic code of a CDS that names none."""

    @field_validator("transl_table")
    @classmethod
    def _known(cls, value: int) -> int:
        if value not in CODES:
            raise ValueError(f"no genetic code {value}; there are: {', '.join(map(str, CODES))}")
        return value

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        if OTHER in self.labels.values():
            raise ValueError(f"labels: '{OTHER}' is the label of what no feature covers")
        if not all(self.labels.values()):
            raise ValueError("labels: an empty label")
        if self.phase and not self.strands:
            raise ValueError("phase: codons are read on one strand; give strands: true")
        if self.edges and not self.phase:
            raise ValueError("edges: start and stop codons take codons; give phase: true")
        coding = [label for label in self.labels.values() if label == self.labels.get(CODING)]
        if self.phase and len(coding) != 1:
            raise ValueError(f"phase: takes a label for {CODING} that no other type has")
        if self.introns and INTRON in self.labels.values():
            raise ValueError(f"introns: '{INTRON}' is the label of what lies between parts; give another")
        if self.edges and {"start", "stop"} & {label.rstrip("123") for label in self.labels.values()}:
            raise ValueError("edges: start1 to stop3 are the labels of codons; give another")
        return self


class Sign(NamedTuple):
    """What one label says of a base."""

    kind: str
    """The type of its feature; nothing beside all and between the parts of one."""
    strand: int = 0
    role: Literal["", "codon", "start", "stop", "intron"] = ""
    """In a CDS whose codons are labelled, which kind of codon it is in; `intron` between parts."""
    place: int = 0
    """Which base of its codon it is, from 1."""

    @property
    def within(self) -> bool:
        """Whether it is in a feature, not beside it nor between parts."""
        return bool(self.kind)


class Labelling:
    """The labels that options ask for, as codes from 0, which is `other`."""

    def __init__(self, options: LabelOptions) -> None:
        self.options = options
        kinds: dict[str, str] = {}
        for kind, label in options.labels.items():
            kinds.setdefault(label, kind)
        self.kind = {kind: kinds[label] for kind, label in options.labels.items()}
        """The type that features of each labelled type count as: the first one of their label."""
        named = {OTHER: Sign("")}
        for strand, sign in ((1, "+"), (-1, "-")) if options.strands else ((0, ""),):
            named |= {sign + text: mark._replace(strand=strand) for text, mark in self._signs(kinds)}
        self.symbols = list(named)
        """The label of each code."""
        self.signs = list(named.values())
        """What the label of each code says."""
        self.code = {sign: code for code, sign in enumerate(self.signs)}
        """The code of a label that says something."""
        rank = {kind: place for place, kind in enumerate(kinds.values())}
        self.rank = [rank.get(sign.kind, len(rank)) for sign in self.signs]
        """How far down the list of labels that of each code stands; below all where there is no feature."""
        self.follows = np.array([[_follows(left, right) for right in self.signs] for left in self.signs])
        """`[codes, codes]` whether a base of the second label may stand to the right of one of the first in a feature.

        Beside features and between their parts it says whether both are of one kind.
        """

    def _signs(self, kinds: dict[str, str]) -> Iterator[tuple[str, Sign]]:
        for label, kind in kinds.items():
            if not (self.options.phase and kind == CODING):
                yield label, Sign(kind)
                continue
            yield from ((f"{label}{place}", Sign(kind, 0, "codon", place)) for place in (1, 2, 3))
            if self.options.edges:
                yield from ((f"start{place}", Sign(kind, 0, "start", place)) for place in (1, 2, 3))
                yield from ((f"stop{place}", Sign(kind, 0, "stop", place)) for place in (1, 2, 3))
        if self.options.introns:
            yield INTRON, Sign("", role="intron")

    def mirror(self, label: str) -> str:
        """The label that a base of the one strand has on the other."""
        other = {"+": "-", "-": "+"}.get(label[:1]) if self.options.strands else None
        return other + label[1:] if other else label

    def hides(self, one: int, other: int) -> bool:
        """Whether a base of the one code may belong to a feature of the other's type too, which is not seen there."""
        return self.rank[one] <= self.rank[other]

    def numbers(self, symbols: Any) -> Any:
        """`[symbols + 1]` the codes of these labels, 0 for one that is none of these; the last is that of unknown."""
        number = {symbol: code for code, symbol in enumerate(self.symbols)}
        return np.array([*(number.get(symbol, 0) for symbol in symbols), 0], np.int8)


def _follows(left: Sign, right: Sign) -> bool:
    if (left.kind, left.strand) != (right.kind, right.strand):
        return False
    if not (left.place and right.place):
        return left.role == right.role
    earlier, later = (left, right) if left.strand >= 0 else (right, left)
    if later.place != earlier.place % 3 + 1:
        return False
    if later.place > 1:
        return later.role == earlier.role
    return earlier.role != "stop" and later.role != "start"


def stop_codons(table: int) -> frozenset[str]:
    """The stop codons of one of NCBI's genetic codes, in DNA."""
    return frozenset(CodonTable.unambiguous_dna_by_id[table].stop_codons)
