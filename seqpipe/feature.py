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


def streams(parts: Sequence[Part], length: int, circular: bool, longest_gap: int) -> list[Stream]:
    """Parts in the order of transcription, cut where they do not follow each other on one strand (trans-splicing).

    A part follows another where at most `longest_gap` bases lie between them, over the origin of a circular sequence
    too, or where it reads at most `SLIP` of the other's bases again. Parts that touch are one.
    """
    found: list[tuple[int, list[Stretch], int]] = []
    before = 0
    for part in parts:
        start, stop = _downstream(part, length)
        place = _following(found[-1][1], start, stop, length, circular, longest_gap) if found else None
        if place is None or found[-1][0] != part.strand:
            found.append((part.strand, [(start, stop)], before))
        elif place == found[-1][1][-1][1]:
            found[-1][1][-1] = (found[-1][1][-1][0], place + stop - start)
        else:
            found[-1][1].append((place, place + stop - start))
        before += stop - start
    ends = range(len(found))
    return [
        Stream(strand, _ascending(strand, stretches, length), before, place == 0, place == ends[-1])
        for place, (strand, stretches, before) in enumerate(found)
    ]


def _downstream(part: Part, length: int) -> Stretch:
    """A stretch counted from the end that its strand is read from."""
    start = part.start if part.strand >= 0 else (length - part.stop) % length
    return start, start + part.stop - part.start


def _following(
    stretches: list[Stretch], start: int, stop: int, length: int, circular: bool, longest_gap: int
) -> int | None:
    """Where the stretch begins behind the others; None where it cannot."""
    first, last = stretches[0][0], stretches[-1]
    for turn in (0, length, 2 * length) if circular else (0,):
        gap = start + turn - last[1]
        forward = start + turn > last[0]
        if forward and -SLIP <= gap <= longest_gap and stop + turn - first <= length:
            return start + turn
    return None


def _ascending(strand: int, stretches: list[Stretch], length: int) -> tuple[Stretch, ...]:
    if strand < 0:
        stretches = [(length - stop, length - start) for start, stop in reversed(stretches)]
    turn = length if stretches[0][0] < 0 else 0
    return tuple((start + turn, stop + turn) for start, stop in stretches)


def clipped(feature: Feature, start: int, stop: int) -> Feature | None:
    """What of a feature lies between two places, counted from the first; None where nothing does."""
    parts = tuple((max(a, start) - start, min(b, stop) - start) for a, b in feature.parts if a < stop and b > start)
    if not parts:
        return None
    left = sum(max(min(b, start) - a, 0) for a, b in feature.parts)
    right = sum(max(b - max(a, stop), 0) for a, b in feature.parts)
    before, after = (left, right) if feature.strand >= 0 else (right, left)
    phase = (feature.phase - before) % 3 if feature.kind == CODING else 0
    return replace(
        feature, parts=parts, phase=phase, open=(feature.open[0] or before > 0, feature.open[1] or after > 0)
    )


def cut(feature_parts: Sequence[Stretch], length: int) -> Iterator[Stretch]:
    """The stretches within the sequence, those over its origin in two."""
    for start, stop in feature_parts:
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
