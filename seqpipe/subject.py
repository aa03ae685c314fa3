"""What the lens looks at: the network of a run or of a pipeline, and some records to look at it with."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import torch

from . import artifact
from .batch import Batch, by_length, pad
from .errors import Mistake
from .head import Head
from .model import Model, build
from .pipeline import Pipeline, load
from .plugins import Plugins
from .reader import Reader, Record
from .splits import read, sources

TOKENS_PER_BATCH = 4_000
"""Steps looked at together, padding included."""


class Subject(NamedTuple):
    """A network, and records to look at it with."""

    pipeline: Pipeline
    model: Model
    batches: list[Batch]


def subject(
    path: Path, overrides: Sequence[str], plugins: Plugins, files: Sequence[Path], records: int, steps: int
) -> Subject:
    """A run as it is after training, or a pipeline as it is before, with up to so many records of up to so many steps.

    They are those of `files`; without files of the dev split, else of test, else of train. Raises `Mistake` where there
    is neither run nor pipeline, and no record to take a loss of.
    """
    if not path.exists():
        raise Mistake(f"{path}: no such run or pipeline; name a run folder or a pipeline file")
    if path.is_dir():
        pipeline, reader, model = artifact.load(path, overrides, plugins)
    else:
        pipeline = load(path, overrides, plugins)
        reader = pipeline.new_reader()
        model = _untrained(pipeline, reader)
    found = [record for file in files for record in reader.read(file)] if files else _own(pipeline, reader)
    chosen = list(pieces(model.head, found, records, steps))
    if not chosen:
        what = (
            f"of at most {steps} steps; name files with some, or raise --steps" if found else "; name files with some"
        )
        raise Mistake(f"{path}: no records to look at {what}".replace(" ;", ";"))
    return Subject(pipeline, model, list(_batches(model.head, reader, chosen)))


def pieces(head: Head, found: Sequence[Record], records: int, steps: int) -> Iterator[Record]:
    """Up to `records` of the records, evenly spread over all.

    Longer ones than `steps` come as their beginning where a target belongs to each step, as pieces where the input is
    what is learned, and else not at all.
    """
    fit = [record for record in found if len(record.input)]
    if head.target is None:
        fit = [
            replace(record, input=record.input[start : start + steps])
            for record in fit
            for start in range(0, len(record.input), steps)
        ]
    elif not head.aligned:
        fit = [record for record in fit if len(record.input) <= steps]
    for record in fit[:: max(1, len(fit) // records)][:records]:
        if head.aligned and head.target is not None and record.target is not None:
            record = replace(record, input=record.input[:steps], target=record.target[:steps])
        yield record


def _untrained(pipeline: Pipeline, reader: Reader) -> Model:
    train = [record for record in _split(pipeline, reader, "train") if len(record.input)]
    if not train:
        raise Mistake("data.train: no records to learn from; the files hold none that is not empty")
    if pipeline.head.cls.target is not None:
        _labelled(train)
    reader.fit(train)
    torch.manual_seed(pipeline.train.seed)
    try:
        model = build(pipeline, reader)
    except RuntimeError as error:
        raise Mistake(f"encoder, head: cannot be built ({str(error).splitlines()[0]}); too large?") from None
    model.encoder.begin()
    return model.eval()


def _own(pipeline: Pipeline, reader: Reader) -> list[Record]:
    splits = (list(_split(pipeline, reader, split)) for split in ("dev", "test", "train"))
    return next(filter(None, splits), [])


def _split(pipeline: Pipeline, reader: Reader, split: str) -> Iterable[Record]:
    return read(pipeline, reader, split, sources(pipeline, split)) if pipeline.data else ()


def _batches(head: Head, reader: Reader, records: Sequence[Record]) -> Iterator[Batch]:
    inputs, goals = reader.input.encode([record.input for record in records]), None
    if head.target is not None:
        assert reader.target is not None
        _labelled(records)
        goals = reader.target.encode([record.target for record in records])
    for rows in by_length([len(row) for row in inputs.rows], TOKENS_PER_BATCH):
        yield Batch(pad(inputs, rows), None if goals is None else pad(goals, rows))


def _labelled(records: Sequence[Record]) -> None:
    bare = [record.where for record in records if record.target is None]
    if bare:
        raise Mistake(f"{bare[0]}: no labels here to take a loss of ({len(bare)} such records); name labelled files")
