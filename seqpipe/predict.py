"""From records to predicted records: the one path that prediction, evaluation and training's own checks take."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from math import inf
from typing import Any

import torch
from torch import Tensor

from . import long, strands
from .batch import Batch, by_length, pad
from .chunks import Chunk, Span, chunks, cut
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
class Cuts:
    """How many steps of long records are labelled otherwise where the windows are cut elsewhere."""

    steps: int = 0
    """Steps of the records that went in windows."""
    changed: int = 0

    @property
    def share(self) -> float:
        """From 0 to 1."""
        return self.changed / max(self.steps, 1)


@dataclass
class _Chunk:
    records: list[Record] = field(default_factory=list)
    steps: int = 0


def label(
    model: Model, reader: Reader, records: Iterable[Record], losses: Losses | None = None, cuts: Cuts | None = None
) -> Iterator[Record]:
    """The records in their order, each with its predicted target; read as they are needed, memory stays flat.

    With `losses`, the loss of the records' own targets is added up there; with `cuts`, what depends on where windows
    are cut, for which long records are labelled twice.
    """
    for chunk in _chunks(records):
        yield from _label(model, reader, chunk, losses, cuts)


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
def _label(
    model: Model, reader: Reader, records: Sequence[Record], losses: Losses | None, cuts: Cuts | None
) -> list[Record]:
    found = [Prediction(model.head.codec.decode([])) for _ in records]
    most = model.windows.size if model.in_windows else inf
    full = [index for index, record in enumerate(records) if len(record.input) or model.head.continues]
    whole = [index for index in full if len(records[index].input) <= most]
    longer = [index for index in full if len(records[index].input) > most]
    predictions = chain(
        zip(whole, _whole(model, reader, [records[index] for index in whole], losses), strict=True),
        zip(longer, _in_windows(model, reader, [records[index] for index in longer], losses, cuts), strict=True),
    )
    for index, prediction in predictions:
        found[index] = model.head.finish(prediction, records[index])
    return [
        replace(record, target=one.value, confidence=one.confidence, alternatives=one.alternatives)
        for record, one in zip(records, found, strict=True)
    ]


def _whole(model: Model, reader: Reader, records: Sequence[Record], losses: Losses | None) -> list[Prediction]:
    found: dict[int, Prediction] = {}
    in_chunks = model.head.continues and model.stepwise
    others = [] if model.mirror is None else strands.others(reader, records)
    for rows, parts in _batches(model, reader, records, losses is not None, in_chunks, others):
        for batch in parts:
            predictions, loss = model.predict(batch)
            if losses is not None and loss is not None:
                losses.add(loss, batch)
        found |= zip(rows, predictions, strict=True)
    return [found[row] for row in range(len(records))]


def _in_windows(
    model: Model, reader: Reader, records: Sequence[Record], losses: Losses | None, cuts: Cuts | None
) -> Iterator[Prediction]:
    found = long.predict(model, reader, records, losses is not None, cuts is not None) if records else ()
    for record, one in zip(records, found, strict=True):
        if losses is not None and one.loss is not None:
            losses.total, losses.steps = losses.total + one.loss, losses.steps + len(record.input)
        if cuts is not None:
            cuts.steps, cuts.changed = cuts.steps + len(record.input), cuts.changed + one.changed
        yield one.prediction


def _batches(
    model: Model,
    reader: Reader,
    records: Sequence[Record],
    targets: bool,
    in_chunks: bool,
    others: Sequence[Any] = (),
) -> Iterator[tuple[list[int], Iterator[Batch]]]:
    """Which of the records are in each batch, and the batch on the model's device; a long record may be in chunks.

    With `others`, what the records' other strands read, which stands behind them in each batch.
    """
    model.eval()
    device = next(model.parameters()).device
    inputs = reader.input.encode([*(record.input for record in records), *others])
    goals = _targets(reader, records) if targets else None
    lengths = [len(row) for row in inputs.rows[: len(records)]]

    def made(chunk: Chunk) -> Batch:
        goal = None if goals is None else pad(cut(goals, chunk.spans))
        return Batch(pad(cut(inputs, chunk.spans)), goal, chunk.goes_on, chunk.more).to(device)

    # A record of no steps takes one, which is padding.
    for rows in by_length([max(length, 1) for length in lengths], TOKENS_PER_BATCH):
        if in_chunks:
            whole = [Span(row, 0, lengths[row]) for row in rows]
            yield rows, map(made, chunks(whole, TOKENS_PER_BATCH))
        else:
            goal = None if goals is None else pad(goals, rows)
            beside = [row + len(records) for row in rows] if others else []
            yield rows, iter([Batch(pad(inputs, rows + beside), goal, strands=2 if others else 1).to(device)])


def _targets(reader: Reader, records: Sequence[Record]) -> Any:
    if reader.target is None or any(record.target is None for record in records):
        return None
    return reader.target.encode([record.target for record in records])
