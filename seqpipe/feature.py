"""Features: stretches of a sequence that mean something, as annotations place them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

CODING = "CDS"
"""The type of the features that have codons."""
SLIP = 2
"""Bases that a ribosome slips back at most, to be read twice."""

Stretch = tuple[int, int]
"""Start and stop, counted from 0, the stop not in it."""


class Part(NamedTuple):
    """One stretch of a feature, as an annotation names it."""

    start: int
    stop: int
    strand: int


@dataclass(frozen=True, slots=True)
class Feature:
    """Something on one strand of a sequence, in one stretch or several that are spliced."""

    kind: str
    """Its type as GenBank and the Sequence Ontology have it: `CDS`, `tRNA`."""
    parts: tuple[Stretch, ...]
    """Its stretches, ascending on either strand, with bases between them; two overlap where a ribosome slips back.

    Over the origin of a circular sequence they run on beyond its length; the first always begins before it.
    """
    strand: int = 1
    """1, -1, or 0 where it is the same for both."""
    phase: int = 0
    """Bases at the 5' end before the first whole codon."""
    open: tuple[bool, bool] = (False, False)
    """Whether it goes on beyond the 5' end, and beyond the 3' end, that are given (`<` and `>`)."""
    table: int | None = None
    """The genetic code that it is read by; None where none is named."""
    pseudo: bool = False
    """Whether it is a gene no longer at work."""
    score: float | None = None
    """How sure a prediction of it is, from 0 to 1."""

    @property
    def start(self) -> int:
        """Where its first base is, on either strand."""
        return self.parts[0][0]

    @property
    def stop(self) -> int:
        """Where its last base is, and one more."""
        return max(stop for _, stop in self.parts)

    def __len__(self) -> int:
        return sum(stop - start for start, stop in self.parts)


class Stream(NamedTuple):
    """Parts of a feature that follow each other on one strand."""

    strand: int
    stretches: tuple[Stretch, ...]
    """Ascending, as `Feature.parts`."""
    before: int
    """Bases of the feature's other parts that are transcribed before these."""
    first: bool
    """Whether the feature begins here."""
    last: bool
    """Whether it ends here."""


@dataclass
class _Chain:
    """Parts that follow each other, counted from the end of the sequence that their strand is read from."""

    strand: int
    before: int
    stretches: list[Stretch]

    def add(self, start: int, stop: int) -> None:
        begin, end = self.stretches[-1]
        if start == end:
            self.stretches[-1] = begin, stop
        else:
            self.stretches.append((start, stop))

    def ascending(self, length: int) -> tuple[Stretch, ...]:
        """The stretches as a feature has them."""
        found = self.stretches
        if self.strand < 0:
            found = [(length - stop, length - start) for start, stop in reversed(found)]
        turn = length if found[0][0] < 0 else 0
        return tuple((start + turn, stop + turn) for start, stop in found)


def streams(parts: Sequence[Part], length: int, circular: bool, longest_gap: int) -> list[Stream]:
    """Parts in the order of transcription, cut where they do not follow each other on one strand (trans-splicing).

    A part follows another where at most `longest_gap` bases lie between them, over the origin of a circular sequence
    too, or where it reads at most `SLIP` of the other's bases again. Parts that touch are one.
    """
    chains: list[_Chain] = []
    turns = (0, length, 2 * length) if circular else (0,)
    before = 0
    for part in parts:
        size = part.stop - part.start
        start = part.start if part.strand >= 0 else (length - part.stop) % length
        ways = (turn + start for turn in turns if chains and chains[-1].strand == part.strand)
        place = next((way for way in ways if _follows(chains[-1].stretches, way, size, length, longest_gap)), None)
        if place is None:
            chains.append(_Chain(part.strand, before, [(start, start + size)]))
        else:
            chains[-1].add(place, place + size)
        before += size
    last = len(chains) - 1
    return [
        Stream(chain.strand, chain.ascending(length), chain.before, place == 0, place == last)
        for place, chain in enumerate(chains)
    ]


def _follows(stretches: list[Stretch], start: int, size: int, length: int, longest_gap: int) -> bool:
    """Whether a stretch lies behind the others, near enough, and not once round a circular sequence."""
    (first, _), (begin, end) = stretches[0], stretches[-1]
    return begin < start and -SLIP <= start - end <= longest_gap and start + size - first <= length


def clipped(feature: Feature, start: int, stop: int) -> Feature | None:
    """What of a feature lies between two places, counted from the first; None where nothing does."""
    inside = [(max(first, start), min(last, stop)) for first, last in feature.parts if first < stop and last > start]
    if not inside:
        return None
    left = sum(max(min(last, start) - first, 0) for first, last in feature.parts)
    right = sum(max(last - max(first, stop), 0) for first, last in feature.parts)
    before, after = (left, right) if feature.strand >= 0 else (right, left)
    phase = (feature.phase - before) % 3 if feature.kind == CODING else 0
    ends = feature.open[0] or before > 0, feature.open[1] or after > 0
    parts = tuple((first - start, last - start) for first, last in inside)
    return replace(feature, parts=parts, phase=phase, open=ends)


def cut(parts: Sequence[Stretch], length: int) -> Iterator[Stretch]:
    """The stretches of a feature within the sequence, those over its origin in two."""
    for start, stop in parts:
        if start >= length:
            yield start - length, stop - length
        elif stop > length:
            yield start, length
            yield 0, stop - length
        else:
            yield start, stop


@dataclass(frozen=True, slots=True)
class Molecule:
    """A sequence as a file has it."""

    id: str
    sequence: str
    """Its letters, in the case of the file."""
    features: tuple[Feature, ...] | None = None
    """What is annotated; None where the file says nothing of features."""
    circular: bool = False
    description: str = ""
    where: str = ""
    """`file:line` where it begins."""

    def part(self, start: int, stop: int) -> "Molecule":
        """What lies between two places, with what is there of each feature."""
        length, features = len(self.sequence), None
        if self.features is not None:
            # What lies over the origin stands before it too.
            pieces = [clipped(one, start + turn, stop + turn) for one in self.features for turn in (0, length)]
            features = tuple(one for one in pieces if one is not None)
        return replace(
            self, id=f"{self.id}:{start}-{stop}", sequence=self.sequence[start:stop], features=features, circular=False
        )

    @property
    def table(self) -> int | None:
        """The genetic code that most of its coding sequences name."""
        named = [feature.table for feature in self.features or () if feature.table]
        return max(named, key=named.count) if named else None
