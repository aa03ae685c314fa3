"""Scores of a model on records whose targets are known."""

import logging
import math
import time
from collections.abc import Sequence
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from .errors import Mistake
from .head import Head
from .model import Model
from .predict import Cuts, Losses, label, loss
from .reader import Reader, Record

log = logging.getLogger("seqpipe")


class Evaluation(NamedTuple):
    """What a model makes of records that it was not trained on."""

    scores: dict[str, Any]
    """The head's scores, from 0 to 1, and `loss` in nats a step; `cut` where that was measured."""
    predicted: list[Record]
    """The records with their predicted targets, in order."""
    tokens_per_second: float
    """Steps predicted, and their loss computed, in a second of wall time."""


def evaluate(
    model: Model, reader: Reader, gold: Sequence[Record], train: Sequence[Record] = (), measure_cut: bool = False
) -> Evaluation:
    """Predict the records and score the predictions against their own targets.

    With `measure_cut`, what share of the steps of long records has another label where windows are cut elsewhere.
    Raises `Mistake` where a record has no target.
    """
    bare = [record.where for record in gold if record.target is None]
    if bare and model.head.target is not None:
        raise Mistake(f"{bare[0]}: no labels here to score against ({len(bare)} such records); name a labelled file")
    losses, cuts = Losses(), Cuts() if measure_cut else None
    start = time.perf_counter()
    predicted = list(label(model, reader, gold, losses, cuts))
    seconds = time.perf_counter() - start
    steps = reader.input.steps(record.input for record in gold)
    scores = model.head.score(gold, predicted, train) | reader.score(gold, predicted) | _of_loss(model, losses, gold)
    if cuts is not None:
        scores["cut"] = cuts.share
    return Evaluation(scores, predicted, steps / max(seconds, 1e-9))


def measure(model: Model, reader: Reader, gold: Sequence[Record]) -> dict[str, Any]:
    """The loss of records, and what the head makes of it, without predicting anything."""
    return _of_loss(model, loss(model, reader, gold), gold)


def _of_loss(model: Model, losses: Losses, gold: Sequence[Record]) -> dict[str, float]:
    if gold and not losses.steps and model.head.target is None:
        raise Mistake(f"{gold[0].where}: nothing to score; all that was read is empty")
    if not math.isfinite(losses.mean):
        what = f"the loss of these {len(gold)} records is {losses.mean}"
        raise Mistake(f"{gold[0].where}: {what}; the weights have diverged: train with a lower train.learning_rate")
    return {"loss": losses.mean} | model.head.measures(losses.mean)


def report_unknown(reader: Reader, head: type[Head], records: Sequence[Record]) -> None:
    """Say so where labels were never learned: they count as errors in the scores and have no part in the loss."""
    if reader.target is None or head.unknown:
        return
    rows = reader.target.encode([record.target for record in records]).rows
    unknown = [(record, place) for record, row in zip(records, rows, strict=True) for place in _unlearned(record, row)]
    if unknown:
        first, place = unknown[0]
        label = first.target if place is None else first.target[place]
        what = f"{label!r} was never seen in training ({len(unknown)} such records)"
        log.warning("%s: %s: wrong in the scores, left out of the loss", first.where, what)


def _unlearned(record: Record, numbers: Any) -> list[int | None]:
    """The first step of a record whose label was never learned, if there is one; None for the label of the whole."""
    if numbers.dtype.kind != "i":
        return []
    if not numbers.ndim:
        return [None] if numbers == -1 else []
    found = (int(place) for place in np.flatnonzero(numbers == -1))
    return list(islice((place for place in found if record.target[place] is not None), 1))


def report_misfits(model: Model, records: Sequence[Record]) -> int:
    """Say so where targets cannot come of their inputs: they have no part in the loss. How many there are."""
    found = [(record, why) for record in records if (why := _misfit(model, record))]
    if found:
        record, why = found[0]
        log.warning("%s: %s (%d such records): left out of the loss", record.where, why, len(found))
    return len(found)


def _misfit(model: Model, record: Record) -> str | None:
    if record.target is None or not len(record.input):
        return None
    return model.head.misfit(record, math.ceil(len(record.input) / model.encoder.stride(model.encoder.options)))
