"""Scores of segments: stretches of one label, and genes, whose ends tell more than the bases between them."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from .coded import Coded
from .feature import Feature, cut
from .rates import rates

Table = dict[str, dict[str, float]]
"""Scores in a row each."""


class Judged(NamedTuple):
    """What is true of one record, and what was found."""

    true: Sequence[Feature]
    found: Sequence[Feature]
    unknown: Any
    """`[T]` where nothing is known of a base: what is found there for more than half of its bases is not counted."""

    def known(self) -> "Judged":
        """The same without what is not to be counted."""
        before = np.concatenate([[0], np.cumsum(self.unknown)])

        def bases(one: Feature) -> int:
            return int(sum(before[stop] - before[start] for start, stop in cut(one.parts, len(self.unknown))))

        return self._replace(found=[one for one in self.found if 2 * bases(one) <= len(one)])


def stretches(labels: Sequence[str | None]) -> list[Feature]:
    """Steps in a row with one label, as features of that kind and of no strand; none where the label is not known."""
    coded = Coded.of(labels)
    codes = np.asarray(coded.codes)
    borders = [0, *(np.flatnonzero(codes[1:] != codes[:-1]) + 1).tolist(), len(codes)]
    pairs = ((start, stop) for start, stop in pairwise(borders) if start < stop and codes[start] >= 0)
    return [Feature(coded.symbols[codes[start]], ((start, stop),), 0) for start, stop in pairs]


def of_labels(true: Sequence[str | None], found: Sequence[str | None]) -> Judged:
    """The stretches of one label of a record, by its true labels and by those that were found."""
    return Judged(stretches(true), stretches(found), np.asarray(Coded.of(true).codes) < 0)


def segments(records: Iterable[Judged]) -> dict[str, Table]:
    """Precision, recall and F1 of the segments of each kind.

    `segments`: right is what has kind, strand and borders of a true one. `overlaps`: what has kind and strand of a true
    one, and more than half of all bases of both in common with it; each is matched once.
    """
    gold, guess, exact, overlapping = (Counter[str]() for _ in range(4))
    for record in records:
        true, found = (_groups(side) for side in record.known()[:2])
        for (kind, strand), group in found.items():
            others = true.get((kind, strand), [])
            guess[kind] += len(group)
            exact[kind] += len({one.parts for one in group} & {one.parts for one in others})
            overlapping[kind] += _matches(others, group)
        gold.update(kind for (kind, _), group in true.items() for _ in group)
    return {
        name: {
            kind: {**rates(right[kind], guess[kind], gold[kind]), "support": gold[kind]}
            for kind in sorted(gold | guess)
        }
        for name, right in (("segments", exact), ("overlaps", overlapping))
    }


def _groups(features: Sequence[Feature]) -> dict[tuple[str, int], list[Feature]]:
    """Features by kind and strand, each once."""
    groups: dict[tuple[str, int], dict[Any, Feature]] = {}
    for one in features:
        groups.setdefault((one.kind, one.strand), {})[one.parts] = one
    return {key: list(group.values()) for key, group in groups.items()}


def _matches(true: Sequence[Feature], found: Sequence[Feature]) -> int:
    starts, stops = (np.array([getattr(one, end) for one in true]) for end in ("start", "stop"))
    matched: set[int] = set()
    for one in found:
        near = np.flatnonzero((starts < one.stop) & (stops > one.start)).tolist()
        same = (place for place in near if place not in matched and _alike(one, true[place]))
        matched.update([*same][:1])
    return len(matched)


def _alike(one: Feature, other: Feature) -> bool:
    """Whether more than half of the bases of both are the same."""
    pairs = ((a, b) for a in one.parts for b in other.parts)
    shared = sum(max(0, min(a[1], b[1]) - max(a[0], b[0])) for a, b in pairs)
    return 2 * shared > len(one) + len(other) - shared


def genes(records: Iterable[Judged], kind: str = "CDS") -> dict[str, Table]:
    """Precision, recall (sensitivity) and F1 of `genes`: by the 3' end alone, and by both ends.

    A gene whose end lies beyond its record is left out there, true or found.
    """
    cases = [record.known() for record in records]
    return {"genes": {"3' end": _by(_three_prime, cases, kind), "both ends": _by(_both_ends, cases, kind)}}


def _by(end: Callable[[Feature, int], Hashable | None], cases: Sequence[Judged], kind: str) -> dict[str, float]:
    right = guess = gold = 0
    for true, found, unknown in cases:
        wanted, given = (
            {end(one, len(unknown)) for one in side if one.kind == kind} - {None} for side in (true, found)
        )
        right, guess, gold = right + len(wanted & given), guess + len(given), gold + len(wanted)
    return {**rates(right, guess, gold), "support": gold, "found": guess}


def _three_prime(gene: Feature, length: int) -> Hashable | None:
    """Strand and the last base, on either strand; a sequence of `length` bases may be circular."""
    if gene.open[1]:
        return None
    return gene.strand, gene.start if gene.strand < 0 else (gene.stop - 1) % length


def _both_ends(gene: Feature, length: int) -> Hashable | None:
    return None if any(gene.open) else (gene.strand, gene.start, gene.stop)
