"""The gradient lens: pictures and tables of how the gradient flows back through time, of gates and of clipping."""

import csv
import io
import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from . import artifact
from .compare import Setting, compare
from .errors import Mistake
from .flow import Curve, Row, flow, whole
from .plots import Panel, draw, save
from .plugins import Plugins
from .settings import TrainOptions
from .subject import subject

NOTED = ("updates", "median", "p95", "max", "clipped", "scale")
"""What training notes of the gradient in each epoch."""
BACK = "steps back from the loss"
NORM = "norm of the loss gradient"
PAGE = {
    "radius": ("Vanilla cell: the error vanishes or explodes\nwith the spectral radius of its recurrent weights", BACK),
    "clipping": ("Exploding gradients (radius 3) make huge updates;\nclipping caps them", "steps in a sequence"),
    "cec": ("cec, the constant error carousel:\nalong c alone the error comes back as it was", BACK),
    "lstm1997": ("lstm1997, gates around the carousel:\nalong c alone the error still comes back as it was", BACK),
    "forget": ("lstm, the forget gate: along c alone\nthe error decays as f^k (dashed: f = sigmoid(bias))", BACK),
    "cells": ("All cells as they begin: how much of the error\nreaches the h of long ago", BACK),
}
"""Title and horizontal axis of each panel that compares the cells."""


def look(
    path: Path, overrides: Sequence[str], plugins: Plugins, files: Sequence[Path], sizes: tuple[int, int]
) -> dict[str, tuple[Any, str]]:
    """Picture and table, as CSV, by name: of the gradient, of the gates if there are, of clipping if it was noted.

    `sizes` are the most records to look at, and the most steps of each. Raises `Mistake` as `subject` and `flow` do.
    """
    seen = subject(path, overrides, plugins, files, *sizes)
    norms, gates = flow(seen.model, seen.batches)
    if not all(curve.rows for curve in norms):
        raise Mistake(f"{path}: no gradient in these records; name files with targets that were seen in training")
    state = f"{path}, {'trained' if path.is_dir() else 'before training'}"
    share = "" if whole(seen.model.head) else " through the state of its last step"
    found: dict[str, tuple[Any, str]] = {
        "gradients": (
            draw(f"How far back the loss{share} reaches: {state}", [_gradients(*one) for one in _layers(norms)]),
            table(("layer", "quantity", "steps_back", "records"), norms),
        )
    }
    if gates:
        picture = draw(f"How far the gates are open: {state}", [_gates(*one) for one in _layers(gates)])
        found["gates"] = picture, table(("layer", "gate", "step", "units"), gates)
    epochs = noted(path / artifact.EPOCHS) if path.is_dir() else []
    if epochs:
        picture = draw(f"What clipping did in training: {path}", _clipping(epochs, seen.pipeline.train), 2)
        found["clipping"] = picture, _csv([("epoch", *NOTED)], [(n, *one.values()) for n, one in epochs])
    return found


def compare_cells(setting: Setting, plugins: Plugins) -> dict[str, tuple[Any, str]]:
    """Picture and table, as CSV, of all cells on one page."""
    curves = compare(setting, plugins)
    panels = []
    for name, lines in _layers(curves):
        title, across = PAGE[name]
        up = "norm of the gradient of all weights" if name == "clipping" else NORM
        dashed = [line.quantity for line in lines if line.quantity.endswith("^k")]
        panels.append(Panel(title, across, up, lines, dashed=dashed))
    title = f"How far back the error reaches in each cell, before training ({setting.hidden_size} units)"
    return {"cells": (draw(title, panels), table(("panel", "line", "place", "sequences"), curves))}


def write(found: dict[str, tuple[Any, str]], out: Path, suffix: str) -> list[Path]:
    """Save pictures and tables in the folder `out`; the paths. Raises `Mistake` where it cannot be written."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Mistake(f"{out}: {error.strerror}; --out names another folder") from None
    paths = []
    for name, (picture, text) in found.items():
        paths += [out / f"{name}.{suffix}", out / f"{name}.csv"]
        save(picture, paths[-2])
        artifact.write(paths[-1], text)
    return paths


def table(names: Sequence[str], curves: Sequence[Curve]) -> str:
    """The numbers of curves as CSV, a line for each place."""
    heads = [(*names, "lower_quartile", "median", "upper_quartile", "mean")]
    return _csv(heads, ((curve.layer, curve.quantity, *row) for curve in curves for row in curve.rows))


def noted(path: Path) -> list[tuple[int, dict[str, Any]]]:
    """Number and gradient statistics of each epoch that has some; those of older versions have none."""
    try:
        epochs = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        full = [one for one in epochs if one.get("gradient", {}).get("updates")]
        return [(one["epoch"], {name: float(one["gradient"][name]) for name in NOTED}) for one in full]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Mistake(f"{path}: damaged ({type(error).__name__}); delete it, or take an intact copy") from None


def _csv(heads: Iterable[Sequence[Any]], lines: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([*heads, *lines])
    return text.getvalue()


def _layers(curves: Sequence[Curve]) -> list[tuple[str, list[Curve]]]:
    """The curves of each layer, in order."""
    names = dict.fromkeys(curve.layer for curve in curves)
    return [(name, [curve for curve in curves if curve.layer == name]) for name in names]


def _gradients(layer: str, curves: list[Curve]) -> Panel:
    curves = [one for one in curves if one.rows]
    far = ", ".join(f"by {_ratio(one.rows[0].median, one.rows[-1].median)} for {one.quantity}" for one in curves)
    steps = curves[0].rows[-1].place - curves[0].rows[0].place
    return Panel(f"{layer}: over {steps} steps the gradient\nis multiplied {far}", BACK, NORM, curves)


def _ratio(first: float, last: float) -> str:
    """What the first is multiplied by to give the last."""
    ratio = last / first if first else math.nan
    if 1e-6 < ratio < 0.1:
        return f"1/{1 / ratio:,.0f}"
    return f"10^{math.log10(ratio):.0f}" if 0 < ratio < 0.1 or 1e6 < ratio < math.inf else f"{ratio:.2g}"


def _gates(layer: str, curves: list[Curve]) -> Panel:
    open_share = (
        f"{one.quantity} {sum(r.mean * r.numbers for r in one.rows) / sum(r.numbers for r in one.rows):.2f}"
        for one in curves
    )
    title = f"{layer}: open on average\n{', '.join(open_share)}"
    return Panel(title, "step, as it is read", "opening: mean, quartiles", curves, log=False, mean=True)


def _clipping(epochs: Sequence[tuple[int, dict[str, Any]]], train: TrainOptions) -> list[Panel]:
    def line(panel: str, name: str, values: Iterable[float]) -> Curve:
        places = zip(epochs, values, strict=True)
        return Curve(panel, name, [Row(n, int(one["updates"]), *[value] * 4) for (n, one), value in places])

    norms = {"median": "median", "95th percentile": "p95", "maximum": "max"}
    large = [line("norm", name, (one[key] for _, one in epochs)) for name, key in norms.items()]
    if train.clip_norm:
        large.append(line("norm", f"clip_norm {train.clip_norm:g}", [train.clip_norm] * len(epochs)))
    shares = {"updates clipped": "clipped", "gradient left": "scale"}
    acted = [line("share", name, (one[key] for _, one in epochs)) for name, key in shares.items()]
    updates = sum(one["updates"] for _, one in epochs)
    share, scale = (sum(one[name] * one["updates"] for _, one in epochs) / updates for name in ("clipped", "scale"))
    title = f"Clipped: {share:.1%} of the updates;\non average {scale:.0%} of the gradient was left"
    return [
        Panel("How large the gradient was before clipping", "epoch", "norm of the gradient", large),
        Panel(title, "epoch", "share", acted, log=False),
    ]
