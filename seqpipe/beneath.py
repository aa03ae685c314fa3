"""The ends of genes that disappear beneath other features: where start and stop codons must be."""

from typing import Any

import numpy as np
from Bio.Seq import complement

from .coded import Coded
from .labelling import Labelling, Sign, stop_codons

FARTHEST = 10_000
"""Bases that are looked through beneath other features."""


class Beneath:
    """What lies beneath the labels of a sequence."""

    def __init__(self, labels: Coded, labelling: Labelling, sequence: str, circular: bool, table: int) -> None:
        self.codes = labels.codes
        self.sequence = sequence
        self.circular = circular
        self.stops = stop_codons(table)
        covered = [sign.within for sign in labelling.signs]
        self.covered = np.array(covered)[labelling.numbers(labels.symbols)]

    def beginning(self, end: Sign, beside: Sign) -> int:
        """Bases to a start codon's first base, from the 5' end that is seen; 0 where none is hidden."""
        return end.place - 1 if end.role == "start" and beside.within else 0

    def ending(self, end: Sign, beside: Sign, place: int) -> int:
        """Bases to a stop codon's last base, from the 3' end that is seen; 0 where no stop is hidden.

        `place` is where the base at the 3' end is. A stop codon is looked for as far as other features reach.
        """
        if not beside.within:
            return 0
        if end.role == "stop":
            return 3 - end.place
        begun = end.place % 3
        first = place - end.strand * (begun - 1) if begun else place + end.strand
        hidden = self._places(place + end.strand, FARTHEST, end.strand)
        reach = self._reach(hidden)
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

    def _reach(self, places: Any) -> int:
        bare = ~self.covered[np.asarray(self.codes[places])]
        return int(bare.argmax()) if bare.any() else len(places)

    def _text(self, places: Any, strand: int) -> str:
        if not self.sequence:
            return ""
        letters = "".join(self.sequence[place] for place in places.tolist()).upper().replace("U", "T")
        return letters if strand > 0 else str(complement(letters))  # type: ignore[no-untyped-call]
