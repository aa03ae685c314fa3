"""The codec of DNA, RNA and protein letters, each code of IUPAC as what it means."""

from collections.abc import Iterable, Sequence
from typing import Any, Literal, get_args

import numpy as np
from Bio.Data import IUPACData

from .codec import Codec, Encoded
from .errors import Mistake

Alphabet = Literal["dna", "rna", "protein"]

_KNOWN = {
    "dna": (IUPACData.unambiguous_dna_letters, IUPACData.ambiguous_dna_values),
    "rna": (IUPACData.unambiguous_rna_letters, IUPACData.ambiguous_rna_values),
    # Too rare to be learned from: selenocysteine and pyrrolysine count as what they are made of, as in HMMER.
    "protein": (IUPACData.protein_letters, IUPACData.extended_protein_values | {"U": "C", "O": "K"}),
}
_COMPLEMENTS = {"dna": IUPACData.ambiguous_dna_complement, "rna": IUPACData.ambiguous_rna_complement}
_NONE = 255


class Letters(Codec):
    """Texts of bases or residues, `[T]` of codes as uint8; nothing is learned.

    The first codes are the bases A, C, G, T (or U), or the 20 residues, in the order of the alphabet; then come the
    codes that stand for several, whose `fractions` say for which: N is a quarter of each base, R half A and half G, B
    half asparagine and half aspartic acid, X one twentieth of each residue. Selenocysteine U is a cysteine and
    pyrrolysine O a lysine. Lower case is upper case or, with `soft_masking`, has codes of its own. A gap (`-`, `.`), a
    stop (`*`), T in RNA and U in DNA are no letters.
    """

    def __init__(self, alphabet: Alphabet, soft_masking: bool = False) -> None:
        self._set(alphabet, soft_masking)

    def _set(self, alphabet: Any, soft_masking: bool) -> None:
        plain, values = _KNOWN[alphabet]
        bases = "".join(sorted(plain))
        self.alphabet: Alphabet = alphabet
        self.soft_masking = soft_masking
        self.letters = bases + "".join(sorted(set(values) - set(bases)))
        """The letter of each code."""
        fractions = [[(base in values[letter]) / len(values[letter]) for base in bases] for letter in self.letters]
        self.fractions = np.array(fractions, np.float32)
        """`[codes, D]`, what each code means: how much of each base or residue, 1 in all."""
        if soft_masking:
            self.letters += self.letters.lower()
            self.fractions = np.tile(self.fractions, (2, 1))
        self._code = np.full(256, _NONE, np.uint8)
        for code, letter in enumerate(self.letters):
            self._code[ord(letter)] = code
            if not soft_masking:
                self._code[ord(letter.lower())] = code
        pairs = _COMPLEMENTS.get(alphabet, {})
        self._complement = str.maketrans(pairs | {one.lower(): other.lower() for one, other in pairs.items()})

    @property
    def masked(self) -> Any:
        """`[codes]`, true where a code is that of a lower-case letter."""
        return np.array([letter.islower() for letter in self.letters])

    def fit(self, values: Iterable[str]) -> None:
        """Nothing: what letters mean is known."""

    def encode(self, values: Sequence[str]) -> Encoded:
        """Raises `Mistake` for a letter that the alphabet has not."""
        return Encoded([self._codes(value) for value in values])

    def _codes(self, text: str) -> Any:
        codes = self._look_up(text)
        place = _unknown(codes)
        if place is not None:
            raise Mistake(f"letter {place + 1}, {text[place]!r}, is none of {self.alphabet}")
        return codes

    def unknown(self, text: str) -> int | None:
        """Where the first letter is that the alphabet has not, counted from 0; None where there is none."""
        return _unknown(self._look_up(text))

    def _look_up(self, text: str) -> Any:
        # A sign beyond ASCII becomes one question mark, so that places stay.
        return self._code[np.frombuffer(text.encode("ascii", "replace"), np.uint8)]

    def complement(self, text: str) -> str:
        """The bases of the other strand, from its end to its beginning; case is kept, and so is what is no letter.

        Raises `ValueError` where the letters are those of proteins.
        """
        if self.alphabet not in _COMPLEMENTS:
            raise ValueError("proteins have no complement")
        return text.translate(self._complement)

    def reverse_complement(self, text: str) -> str:
        """The other strand, as it is read; otherwise as `complement`."""
        return self.complement(text)[::-1]

    def identity(self, text: str) -> str:
        """The letters as capitals; of DNA, those of whichever strand comes first in the alphabet."""
        upper = text.upper()
        return min(upper, self.reverse_complement(upper)) if self.alphabet == "dna" else upper

    def decode(self, numbers: Sequence[int]) -> str:
        return "".join(self.letters[number] for number in numbers)

    def __len__(self) -> int:
        """D, the bases or residues that a letter may stand for: 4 or 20."""
        return int(self.fractions.shape[1])

    def state(self) -> dict[str, Any]:
        return {"alphabet": self.alphabet, "soft_masking": self.soft_masking}

    def restore(self, state: dict[str, Any]) -> None:
        """The letters that a network was trained with, whichever this codec was made with."""
        if state["alphabet"] not in get_args(Alphabet) or not isinstance(state["soft_masking"], bool):
            raise ValueError(f"no alphabet: {state!r:.80}")
        self._set(state["alphabet"], state["soft_masking"])


def _unknown(codes: Any) -> int | None:
    place = int(codes.argmax()) if len(codes) else 0
    return place if len(codes) and codes[place] == _NONE else None
