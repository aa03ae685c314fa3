"""The classifier: poolings and losses written out, what stands behind the end, batches, scores against scikit-learn."""

import math
import warnings
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from sklearn import metrics
from torch.nn.functional import cross_entropy

from seqpipe import scores
from seqpipe.batch import pad
from seqpipe.codec import Label
from seqpipe.encoder import States
from seqpipe.heads.classifier import Classifier
from seqpipe.reader import Record

WIDTH = 6
LENGTHS = [4, 1, 5, 2]
LABELS = ["good", "bad", "bad", "so-so"]
POOLINGS = ["last", "mean", "max", "attention"]


def made(pooling: str = "last", **options: Any) -> tuple[Classifier, Label]:
    codec = Label()
    codec.fit(LABELS)
    torch.manual_seed(0)
    head = Classifier(Classifier.Options(pooling=pooling, **options), WIDTH, codec).double()
    for weight in head.parameters():
        torch.nn.init.normal_(weight)
    return head.eval(), codec


def states(garbage: float = 0.0) -> States:
    torch.manual_seed(1)
    values = torch.randn(len(LENGTHS), max(LENGTHS), WIDTH, dtype=torch.double) - 2
    lengths = torch.tensor(LENGTHS)
    final = values[torch.arange(len(LENGTHS)), lengths - 1]
    real = torch.arange(max(LENGTHS)) < lengths[:, None]
    return States(torch.where(real[..., None], values, garbage), lengths, final)


def pooled(head: Classifier, batch: States, row: int) -> list[float]:
    """One record's pooled state, number by number."""
    steps = batch.values[row, : LENGTHS[row]].tolist()
    columns = list(zip(*steps, strict=True))
    if head.options.pooling == "last":
        return steps[-1]
    if head.options.pooling == "mean":
        return [sum(column) / len(column) for column in columns]
    if head.options.pooling == "max":
        return [max(column) for column in columns]
    pool = head.pool
    look, bias, weigh = pool.look.weight.tolist(), pool.look.bias.tolist(), pool.weigh.weight[0].tolist()
    marks = []
    for step in steps:
        hidden = [
            math.tanh(sum(a * b for a, b in zip(row_, step, strict=True)) + c)
            for row_, c in zip(look, bias, strict=True)
        ]
        marks.append(math.exp(sum(a * b for a, b in zip(weigh, hidden, strict=True))))
    return [sum(mark * x for mark, x in zip(marks, column, strict=True)) / sum(marks) for column in columns]


def chances(head: Classifier, batch: States, row: int) -> list[float]:
    """The softmax over the labels of one record, written out."""
    state = pooled(head, batch, row)
    rows = zip(head.vote.weight.tolist(), head.vote.bias.tolist(), strict=True)
    found = [math.exp(sum(a * b for a, b in zip(weights, state, strict=True)) + bias) for weights, bias in rows]
    return [one / sum(found) for one in found]


@pytest.mark.parametrize("pooling", POOLINGS)
def test_loss_and_prediction_written_out(pooling: str) -> None:
    head, codec = made(pooling)
    batch = states()
    losses = head.loss(batch, pad(codec.encode(LABELS)))
    assert losses.shape == (4,)
    for row, prediction in enumerate(head.predict(batch)):
        wanted = chances(head, batch, row)
        assert losses[row].item() == pytest.approx(-math.log(wanted[codec.number[LABELS[row]]]))
        assert prediction.value == codec.symbols[wanted.index(max(wanted))]
        assert prediction.confidence == pytest.approx(max(wanted))
        assert prediction.alternatives == ()


@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize("garbage", [1e9, -1e9, math.inf, math.nan])
def test_what_stands_behind_the_end_has_no_influence(same_losses: Any, pooling: str, garbage: float) -> None:
    head, codec = made(pooling)
    target = pad(codec.encode(LABELS))
    same_losses(head, (states(), target), (states(garbage), target))
    assert head.predict(states()) == head.predict(states(garbage))


@pytest.mark.parametrize("pooling", POOLINGS)
def test_alone_as_in_a_batch(pooling: str) -> None:
    head, codec = made(pooling, n_best=3)
    batch, target = states(math.nan), pad(codec.encode(LABELS))
    together, losses = head.predict(batch), head.loss(batch, target)
    for row, length in enumerate(LENGTHS):
        one = slice(row, row + 1)
        alone = States(batch.values[one, :length], batch.lengths[one], batch.final[one])
        (single,) = head.predict(alone)
        assert single.value == together[row].value
        assert [label for label, _ in single.alternatives] == [label for label, _ in together[row].alternatives]
        assert [p for _, p in single.alternatives] == pytest.approx([p for _, p in together[row].alternatives])
        assert head.loss(alone, pad(codec.encode(LABELS[one]))).item() == pytest.approx(losses[row].item())


def test_unknown_label_has_no_part_in_the_loss() -> None:
    head, codec = made("mean", smoothing=0.2)
    head.train()
    losses = head.loss(states(), pad(codec.encode(["good", "new", "bad", "new"])))
    assert losses[[1, 3]].tolist() == [0, 0]
    assert (losses[[0, 2]] > 0).all()
    head.loss(states(), pad(codec.encode(["new"] * 4))).sum().backward()
    assert all(not weight.grad.any() for weight in head.parameters() if weight.grad is not None)


def test_smoothing_counts_in_training_only() -> None:
    plain, codec = made("mean")
    smooth, _ = made("mean", smoothing=0.3)
    target = pad(codec.encode(LABELS))
    assert smooth.loss(states(), target).tolist() == plain.loss(states(), target).tolist()
    smooth.train()
    votes = plain.votes(states())
    spread = torch.full((4, 3), 0.1, dtype=torch.double)
    spread[torch.arange(4), target.values] += 0.7
    torch.testing.assert_close(smooth.loss(states(), target), cross_entropy(votes, spread, reduction="none"))


def test_dropout_acts_in_training_only() -> None:
    head, _ = made("mean", dropout=0.5)
    batch = states()
    assert torch.equal(head.votes(batch), made("mean")[0].votes(batch))
    head.train()
    assert not torch.equal(head.votes(batch), head.votes(batch))


@pytest.mark.parametrize(("n_best", "count"), [(2, 2), (3, 3), (9, 3)])
def test_n_best_labels_are_ranked(n_best: int, count: int) -> None:
    head, codec = made("max", n_best=n_best)
    for row, prediction in enumerate(head.predict(states())):
        wanted = sorted(zip(codec.symbols, chances(head, states(), row), strict=True), key=lambda one: -one[1])
        assert [label for label, _ in prediction.alternatives] == [label for label, _ in wanted[:count]]
        assert [p for _, p in prediction.alternatives] == pytest.approx([p for _, p in wanted[:count]])
        assert (prediction.value, prediction.confidence) == prediction.alternatives[0]


def test_a_single_label_is_certain() -> None:
    codec = Label()
    codec.fit(["only"])
    head = Classifier(Classifier.Options(), WIDTH, codec).double().eval()
    assert {(one.value, one.confidence) for one in head.predict(states())} == {("only", 1.0)}


@pytest.mark.parametrize("wrong", [{"pooling": "min"}, {"dropout": 1.0}, {"smoothing": -0.1}, {"n_best": 0}])
def test_options_out_of_bounds(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Classifier.Options(**wrong)


label = st.sampled_from(["a", "b", "c", "never true"])


@settings(deadline=None)
@given(st.lists(st.tuples(label.filter(lambda one: len(one) == 1), label), min_size=1, max_size=30))
def test_scores_are_those_of_scikit_learn(pairs: list[tuple[str, str]]) -> None:
    true, predicted = zip(*pairs, strict=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        report = metrics.classification_report(true, predicted, output_dict=True, zero_division=0)
        accuracy = metrics.accuracy_score(true, predicted)
    found = scores.labels(pairs)
    assert found["accuracy"] == pytest.approx(accuracy)
    assert found["macro_f1"] == pytest.approx(report["macro avg"]["f1-score"])
    assert sorted(found["labels"]) == sorted({*true, *predicted})
    for name, row in found["labels"].items():
        theirs = report[name]
        assert row["f1"] == pytest.approx(theirs["f1-score"])
        assert {key: row[key] for key in ("precision", "recall", "support")} == pytest.approx(
            {key: theirs[key] for key in ("precision", "recall", "support")}
        )


def test_no_label_at_all_is_wrong() -> None:
    head, _ = made()
    gold = [Record("1", ["x"], "good"), Record("2", [], "bad")]
    predicted = [Record("1", ["x"], "good"), Record("2", [], None)]
    found = head.score(gold, predicted)
    assert found["accuracy"] == 0.5
    assert found["labels"]["bad"] == {"precision": 0, "recall": 0, "f1": 0, "support": 1}
    assert list(found["labels"]) == ["bad", "good"]
    assert scores.labels([]) == {"accuracy": 0, "macro_f1": 0, "mcc": 0, "labels": {}}
