"""Scores of predicted texts where one input has several right targets."""

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

import numpy as np
import sacrebleu

from .reader import Record


def references(gold: Sequence[Record], predicted: Sequence[Record]) -> dict[str, Any]:
    """BLEU and chrF of each different input's prediction against the targets of all records that have this input.

    A match with any of several references counts
    (Papineni et al. 2002), by sacreBLEU (Post 2018) and its defaults, from 0 to 1.
    `inputs` says how many different ones there are. Empty where each has one target only.
    """
    found: dict[Any, str] = {}
    targets: dict[Any, list[str]] = {}
    for one, other in zip(gold, predicted, strict=True):
        key = _key(one.input)
        found.setdefault(key, joined(other.target))
        targets.setdefault(key, []).append(joined(one.target))
    if len(found) == len(gold):
        return {}
    streams = [list(stream) for stream in zip_longest(*targets.values())]
    texts = list(found.values())
    return {
        "inputs": len(texts),
        "bleu": sacrebleu.corpus_bleu(texts, streams, force=True).score / 100,
        "chrf": sacrebleu.corpus_chrf(texts, streams).score / 100,
    }


def joined(value: Sequence[str]) -> str:
    """A text as it is; words joined by blanks."""
    return value if isinstance(value, str) else " ".join(value)


def _key(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.shape, value.tobytes()
    return value if isinstance(value, str) else tuple(value)
