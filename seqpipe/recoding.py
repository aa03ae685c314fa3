"""Other letters that may mean the same: codons, and the bases beside all features, drawn anew for training."""

from collections.abc import Sequence
from functools import cache
from itertools import product
from random import Random
from typing import Any

import numpy as np
from Bio.Align import substitution_matrices
from Bio.Data import CodonTable
from pydantic import Field

from .coded import Coded
from .feature import CODING
from .labelling import OTHER, Labelling, Sign
from .options import Options

_NONE = -2
"""A code that no base has."""
_PLACES = np.array([16, 4, 1])
_CODONS = ["".join(bases) for bases in product("ACGT", repeat=3)]
_STARTS = np.tile([(codon in ("ATG", "GTG", "TTG")) / 3 for codon in _CODONS], (64, 1))
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
    residues: float = Field(0.0, ge=0, le=1)
    """The highest share of the codons of a CDS for which any codon is drawn, in step with `codons`; takes `phase`.

    Each has the more chance the more often its residue stands for the other in proteins that are related (BLOSUM62;
    Henikoff & Henikoff 1992), so that proteins vary as they do between species.
    """
    starts: float = Field(0.0, ge=0, le=1)
    """The highest share of start codons drawn from ATG, GTG and TTG, in step with `codons`; takes `edges`."""


class Recoding:
    """Texts of bases with some of them drawn anew."""

    def __init__(self, options: RecodeOptions, labelling: Labelling, letters: str) -> None:
        """`letters`: the four bases, by the alphabet."""
        self.options = options
        self.other = labelling.symbols.index(OTHER)
        self.number = {symbol: code for code, symbol in enumerate(labelling.symbols)}
        self.frames = {
            (role, strand): [labelling.code.get(Sign(CODING, strand, role, place), _NONE) for place in (1, 2, 3)]
            for role in ("codon", "start")
            for strand in (1, -1)
        }
        """The codes of the three bases of a codon of a role, by strand."""
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
        for (role, strand), frame in self.frames.items():
            for highest, chances in self._draws(role, table):
                self._codons(new[::strand], codes[::strand], frame, strand, chances, draw, share * highest)
        changed = np.where(new == bases, old, self.letters[new] | (old & _LOWER))
        return changed.tobytes().decode("ascii")

    def _draws(self, role: str, table: int) -> list[tuple[float, Any]]:
        """The highest share of codons to draw, and the chance of each codon in the place of each."""
        if role == "start":
            return [(self.options.starts, _STARTS)]
        return [(self.options.codons, synonyms(table)), (self.options.residues, relatives(table))]

    @staticmethod
    def _codons(
        bases: Any, codes: Any, frame: Sequence[int], strand: int, chances: Any, draw: Any, share: float
    ) -> None:
        """Draw codons of one strand, all in the order of its transcription, where they stand."""
        if not share:
            return
        inside = np.flatnonzero(np.all([codes[at : len(codes) - 2 + at] == frame[at] for at in range(3)], 0))
        places = inside[draw.random(len(inside)) < share][:, None] + np.arange(3)
        places = places[(bases[places] >= 0).all(1)]
        known = bases[places] if strand > 0 else 3 - bases[places]
        reached = chances[known @ _PLACES].cumsum(1)
        # Chances add up to 1 but for rounding.
        drawn = (reached[:, :-1] <= draw.random((len(reached), 1)) * reached[:, -1:]).sum(1)[:, None] // _PLACES % 4
        bases[places] = drawn if strand > 0 else 3 - drawn


@cache
def synonyms(table: int) -> Any:
    """`[64, 64]` the chance of each codon in the place of each: all that mean the same have one, by a genetic code.

    A codon is a number in base 4, its first base that of the highest place. A stop codon stays.
    """
    means = _residues(table)
    same = np.array([[one == other for other in means] for one in means])
    return same / same.sum(1, keepdims=True)


@cache
def relatives(table: int) -> Any:
    """`[64, 64]` as `synonyms`, but in proportion to how often residues stand for each other in related proteins."""
    means = _residues(table)
    matrix = substitution_matrices.load("BLOSUM62")
    odds = np.array(
        [
            [2 ** (matrix[one, other] / 2) if len(one) == len(other) == 1 else float(one == other) for other in means]
            for one in means
        ]
    )
    return odds / odds.sum(1, keepdims=True)


def _residues(table: int) -> list[str]:
    """What each codon means; a stop codon itself."""
    known = CodonTable.unambiguous_dna_by_id[table].forward_table
    return [known.get(codon, codon) for codon in _CODONS]
