"""Values of every kind of codec that ships, to try encoders and heads on."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..codec import Codec, Label, Symbols, Tags, WordOptions, Words
from ..frames import Frames, Number
from ..letters import Letters


class Example(NamedTuple):
    """Four values or more of one kind, of different lengths, and a codec that has learned what it can from them."""

    codec: Codec
    values: Sequence[Any]

    def __str__(self) -> str:
        return type(self.codec).__name__


LENGTHS = (6, 9, 1, 4)
"""Steps of each input below; no target below has more symbols than there are states where one stands for two steps."""


def inputs() -> Iterator[Example]:
    """An example of each kind of input. Symbols and words that were never learned are among them."""
    yield _fitted(Symbols(), ["abcabd", "dcbabcdab", "c", "adda"], ["abcabd", "d?babcdab", "c", "adda"])
    words = [text.split() for text in ("the old boat sings", "Ada sings slowly , the boat sings", "boat", "in Vell")]
    yield _fitted(Words(WordOptions()), words, [*words[:3], ["in", "Ostrey", "2"]])
    chance = np.random.default_rng(1)
    frames = [chance.integers(0, 2, (length, 5)).astype(np.float32) for length in LENGTHS]
    yield _fitted(Frames(), frames)
    yield _fitted(Letters("dna", soft_masking=True), ["ACGTNA", "ggcatRAAC", "T", "acgt"])


def targets() -> Iterator[Example]:
    """An example of each kind of target: one for a record, fewer than steps, or one for each step."""
    yield _fitted(Label(), ["up", "down", "up", "down"])
    yield _fitted(Number(), [0.5, -1.0, 2.0, 0.0])
    yield _fitted(Symbols(), [["p", "q"], ["q", "p", "r"], ["r"], ["p"]])
    yield from aligned_targets()


def aligned_targets() -> Iterator[Example]:
    """An example of each kind of target that has a symbol for each step."""
    tags = ["XYXXYY", "YXYXYXYXY", "Y", "XXYX"]
    yield _fitted(Symbols(), tags)
    yield _fitted(Tags(spans=False), [list(steps) for steps in tags])
    spans = ["B-a I-a O B-b O O", "O B-b B-a I-a I-a O O B-b I-b", "B-b", "O B-a I-a O"]
    yield _fitted(Tags(spans=True), [steps.split() for steps in spans])


def _fitted(codec: Codec, learned: Sequence[Any], values: Sequence[Any] = ()) -> Example:
    codec.fit(learned)
    return Example(codec, values or learned)
