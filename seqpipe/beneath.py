"""The ends of genes that disappear beneath other features: where start and stop codons must be."""

import numpy as np
from Bio.Seq import reverse_complement

from .coded import Coded
from .labelling import Labelling, stop_codons

FARTHEST = 10_000
"""Bases that are looked through beneath other features."""


class Beneath:
    """What lies beneath the labels of a sequence."""

    def __init__(self, labels: Coded, labelling: Labelling, sequence: str, circular: bool, table: int) -> None:
        self.codes = labels.codes
        self.sequence = sequence
        self.circular = circular
        self.stops = stop_codons(table)
        self.labelling = labelling
        self.rank = np.array(labelling.rank)[labelling.numbers(labels.symbols)]

    def beginning(self, code: int) -> int:
        """Bases from the 5' end that is seen, with this code, to the start codon that is hidden; 0 where none is."""
        end = self.labelling.signs[code]
        return end.place - 1 if end.role == "start" else 0

    def ending(self, code: int, place: int) -> int:
        """Bases from the 3' end that is seen, at `place`, to the end of the stop codon that is hidden; 0 where none is.

        It is looked for as far as what may hide such a feature reaches.
        """
        end = self.labelling.signs[code]
        if not (self.labelling.options.edges and end.role):
            return 0
        if end.role == "stop":
            return 3 - end.place
        reach = self._reach(place, end.strand, self.labelling.rank[code])
        begun = end.place % 3
        text = self._text(place, begun, reach, end.strand)
        for start in range(0, len(text) - 2, 3):
            if text[start : start + 3] in self.stops:
                return start + 3 - begun
        return 0

    def _reach(self, place: int, strand: int, rank: int) -> int:
        """How many bases behind a place are labelled by what may hide a feature of this rank."""
        # With the codon that is begun no more than once round a circular sequence.
        far = max(min(FARTHEST, len(self.codes) - 3), 0)
        window = self._slices(place + 1, place + 1 + far) if strand > 0 else self._slices(place - far, place)
        codes = np.concatenate([np.asarray(self.codes[part]) for part in window])
        bare = self.rank[codes if strand > 0 else codes[::-1]] > rank
        return int(bare.argmax()) if bare.any() else len(codes)

    def _text(self, place: int, begun: int, reach: int, strand: int) -> str:
        """The last `begun` bases up to a place and the `reach` bases behind it, as DNA, as their strand reads."""
        first, last = (place + 1 - begun, place + 1 + reach) if strand > 0 else (place - reach, place + begun)
        letters = "".join(self.sequence[part] for part in self._slices(first, last)).upper().replace("U", "T")
        return letters if strand > 0 else str(reverse_complement(letters))

    def _slices(self, start: int, stop: int) -> list[slice]:
        """The places from `start` to before `stop`, over the origin of what is circular and not beyond other ends."""
        length = len(self.codes)
        if not self.circular:
            return [slice(max(start, 0), max(min(stop, length), 0))]
        begin = start % length
        end = begin + stop - start
        return [slice(begin, min(end, length)), slice(0, max(end - length, 0))]
