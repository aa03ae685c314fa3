"""The run folder: everything a trained pipeline needs to predict, as text and numbers; nothing in it is ever executed.

    pipeline.yaml         the pipeline with every default written out, and the versions of what made it
    codecs.json           what the codecs learned
    weights.safetensors   the network's weights
    metrics.json          scores on dev and test; epochs.jsonl has a line an epoch
    data.json             the files it was made from: path, sha256, records
    resume.ckpt           Lightning's own, for `--resume` only

Every file is written aside and renamed, so that a reader sees the old one or the new one.
"""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from safetensors import SafetensorError
from safetensors.torch import load_model, save_model

from .aside import aside
from .errors import Mistake
from .model import Model, build
from .pipeline import Pipeline
from .pipeline import load as load_pipeline
from .plugins import Plugins
from .reader import Reader

PIPELINE, CODECS, WEIGHTS = "pipeline.yaml", "codecs.json", "weights.safetensors"
METRICS, EPOCHS, DATA, RESUME = "metrics.json", "epochs.jsonl", "data.json", "resume.ckpt"
NAMES = (PIPELINE, CODECS, WEIGHTS, METRICS, EPOCHS, DATA, RESUME)


class Run(NamedTuple):
    """A trained pipeline, ready to predict."""

    pipeline: Pipeline
    reader: Reader
    model: Model


def write(path: Path, text: str) -> None:
    """Write a text file aside and rename it into place."""
    with aside(path) as part:
        part.write_text(text, encoding="utf-8")


def save_weights(model: Model, folder: Path) -> None:
    """Write the network's weights; tied ones are stored once."""
    with aside(folder / WEIGHTS) as part:
        save_model(model, str(part))


def load_weights(model: Model, folder: Path) -> None:
    """Fill a network of the same shape with stored weights. Raises `Mistake` where they do not fit it."""
    path = folder / WEIGHTS
    try:
        load_model(model, str(path))
        if not all(weight.isfinite().all() for weight in model.parameters()):
            raise ValueError("some are no finite numbers")
    except FileNotFoundError:
        raise Mistake(f"{path}: no weights here; has this run finished its first epoch?") from None
    except (SafetensorError, OSError, RuntimeError, KeyError, ValueError) as error:
        raise Mistake(f"{path}: the weights do not fit the pipeline: {' '.join(str(error).split())[:200]}") from None


def save_codecs(reader: Reader, folder: Path) -> None:
    """Write what the reader's codecs learned."""
    state = {"input": reader.input.state(), "target": reader.target.state() if reader.target else None}
    write(folder / CODECS, json.dumps(state, ensure_ascii=False, indent=1) + "\n")


def load_codecs(reader: Reader, folder: Path) -> None:
    """Give the reader's codecs what they learned. Raises `Mistake` where the file is not what it should be."""
    path = folder / CODECS
    try:
        state = json.loads(path.read_text(encoding="utf-8"))
        reader.input.restore(state["input"])
        if reader.target is not None:
            reader.target.restore(state["target"])
    except OSError as error:
        raise Mistake(f"{path}: cannot be read ({error.strerror}); a run folder has one") from None
    except Mistake as mistake:
        raise Mistake(f"{path}: {mistake}") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Mistake(
            f"{path}: damaged ({type(error).__name__}: {error}); train again, or take an intact copy"
        ) from None


def load(folder: Path, overrides: Sequence[str] = (), plugins: Plugins | None = None) -> Run:
    """A trained pipeline from its run folder; only installed components can run.

    Raises `Mistake` where a file is missing or damaged, or a plugin that the pipeline names is not installed.
    """
    path = folder / PIPELINE
    if not os.path.isfile(path):
        raise Mistake(f"{folder}: no run folder that can be read ({PIPELINE} is missing); `seqpipe run` makes one")
    pipeline = load_pipeline(path, overrides, plugins, trained=True)
    reader = pipeline.new_reader()
    load_codecs(reader, folder)
    try:
        model = build(pipeline, reader)
    except (RuntimeError, ValueError) as error:
        what = " ".join(str(error).split())[:200]
        raise Mistake(f"{path}: no network can be built from it ({what}); take an intact copy") from None
    load_weights(model, folder)
    return Run(pipeline, reader, model.eval())
