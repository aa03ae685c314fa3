"""The regressor: loss and prediction written out, what stands behind the end, batches, scores against scikit-learn."""

import math
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from seqpipe import scores
from seqpipe.batch import pad
from seqpipe.encoder import States
from seqpipe.frames import Number
from seqpipe.heads.regressor import Regressor
from seqpipe.reader import Record

WIDTH = 5
LENGTHS = [3, 1, 4]
NUMBERS = [10.0, -2.0, 7.0]
POOLINGS = ["last", "mean", "max", "attention"]


def made(pooling: str = "last", **options: Any) -> tuple[Regressor, Number]:
    codec = Number()
    codec.fit(NUMBERS)
    torch.manual_seed(0)
    return Regressor(Regressor.Options(pooling=pooling, **options), WIDTH, codec).double().eval(), codec


def states(garbage: float = 0.0) -> States:
    torch.manual_seed(1)
    values = torch.randn(len(LENGTHS), max(LENGTHS), WIDTH, dtype=torch.double)
    lengths = torch.tensor(LENGTHS)
    real = torch.arange(max(LENGTHS)) < lengths[:, None]
    return States(torch.where(real[..., None], values, garbage), lengths, values[torch.arange(3), lengths - 1])


@pytest.mark.parametrize("pooling", POOLINGS)
def test_loss_and_prediction_written_out(pooling: str) -> None:
    head, codec = made(pooling)
    batch = states()
    pooled = head.pool(batch).tolist()
    weights, bias = head.sum.weight[0].tolist(), head.sum.bias.item()
    losses = head.loss(batch, pad(codec.encode(NUMBERS)))
    assert losses.shape == (3,)
    for row, prediction in enumerate(head.predict(batch)):
        found = sum(a * b for a, b in zip(weights, pooled[row], strict=True)) + bias
        assert losses[row].item() == pytest.approx((found - (NUMBERS[row] - codec.mean) / codec.deviation) ** 2)
        assert prediction.value == pytest.approx(found * codec.deviation + codec.mean)
        assert prediction.confidence is None


@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize("garbage", [1e9, -math.inf, math.nan])
def test_what_stands_behind_the_end_has_no_influence(same_losses: Any, pooling: str, garbage: float) -> None:
    head, codec = made(pooling)
    target = pad(codec.encode(NUMBERS))
    same_losses(head, (states(), target), (states(garbage), target))
    assert head.predict(states()) == head.predict(states(garbage))


@pytest.mark.parametrize("pooling", POOLINGS)
def test_alone_as_in_a_batch(pooling: str) -> None:
    head, codec = made(pooling)
    batch = states(math.nan)
    together, losses = head.predict(batch), head.loss(batch, pad(codec.encode(NUMBERS)))
    for row, length in enumerate(LENGTHS):
        one = slice(row, row + 1)
        alone = States(batch.values[one, :length], batch.lengths[one], batch.final[one])
        assert head.predict(alone)[0].value == pytest.approx(together[row].value)
        assert head.loss(alone, pad(codec.encode(NUMBERS[one]))).item() == pytest.approx(losses[row].item())


def test_who_says_the_mean_has_a_loss_of_one() -> None:
    head, codec = made()
    for weight in head.parameters():
        torch.nn.init.zeros_(weight)
    assert head.loss(states(), pad(codec.encode(NUMBERS))).mean().item() == pytest.approx(1)


def test_dropout_acts_in_training_only() -> None:
    head, _ = made("mean", dropout=0.5)
    batch = states()
    assert torch.equal(head.numbers(batch), head.numbers(batch))
    head.train()
    assert not torch.equal(head.numbers(batch), head.numbers(batch))


real = st.floats(-1e3, 1e3)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(real, real), min_size=2, max_size=20))
def test_scores_are_those_of_scikit_learn(pairs: list[tuple[float, float]]) -> None:
    true, predicted = zip(*pairs, strict=True)
    found = scores.numbers(pairs)
    assert found["mse"] == pytest.approx(metrics.mean_squared_error(true, predicted), rel=1e-9, abs=1e-9)
    assert found["mae"] == pytest.approx(metrics.mean_absolute_error(true, predicted), rel=1e-9, abs=1e-9)
    if max(true) - min(true) > 1e-3:
        assert found["r2"] == pytest.approx(metrics.r2_score(true, predicted), rel=1e-6, abs=1e-9)


def test_scores_are_on_the_numbers_own_scale() -> None:
    head, _ = made()
    gold = [Record("1", ["x"], 100.0), Record("2", [], 300.0)]
    predicted = [Record("1", ["x"], 110.0), Record("2", [], 260.0)]
    assert head.score(gold, predicted) == {"mse": 850.0, "mae": 25.0, "r2": 1 - 1700 / 20000}
    assert scores.numbers([(1.0, 2.0), (1.0, 1.0)])["r2"] == 0
    assert scores.numbers([]) == {"mse": 0, "mae": 0, "r2": 0}
