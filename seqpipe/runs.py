"""Runs of labels: where the labels of neighbouring bases belong together, in little memory."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from .coded import Coded
from .labelling import Labelling

CHUNK = 65_536
"""Bases that are looked at together."""


class Run(NamedTuple):
    """Bases in a row whose labels follow each other within a feature, or that are beside all features."""

    start: int
    stop: int
    first: int
    """Code of its first base."""
    last: int
    """Code of its last base."""
    sure: float
    """Sum of the confidences of its bases."""


def runs(labels: Coded, labelling: Labelling, confidence: Any = None) -> Iterator[Run]:
    """All runs of a sequence in order; what has none of the labels, or an unknown one, counts as beside all features.

    `labels` and `confidence` `[T]` may lie on disk: a chunk of them is in memory at a time.
    """
    held: Run | None = None
    for start in range(0, len(labels), CHUNK):
        for run in _within_chunk(labels, labelling, confidence, start):
            if held is None:
                held = run
            elif labelling.follows[held.last, run.first]:
                held = Run(held.start, run.stop, held.first, run.last, held.sure + run.sure)
            else:
                yield held
                held = run
    if held is not None:
        yield held


def _within_chunk(labels: Coded, labelling: Labelling, confidence: Any, start: int) -> Iterator[Run]:
    codes = labelling.numbers(labels.symbols)[np.asarray(labels.codes[start : start + CHUNK])]
    borders = np.flatnonzero(~labelling.follows[codes[:-1], codes[1:]]) + 1
    starts, stops = np.concatenate([[0], borders]), np.concatenate([borders, [len(codes)]])
    sure = np.zeros(len(starts))
    if confidence is not None:
        sure = np.add.reduceat(np.asarray(confidence[start : start + CHUNK], np.float64), starts)
    rows = (starts + start, stops + start, codes[starts], codes[stops - 1], sure)
    yield from map(Run, *(row.tolist() for row in rows))
