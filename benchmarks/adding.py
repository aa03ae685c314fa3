"""The adding problem by every cell, with one and the same budget, in one figure.

`python benchmarks/adding.py --out FOLDER` trains pipelines/adding.yaml with each cell in turn, some minutes of one core
for each, and writes adding.csv and adding.png to FOLDER. What is trained already is not trained again.
"""

import argparse
import csv
import json
import logging
import math
import time
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib import pyplot

from seqpipe import artifact, pipeline
from seqpipe.run import run

FILE = Path(__file__).parent.parent / "pipelines" / "adding.yaml"
CELLS = ("lstm-chrono", "lstm", "gru", "lstm1997", "cec", "rnn")
CHANCE = 1 / 6
"""Mean squared error of who always says 1: twice the variance of a number drawn evenly from 0 to 1."""
RECORD = ("cell", "updates", "dev_mse", "test_mse", "cpu_seconds")


def train(cell: str, out: Path, overrides: list[str]) -> float:
    """Train one cell, unless that is done; the CPU seconds it took."""
    name, _, chrono = cell.partition("-")
    more = ", chrono: 200" if chrono else ""
    encoder = f"encoder={{type: {name}, hidden_size: 64{more}, embed: {{size: 0}}}}"
    start = time.process_time()
    run(pipeline.load(FILE, [encoder, *overrides]), out, resume=out.exists())
    return time.process_time() - start


def curve(cell: str, out: Path, seconds: float) -> list[dict[str, Any]]:
    """A row for each epoch."""
    made = pipeline.load(out / artifact.PIPELINE, trained=True)
    assert made.data
    assert made.data.generated
    assert made.train.tokens_per_batch
    updates = math.ceil(made.data.generated.train / (made.train.tokens_per_batch // made.data.generated.length))
    test = json.loads((out / artifact.METRICS).read_text())["test"]["mse"]
    epochs = [json.loads(line) for line in (out / artifact.EPOCHS).read_text().splitlines()]
    return [
        dict(zip(RECORD, (cell, updates * epoch["epoch"], epoch["dev"]["mse"], test, round(seconds)), strict=True))
        for epoch in epochs
    ]


def draw(rows: list[dict[str, Any]], length: int, path: Path) -> None:
    """Error against updates, a line for each cell, with its test error in the legend; chance is a line too."""
    figure, axes = pyplot.subplots(figsize=(8, 5), layout="constrained")
    last = max(row["updates"] for row in rows)
    axes.axhline(CHANCE, color="grey", linestyle="--", linewidth=1)
    axes.text(0, CHANCE * 1.06, "chance: always 1", color="grey", va="bottom")
    for cell in dict.fromkeys(row["cell"] for row in rows):
        own = [row for row in rows if row["cell"] == cell]
        label = f"{cell} (test {own[0]['test_mse']:.4f})"
        axes.plot([row["updates"] for row in own], [row["dev_mse"] for row in own], label=label, marker=".")
    axes.set(
        yscale="log",
        xlim=(0, last),
        xlabel="updates of the weights",
        ylabel="mean squared error on dev",
        title=f"The adding problem, {length} steps",
    )
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=150)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder for the runs, the table and the figure")
    parser.add_argument("--cells", nargs="+", choices=CELLS, default=CELLS)
    parser.add_argument("--set", nargs="*", default=[], help="as in seqpipe run: data.generated.length=100")
    given = parser.parse_args()
    matplotlib.use("agg")
    logging.basicConfig(format="%(message)s")
    logging.getLogger("seqpipe").setLevel(logging.INFO)
    rows: list[dict[str, Any]] = []
    for cell in given.cells:
        print(cell, flush=True)
        rows += curve(cell, given.out / cell, train(cell, given.out / cell, given.set))
        with (given.out / "adding.csv").open("w", newline="") as file:
            table = csv.DictWriter(file, RECORD)
            table.writeheader()
            table.writerows(rows)
        data = pipeline.load(FILE, given.set).data
        assert data
        assert data.generated
        draw(rows, data.generated.length, given.out / "adding.png")


if __name__ == "__main__":
    main()
