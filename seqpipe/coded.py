"""Labels of very many steps, in little memory."""

from collections.abc import Iterator, Sequence
from typing import Any, overload

import numpy as np


class Coded(Sequence[str | None]):
    """A label for each step as a small whole number: a sequence of texts to whoever reads it, None where it is below 0.

    Equal to any sequence of the same labels.
    """

    def __init__(self, codes: Any, symbols: Sequence[str]) -> None:
        self.codes = codes
        """`[T]` whole numbers; an array that may lie on disk."""
        self.symbols = symbols
        """What each number from 0 stands for."""

    @classmethod
    def of(cls, labels: Sequence[str | None]) -> "Coded":
        """The same labels, coded."""
        if isinstance(labels, Coded):
            return labels
        symbols = sorted({label for label in labels if label is not None})
        number = {symbol: code for code, symbol in enumerate(symbols)}
        return cls(np.array([-1 if one is None else number[one] for one in labels], np.int16), symbols)

    def used(self) -> set[str]:
        """The labels that occur."""
        return {self.symbols[code] for code in np.unique(self.codes).tolist() if code >= 0}

    def numbers(self, number: dict[str, int]) -> Any:
        """`[T]` int64 of the labels under other numbers; -1 for one that has none, and for None."""
        known = np.array([*(number.get(symbol, -1) for symbol in self.symbols), -1], np.int64)
        return known[np.asarray(self.codes)]

    def __len__(self) -> int:
        return len(self.codes)

    @overload
    def __getitem__(self, place: int) -> str | None: ...
    @overload
    def __getitem__(self, place: slice) -> "Coded": ...
    def __getitem__(self, place: int | slice) -> "str | Coded | None":
        if isinstance(place, slice):
            return Coded(self.codes[place], self.symbols)
        code = int(self.codes[place])
        return None if code < 0 else self.symbols[code]

    def __iter__(self) -> Iterator[str | None]:
        for start in range(0, len(self), 65_536):
            for code in self.codes[start : start + 65_536].tolist():
                yield None if code < 0 else self.symbols[code]

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Coded) and list(other.symbols) == list(self.symbols):
            mine, others = np.asarray(self.codes), np.asarray(other.codes)
            return np.array_equal(np.maximum(mine, -1), np.maximum(others, -1))
        return isinstance(other, Sequence) and len(self) == len(other) and all(map(_same, self, other))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Coded({list(self[:8])!r}{'...' if len(self) > 8 else ''}, {len(self)} steps)"


def _same(one: Any, other: Any) -> bool:
    return bool(one == other)
