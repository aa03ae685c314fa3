"""Batches: padded tensors of the records' numbers, and which records share a batch."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from .codec import Encoded, Forms


class Padded(NamedTuple):
    """Sequences of different lengths in one tensor; what stands behind a sequence's end has no influence."""

    values: Tensor
    """`[B, T, ...]` numbers; `[B]` where each record has a single one."""
    lengths: Tensor
    """`[B]` steps of each sequence (1 where each record has a single number)."""
    forms: Forms | None = None
    """For words: the distinct ones of this batch, as tensors; `values` points into them."""

    @property
    def mask(self) -> Tensor:
        """`[B, T]`, true on real steps."""
        return torch.arange(self.values.shape[1], device=self.lengths.device) < self.lengths[:, None]

    def to(self, device: torch.device) -> "Padded":
        """The same on a device."""
        forms = self.forms and Forms(*(part.to(device) for part in self.forms))  # type: ignore[attr-defined]
        return Padded(self.values.to(device), self.lengths.to(device), forms)


class Batch(NamedTuple):
    """What one training or prediction step sees."""

    input: Padded
    target: Padded | None
    goes_on: bool = False
    """Whether these are further steps of the first sequences of the batch before."""
    more: int = 0
    """How many of the sequences, the first ones, are gone on with in the next batch."""
    strands: int = 1
    """2 where the second half of the sequences are the other strands of the first half; `target` has none of those."""

    def to(self, device: torch.device) -> "Batch":
        """The same on a device."""
        return self._replace(input=self.input.to(device), target=self.target and self.target.to(device))


def pad(encoded: Encoded, rows: Sequence[int] | None = None) -> Padded:
    """The chosen rows (all, without a choice) as one padded tensor, with only the word forms that they use."""
    arrays = encoded.rows if rows is None else [encoded.rows[row] for row in rows]
    if arrays[0].ndim == 0:
        return Padded(torch.from_numpy(np.stack(arrays)), torch.ones(len(arrays), dtype=torch.long))
    lengths = np.array([len(array) for array in arrays])
    forms = encoded.forms
    if forms is not None:
        used, flat = np.unique(np.concatenate(arrays), return_inverse=True)
        arrays = np.split(flat, np.cumsum(lengths)[:-1])
        forms = Forms(*(torch.from_numpy(part[used]) for part in forms))  # type: ignore[arg-type]
    # A step at least, which is padding where all are empty: no kernel takes none.
    values = np.zeros((len(arrays), max(int(lengths.max()), 1), *arrays[0].shape[1:]), arrays[0].dtype)
    for row, array in zip(values, arrays, strict=True):
        row[: len(array)] = array
    return Padded(torch.from_numpy(values), torch.from_numpy(lengths), forms)


def by_length(
    lengths: Sequence[int],
    tokens_per_batch: int | None = None,
    batch_size: int | None = None,
    shuffle: np.random.Generator | None = None,
) -> Iterator[list[int]]:
    """Indices of the records of each batch: records of near-equal length together, so that little is padding.

    A batch holds at most `tokens_per_batch` steps, padding included, or `batch_size` records; a longer record makes a
    batch of its own. With `shuffle`, records of equal length change places and the batches come in random order;
    without, the longest come first.
    """
    order = np.arange(len(lengths)) if shuffle is None else shuffle.permutation(len(lengths))
    steps = np.asarray(lengths)[order]
    order = order[np.argsort(-steps, kind="stable")]
    batches: list[list[int]] = []
    longest = 0
    for index in order.tolist():
        if not batches or _full(len(batches[-1]), longest, tokens_per_batch, batch_size):
            batches.append([])
            longest = lengths[index]
        batches[-1].append(index)
    if shuffle is not None:
        batches = [batches[place] for place in shuffle.permutation(len(batches))]
    yield from batches


def _full(records: int, longest: int, tokens_per_batch: int | None, batch_size: int | None) -> bool:
    if batch_size is not None:
        return records >= batch_size
    return tokens_per_batch is not None and (records + 1) * longest > tokens_per_batch
