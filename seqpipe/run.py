"""From a pipeline to its run folder: read, fit the codecs, train, score."""

import json
import logging
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import torch

from . import artifact, strands
from .codec import Symbols
from .datasets import sha256
from .errors import Mistake
from .evaluate import Evaluation, evaluate, report_misfits, report_unknown
from .leaks import shared, warning
from .model import Model, build
from .pipeline import SPLITS, Pipeline, load
from .plugins import Plugin
from .reader import Reader, Record
from .report import skipped
from .splits import read_all, sources
from .train import Training, fit, trainer
from .versions import versions
from .windows import cut

log = logging.getLogger("seqpipe")


class Outcome(NamedTuple):
    """What a finished run has to show."""

    metrics: dict[str, Any]
    """What `metrics.json` holds."""
    reader: Reader
    predicted: list[Record]
    """The test records with the targets that the model gives them."""


def run(pipeline: Pipeline, out: Path, resume: bool = False, overwrite: bool = False) -> Outcome | None:
    """Train a pipeline and score it on dev and test; None in all processes but the first, where there are several.

    Raises `Mistake` for bad input, and where `out` holds a run already and neither `resume` nor `overwrite` is set, or
    `resume` is set and the pipeline or its data are no longer those of that run.
    """
    # Lightning starts the processes of its strategies by this very command; the folder is the first one's.
    first = os.environ.get("LOCAL_RANK", "0") == os.environ.get("NODE_RANK", "0") == "0"
    if first:
        _check_room(out, pipeline, resume, overwrite)
    lightning = trainer(pipeline.train, out)
    reader = pipeline.new_reader()
    paths = {split: sources(pipeline, split) for split in SPLITS}
    splits = read_all(pipeline, reader, paths)
    if first and reader.skipped:
        log.warning("%s", "\n".join(skipped(reader)))
    train = [record for record in splits["train"] if len(record.input)]
    _check_splits(pipeline, paths, splits)
    reader.fit(train)
    if first:
        _tell(pipeline, reader, splits)
    torch.manual_seed(pipeline.train.seed)
    try:
        model = build(pipeline, reader)
    except RuntimeError as error:
        raise Mistake(f"encoder, head: cannot be built ({str(error).splitlines()[0]}); too large?") from None
    if model.mirror is not None:
        strands.others(reader, train[:1])
    train_parts = _in_windows(pipeline, reader, train)
    if first:
        _check_fits(model, splits | {"train": train_parts})
    model.encoder.begin()
    if first:
        _write_down(out, pipeline, reader, paths, splits, resume)
    start = time.perf_counter()
    training = Training(model, reader, train_parts, splits["dev"], pipeline.train, out)
    if not fit(lightning, training, resume):
        return None
    artifact.load_weights(model, out)
    model.cpu()
    results = {split: evaluate(model, reader, splits[split], train) for split in ("dev", "test") if splits[split]}
    metrics = _metrics(results, training, time.perf_counter() - start)
    artifact.write(out / artifact.METRICS, json.dumps(metrics, indent=1) + "\n")
    return Outcome(metrics, reader, results["test"].predicted if "test" in results else [])


def _check_room(out: Path, pipeline: Pipeline, resume: bool, overwrite: bool) -> None:
    before = out / artifact.PIPELINE
    if resume and overwrite:
        raise Mistake("--resume goes on with a run and --overwrite replaces it: give one of them")
    try:
        there = out.exists() and any(not name.name.endswith(".part") for name in out.iterdir())
        made = before.exists() and "\nversions:\n" in before.read_text(encoding="utf-8")
    except (OSError, ValueError):
        raise Mistake(f"{out}: not a folder that can be read; --out names the folder of the run") from None
    if there and not made:
        raise Mistake(f"{out}: holds something that is no run; --out names a new folder, or that of a run")
    if there and not resume and not overwrite:
        raise Mistake(
            f"{out}: holds a run already; --resume goes on with it, --overwrite replaces it, --out names another"
        )
    if there and resume and replace(load(before, plugins=pipeline.plugins, trained=True), versions={}) != pipeline:
        raise Mistake(
            f"{out}: was made by another pipeline file or other options; --overwrite replaces it, --out names another"
        )


def _check_splits(pipeline: Pipeline, paths: dict[str, list[Path]], splits: dict[str, list[Record]]) -> None:
    """Raises `Mistake` where there is nothing to learn from, or nothing to score by."""
    if pipeline.head.cls.target is not None:
        _check_targets(splits)
    for split in ("dev", "test"):
        if paths[split] and not any(len(record.input) for record in splits[split]):
            raise Mistake(
                f"data.{split}: nothing to score; all that it holds is empty, or what is held out is too little"
            )
    if not any(len(record.input) for record in splits["train"]):
        raise Mistake("data.train: no records to learn from; the files hold none that is not empty")


def _tell(pipeline: Pipeline, reader: Reader, splits: dict[str, list[Record]]) -> None:
    """Say what was read, and what of it may flatter the scores or spoil them."""
    for split in ("dev", "test"):
        report_unknown(reader, pipeline.head.cls, splits[split])
    if leaks := warning(shared(reader, splits)):
        log.warning("%s", leaks)
    log.info("%s", _summary(reader, splits))


def _check_targets(splits: dict[str, list[Record]]) -> None:
    bare = {split: [record for record in records if record.target is None] for split, records in splits.items()}
    wrong = [
        f"{records[0].where}: no labels here, but data.{split} needs them ({len(records)} such records)"
        for split, records in bare.items()
        if records
    ]
    if wrong:
        raise Mistake(*wrong)


def _check_fits(model: Model, splits: dict[str, list[Record]]) -> None:
    for split, records in splits.items():
        if report_misfits(model, records) == sum(len(record.input) > 0 for record in records) and split == "train":
            raise Mistake("data.train: no target can come of its input, so nothing can be learned; see the line above")


def _in_windows(pipeline: Pipeline, reader: Reader, train: list[Record]) -> list[Record]:
    """The records to learn from; what is learned in chunks, or without labels for the steps, is not cut."""
    head = pipeline.head.cls
    if pipeline.train.bptt or not head.aligned or head.target is None or not issubclass(head.target, Symbols):
        return train
    return list(cut(reader, train, pipeline.windows))


def _write_down(
    out: Path,
    pipeline: Pipeline,
    reader: Reader,
    paths: dict[str, list[Path]],
    splits: dict[str, list[Record]],
    resume: bool,
) -> None:
    def files(named: list[Path]) -> list[Path]:
        return [one for path in named for one in (path, *reader.beside(path))]

    data: dict[str, Any] = {
        split: {
            "records": len(records),
            "files": [{"path": str(path.resolve()), "sha256": sha256(path)} for path in files(paths[split])],
        }
        for split, records in splits.items()
    }
    if reader.skipped:
        data["skipped"] = list(dict.fromkeys(reader.skipped))
    listed = json.dumps(data, indent=1) + "\n"
    try:
        if resume and (out / artifact.DATA).exists() and (out / artifact.DATA).read_text(encoding="utf-8") != listed:
            raise Mistake(f"{out / artifact.DATA}: the data is no longer that of this run; --overwrite starts anew")
        out.mkdir(parents=True, exist_ok=True)
        # What tells a run goes last: killed in between, the folder is still one.
        for name in () if resume else reversed(artifact.NAMES):
            (out / name).unlink(missing_ok=True)
    except OSError as error:
        raise Mistake(f"{out}: {error.strerror}; --out names another folder") from None
    artifact.write(out / artifact.PIPELINE, replace(pipeline, versions=versions(_givers(pipeline))).dump())
    artifact.write(out / artifact.DATA, listed)
    artifact.save_codecs(reader, out)


def _givers(pipeline: Pipeline) -> list[Plugin]:
    parts = {"reader": pipeline.reader, "encoder": pipeline.encoder, "head": pipeline.head}
    return [pipeline.plugins.giver(kind, part.type) for kind, part in parts.items()]


def _summary(reader: Reader, splits: dict[str, list[Record]]) -> str:
    return ", ".join(
        f"{split} {len(records):,} records of {reader.input.steps(record.input for record in records):,} steps"
        for split, records in splits.items()
        if records
    )


def _metrics(results: dict[str, Evaluation], training: Training, seconds: float) -> dict[str, Any]:
    steps = sum(epoch["tokens_per_second"] * epoch["seconds"] for epoch in training.epochs)
    busy = sum(epoch["seconds"] for epoch in training.epochs)
    speed = {"train_tokens_per_second": steps / max(busy, 1e-9), "train_seconds": seconds}
    speed |= {f"{split}_tokens_per_second": result.tokens_per_second for split, result in results.items()}
    return {split: result.scores for split, result in results.items()} | {
        "best_epoch": training.best["epoch"] if training.dev else training.epochs[-1]["epoch"],
        "epochs": len(training.epochs),
        "speed": speed,
    }
