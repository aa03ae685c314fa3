"""The tagger: losses and predictions against all tag sequences written out, constraints, n best and confidence."""

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from seqpipe import tags
from seqpipe.batch import Padded, pad
from seqpipe.codec import Tags
from seqpipe.coded import Coded
from seqpipe.encoder import States
from seqpipe.heads.tagger import Tagger
from seqpipe.ondisk import OnDisk
from seqpipe.reader import Record

WIDTH = 6
LENGTHS = [4, 1, 5, 2]
SPANS = [["O", "B-x", "I-x", "B-y"], ["B-x"], ["B-y", "I-y", "O", "O", "B-x"], ["O", "O"]]
PLAIN = [["DET", "NOUN", "VERB", "DET"], ["NOUN"], ["VERB", "VERB", "DET", "NOUN", "NOUN"], ["DET", "NOUN"]]


def made(spans: bool = True, kinds: int = 2, seed: int = 0, **options: Any) -> tuple[Tagger, Tags]:
    """A tagger with random weights and transitions, and its codec, which knows `kinds` types of spans."""
    codec = Tags(spans)
    codec.fit(PLAIN if not spans else SPANS if kinds == 2 else [["B-x"]])
    torch.manual_seed(seed)
    head = Tagger(Tagger.Options(**options), WIDTH, codec).double()
    for weight in head.parameters():
        torch.nn.init.normal_(weight)
    return head.eval(), codec


def states(lengths: Sequence[int] = LENGTHS, seed: int = 0) -> States:
    torch.manual_seed(seed)
    values = torch.randn(len(lengths), max(lengths), WIDTH, dtype=torch.double)
    return States(values, torch.tensor(lengths), values[:, 0])


def alone(batch: States, row: int) -> States:
    length = int(batch.lengths[row])
    return States(batch.values[row : row + 1, :length], batch.lengths[row : row + 1], batch.final[row : row + 1])


def every(head: Tagger, batch: States, row: int, edges: Sequence[bool] = (True, True)) -> dict[tuple[int, ...], float]:
    """Log probability of each possible tag sequence of one record; `edges`: whether it is known to begin and to end."""
    emissions = head.emit(alone(batch, row).values)[0]
    if not head.options.crf:
        emissions = emissions.log_softmax(1)
    steps, start, end, pairs = (part.tolist() for part in (emissions, *head.chain()))
    start, end = (part if known else [0] * len(part) for part, known in zip((start, end), edges, strict=True))
    scores = {}
    for path in itertools.product(range(len(start)), repeat=len(steps)):
        inner = sum(steps[t][tag] for t, tag in enumerate(path)) + sum(pairs[a][b] for a, b in itertools.pairwise(path))
        if (score := start[path[0]] + inner + end[path[-1]]) > -math.inf:
            scores[path] = score
    total = math.log(sum(map(math.exp, scores.values()))) if head.options.crf else 0
    return {path: score - total for path, score in scores.items()}


def runs(value: Sequence[str]) -> Iterator[tuple[int, int]]:
    """First step and the step after the last of each span, and of each step outside of spans."""
    inside = {start: end for start, end, _ in tags.spans(value)}
    place = 0
    while place < len(value):
        end = inside.get(place, place + 1)
        yield place, end
        place = end


@pytest.mark.parametrize("crf", [True, False])
@pytest.mark.parametrize(("spans", "values"), [(True, SPANS), (False, PLAIN)])
def test_loss_is_the_log_probability_written_out(crf: bool, spans: bool, values: list[list[str]]) -> None:
    head, codec = made(spans, crf=crf)
    batch = states()
    found = head.loss(batch, pad(codec.encode(values)))
    assert found.shape == (4,)
    for row, numbers in enumerate(codec.encode(values).rows):
        assert found[row].item() == pytest.approx(-every(head, batch, row)[tuple(numbers.tolist())])


@pytest.mark.parametrize("crf", [True, False])
@pytest.mark.parametrize("spans", [True, False])
def test_loss_sums_over_what_an_unknown_tag_may_be(crf: bool, spans: bool) -> None:
    head, codec = made(spans, crf=crf)
    batch = states()
    values = [["O", "B-new", "I-new", "B-y"], ["B-new"], ["B-y", "I-y", "B-new", "B-new", "B-x"], ["O", "O"]]
    if not spans:
        values = [["DET", "X", "X", "NOUN"], ["X"], ["X", "DET", "X", "NOUN", "X"], ["DET", "DET"]]
    encoded = codec.encode(values)
    assert any(-1 in row for row in encoded.rows)
    found = head.loss(batch, pad(encoded))
    for row, numbers in enumerate(encoded.rows):
        fit = [
            score
            for path, score in every(head, batch, row, (numbers[0] >= 0, numbers[-1] >= 0)).items()
            if all(number in (-1, tag) for number, tag in zip(numbers, path, strict=True))
        ]
        wanted = -math.log(sum(map(math.exp, fit)))
        if not crf:
            # Each step by itself, and no constraint: what the scheme forbids is learned from the data alone.
            chances = head.emit(batch.values[row]).detach().log_softmax(1)
            wanted = -sum(float(chances[t, number]) for t, number in enumerate(numbers) if number >= 0)
        assert found[row].item() == pytest.approx(wanted, abs=1e-12)


def test_nothing_is_learned_where_all_is_unknown() -> None:
    head, codec = made()
    target = pad(codec.encode([["B-new"] * length for length in LENGTHS]))
    loss = head.loss(states(), target)
    loss.sum().backward()
    assert loss.tolist() == pytest.approx([0] * 4, abs=1e-12)
    for weight in head.parameters():
        assert weight.grad is not None
        torch.testing.assert_close(weight.grad, torch.zeros_like(weight), atol=1e-9, rtol=0)


@pytest.mark.parametrize("crf", [True, False])
@pytest.mark.parametrize("unknown", [False, True])
def test_a_record_alone_is_as_in_a_batch_whatever_the_padding_holds(crf: bool, unknown: bool) -> None:
    head, codec = made(crf=crf, n_best=3)
    values = [value.copy() for value in SPANS]
    if unknown:
        values[2][0:2] = ["B-new", "I-new"]
    batch, target = states(), pad(codec.encode(values))
    batch.values[~batch.mask] = 1e6
    target.values[~target.mask] = -1
    losses, predictions = head.loss(batch, target), head.predict(batch)
    for row, length in enumerate(LENGTHS):
        one = Padded(target.values[row : row + 1, :length], target.lengths[row : row + 1])
        torch.testing.assert_close(head.loss(alone(batch, row), one)[0], losses[row], rtol=1e-6, atol=1e-6)
        (prediction,) = head.predict(alone(batch, row))
        assert prediction.value == predictions[row].value
        assert prediction.confidence == pytest.approx(predictions[row].confidence)
        pairs = zip(prediction.alternatives, predictions[row].alternatives, strict=True)
        assert all(a[0] == b[0] and a[1] == pytest.approx(b[1]) for a, b in pairs)


@pytest.mark.parametrize("crf", [True, False])
@pytest.mark.parametrize("spans", [True, False])
@pytest.mark.parametrize("n", [1, 4, 200])
def test_the_n_best_with_their_probabilities(crf: bool, spans: bool, n: int) -> None:
    lengths = [3, 1, 2]
    head, codec = made(spans, kinds=1, crf=crf, n_best=n)
    batch = states(lengths)
    for row, prediction in enumerate(head.predict(batch)):
        ranked = sorted(every(head, batch, row).items(), key=lambda pair: -pair[1])[:n]
        assert prediction.value == codec.decode(ranked[0][0])
        assert len(prediction.value) == lengths[row]
        if n == 1:
            assert prediction.alternatives == ()
            continue
        assert [value for value, _ in prediction.alternatives] == [codec.decode(path) for path, _ in ranked]
        chances = [chance for _, chance in prediction.alternatives]
        assert chances == pytest.approx([math.exp(score) for _, score in ranked])
        assert sum(chances) <= 1 + 1e-9


@pytest.mark.parametrize("crf", [True, False])
@pytest.mark.parametrize("spans", [True, False])
def test_confidence_is_that_of_the_whole_span(crf: bool, spans: bool) -> None:
    seen = 0
    for seed in range(8):
        head, _ = made(spans, seed=seed, crf=crf)
        batch = states([4, 1, 3], seed)
        for row, prediction in enumerate(head.predict(batch)):
            chances = every(head, batch, row)
            best = max(chances, key=lambda path: chances[path])
            single = head.emit(batch.values[row]).softmax(1).tolist()
            for first, last in runs(prediction.value) if spans else [(t, t + 1) for t in range(len(best))]:
                agree = [score for path, score in chances.items() if path[first:last] == best[first:last]]
                wanted = sum(map(math.exp, agree)) if crf else math.prod(single[t][best[t]] for t in range(first, last))
                assert prediction.confidence[first:last] == pytest.approx([wanted] * (last - first))
                seen += last - first > 1
    assert seen > 0 or not spans


def numbers(values: Tensor, head: Tagger) -> States:
    """States whose emissions are the values."""
    with torch.no_grad():
        head.emit.weight.copy_(torch.eye(len(head.codec), WIDTH, dtype=torch.double))
        head.emit.bias.zero_()
    return States(values, torch.full((len(values),), values.shape[1]), values[:, 0])


emissions = st.integers(1, 6).flatmap(
    lambda steps: st.lists(st.lists(st.floats(-30, 30), min_size=5, max_size=5), min_size=steps, max_size=steps)
)


@pytest.mark.parametrize("crf", [True, False])
@settings(max_examples=60, deadline=None)
@given(emissions)
def test_constrained_tags_are_well_formed_whatever_the_emissions(crf: bool, given_scores: list[list[float]]) -> None:
    head, codec = made(kinds=1, crf=crf)
    values = torch.nn.functional.pad(torch.tensor([given_scores], dtype=torch.double), (0, 1))
    (prediction,) = head.predict(numbers(values, head))
    assert tags.written(prediction.value, "bioes") == [
        codec.symbols[n] for n in codec.encode([prediction.value]).rows[0]
    ]
    assert tags.tagged(tags.spans(prediction.value), len(prediction.value)) == prediction.value
    assert all(0 <= chance <= 1 for chance in prediction.confidence)


@settings(max_examples=60, deadline=None)
@given(emissions)
def test_unconstrained_softmax_is_the_best_of_each_step(given_scores: list[list[float]]) -> None:
    head, codec = made(kinds=1, crf=False, constrain=False)
    values = torch.nn.functional.pad(torch.tensor([given_scores], dtype=torch.double), (0, 1))
    (prediction,) = head.predict(numbers(values, head))
    assert codec.symbols == ["O", "B-x", "I-x", "E-x", "S-x"]
    meant = {"O": [0], "B-x": [1, 4], "I-x": [2, 3]}
    # Where two tags are level, either will do.
    for step, tag in zip(values[0, :, :5], prediction.value, strict=True):
        assert float(step[meant[tag]].max()) == pytest.approx(float(step.max()))


def test_forbidden_transitions_are_learned_nothing_of() -> None:
    head, codec = made(constrain=True)
    head.loss(states(), pad(codec.encode(SPANS))).sum().backward()
    start, end, pairs = (torch.tensor(part) for part in tags.transitions(codec.symbols))
    for weight, allowed in ((head.start, start), (head.end, end), (head.pairs, pairs)):
        assert weight.grad is not None
        assert bool(weight.grad.isfinite().all())
        assert not weight.grad[~allowed].any()
        assert bool(weight.grad[allowed].any())


@pytest.mark.parametrize(("spans", "constrain"), [(False, True), (True, False)])
def test_without_spans_or_constraints_all_transitions_are_possible(spans: bool, constrain: bool) -> None:
    head, _ = made(spans, constrain=constrain)
    assert all(bool(part.isfinite().all()) for part in head.chain())


def test_probabilities_of_a_long_record_are_exact() -> None:
    head, codec = made(kinds=1, n_best=5)
    given_states = numbers(10 * torch.randn(1, 3000, WIDTH), head)
    single = head.float()
    (prediction,) = single.predict(given_states)
    values, chances = zip(*prediction.alternatives, strict=True)
    losses = [single.loss(given_states, pad(codec.encode([value]))).item() for value in values]
    double = head.double()
    exact = States(given_states.values.double(), given_states.lengths, given_states.final)
    (wanted,) = double.predict(exact)
    assert list(values) == [value for value, _ in wanted.alternatives]
    assert list(chances) == pytest.approx([chance for _, chance in wanted.alternatives], rel=1e-9)
    assert losses == pytest.approx([-math.log(chance) for chance in chances], rel=1e-6)
    assert sum(chances) <= 1 + 1e-9
    assert list(chances) == sorted(chances, reverse=True)


def test_what_is_monitored() -> None:
    assert made(spans=True)[0].monitor == ("f1", "max")
    assert made(spans=False)[0].monitor == ("accuracy", "max")
    assert Tagger.aligned
    assert Tagger.target is Tags
    assert not Tagger.causal


def records(values: Sequence[Sequence[str]]) -> list[Record]:
    return [Record(str(place), [f"w{step}" for step in range(len(value))], value) for place, value in enumerate(values)]


def test_scores_of_spans_and_of_plain_tags() -> None:
    guess = [["O", "B-x", "I-x", "O"], *SPANS[1:]]
    found = made(spans=True)[0].score(records(SPANS), records(guess))
    assert found["accuracy"] == pytest.approx(11 / 12)
    assert (found["precision"], found["recall"]) == (1, pytest.approx(4 / 5))
    found = made(spans=False)[0].score(records([["DET", "NOUN"]]), records([["DET", "DET"]]))
    assert found["accuracy"] == 0.5
    assert found["labels"]["DET"] == {"precision": 0.5, "recall": 1, "f1": pytest.approx(2 / 3), "support": 1}


@pytest.mark.parametrize("spans", [True, False])
def test_scores_of_nothing(spans: bool) -> None:
    head, _ = made(spans=spans)
    for nothing in ([], records([[]])):
        found = head.score(nothing, nothing)
        assert found["accuracy"] == 0
        assert all(math.isfinite(value) for value in found.values() if not isinstance(value, dict))


@pytest.mark.parametrize("crf", [True, False])
@pytest.mark.parametrize("spans", [True, False])
def test_decoding_a_long_record_on_disk_is_decoding_it(crf: bool, spans: bool) -> None:
    head, _ = made(spans, crf=crf)
    batch = states([50])
    (wanted,) = head.predict(batch)
    found = head.decode_long(OnDisk.of(head.emissions(batch)[0].detach().numpy()))
    assert isinstance(found.value, Coded)
    assert list(found.value) == wanted.value
    assert found.confidence.dtype == "float32"
    assert list(found.confidence) == pytest.approx(wanted.confidence, rel=1e-6)
