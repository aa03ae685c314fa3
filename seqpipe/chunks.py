"""Long records in chunks: which steps of which records are learned from together, and in which order.

Truncated backpropagation through time (Williams & Peng 1990): the state is carried from chunk to chunk, the gradient is
not. Long records are first cut into pieces, so that there is a batch of them even where there is one record only.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from .batch import by_length
from .codec import Encoded


class Span(NamedTuple):
    """Steps of a record, from `start` up to but without `stop`."""

    row: int
    start: int
    stop: int


class Chunk(NamedTuple):
    """The steps that one batch is made of."""

    spans: list[Span]
    goes_on: bool = False
    """Whether these follow on the first spans of the chunk before, one by one."""
    more: int = 0
    """How many of the spans, the first ones, are gone on with in the next chunk."""


def chunks(spans: Sequence[Span], steps: int | None, first: int | None = None) -> Iterator[Chunk]:
    """Spans side by side, the longest first, in chunks of `steps` steps; the first chunk may have another length.

    Spans that have ended drop off the end of the batch. Without `steps`, one chunk holds all.
    """
    longest = max(span.stop - span.start for span in spans)
    start, stop = 0, longest if steps is None else first or steps
    going = list(spans)
    while True:
        now = [Span(row, begin + start, min(begin + stop, end)) for row, begin, end in going]
        goes_on, going = start > 0, [span for span in going if span.stop - span.start > stop]
        yield Chunk(now, goes_on, len(going))
        if not going:
            return
        assert steps is not None
        start, stop = stop, stop + steps


def cut(encoded: Encoded, spans: Sequence[Span]) -> Encoded:
    """The numbers of each span."""
    return Encoded([encoded.rows[row][start:stop] for row, start, stop in spans], encoded.forms)


def pieces(lengths: Sequence[int], count: int) -> list[Span]:
    """All steps of all records; a record longer than a share of `count` of them is cut into nearly equal pieces."""
    longest = math.ceil(sum(lengths) / count)
    found = []
    for row, length in enumerate(lengths):
        parts = max(1, math.ceil(length / longest))
        borders = [length * part // parts for part in range(parts + 1)]
        found += [Span(row, *pair) for pair in pairwise(borders)]
    return found


def in_chunks(
    lengths: Sequence[int], steps: int, streams: int, processes: int, shuffle: np.random.Generator
) -> Iterator[Chunk]:
    """The chunks of an epoch, those of several processes in turn; each process goes through its batches by itself.

    A batch is at most `streams` pieces of records. In every epoch there are as many chunks, but their borders move.
    Where a process has a shorter batch than the others, or none, it repeats chunks.
    """
    parts = pieces(lengths, streams * processes)
    batches = list(by_length([part.stop - part.start for part in parts], batch_size=streams, shuffle=shuffle))
    batches.sort(key=lambda batch: parts[batch[0]].start - parts[batch[0]].stop)
    turns = [batches[place : place + processes] for place in range(0, len(batches), processes)]
    for place in shuffle.permutation(len(turns)):
        runs = []
        for batch in turns[place]:
            spans = [parts[index] for index in batch]
            runs.append(list(chunks(spans, steps, _first(spans[0].stop - spans[0].start, steps, shuffle))))
        most = max(map(len, runs))
        runs = [runs[process % len(runs)] for process in range(processes)]
        yield from (run[number % len(run)] for number in range(most) for run in runs)


def _first(length: int, steps: int, shuffle: np.random.Generator) -> int:
    """A length of the first chunk, by lot: any with which there are as many chunks, of which half may be left over."""
    if length <= steps or steps == 1:
        return steps
    count = math.ceil(length / steps + 0.5)
    least, most = length - (count - 1) * steps, length - (count - 2) * steps - 1
    return int(shuffle.integers(max(1, least), min(steps, most) + 1))
