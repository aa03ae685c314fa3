"""Both strands of a record: what the one is told by what the other looks like.

A label's score is the mean of what a step has for it and of what the same step, on the other strand, has for the
mirrored label: the geometric mean of two probabilities. As the transitions are averaged likewise (`Head.both_strands`),
a record and its reverse complement have the very same labels, mirrored.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from .errors import Mistake
from .ondisk import OnDisk
from .reader import Reader, Record

STEPS_AT_ONCE = 65_536
"""Steps of emissions on disk that are in memory at a time."""


def mirror(reader: Reader) -> list[int]:
    """Of each label's number that of its mirrored label. Raises `Mistake` where that was never learned."""
    codec: Any = reader.target
    for label in codec.symbols:
        if reader.mirror(label) not in codec.number:
            what = f"the other strand of {label!r} is {reader.mirror(label)!r}, which was never learned"
            raise Mistake(f"windows.strands: {what}; learn from both strands, or predict from one")
    return [codec.number[reader.mirror(label)] for label in codec.symbols]


def others(reader: Reader, records: Iterable[Record]) -> list[Sequence[Any]]:
    """What the other strand of each record reads. Raises `Mistake` where one has none."""
    found = []
    for record in records:
        other = reader.reverse(replace(record, target=None))
        if other is None:
            raise Mistake(f"{record.where}: has no other strand; set windows.strands to one")
        found.append(other.input)
    return found


def mean(emissions: Tensor, lengths: Tensor, mirrored: Sequence[int]) -> Tensor:
    """`[2 B, T, K]`, of which the second half are the other strands, and `[B]` -> `[B, T, K]`"""
    own, other = emissions.chunk(2)
    back = (lengths[:, None] - 1 - torch.arange(own.shape[1], device=own.device)).clamp(min=0)
    return (own + other.gather(1, back[..., None].expand_as(other))[..., list(mirrored)]) / 2


def add(own: OnDisk, other: OnDisk, mirrored: Sequence[int]) -> None:
    """Make `own [T, K]` the mean of it and of the other strand's."""
    steps = len(own)
    for start in range(0, steps, STEPS_AT_ONCE):
        stop = min(start + STEPS_AT_ONCE, steps)
        turned = other[steps - stop : steps - start][::-1, list(mirrored)]
        own[start:stop] = (own[start:stop] + turned) / 2
