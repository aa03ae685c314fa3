"""Runs of labels, chunk by chunk."""

import random
from itertools import pairwise

import numpy as np
import pytest

from seqpipe import runs as module
from seqpipe.coded import Coded
from seqpipe.labelling import Labelling, LabelOptions
from seqpipe.runs import Run, runs


@pytest.mark.parametrize("seed", range(5))
def test_runs_are_the_same_whichever_the_chunks(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(seed)
    labelling = Labelling(LabelOptions(labels={"CDS": "CDS"}, phase=True))
    labels = Coded.of([one for _ in range(40) for one in [chance.choice(labelling.symbols)] * chance.randint(1, 3)])
    sure = np.random.default_rng(seed).random(len(labels))
    whole = list(runs(labels, labelling, sure))
    for size in (1, 2, 7):
        monkeypatch.setattr(module, "CHUNK", size)
        parts = list(runs(labels, labelling, sure))
        assert [one[:4] for one in parts] == [one[:4] for one in whole]
        assert [one.sure for one in parts] == pytest.approx([one.sure for one in whole])
    assert [one.start for one in whole] == [0, *(one.stop for one in whole[:-1])]
    assert whole[-1].stop == len(labels)
    assert not any(labelling.follows[left.last, right.first] for left, right in pairwise(whole))


def test_what_is_unknown_is_beside_all_features() -> None:
    labelling = Labelling(LabelOptions(labels={"tRNA": "tRNA"}))
    labels = Coded.of([None, "other", "nonsense", "+tRNA", "+tRNA", "-tRNA"])
    assert list(runs(labels, labelling)) == [Run(0, 3, 0, 0, 0.0), Run(3, 5, 1, 1, 0.0), Run(5, 6, 2, 2, 0.0)]
    assert list(runs(Coded.of([]), labelling)) == []
