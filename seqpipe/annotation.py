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
    codon = "".join(sequence[place % len(sequence)] for place in bases(feature)[-3:].tolist()).upper().replace("U", "T")
    return codon.translate(_COMPLEMENT) if feature.strand < 0 else codon


def bases(feature: Feature) -> Any:
    """`[bases]` where each base of a feature is, in the order of transcription; twice where it is read twice."""
    places = np.concatenate([np.arange(start, stop) for start, stop in feature.parts])
    return places[::-1] if feature.strand < 0 else places


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
        _paint(found, group[0], group[0].codes, 0)
        return
    start, stop = max(min(one.start for one in group), 0), min(max(one.stop for one in group), len(found))
    codes = np.zeros((2, stop - start), np.int8)
    sizes = np.full((2, stop - start), np.iinfo(np.int32).max, np.int32)
    for one in sorted(group, key=_beginning):
        strand = int(one.feature.strand < 0)
        _paint(codes[strand], one, one.codes, start)
        _paint(sizes[strand], one, np.full(len(one.codes), len(one.feature), np.int32), start)
    seen = np.where(sizes[1] < sizes[0], codes[1], codes[0])
    covered = sizes.min(0) < np.iinfo(np.int32).max
    found[start:stop][covered] = seen[covered]


def _beginning(one: Placed) -> tuple[int, int]:
    """Where it is begun to be read, so that on one strand what begins later comes later; then its length."""
    return -one.stop if one.feature.strand < 0 else one.start, len(one.feature)


def _paint(into: Any, one: Placed, values: Any, offset: int) -> None:
    """Write a value for each base of a feature to where it is, as far as it is in `into`, which begins at `offset`."""
    places = bases(one.feature) + (one.start - one.feature.start - offset)
    here = (places >= 0) & (places < len(into))
    # What is written last stays: of bases that are read twice, the first.
    into[places[here][::-1]] = values[here][::-1]


def _fill_gaps(found: Any, feature: Feature, labelling: Labelling) -> None:
    code = labelling.code[Sign("", _strand(feature, labelling), "intron")]
    for (_, start), (stop, _) in pairwise(feature.parts):
        for turn in (0, len(found)):
            found[max(start - turn, 0) : max(stop - turn, 0)] = code
