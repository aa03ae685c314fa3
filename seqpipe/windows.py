"""Long records in windows that read a little beyond their own steps: where the cuts are, and what is learned from."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from .coded import Coded
from .reader import Reader, Record
from .settings import WindowOptions


class Window(NamedTuple):
    """Steps of a record, from `start` up to but without `stop`."""

    start: int
    stop: int

    def wider(self, steps: int, length: int) -> "Window":
        """With so many steps more on both sides, as far as the record of `length` has them."""
        return Window(max(self.start - steps, 0), min(self.stop + steps, length))


def windows(length: int, size: int, block: int = 1, shifted: bool = False) -> list[Window]:
    """Windows that hold every step once, all of one length but the last, which is shorter.

    That is at most `size`, or what makes whole blocks. `shifted`: with borders half a window further on.
    """
    count = max(1, -(-length // size))
    each = -(-length // (count * block)) * block
    first = each // block // 2 * block if shifted else each
    return [Window(*pair) for pair in pairwise([0, *range(first or each, length, each), length])]


def cut(reader: Reader, records: Iterable[Record], options: WindowOptions) -> Iterator[Record]:
    """Records to learn from, none longer than a window and its context, whose labels are None there."""
    for record in records:
        length = len(record.input)
        if length <= options.size:
            yield record
            continue
        for window in windows(length, options.size):
            read = window.wider(options.context, length)
            part = reader.part(record, *read)
            known = _known(part.target, window.start - read.start, read.stop - window.stop)
            yield replace(part, id=f"{record.id}:{window.start}-{window.stop}", target=known)


def _known(target: Sequence[Any], left: int, right: int) -> Sequence[Any]:
    """The labels without those of the first and the last steps."""
    stop = len(target) - right
    if isinstance(target, Coded):
        codes = np.array(target.codes)
        codes[:left] = codes[stop:] = -1
        return Coded(codes, target.symbols)
    return [None] * left + list(target[left:stop]) + [None] * right
