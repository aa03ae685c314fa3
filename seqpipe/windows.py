"""Long records in windows that read a little beyond their own steps: where the cuts are, and what is learned from."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from .coded import Coded
from .reader import Record
from .settings import WindowOptions


class Window(NamedTuple):
    """Steps of a record: its own from `start` up to but without `stop`, and those that it reads."""

    start: int
    stop: int
    first: int
    """The first step that is read, at most `start`."""
    last: int
    """The step after the last that is read, at least `stop`."""


def windows(length: int, options: WindowOptions, shifted: bool = False) -> list[Window]:
    """Windows of nearly equal length that own every step once; `shifted`: with borders half a window further on."""
    count = max(1, math.ceil(length / options.size))
    borders = [length * part // count for part in range(count + 1)]
    if shifted:
        borders = [0, *((one + other) // 2 for one, other in pairwise(borders)), length]
    within = [pair for pair in pairwise(borders) if pair[0] < pair[1]]
    context = options.context
    return [Window(start, stop, max(start - context, 0), min(stop + context, length)) for start, stop in within]


def cut(records: Iterable[Record], options: WindowOptions) -> Iterator[Record]:
    """Records to learn from, none longer than a window and its context, whose labels are None there."""
    for record in records:
        length = len(record.input)
        if length <= options.size:
            yield record
            continue
        for window in windows(length, options):
            yield replace(
                record,
                id=f"{record.id}:{window.start + 1}-{window.stop}",
                input=record.input[window.first : window.last],
                target=_known(record.target, window),
            )


def _known(target: Sequence[Any], window: Window) -> Sequence[Any]:
    """The labels of a window, None for steps that it only reads."""
    start, stop, first, last = window
    if isinstance(target, Coded):
        codes = np.asarray(target.codes[first:last]).copy()
        codes[: start - first] = codes[stop - first :] = -1
        return Coded(codes, target.symbols)
    return [None] * (start - first) + list(target[start:stop]) + [None] * (last - stop)
