"""The classic tasks of long memory, generated at any length: the adding problem and the copying task."""

import json
import random
from collections.abc import Iterator

from .datasets import Dataset, Recipe

_LSTM = "Sepp Hochreiter, Jürgen Schmidhuber (1997): Long Short-Term Memory. Neural Computation 9(8)."
SYMBOLS = "abcdefgh"
BLANK, RECALL = "-", "?"
RECALLED = 10
"""Symbols to be kept in mind by the copying task."""


def _below(chance: random.Random, count: int) -> int:
    # Of all that the module random draws, Python promises only that random() stays the same.
    return int(chance.random() * count)


def _adding(recipe: Recipe) -> Iterator[str]:
    half = recipe.length // 2
    for _ in range(recipe.records):
        values = [_below(recipe.chance, 1001) for _ in range(recipe.length)]
        marked = {_below(recipe.chance, half), half + _below(recipe.chance, recipe.length - half)}
        frames = [[value / 1000, int(step in marked)] for step, value in enumerate(values)]
        total = sum(values[step] for step in marked) / 1000
        yield json.dumps({"frames": frames, "target": total}, separators=(",", ":")) + "\n"


def _copying(recipe: Recipe) -> Iterator[str]:
    wait = recipe.length
    for _ in range(recipe.records):
        kept = [SYMBOLS[_below(recipe.chance, len(SYMBOLS))] for _ in range(RECALLED)]
        given = [*kept, *[BLANK] * (wait - 1), RECALL, *[BLANK] * RECALLED]
        wanted = [*[BLANK] * (wait + RECALLED), *kept]
        yield "".join(f"{one}\t{other}\n" for one, other in zip(given, wanted, strict=True)) + "\n"


adding = Dataset(
    name="adding",
    description="frames of a number from 0 to 1 and a mark; the sum of the two marked numbers, one in each half",
    licence="none needed: generated",
    citation=f"{_LSTM} In the form of Quoc V. Le, Navdeep Jaitly, Geoffrey E. Hinton (2015), arXiv:1504.00941.",
    homepage="https://arxiv.org/abs/1504.00941",
    splits={},
    advice=(
        "Read it by the reader frames with target: number. Who always says 1 has a mean squared error of 1/6 = 0.1667, "
        "at any length."
    ),
    make=_adding,
    suffix=".jsonl",
)

copying = Dataset(
    name="copying",
    description="ten of eight symbols, blanks of the length that is set, then the ten are to be recalled in order",
    licence="none needed: generated",
    citation=f"{_LSTM} In the form of Martin Arjovsky, Amar Shah, Yoshua Bengio (2016), ICML.",
    homepage="https://arxiv.org/abs/1511.06464",
    splits={},
    advice=(
        "Read it by the reader conll with scheme: none. Who remembers nothing has a loss of 10 ln 8 / (length + 20) "
        "nats a step."
    ),
    make=_copying,
    suffix=".tsv",
)
