"""The ends of genes that disappear beneath other features: where start and stop codons must be."""

from typing import Any

import numpy as np
from Bio.Seq import complement

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
        begun = end.place % 3
        first = place - end.strand * (begun - 1) if begun else place + end.strand
        hidden = self._places(place + end.strand, FARTHEST, end.strand)
        reach = self._reach(hidden, self.labelling.rank[code])
        text = self._text(self._places(first, begun + reach, end.strand), end.strand)
        for start in range(0, len(text) - 2, 3):
            if text[start : start + 3] in self.stops:
                return start + 3 - begun
        return 0

    def _places(self, first: int, count: int, strand: int) -> Any:
        places = np.arange(first, first + strand * count, strand)
        if self.circular:
            return places % len(self.codes)
        return places[(places >= 0) & (places < len(self.codes))]

    def _reach(self, places: Any, rank: int) -> int:
        bare = self.rank[np.asarray(self.codes[places])] > rank
        return int(bare.argmax()) if bare.any() else len(places)

    def _text(self, places: Any, strand: int) -> str:
        if not self.sequence:
            return ""
        letters = "".join(self.sequence[place] for place in places.tolist()).upper().replace("U", "T")
        return letters if strand > 0 else str(complement(letters))
