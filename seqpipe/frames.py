"""Codecs of real numbers: frames of features, step by step, and one number for a whole record."""

from collections.abc import Iterable, Sequence
from math import isfinite
from typing import Any

import numpy as np

from .codec import Codec, Encoded


class Frames(Codec):
    """Sequences of frames, `[T, D]` of real numbers; with `standardise` each feature has mean 0 and deviation 1.

    What is learned: D, the least and the greatest number, and each feature's mean and standard deviation.
    """

    def __init__(self, standardise: bool = False) -> None:
        self.standardise = standardise
        self.low, self.high = 0.0, 0.0
        self.mean = np.zeros(0)
        self.deviation = np.ones(0)

    def fit(self, values: Iterable[Any]) -> None:
        """In one pass, put together as Chan, Golub & LeVeque (1983) do; a feature that never varies has deviation 1."""
        count, mean, squares, low, high = 0, np.zeros(0), np.zeros(0), np.inf, -np.inf
        for value in values:
            part = np.asarray(value, np.float64)
            if not count:
                mean, squares = np.zeros(part.shape[1]), np.zeros(part.shape[1])
            own = part.mean(0)
            total = count + len(part)
            squares = squares + ((part - own) ** 2).sum(0) + (own - mean) ** 2 * count * len(part) / total
            mean = mean + (own - mean) * len(part) / total
            count, low, high = total, min(low, float(part.min())), max(high, float(part.max()))
        deviation = np.sqrt(squares / max(count, 1))
        # Rounding makes a constant feature vary a little.
        deviation[deviation <= 1e-12 * np.abs(mean)] = 1.0
        self.low, self.high, self.mean, self.deviation = low, high, mean, deviation

    def encode(self, values: Sequence[Any]) -> Encoded:
        """`[T, D]` float32 of each value"""
        return Encoded([self._scaled(np.asarray(value)).astype(np.float32) for value in values])

    def _scaled(self, frames: Any) -> Any:
        return (frames - self.mean) / self.deviation if self.standardise else frames

    def decode(self, numbers: Sequence[Any]) -> list[list[float]]:
        """The frames of `[T, D]` numbers, as lists."""
        if not len(numbers):
            return []
        frames = np.asarray(numbers, np.float64)
        found: list[list[float]] = (frames * self.deviation + self.mean if self.standardise else frames).tolist()
        return found

    def __len__(self) -> int:
        """D"""
        return len(self.mean)

    def state(self) -> dict[str, Any]:
        features = {"mean": self.mean.tolist(), "deviation": self.deviation.tolist()}
        return {"standardise": self.standardise, "low": self.low, "high": self.high, **features}

    def restore(self, state: dict[str, Any]) -> None:
        """What was learned, and whether frames are standardised, whichever this codec was made with."""
        mean, deviation = state["mean"], state["deviation"]
        if not isinstance(mean, list) or not isinstance(deviation, list) or len(mean) != len(deviation):
            raise TypeError("mean and deviation must be lists of the same length")
        if not isinstance(state["standardise"], bool):
            raise TypeError("standardise must be true or false")
        _check(state["low"], state["high"], *mean)
        _check(*deviation, positive=True)
        self.standardise, self.low, self.high = state["standardise"], float(state["low"]), float(state["high"])
        self.mean, self.deviation = np.array(mean, np.float64), np.array(deviation, np.float64)


class Number(Codec):
    """One real number for a record, `[]`, as a head sees it: with mean 0 and deviation 1 over the training records."""

    def __init__(self) -> None:
        self.mean = 0.0
        self.deviation = 1.0

    def fit(self, values: Iterable[float]) -> None:
        found = np.fromiter(values, np.float64)
        mean, deviation = float(found.mean()), float(found.std())
        # Rounding makes a number that is always the same vary a little.
        self.mean, self.deviation = mean, deviation if deviation > 1e-12 * abs(mean) else 1.0

    def encode(self, values: Sequence[float]) -> Encoded:
        """`[]` float32 of each value"""
        return Encoded([np.array((value - self.mean) / self.deviation, np.float32) for value in values])

    def decode(self, numbers: Any) -> float:
        """The number on its own scale; for an empty sequence, which tells nothing, the mean of the training records."""
        return float(numbers) * self.deviation + self.mean if np.size(numbers) else self.mean

    def __len__(self) -> int:
        """1: a record has a single number."""
        return 1

    def state(self) -> dict[str, Any]:
        return {"mean": self.mean, "deviation": self.deviation}

    def restore(self, state: dict[str, Any]) -> None:
        _check(state["mean"])
        _check(state["deviation"], positive=True)
        self.mean, self.deviation = float(state["mean"]), float(state["deviation"])


def _check(*numbers: Any, positive: bool = False) -> None:
    for number in numbers:
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise TypeError(f"{number!r:.40} is no number")
        if not isfinite(number) or (positive and number <= 0):
            raise ValueError(f"{number} is not {'above 0' if positive else 'finite'}")
