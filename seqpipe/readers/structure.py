"""Secondary structure of proteins: shares of residues whose class is right, in eight classes and in three."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..coded import Coded

THREE = {**dict.fromkeys("HGI", "H"), **dict.fromkeys("EB", "E"), **dict.fromkeys("CTSPL-~ ", "C")}
"""The classes of DSSP as helix, strand and coil: the reduction of CASP and EVA (Rost & Eyrich 2001)."""

Pair = tuple[Sequence[str | None], Sequence[str | None]]
"""True and predicted classes of one protein."""


def score(pairs: Sequence[Pair]) -> dict[str, Any]:
    """Of residues whose class is known: `q3`, how each of the three classes is found, `q8` where eight are told apart.

    Nothing where a label is no class of DSSP.
    """
    coded = [(Coded.of(true), Coded.of(found)) for true, found in pairs]
    true, found = (set().union(*(pair[side].used() for pair in coded)) for side in (0, 1))
    if not true or not true | found <= THREE.keys():
        return {}
    symbols = sorted(true | found)
    counts = _counts(coded, symbols)
    classes = sorted({THREE[symbol] for symbol in symbols})
    fold = np.array([[THREE[symbol] == one for symbol in symbols] for one in classes], np.int64)
    three = fold @ counts @ fold.T
    eight = {"q8": _share(counts.trace(), counts.sum())} if len(found) > 3 else {}
    return {"q3": _share(three.trace(), three.sum()), **eight, "q3_classes": _rates(three, classes)}


def _counts(pairs: Sequence[tuple[Coded, Coded]], symbols: Sequence[str]) -> Any:
    """`[K, K]` residues by their true and their predicted class."""
    number = {symbol: code for code, symbol in enumerate(symbols)}
    counts = np.zeros((len(symbols), len(symbols)), np.int64)
    for true, found in pairs:
        rows, columns = true.numbers(number), found.numbers(number)
        known = rows >= 0
        np.add.at(counts, (rows[known], columns[known]), 1)
    return counts


def _rates(counts: Any, classes: Sequence[str]) -> dict[str, dict[str, Any]]:
    rates = {}
    for place, one in enumerate(classes):
        right, wanted, found = counts[place, place], counts[place].sum(), counts[:, place].sum()
        precision, recall = _share(right, found), _share(right, wanted)
        f1 = _share(2 * precision * recall, precision + recall)
        rates[one] = {"precision": precision, "recall": recall, "f1": f1, "support": int(wanted)}
    return rates


def _share(part: Any, whole: Any) -> float:
    return float(part / whole) if whole else 0.0
