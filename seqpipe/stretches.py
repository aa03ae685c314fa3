"""Stretches of DNA, RNA or protein that stand in two splits: repeats, and what relatives have in common."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from typing import Any

import numpy as np

from .letters import Letters
from .reader import Record

_AT_ONCE = 1 << 20
_BITS = {4: 2, 20: 5}
"""Bits that tell a base or residue, by how many there are."""
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
"""Odd; numbers multiplied with it are as good as drawn by lot (Knuth: The Art of Computer Programming 3, 6.4)."""


def common(
    letters: Letters, splits: Mapping[str, Iterable[Record]], one_in: int = 8
) -> Iterator[tuple[str, str, float]]:
    """Two splits and the share of the first one's stretches that are in the second too, on either strand of DNA.

    A stretch is as many letters as 64 bits hold, 32 bases or 12 residues, none of them ambiguous. One in so many is
    looked at, the same ones in all splits; each takes 8 bytes, so that a genome takes as much memory as its text.
    """
    found = {split: _drawn(letters, records, one_in) for split, records in splits.items()}
    for other, split in combinations(found, 2):
        if len(found[split]):
            yield split, other, float(np.isin(found[split], found[other]).mean())


def width(letters: Letters) -> int:
    """How many letters a stretch has."""
    return 64 // _BITS[len(letters)]


def _drawn(letters: Letters, records: Iterable[Record], one_in: int) -> Any:
    """`[stretches]` uint64, as often as they occur."""
    plain, overlap = Letters(letters.alphabet), width(letters) - 1
    parts = [np.zeros(0, np.uint64)]
    for record in records:
        for start in range(0, len(record.input), _AT_ONCE):
            words = _words(plain, str(record.input[start : start + _AT_ONCE + overlap]))
            parts.append(words[((words * _SPREAD) >> np.uint64(32)) % np.uint64(one_in) == 0])
    return np.concatenate(parts)


def _words(plain: Letters, text: str) -> Any:
    """`[stretches]` uint64: each stretch of a text as one number; of DNA, the smaller one of both strands'."""
    (codes,) = plain.encode([text]).rows
    size, bits = width(plain), _BITS[len(plain)]
    count = max(len(codes) - size + 1, 0)
    forward, backward = np.zeros(count, np.uint64), np.zeros(count, np.uint64)
    for place in range(size):
        here = codes[place : place + count].astype(np.uint64)
        forward = (forward << np.uint64(bits)) | here
        # The bases have the codes 0 to 3 in the order of the alphabet, so that the two of a pair sum to 3.
        backward |= (np.uint64(3) - here) << np.uint64(bits * place)
    words = np.minimum(forward, backward) if plain.alphabet == "dna" else forward
    unsure = np.concatenate([[0], np.cumsum(codes >= len(plain))])
    return words[unsure[size:] == unsure[:count]] if count else words
