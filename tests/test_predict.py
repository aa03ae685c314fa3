"""Prediction and evaluation of streams of records: order, laziness, chunks, losses, what has no target."""

import itertools
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from seqpipe import predict
from seqpipe.batch import Batch, pad
from seqpipe.codec import Tags, WordOptions, Words
from seqpipe.encoders.recurrent import BiLstm
from seqpipe.errors import Mistake
from seqpipe.evaluate import evaluate
from seqpipe.heads.tagger import Tagger
from seqpipe.model import Model
from seqpipe.predict import Losses, label
from seqpipe.reader import Reader, Record

WORDS = ["the", "old", "boat", "sings", "in", "Vell"]
TAGS = ["O", "O", "O", "O", "O", "B-place"]


class Memory(Reader):
    """Reads no file: it only holds the codecs."""

    def __init__(self) -> None:
        super().__init__(None)
        self.input = Words(WordOptions())
        self.target = Tags(spans=True)

    def read(self, path: Path) -> Iterator[Record]:
        raise AssertionError("no file is read here")


def record(number: int) -> Record:
    """Records of 0 to 6 steps."""
    length = number * 5 % 7
    return Record(f"r{number}", WORDS[:length], TAGS[:length], f"f:{number}", origin=number)


@pytest.fixture(scope="module")
def parts() -> tuple[Model, Reader]:
    torch.manual_seed(1)
    reader = Memory()
    reader.input.fit([WORDS])
    reader.target.fit([TAGS])  # type: ignore[union-attr]
    encoder = BiLstm(BiLstm.Options(hidden_size=4), reader.input)
    return Model(encoder, Tagger(Tagger.Options(), encoder.width, reader.target)), reader  # type: ignore[arg-type]


@pytest.mark.parametrize("steps", [1, 10, 33, 100_000])
def test_records_come_in_order_over_the_borders_of_chunks(
    parts: tuple[Model, Reader], monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    monkeypatch.setattr(predict, "STEPS_AT_ONCE", steps)
    monkeypatch.setattr(predict, "TOKENS_PER_BATCH", 13)
    model, reader = parts
    given = [record(number) for number in range(40)]
    found = list(label(model, reader, given))
    assert [one.id for one in found] == [f"r{number}" for number in range(40)]
    for before, after in zip(given, found, strict=True):
        assert len(after.target) == len(before.input)
        # What the reader knows of the record is left as it was.
        assert replace(after, target=before.target, confidence=None) == before
        if len(before.input):
            (one,), _ = model.predict(Batch(pad(reader.input.encode([before.input])), None))
            assert after.target == one.value
            assert after.confidence == pytest.approx(one.confidence)


def test_a_stream_without_end_is_read_as_it_is_needed(
    parts: tuple[Model, Reader], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(predict, "STEPS_AT_ONCE", 20)
    taken = itertools.count()

    def stream() -> Iterator[Record]:
        for number in itertools.count():
            assert next(taken) < 1000, "read far ahead of what was asked for"
            yield record(number)

    found = label(*parts, stream())
    assert [one.id for one in itertools.islice(found, 30)] == [f"r{number}" for number in range(30)]
    assert next(taken) <= 60


@pytest.mark.parametrize("count", [0, 1, 3])
def test_empty_inputs_pass_through(parts: tuple[Model, Reader], count: int) -> None:
    losses = Losses()
    found = list(label(*parts, [Record(str(number), [], []) for number in range(count)], losses))
    assert [one.target for one in found] == [[]] * count
    assert (losses.total, losses.steps, losses.mean) == (0, 0, 0)


def test_prediction_draws_nothing_and_learns_nothing(parts: tuple[Model, Reader]) -> None:
    model, reader = parts
    model.train()
    one, other = (list(label(model, reader, map(record, range(9)))) for _ in range(2))
    assert one == other
    assert not model.training
    assert all(weight.grad is None for weight in model.parameters())


def test_losses_are_summed_over_all_chunks(parts: tuple[Model, Reader], monkeypatch: pytest.MonkeyPatch) -> None:
    model, reader = parts
    given = [record(number) for number in range(20)]
    full = [one for one in given if len(one.input)]
    assert reader.target is not None
    batch = Batch(
        pad(reader.input.encode([one.input for one in full])), pad(reader.target.encode([one.target for one in full]))
    )
    wanted = model.eval().loss(batch).sum().item()
    for steps in (1, 30, 100_000):
        monkeypatch.setattr(predict, "STEPS_AT_ONCE", steps)
        losses = Losses()
        list(label(model, reader, given, losses))
        assert losses.steps == sum(len(one.input) for one in full)
        assert losses.total == pytest.approx(wanted, rel=1e-5)
        assert losses.mean == pytest.approx(wanted / losses.steps, rel=1e-5)


def test_without_targets_there_is_no_loss(parts: tuple[Model, Reader]) -> None:
    losses = Losses()
    (found,) = label(*parts, [replace(record(1), target=None)], losses)
    assert len(found.target) == 5
    assert losses == Losses(0.0, 0)


def test_evaluation_scores_against_the_records_own_targets(parts: tuple[Model, Reader]) -> None:
    model, reader = parts
    gold = [record(number) for number in range(12)]
    predicted = list(label(model, reader, gold))
    # Scored against what it predicts itself, everything is right.
    perfect = evaluate(model, reader, predicted, gold)
    assert perfect.scores["accuracy"] == 1
    assert perfect.predicted == predicted
    found = evaluate(model, reader, gold)
    same = [
        a == b for one, two in zip(gold, predicted, strict=True) for a, b in zip(one.target, two.target, strict=True)
    ]
    assert found.scores["accuracy"] == pytest.approx(sum(same) / len(same))
    losses = Losses()
    list(label(model, reader, gold, losses))
    assert found.scores["loss"] == losses.mean
    assert found.tokens_per_second > 0


def test_evaluation_of_nothing(parts: tuple[Model, Reader]) -> None:
    found = evaluate(*parts, [])
    assert found.predicted == []
    assert all(math.isfinite(value) for value in found.scores.values() if not isinstance(value, dict))


def test_evaluation_needs_targets(parts: tuple[Model, Reader]) -> None:
    gold = [record(1), *(replace(record(number), target=None) for number in (2, 3))]
    with pytest.raises(Mistake) as mistake:
        evaluate(*parts, gold)
    assert mistake.value.lines == ("f:2: no labels here to score against (2 such records); name a labelled file",)
