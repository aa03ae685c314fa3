"""Arrays of very many rows that lie in a file, where memory is to hold a few of them at a time."""

import math
import tempfile
import weakref
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np


class OnDisk:
    """Numbers `[T, ...]` in a temporary file, of which only the rows that are asked for are in memory; 0 at first.

    The file is where TMPDIR says. It has no name, so that it goes away with this object, and with the process however
    that ends. Rows are written as one writes to a file, for a full disk then is an `OSError`; they are read by mapping
    them, and a mapping takes memory only as long as somebody holds what it gave.
    """

    def __init__(self, shape: tuple[int, ...], dtype: Any) -> None:
        self.shape = shape
        self.dtype = np.dtype(dtype)
        self._row = self.dtype.itemsize * math.prod(shape[1:])
        self._first = 0
        self._file: BinaryIO = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115
        self._file.truncate(self._row * shape[0])
        self._whole: OnDisk | None = None
        weakref.finalize(self, self._file.close)

    @classmethod
    def of(cls, array: Any) -> "OnDisk":
        """The rows of another array, such as a memory map."""
        found = cls(array.shape, array.dtype)
        for start in range(0, len(array), 65_536):
            found[start : start + 65_536] = array[start : start + 65_536]
        return found

    def part(self, start: int, stop: int) -> "OnDisk":
        """The rows from `start` up to but without `stop`, in the same file."""
        found = object.__new__(OnDisk)
        found.__dict__.update(self.__dict__)
        found.shape = (stop - start, *self.shape[1:])
        found._first += start
        found._whole = self if self._whole is None else self._whole
        return found

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, place: Any) -> Any:
        """Rows of a slice without a step, read only, or one row."""
        if not isinstance(place, slice):
            row = range(len(self))[place]
            return self[row : row + 1][0]
        start, stop, _ = place.indices(len(self))
        shape = (max(stop - start, 0), *self.shape[1:])
        if not math.prod(shape):
            return np.empty(shape, self.dtype)
        return np.memmap(self._file, self.dtype, "r", (self._first + start) * self._row, shape)

    def __setitem__(self, place: slice, rows: Any) -> None:
        start, stop, _ = place.indices(len(self))
        given = np.empty((stop - start, *self.shape[1:]), self.dtype)
        given[:] = rows
        self._file.seek((self._first + start) * self._row)
        left = memoryview(given.tobytes())
        while left:
            left = left[self._file.write(left) :]

    def __iter__(self) -> Iterator[Any]:
        for start in range(0, len(self), 65_536):
            yield from np.array(self[start : start + 65_536])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.array(self[:], dtype)
