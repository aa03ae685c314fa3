"""From records to predicted records: the one path that prediction, evaluation and training's own checks take."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from .batch import Batch, Padded, by_length, pad
from .chunks import Chunk, Span, chunks, cut
from .codec import Forms
from .head import Prediction
from .model import Model
from .reader import Reader, Record

TOKENS_PER_BATCH = 4_000
"""Steps of one batch, padding included; a longer record goes in chunks of so many, where the network allows it."""
STEPS_AT_ONCE = 100_000
"""Steps of the records that are sorted by length together; what bounds memory."""


@dataclass
class Losses:
    """Loss of the records that had a target, in nats, and the steps it is summed over."""

    total: float = 0.0
    steps: int = 0

    def add(self, loss: Tensor, batch: Batch) -> None:
        """Count the losses `[B]` of a batch."""
        self.total += float(loss.sum())
        self.steps += int((batch.target or batch.input).lengths.sum())

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


def loss(model: Model, reader: Reader, records: Iterable[Record]) -> Losses:
    """The loss of records that have a target each; nothing is predicted."""
    losses = Losses()
    for chunk in _chunks(records):
        full = [record for record in chunk if len(record.input)]
        for _, parts in _batches(model, reader, full, True, model.stepwise):
            with torch.no_grad():
                for batch in parts:
                    losses.add(model.loss(batch), batch)
    return losses


@torch.no_grad()
def _label(model: Model, reader: Reader, records: Sequence[Record], losses: Losses | None) -> list[Record]:
    full = [index for index, record in enumerate(records) if len(record.input) or model.head.continues]
    found = [Prediction(model.head.codec.decode([])) for _ in records]
    wanted = [records[index] for index in full]
    in_chunks = model.head.continues and model.stepwise
    for rows, parts in _batches(model, reader, wanted, losses is not None, in_chunks):
        for batch in parts:
            predictions, loss = model.predict(batch)
            if losses is not None and loss is not None:
                losses.add(loss, batch)
        for row, prediction in zip(rows, predictions, strict=True):
            found[full[row]] = model.head.finish(prediction, records[full[row]])
    return [
        replace(record, target=one.value, confidence=one.confidence, alternatives=one.alternatives)
        for record, one in zip(records, found, strict=True)
    ]


def _batches(
    model: Model, reader: Reader, records: Sequence[Record], targets: bool, in_chunks: bool
) -> Iterator[tuple[list[int], Iterator[Batch]]]:
    """Which of the records are in each batch, and the batch on the model's device; a long record may be in chunks."""
    model.eval()
    device = next(model.parameters()).device
    inputs = reader.input.encode([record.input for record in records])
    goals = _targets(reader, records) if targets else None
    lengths = [len(row) for row in inputs.rows]

    def made(chunk: Chunk) -> Batch:
        goal = None if goals is None else pad(cut(goals, chunk.spans))
        return to(Batch(pad(cut(inputs, chunk.spans)), goal, chunk.goes_on, chunk.more), device)

    # A record of no steps takes one, which is padding.
    for rows in by_length([max(length, 1) for length in lengths], TOKENS_PER_BATCH):
        if in_chunks:
            whole = [Span(row, 0, lengths[row]) for row in rows]
            yield rows, map(made, chunks(whole, TOKENS_PER_BATCH))
        else:
            goal = None if goals is None else pad(goals, rows)
            yield rows, iter([to(Batch(pad(inputs, rows), goal), device)])


def _targets(reader: Reader, records: Sequence[Record]) -> Any:
    if reader.target is None or any(record.target is None for record in records):
        return None
    return reader.target.encode([record.target for record in records])


def to(batch: Batch, device: torch.device) -> Batch:
    """The batch on a device."""
    target = None if batch.target is None else _to(batch.target, device)
    return batch._replace(input=_to(batch.input, device), target=target)


def _to(padded: Padded, device: torch.device) -> Padded:
    forms = padded.forms and Forms(*(part.to(device) for part in padded.forms))  # type: ignore[attr-defined]
    return Padded(padded.values.to(device), padded.lengths.to(device), forms)
