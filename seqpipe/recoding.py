"""Other letters that may mean the same: codons, and the bases beside all features, drawn anew for training."""

from functools import cache
from itertools import product
from random import Random
from typing import Any

import numpy as np
from Bio.Data import CodonTable
from pydantic import Field

from .coded import Coded
from .feature import CODING
from .labelling import OTHER, Labelling, Sign
from .options import Options

_NONE = -2
"""A code that no base has."""
_PLACES = np.array([16, 4, 1])
_LOWER = ord("a") - ord("A")
_NUMBER = np.full(256, -1, np.int64)
for _number, _letters in enumerate((b"Aa", b"Cc", b"Gg", b"TtUu")):
    _NUMBER[list(_letters)] = _number


class RecodeOptions(Options):
    """What is drawn anew in each epoch of training: a share, from none to the highest, by chance for each record."""

    codons: float = Field(0.0, ge=0, le=1)
    """The highest share of the codons of a CDS for which a synonym is drawn, all with the same chance; takes `phase`.

    Start and stop codons stay. The genome that comes out has the same proteins and another composition; what is learned
    from many such holds for relatives whose genomes have more or less G and C.
    """
    bases: float = Field(0.0, ge=0, le=1)
    """The highest share of the bases labelled `other` that are drawn from all four, in step with `codons`."""


class Recoding:
    """Texts of bases with some of them drawn anew."""

    def __init__(self, options: RecodeOptions, labelling: Labelling, letters: str) -> None:
        """`letters`: the four bases, by the alphabet."""
        self.options = options
        self.other = labelling.symbols.index(OTHER)
        self.number = {symbol: code for code, symbol in enumerate(labelling.symbols)}
        self.frames = {
            strand: [labelling.code.get(Sign(CODING, strand, "codon", place), _NONE) for place in (1, 2, 3)]
            for strand in (1, -1)
        }
        """The codes of the three bases of a codon, by strand."""
        self.letters = np.frombuffer(letters.encode("ascii"), np.uint8)

    def __call__(self, text: str, labels: Coded, table: int, chance: Random) -> str:
        """The text, coded anew by a genetic code. What has ambiguity codes or no label that is known stays as it is."""
        draw, share = np.random.default_rng(chance.getrandbits(64)), chance.random()
        old = np.frombuffer(text.encode("ascii"), np.uint8)
        bases, codes = _NUMBER[old], labels.numbers(self.number)
        new = bases.copy()
        beside = np.flatnonzero((codes == self.other) & (bases >= 0))
        beside = beside[draw.random(len(beside)) < share * self.options.bases]
        new[beside] = draw.integers(4, size=len(beside))
        for strand in self.frames:
            self._codons(new[::strand], codes[::strand], strand, table, draw, share)
        changed = np.where(new == bases, old, self.letters[new] | (old & _LOWER))
        return changed.tobytes().decode("ascii")

    def _codons(self, bases: Any, codes: Any, strand: int, table: int, draw: Any, share: float) -> None:
        """Draw codons of one strand, all in the order of its transcription, where they stand."""
        frame = self.frames[strand]
        inside = np.flatnonzero(np.all([codes[at : len(codes) - 2 + at] == frame[at] for at in range(3)], 0))
        places = inside[draw.random(len(inside)) < share * self.options.codons][:, None] + np.arange(3)
        places = places[(bases[places] >= 0).all(1)]
        known = bases[places] if strand > 0 else 3 - bases[places]
        same, counts = synonyms(table)
        codons = known @ _PLACES
        drawn = same[codons, draw.integers(counts[codons])][:, None] // _PLACES % 4
        bases[places] = drawn if strand > 0 else 3 - drawn


@cache
def synonyms(table: int) -> tuple[Any, Any]:
    """`[64, most]` the codons that mean the same as each, and `[64]` how many these are, by NCBI's genetic code.

    A codon is a number in base 4, its first base that of the highest place; a stop codon has no other.
    """
    residues = CodonTable.unambiguous_dna_by_id[table].forward_table
    codons = ["".join(bases) for bases in product("ACGT", repeat=3)]
    means = [residues.get(codon, codon) for codon in codons]
    same = [[other for other, meant in enumerate(means) if meant == one] for one in means]
    counts = np.array([*map(len, same)])
    padded = np.zeros((len(codons), counts.max()), np.int64)
    for row, numbers in zip(padded, same, strict=True):
        row[: len(numbers)] = numbers
    return padded, counts
