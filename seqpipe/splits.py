"""Which files each split of a pipeline's data is read from, and which of their records are its own."""

import hashlib
from collections.abc import Iterator
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
    held = bool(pipeline.data.tenths.get(split))
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
    """The records of one split's files, without those of them that belong to another split."""
    assert pipeline.data is not None
    tenths = pipeline.data.tenths
    every = (record for path in paths for record in reader.read(path))
    if any(tenths.values()) and (split == "train" or tenths[split]):
        own = set(tenths[split]) if split != "train" else set(range(10)) - set(tenths["dev"] + tenths["test"])
        every = (record for record in every if tenth(reader.text(record)) in own)
    return islice(every, pipeline.data.limit)


def tenth(text: str) -> int:
    """A number from 0 to 9 that is always the same for a text, and as good as drawn by lot."""
    return int(hashlib.md5(text.encode(errors="surrogatepass"), usedforsecurity=False).hexdigest(), 16) % 10
