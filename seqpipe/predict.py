"""From records to predicted records: the one path that prediction, evaluation and training's own checks take."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch

from .batch import Batch, Padded, by_length, pad
from .codec import Forms
from .head import Prediction
from .model import Model
from .reader import Reader, Record

TOKENS_PER_BATCH = 4_000
"""Steps of one batch, padding included, where no loss is wanted for them."""
STEPS_AT_ONCE = 100_000
"""Steps of the records that are sorted by length together; what bounds memory."""


@dataclass
class Losses:
    """Loss of the records that had a target, in nats, and the steps it is summed over."""

    total: float = 0.0
    steps: int = 0

    @property
    def mean(self) -> float:
        """Nats a step."""
        return self.total / max(self.steps, 1)


@dataclass
class _Chunk:
    records: list[Record] = field(default_factory=list)
    steps: int = 0


def label(model: Model, reader: Reader, records: Iterable[Record], losses: Losses | None = None) -> Iterator[Record]:
    """The records in their order, each with its predicted target; read as they are needed, memory stays flat.

    With `losses`, the loss of the records' own targets is added up there.
    """
    for chunk in _chunks(records):
        yield from _label(model, reader, chunk, losses)


def _chunks(records: Iterable[Record]) -> Iterator[list[Record]]:
    chunk = _Chunk()
    for record in records:
        chunk.records.append(record)
        chunk.steps += len(record.input) + 1
        if chunk.steps >= STEPS_AT_ONCE:
            yield chunk.records
            chunk = _Chunk()
    if chunk.records:
        yield chunk.records


@torch.no_grad()
def _label(model: Model, reader: Reader, records: Sequence[Record], losses: Losses | None) -> list[Record]:
    model.eval()
    device = next(model.parameters()).device
    full = [index for index, record in enumerate(records) if len(record.input)]
    inputs = reader.input.encode([records[index].input for index in full])
    targets = _targets(reader, [records[index] for index in full]) if losses else None
    found = [Prediction(model.head.codec.decode([])) for _ in records]
    for rows in by_length([len(row) for row in inputs.rows], TOKENS_PER_BATCH):
        batch = to(Batch(pad(inputs, rows), None if targets is None else pad(targets, rows)), device)
        predictions, loss = model.predict(batch)
        if losses and loss is not None and batch.target is not None:
            losses.total += float(loss.sum())
            losses.steps += int(batch.target.lengths.sum())
        for row, prediction in zip(rows, predictions, strict=True):
            found[full[row]] = prediction
    return [
        replace(record, target=one.value, confidence=one.confidence, alternatives=one.alternatives)
        for record, one in zip(records, found, strict=True)
    ]


def _targets(reader: Reader, records: Sequence[Record]) -> Any:
    if reader.target is None or any(record.target is None for record in records):
        return None
    return reader.target.encode([record.target for record in records])


def to(batch: Batch, device: torch.device) -> Batch:
    """The batch on a device."""
    return Batch(_to(batch.input, device), None if batch.target is None else _to(batch.target, device))


def _to(padded: Padded, device: torch.device) -> Padded:
    forms = padded.forms and Forms(*(part.to(device) for part in padded.forms))  # type: ignore[attr-defined]
    return Padded(padded.values.to(device), padded.lengths.to(device), forms)
