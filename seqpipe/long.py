"""Predictions of records that are too long to go through a network at once."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from . import strands
from .codec import Codec
from .coded import Coded
from .head import Prediction
from .model import Model
from .ondisk import OnDisk
from .reader import Reader, Record
from .stitch import emissions

IN_MEMORY = 1_000_000
"""Steps of a record whose labels are kept in memory; those of a longer one stay on disk."""
STEPS_AT_ONCE = 65_536
"""Steps whose labels are numbered or compared at a time."""


class Found(NamedTuple):
    """What a model makes of one long record."""

    prediction: Prediction
    loss: float | None
    """Of its own target, in nats; None where it has none, or it was not asked for."""
    changed: int
    """Steps that have another label where the windows are cut elsewhere, as far as that was asked for."""


def predict(model: Model, reader: Reader, records: Sequence[Record], losses: bool, cuts: bool) -> Iterator[Found]:
    """The predictions of the records, in order."""
    found = _predict(model, reader, records, losses)
    if not cuts:
        yield from (Found(prediction, loss, 0) for prediction, loss in found)
        return
    again = _predict(model, reader, records, False, shifted=True)
    for (prediction, loss), (other, _) in zip(found, again, strict=True):
        yield Found(prediction, loss, _changed(prediction.value, other.value))


def _predict(
    model: Model, reader: Reader, records: Sequence[Record], losses: bool, shifted: bool = False
) -> Iterator[tuple[Prediction, float | None]]:
    inputs = [record.input for record in records]
    head, count = model.head, len(records)
    if model.mirror is not None:
        inputs += strands.others(reader, records)
        head = head.both_strands(model.mirror)
    made = emissions(model, reader.input, inputs, shifted)
    for number, record in enumerate(records):
        loss = None
        if losses and reader.target is not None and record.target is not None:
            loss = model.head.loss_long(made[number], _numbers(reader.target, record.target))
        if model.mirror is not None:
            strands.add(made[number], made[count + number], model.mirror)
        yield _kept(head.decode_long(made[number])), loss


def _numbers(codec: Codec, target: Sequence[Any]) -> OnDisk:
    """`[T]` the numbers of labels; each may depend on the label that follows."""
    found = OnDisk((len(target),), np.int32)
    for start in range(0, len(target), STEPS_AT_ONCE):
        stop = start + STEPS_AT_ONCE
        found[start:stop] = codec.encode([target[start : stop + 1]]).rows[0][:STEPS_AT_ONCE]
    return found


def _kept(prediction: Prediction) -> Prediction:
    """The same in memory, but where it is too long for that."""
    value, sure = prediction.value, prediction.confidence
    if len(value) > IN_MEMORY:
        return prediction
    if isinstance(value, Coded):
        value = Coded(np.array(value.codes), value.symbols)
    return replace(prediction, value=value, confidence=np.array(sure) if isinstance(sure, OnDisk) else sure)


def _changed(one: Any, other: Any) -> int:
    one, other = Coded.of(one), Coded.of(other)
    number = {label: code for code, label in enumerate({*one.symbols, *other.symbols})}
    parts = (slice(start, start + STEPS_AT_ONCE) for start in range(0, len(one), STEPS_AT_ONCE))
    return sum(int((one[part].numbers(number) != other[part].numbers(number)).sum()) for part in parts)
