"""Several right targets for one input: counted as the published measure says, by hand and by sacreBLEU."""

import math

import numpy as np
import pytest
import sacrebleu

from seqpipe.reader import Record
from seqpipe.references import references


def records(*pairs: tuple[object, object]) -> list[Record]:
    return [Record(str(number), given, target) for number, (given, target) in enumerate(pairs)]


GOLD = records(("go on", "va donc vite là"), ("hush", "chut mes amis !"), ("go on", "continue comme ça oui"))
GUESSES = records(
    ("go on", "continue comme ça oui"), ("hush", "chut mes bons amis !"), ("go on", "continue comme ça oui")
)


def test_each_input_counts_once_and_any_of_its_targets_does() -> None:
    found = references(GOLD, GUESSES)
    assert found["inputs"] == 2
    # Of 9 words one is in no target; of 7, 5 and 3 runs of 2, 3 and 4 words 5, 2 and 1 are right. None is too short.
    precisions = [8 / 9, 5 / 7, 2 / 5, 1 / 3]
    assert found["bleu"] == pytest.approx(math.exp(sum(map(math.log, precisions)) / 4))
    streams = [["va donc vite là", "chut mes amis !"], ["continue comme ça oui", None]]
    texts = ["continue comme ça oui", "chut mes bons amis !"]
    assert found["bleu"] == pytest.approx(sacrebleu.corpus_bleu(texts, streams).score / 100)
    assert found["chrf"] == pytest.approx(sacrebleu.corpus_chrf(texts, streams).score / 100)


def test_words_in_lists_and_frames_are_told_apart_too() -> None:
    words = [Record(one.id, one.input.split(), one.target.split()) for one in GOLD]  # type: ignore[union-attr]
    guesses = [Record(one.id, one.input.split(), one.target.split()) for one in GUESSES]  # type: ignore[union-attr]
    assert references(words, guesses) == references(GOLD, GUESSES)
    frames = {"go on": np.ones((1, 2)), "hush": np.ones((2, 1))}
    pictures = [Record(one.id, frames[one.input], one.target) for one in GOLD]  # type: ignore[index]
    assert references(pictures, GUESSES) == references(GOLD, GUESSES)


def test_nothing_where_no_input_repeats() -> None:
    assert references(GOLD[:2], GUESSES[:2]) == {}
    assert references([], []) == {}
