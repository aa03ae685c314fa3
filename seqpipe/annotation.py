"""From features to a label for each base."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from Bio.Data import IUPACData

from .coded import Coded
from .feature import CODING, Feature
from .labelling import Labelling, Sign, stop_codons

UNKNOWN = -1
_COMPLEMENT = str.maketrans(IUPACData.ambiguous_dna_complement)


class Placed(NamedTuple):
    """A feature and the codes of its bases."""

    start: int
    """Where its first base lies; before 0 for the part of a feature over the origin that lies behind it."""
    stop: int
    feature: Feature
    codes: Any
    """`[bases]` int8, in the order of transcription."""


def annotate(features: Iterable[Feature], sequence: str, labelling: Labelling) -> Coded:
    """The label of each base of a sequence, by options that say which features have which and which are seen.

    Takes time and memory in proportion to the sequence and the features, whichever way these overlap.
    """
    found = np.zeros(len(sequence), np.int8)
    shown = [one for one in features if one.kind in labelling.kind and _visible(one, labelling)]
    if labelling.options.introns:
        for feature in shown:
            _fill_gaps(found, feature, labelling)
    for kind in reversed(list(dict.fromkeys(labelling.kind.values()))):
        own = [one for one in shown if labelling.kind[one.kind] == kind]
        placed = [part for one in own for part in _placed(one, sequence, labelling)]
        for group in _overlapping(placed):
            _contest(found, group)
    return Coded(found, labelling.symbols)


def _visible(feature: Feature, labelling: Labelling) -> bool:
    return not feature.pseudo or labelling.options.pseudo != "other"


def _placed(feature: Feature, sequence: str, labelling: Labelling) -> Iterator[Placed]:
    """The feature, and a second time where it stands when the origin is left behind."""
    codes = _codes(feature, sequence, labelling)
    yield Placed(feature.start, feature.stop, feature, codes)
    if feature.stop > len(sequence):
        yield Placed(feature.start - len(sequence), feature.stop - len(sequence), feature, codes)


def _codes(feature: Feature, sequence: str, labelling: Labelling) -> Any:
    """`[bases]` in the order of transcription."""
    options, length = labelling.options, len(feature)
    if feature.pseudo and options.pseudo == "unknown":
        return np.full(length, UNKNOWN, np.int8)
    kind, strand = labelling.kind[feature.kind], _strand(feature, labelling)
    if not (options.phase and kind == CODING):
        return np.full(length, labelling.code[Sign(kind, strand)], np.int8)
    codons = [labelling.code[Sign(kind, strand, "codon", place)] for place in (1, 2, 3)]
    codes = np.resize(np.roll(np.array(codons, np.int8), feature.phase), length)
    begins, ends = whole(feature, sequence, options.transl_table)
    if options.edges and begins:
        codes[:3] = [labelling.code[Sign(kind, strand, "start", place)] for place in (1, 2, 3)]
    if options.edges and ends:
        codes[-3:] = [labelling.code[Sign(kind, strand, "stop", place)] for place in (1, 2, 3)]
    return codes


def _strand(feature: Feature, labelling: Labelling) -> int:
    return (feature.strand or 1) if labelling.options.strands else 0


def whole(feature: Feature, sequence: str, transl_table: int) -> tuple[bool, bool]:
    """Whether a CDS has a start codon, and whether it has a stop codon, that are not the same bases."""
    begins = not feature.open[0] and feature.phase == 0 and len(feature) >= 3
    in_phase = (len(feature) - feature.phase) % 3 == 0 and len(feature) >= (6 if begins else 3)
    if feature.open[1] or not in_phase:
        return begins, False
    return begins, _last_codon(feature, sequence) in stop_codons(feature.table or transl_table)


def _last_codon(feature: Feature, sequence: str) -> str:
    codon = ""
    for start, stop in feature.parts if feature.strand < 0 else reversed(feature.parts):
        stretch = range(start, min(stop, start + 3)) if feature.strand < 0 else range(max(start, stop - 3), stop)
        letters = "".join(sequence[place % len(sequence)] for place in stretch)
        codon = codon + letters if feature.strand < 0 else letters + codon
        if len(codon) >= 3:
            break
    codon = (codon[:3] if feature.strand < 0 else codon[-3:]).upper().replace("U", "T")
    return codon.translate(_COMPLEMENT)[::-1] if feature.strand < 0 else codon


def _overlapping(placed: Sequence[Placed]) -> Iterator[list[Placed]]:
    """Features in groups whose spans overlap, one way or another."""
    group: list[Placed] = []
    reached = 0
    for one in sorted(placed, key=lambda one: one.start):
        if group and one.start >= reached:
            yield group
            group = []
        reached = max(reached, one.stop) if group else one.stop
        group.append(one)
    if group:
        yield group


def _contest(found: Any, group: list[Placed]) -> None:
    """Write the codes of features of one label, and where they overlap those of the one that is to be seen."""
    if len(group) == 1:
        return _paint(found, group[0], 0)
    start, stop = min(one.start for one in group), max(one.stop for one in group)
    start, stop = max(start, 0), min(stop, len(found))
    codes = np.zeros((2, stop - start), np.int8)
    sizes = np.full((2, stop - start), np.iinfo(np.int32).max, np.int32)
    for one in sorted(group, key=_beginning):
        strand = int(one.feature.strand < 0)
        _paint(codes[strand], one, start)
        _paint(sizes[strand], one._replace(codes=np.full(len(one.codes), len(one.feature), np.int32)), start)
    seen = np.where(sizes[1] < sizes[0], codes[1], codes[0])
    found[start:stop] = np.where(sizes.min(0) < np.iinfo(np.int32).max, seen, found[start:stop])
    return None


def _beginning(one: Placed) -> tuple[int, int]:
    """Where it is begun to be read, so that on one strand what begins later comes later; then its length."""
    return -one.stop if one.feature.strand < 0 else one.start, len(one.feature)


def _paint(into: Any, one: Placed, offset: int) -> None:
    """Write a feature's codes to its bases, of which `into` begins at `offset`; bases read twice keep the first."""
    backward = one.feature.strand < 0
    turn = one.start - one.feature.start - offset
    done = 0
    written = None
    for start, stop in reversed(one.feature.parts) if backward else one.feature.parts:
        codes = one.codes[done : done + stop - start]
        done += stop - start
        skip = 0 if written is None else max(0, (stop - written) if backward else (written - start))
        written = start if backward else stop
        codes, start, stop = codes[skip:], start + (0 if backward else skip), stop - (skip if backward else 0)
        codes = codes[::-1] if backward else codes
        low, high = max(start + turn, 0), min(stop + turn, len(into))
        if low < high:
            into[low:high] = codes[low - start - turn : high - start - turn]


def _fill_gaps(found: Any, feature: Feature, labelling: Labelling) -> None:
    code = labelling.code[Sign("", _strand(feature, labelling), "intron")]
    for (_, start), (stop, _) in pairwise(feature.parts):
        for turn in (0, len(found)):
            found[max(start - turn, 0) : max(stop - turn, 0)] = code
