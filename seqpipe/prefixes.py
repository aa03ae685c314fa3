"""Prefix beam search: the most probable labellings of connectionist temporal classification.

Graves (2012, section 7.5.3) in the form of Hannun et al. (2014), without a language model: at each step the beam holds
the most probable prefixes, each with the summed probability of all ways to it that were kept. A beam that holds every
prefix gives the exact ranking.
"""

from typing import NamedTuple

import torch
from torch import Tensor

AT_ONCE = 1 << 22
"""Prefixes of a step that are weighed together, over all records; what bounds memory."""

EMPTY, NONE, ABOVE, NOWHERE = 0, -2, -1, -3
"""Numbers of the empty prefix and of a place in the beam that none takes; those of their parents."""


class _Tree:
    """All prefixes met so far: each has one number, however often it left the beam and came back."""

    def __init__(self) -> None:
        self.numbers: dict[tuple[int, int], int] = {}
        self.links = [(ABOVE, -1)]

    def child(self, parent: int, symbol: int) -> int:
        number = self.numbers.setdefault((parent, symbol), len(self.links))
        if number == len(self.links):
            self.links.append((parent, symbol))
        return number

    def spelt(self, number: int) -> list[int]:
        found = []
        while number != EMPTY:
            number, symbol = self.links[number]
            found.append(symbol)
        return found[::-1]


class _Beam(NamedTuple):
    """The prefixes `[B, K]` of each record, best first."""

    prefix: Tensor
    parent: Tensor
    """The prefix without its last symbol."""
    last: Tensor
    """The last symbol; 0 where there is none."""
    blank: Tensor
    """Log probability of all ways to it that end in a blank."""
    label: Tensor
    """Log probability of all ways to it that end in its last symbol."""


def search(chances: Tensor, lengths: Tensor, width: int) -> list[list[list[int]]]:
    """Up to `width` labellings of each record, best first, from log probabilities `[B, T, V + 1]`, the blank last."""
    rows = max(AT_ONCE // (width * chances.shape[2]), 1)
    parts = zip(torch.split(chances.cpu(), rows), torch.split(lengths.cpu(), rows), strict=True)
    return [found for part, steps in parts for found in _search(part, steps, width)]


def _search(chances: Tensor, lengths: Tensor, width: int) -> list[list[list[int]]]:
    tree = _Tree()
    shape = (len(chances), width)
    nothing = torch.full(shape, -torch.inf, dtype=chances.dtype)
    beam = _Beam(torch.full(shape, NONE), torch.full(shape, NOWHERE), torch.zeros(shape).long(), nothing, nothing)
    beam.prefix[:, 0], beam.parent[:, 0] = EMPTY, ABOVE
    beam = beam._replace(blank=nothing.index_fill(1, torch.tensor(0), 0))
    for t in range(chances.shape[1]):
        onward = _step(beam, chances[:, t], tree)
        alive = (t < lengths)[:, None]
        beam = _Beam(*(torch.where(alive, new, old) for new, old in zip(onward, beam, strict=True)))
    return [[tree.spelt(number) for number in row if number != NONE] for row in beam.prefix.tolist()]


def _step(beam: _Beam, now: Tensor, tree: _Tree) -> _Beam:
    """The beam after one more step of log probabilities `[B, V + 1]`."""
    whole = beam.blank.logaddexp(beam.label)
    again = now.gather(1, beam.last)
    blank, label = whole + now[:, -1:], beam.label + again
    # The same symbol twice is two only with a blank in between.
    grown = whole[..., None] + now[:, None, :-1]
    grown.scatter_(2, beam.last[..., None], (beam.blank + again)[..., None])
    # Prefix, with one more symbol, may be in the beam already: both ways to it are one.
    record, shorter, longer = (beam.prefix[:, :, None] == beam.parent[:, None]).nonzero(as_tuple=True)
    way = record, shorter, beam.last[record, longer]
    label[record, longer] = label[record, longer].logaddexp(grown[way])
    grown[way] = -torch.inf
    return _best(beam._replace(blank=blank, label=label), grown, tree)


def _best(beam: _Beam, grown: Tensor, tree: _Tree) -> _Beam:
    """The best of the prefixes that stay as they are and of those with one more symbol `[B, K, V]`."""
    width, symbols = grown.shape[1:]
    found, place = torch.cat([beam.blank.logaddexp(beam.label), grown.flatten(1)], 1).topk(width)
    grows = place >= width
    source = torch.where(grows, (place - width) // symbols, place)
    prefix, parent, last, blank, label = (part.gather(1, source) for part in beam)
    added = (place - width) % symbols
    numbers = [
        [
            NONE if chance == -torch.inf else tree.child(start, symbol) if more else start
            for chance, more, start, symbol in zip(*row, strict=True)
        ]
        for row in zip(found.tolist(), grows.tolist(), prefix.tolist(), added.tolist(), strict=True)
    ]
    parent = torch.where(grows, prefix, parent).masked_fill(found == -torch.inf, NOWHERE)
    blank, label = blank.masked_fill(grows, -torch.inf), torch.where(grows, found, label)
    return _Beam(torch.tensor(numbers), parent, torch.where(grows, added, last), blank, label)
