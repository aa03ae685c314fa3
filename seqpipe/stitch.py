"""Emissions of long sequences, made window by window and put together on disk.

Windows of equal shape go side by side, whichever sequences they are of. `overlap` takes what each window gives for its
own steps. `exact` guesses in the same way what is carried over the borders, compares that with what the window beyond
a border gives, and reads again those windows into which something else comes than was guessed: all of them side by
side as long as the differences get smaller by that, and one by one, from the beginning to the end and back, where what
is carried is not forgotten from border to border. Once all agree, the states are those of the whole at once.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from math import inf, prod
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from .batch import Padded, pad
from .codec import Codec
from .encoder import Carried, Part, States
from .model import Model
from .ondisk import OnDisk
from .windows import Window, windows

STEPS_AT_ONCE = 50_000
"""Steps of the windows that go side by side, their context included."""
CLOSE = 1e-5
"""Numbers that differ by no more, absolutely or as a share, are the same: so much does single precision add up to."""


@torch.no_grad()
def emissions(model: Model, codec: Codec, sequences: Sequence[Sequence[Any]], shifted: bool = False) -> list[OnDisk]:
    """`[T, K]` what the head makes of each sequence's states; `shifted`: with borders half a window further on.

    The codec must number each step by itself, whatever stands beside it, and the encoder have a state for each.
    """
    model.eval()
    stitch = _Stitch(model, codec, sequences, shifted)
    if model.windows.stitch == "exact":
        stitch.exact()
    else:
        stitch.overlap()
    assert stitch.emissions is not None
    return [stitch.emissions.part(*pair) for pair in pairwise(stitch.borders)]


class _Place(NamedTuple):
    sequence: int
    first: int
    """Where the sequence begins, all of them one after the other."""
    window: Window


class _Flow:
    """What is carried one way over the borders of windows: what came into each of them, and what went out."""

    def __init__(self, places: Sequence[_Place], source: int, one: Tensor) -> None:
        self.places = places
        self.source = source
        """Where what comes into a window went out: of that whose number is higher by this."""
        self.shape = one.shape[1:]
        self.came, self.went = (OnDisk((len(places), prod(self.shape)), np.float32) for _ in range(2))

    def keep(self, numbers: Sequence[int], came: Tensor, went: Tensor) -> None:
        """`[B, ...]` of these windows."""
        for place, *both in zip(numbers, came.flatten(1).cpu().numpy(), went.flatten(1).cpu().numpy(), strict=True):
            self.came[place : place + 1], self.went[place : place + 1] = both

    def due(self, number: int) -> Any:
        """`[S]` what must come into a window: what went out of the one before or after, if there is one."""
        other = number + self.source
        if 0 <= other < len(self.places) and self.places[other].sequence == self.places[number].sequence:
            return self.went[other]
        return self.came[number]

    def gap(self, number: int) -> float:
        """How much that differs from what came into it."""
        came = self.came[number]
        return float((np.abs(self.due(number) - came) / (1 + np.abs(came))).max(initial=0))

    def entering(self, numbers: Sequence[int]) -> Tensor:
        """`[B, ...]`"""
        return torch.from_numpy(np.stack([self.due(number) for number in numbers])).view(len(numbers), *self.shape)


class _Stitch:
    """Sequences in windows, and their emissions as far as they are made."""

    def __init__(self, model: Model, codec: Codec, sequences: Sequence[Sequence[Any]], shifted: bool) -> None:
        self.model, self.codec, self.sequences = model, codec, sequences
        self.encoder, options = model.encoder, model.encoder.options
        self.block, self.reach = self.encoder.block(options), self.encoder.reach(options)
        self.device = next(model.parameters()).device
        self.places: list[_Place] = []
        self.borders = [0]
        for number, sequence in enumerate(sequences):
            found = windows(len(sequence), model.windows.size, self.block, shifted)
            self.places += [_Place(number, self.borders[-1], window) for window in found]
            self.borders.append(self.borders[-1] + len(sequence))
        self.emissions: OnDisk | None = None
        self.flows: list[_Flow] = []

    def overlap(self) -> None:
        """Each window by itself."""
        for numbers, input, left, right in self._batches(range(len(self.places)), self._margin):
            self._write(numbers, self.encoder(input).values[:, left : input.values.shape[1] - right])

    def exact(self) -> None:
        """Until all windows agree on what is carried over their borders."""
        everything = range(len(self.places))
        for numbers, input, left, right in self._batches(everything, self._margin):
            self._keep(numbers, self.encoder.within(input, left, right))
        before = inf
        while gaps := self._gaps(everything):
            gap = max(gaps.values())
            if gap < before / 2:
                self._again(list(gaps))
                before = gap
            else:
                before = 0
                for number in (*everything, *reversed(everything)):
                    self._again(list(self._gaps([number])))

    @property
    def _margin(self) -> int:
        return max(self.model.windows.context, self.reach)

    def _gaps(self, numbers: Iterable[int]) -> dict[int, float]:
        """Of the windows into which something else came than is due, by how much that differs."""
        found = ((number, max(flow.gap(number) for flow in self.flows)) for number in numbers)
        return {number: gap for number, gap in found if gap > CLOSE}

    def _again(self, numbers: Sequence[int]) -> None:
        for some, input, left, right in self._batches(numbers, self.reach):
            due = Carried(*(flow.entering(some).to(self.device) for flow in self.flows))
            self._keep(some, self.encoder.within(input, left, right, due))

    def _keep(self, numbers: Sequence[int], part: Part) -> None:
        if not self.flows:
            self.flows = [_Flow(self.places, source, one) for source, one in zip((-1, 1), part.came, strict=True)]
        for flow, came, went in zip(self.flows, part.came, part.went, strict=True):
            flow.keep(numbers, came, went)
        self._write(numbers, part.values)

    def _write(self, numbers: Sequence[int], values: Tensor) -> None:
        lengths = torch.full((len(values),), values.shape[1], device=self.device)
        made = self.model.head.emissions(States(values, lengths, values[:, -1]))
        assert made is not None
        if self.emissions is None:
            self.emissions = OnDisk((self.borders[-1], made.shape[2]), np.float32)
        for number, rows in zip(numbers, made.float().cpu().numpy(), strict=True):
            _, first, window = self.places[number]
            self.emissions[first + window.start : first + window.stop] = rows

    def _batches(self, numbers: Iterable[int], margin: int) -> Iterator[tuple[list[int], Padded, int, int]]:
        """Windows side by side, what they read, and how many steps of it lie before and behind their own."""
        margin = -(-margin // self.block) * self.block
        shapes: dict[tuple[int, int, int], list[int]] = {}
        for number in numbers:
            sequence, _, window = self.places[number]
            read = window.wider(margin, len(self.sequences[sequence]))
            shape = (window.start - read.start, read.stop - window.stop, read.stop - read.start)
            shapes.setdefault(shape, []).append(number)
        for (left, right, steps), alike in shapes.items():
            many = max(1, STEPS_AT_ONCE // steps)
            for at in range(0, len(alike), many):
                some = alike[at : at + many]
                yield some, self._read(some, left, right), left, right

    def _read(self, numbers: Sequence[int], left: int, right: int) -> Padded:
        found = []
        for number in numbers:
            sequence, _, window = self.places[number]
            found.append(self.sequences[sequence][window.start - left : window.stop + right])
        return pad(self.codec.encode(found)).to(self.device)
