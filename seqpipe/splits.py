"""Which files each split of a pipeline's data is read from, and the records of each."""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path

from .deal import Deal
from .errors import Mistake
from .fetch import locate
from .generate import generate
from .pipeline import SPLITS, Pipeline
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


def read(pipeline: Pipeline, reader: Reader, split: str, paths: Iterable[Path]) -> Iterator[Record]:
    """The records of one split's files, without what of them belongs to another split.

    Raises `Mistake`, beside those of the reader, where the pipeline holds out what no training file has.
    """
    assert pipeline.data is not None
    if split == "train" or pipeline.data.holds_out(split):
        own = (record for name, record in _dealt(pipeline, reader, paths) if name == split)
    else:
        own = (record for path in paths for record in _of_split(pipeline, reader, split, path))
    return islice(own, pipeline.data.limit)


def read_all(pipeline: Pipeline, reader: Reader, paths: Mapping[str, list[Path]]) -> dict[str, list[Record]]:
    """The records of every split, as `read` gives them, in one pass over the training files."""
    assert pipeline.data is not None
    limit = pipeline.data.limit
    shared = [split for split in SPLITS if split == "train" or pipeline.data.holds_out(split)]
    found: dict[str, list[Record]] = {split: [] for split in SPLITS}
    for split, record in _dealt(pipeline, reader, paths["train"]):
        if limit is None or len(found[split]) < limit:
            found[split].append(record)
        elif all(len(found[one]) == limit for one in shared):
            break
    rest = {split: list(read(pipeline, reader, split, paths[split])) for split in SPLITS if split not in shared}
    return found | rest


def _dealt(pipeline: Pipeline, reader: Reader, paths: Iterable[Path]) -> Iterator[tuple[str, Record]]:
    """All training records or their parts, each with its split."""
    assert pipeline.data is not None
    deal = Deal(pipeline.data.held_out, reader)
    for path in paths:
        for number, record in enumerate(_of_split(pipeline, reader, "train", path)):
            yield from deal.parts(path, number, record)
    deal.check()


def _of_split(pipeline: Pipeline, reader: Reader, split: str, path: Path) -> Iterator[Record]:
    """The records of a file; where it serves several splits, those that are this one's by what is said of them."""
    assert pipeline.data is not None
    pattern, without = getattr(pipeline.data.where, split), frozenset[str]()
    if pipeline.data.dataset is not None:
        dataset = pipeline.plugins.load("dataset", pipeline.data.dataset)
        pattern, without = pattern or dataset.where.get(split, ""), dataset.without
    records = (one for one in reader.read(path) if one.id not in without)
    return (one for one in records if re.search(pattern, reader.heading(one))) if pattern else records
