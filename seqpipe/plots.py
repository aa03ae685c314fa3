"""Pictures: panels of curves over time that say in their titles what is to be seen, with the names on the lines."""

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullFormatter

from .aside import aside
from .flow import Curve

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
"""Colours that the colour-blind tell apart (Okabe & Ito 2008); their yellow is too pale on white."""
LOWEST = 1e-12
"""Smaller values on logarithmic axes are as good as none, and not drawn."""


@dataclass(frozen=True)
class Panel:
    """One picture of several curves with the same axes."""

    title: str
    across: str
    up: str
    curves: Sequence[Curve]
    log: bool = True
    dashed: Sequence[str] = field(default_factory=list)
    """Quantities that are drawn as dashed lines, in the colour of the line before, without a name."""
    mean: bool = False
    """Whether the line is the mean instead of the median."""


def draw(title: str, panels: Sequence[Panel], columns: int = 3) -> Figure:
    """All panels on one page; the logarithmic axes are the same, so that panels can be compared."""
    columns = min(columns, len(panels))
    lines = math.ceil(len(panels) / columns)
    width = max(5.2 * columns, 7)
    figure = Figure(figsize=(width, 3.9 * lines + 0.6), layout="constrained", dpi=110)
    figure.suptitle(textwrap.fill(title, int(8.5 * width)), fontsize=13, fontweight="bold")
    limits = _limits(panels)
    for number, panel in enumerate(panels, 1):
        axes = figure.add_subplot(lines, columns, number)
        axes.set(title=panel.title, xlabel=panel.across, ylabel=panel.up)
        axes.set(**{"yscale": "log", "ylim": limits} if panel.log else {"ylim": (-0.02, 1.02)})
        _lines(axes, panel)
    return figure


def save(figure: Figure, path: Path) -> None:
    """Write a picture aside and rename it; its format follows from the suffix, and it holds no date."""
    kind = path.suffix.removeprefix(".")
    # Without a salt, the names inside an SVG would be others each time.
    with aside(path) as part, rc_context({"svg.hashsalt": "seqpipe"}):
        figure.savefig(part, format=kind, metadata={"Date": None} if kind == "svg" else None)


def _limits(panels: Sequence[Panel]) -> tuple[float, float]:
    curves = [curve for panel in panels if panel.log for curve in panel.curves]
    values = [value for curve in curves for row in curve.rows for value in (row.lower, row.median, row.upper)]
    powers = [math.log10(value) for value in values if LOWEST <= value < math.inf] or [0.0]
    low, high = math.floor(min(powers)), math.ceil(max(powers))
    # In less than two powers of ten what is as good as the same would look as if it moved.
    return 10.0 ** min(low, high - 2), 10.0**high


def _lines(axes: Axes, panel: Panel) -> None:
    axes.title.set(fontsize=10.5, horizontalalignment="left", x=0)
    axes.grid(alpha=0.25)
    axes.margins(x=0)
    axes.spines[["top", "right"]].set_visible(False)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_minor_formatter(NullFormatter())
    colour, names = -1, []
    for curve in panel.curves:
        dashed = curve.quantity in panel.dashed
        colour += not dashed
        shade = COLOURS[colour % len(COLOURS)]
        x, y = [row.place for row in curve.rows], [row.mean if panel.mean else row.median for row in curve.rows]
        if dashed:
            axes.plot(x, y, color=shade, linewidth=1.2, linestyle=(0, (2, 2)))
        elif x:
            axes.plot(x, y, color=shade, linewidth=2, marker="o" if len(x) == 1 else None)
            axes.fill_between(x, [r.lower for r in curve.rows], [r.upper for r in curve.rows], color=shade, alpha=0.15)
            names.append((curve.quantity, shade, x, y))
    _name(axes, names)


def _name(axes: Axes, names: Sequence[tuple[str, str, list[int], list[float]]]) -> None:
    """Names to the right of where the lines end, or at the bottom where they leave the picture."""
    ends: dict[bool, list[tuple[float, str, str]]] = {True: [], False: []}
    low = axes.get_ylim()[0]
    to_axes = axes.transData + axes.transAxes.inverted()
    for name, shade, x, y in names:
        inside = bool(y[-1] >= low)
        last = -1 if inside else next((place for place, value in enumerate(y) if value < low), -1)
        end = to_axes.transform([(x[last], max(y[last], low))])[0]
        ends[inside].append((float(end[1 if inside else 0]), name, shade))
    for inside, found in ends.items():
        found.sort()
        places = apart([place for place, _, _ in found], 0.06 if inside else 0.1)
        for place, (_, name, shade) in zip(places, found, strict=True):
            at = (1.015, place) if inside else (place, 0.02)
            axes.text(*at, name, color=shade, transform=axes.transAxes, va="center" if inside else "bottom", size=9)


def apart(places: Sequence[float], gap: float = 0.06) -> list[float]:
    """Rising places, at least `gap` from each other, from 0 to 1 where there is room, near where they were."""
    found: list[float] = []
    for place in places:
        found.append(max(place, found[-1] + gap) if found else max(place, 0.0))
    highest = 1.0
    for number in reversed(range(len(found))):
        found[number] = min(found[number], highest)
        highest = found[number] - gap
    return found
