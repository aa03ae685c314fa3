"""Which files each split of a pipeline's data is read from, and which of their records are its own."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

from .errors import Mistake
from .fetch import locate
from .generate import generate
from .pipeline import Pipeline
from .reader import Reader, Record


def sources(pipeline: Pipeline, split: str) -> list[Path]:
    """The files of a split: those that the pipeline names, or those of its data set, fetched or made where need be.

    A split that is held out of the training records has their files. Raises `Mistake` where files cannot be had, or the
    split is held out though the data set has one.
    """
    assert pipeline.data is not None
    held = pipeline.data.holds_out(split)
    name = "train" if held else split
    if pipeline.data.dataset is None:
        return pipeline.files(name)
    dataset = pipeline.plugins.load("dataset", pipeline.data.dataset)
    if held and (dataset.make or split in dataset.splits):
        raise Mistake(f"data.held_out.{split}: data set {dataset.name} has its own {split} split")
    if dataset.make:
        assert pipeline.data.generated
        return [generate(dataset, name, pipeline.data.generated)]
    return locate(dataset, name) if name in dataset.splits else []


def read(pipeline: Pipeline, reader: Reader, split: str, paths: list[Path]) -> Iterator[Record]:
    """The records of one split's files, without what of them belongs to another split."""
    assert pipeline.data is not None
    data = pipeline.data
    every = (record for path in paths for record in reader.read(path))
    if split == "train" or data.holds_out(split):
        if any(data.last.values()):
            every = (_part(record, split, data.last) for record in every)
        elif any(data.tenths.values()):
            others = {*data.tenths["dev"], *data.tenths["test"]}
            own = set(data.tenths[split]) if split != "train" else set(range(10)) - others
            every = (record for record in every if tenth(reader.text(record)) in own)
    return islice(every, data.limit)


def _part(record: Record, split: str, last: dict[str, float]) -> Record:
    """The steps of a record that are a split's own."""
    length = len(record.input)
    # Rounded, for 1 - 0.7 - 0.2 is not quite 0.1, and its share would be a step short.
    train, dev = (int(length * round(1 - share, 12)) for share in (last["dev"] + last["test"], last["test"]))
    start, stop = {"train": (0, train), "dev": (train, dev), "test": (dev, length)}[split]
    return replace(record, input=record.input[start:stop])


def tenth(text: str) -> int:
    """A number from 0 to 9 that is always the same for a text, and as good as drawn by lot."""
    return int(hashlib.md5(text.encode(errors="surrogatepass"), usedforsecurity=False).hexdigest(), 16) % 10
