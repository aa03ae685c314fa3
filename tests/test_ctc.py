"""CTC: losses and beam search equal sums over all alignments written out; impossible and unknown targets; batches."""

import itertools
import math
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from torch import Tensor

from seqpipe import ctc, prefixes
from seqpipe.batch import Padded, pad
from seqpipe.codec import Symbols
from seqpipe.encoder import States
from seqpipe.heads.ctc import Ctc
from seqpipe.reader import Record

WIDTH = 5
LENGTHS = [4, 1, 5, 2]
WORDS = [["a", "a"], ["b"], ["b", "a", "c"], []]
Chances = dict[tuple[int, ...], float]


def labelling(signs: tuple[int, ...], blank: int) -> tuple[int, ...]:
    """What is left of the signs of all steps."""
    kept = []
    for before, sign in itertools.pairwise((blank, *signs)):
        if sign not in (before, blank):
            kept.append(sign)
    return tuple(kept)


def all_labellings(chances: Tensor, length: int) -> Chances:
    """The probability of every labelling of one record, summed over all alignments."""
    steps = chances[:length].exp().tolist()
    blank = len(steps[0]) - 1
    found: Chances = {}
    for signs in itertools.product(range(blank + 1), repeat=length):
        chance = math.prod(step[sign] for step, sign in zip(steps, signs, strict=True))
        found[labelling(signs, blank)] = found.get(labelling(signs, blank), 0) + chance
    return found


@st.composite
def problems(draw: st.DrawFn) -> tuple[Tensor, Tensor]:
    """Log probabilities in double precision, and lengths."""
    lengths = torch.tensor(draw(st.lists(st.integers(1, 5), min_size=1, max_size=3)))
    symbols = draw(st.integers(1, 3))
    spread = draw(st.sampled_from([0.1, 1.0, 5.0]))
    chance = torch.Generator().manual_seed(draw(st.integers(0, 2**31)))
    votes = torch.randn(len(lengths), int(lengths.max()), symbols + 1, generator=chance, dtype=torch.double)
    return ctc.chances(spread * votes), lengths


def padded(labels: list[tuple[int, ...]]) -> Padded:
    sizes = torch.tensor([len(one) for one in labels])
    values = torch.zeros(len(labels), int(sizes.max()), dtype=torch.long)
    for row, one in zip(values, labels, strict=True):
        row[: len(one)] = torch.tensor(one, dtype=torch.long)
    return Padded(values, sizes)


@settings(max_examples=60, deadline=None)
@given(problems(), st.data())
def test_loss_is_the_sum_over_all_alignments(problem: tuple[Tensor, Tensor], data: st.DataObject) -> None:
    chances, lengths = problem
    symbol = st.integers(0, chances.shape[2] - 2)
    labels = [tuple(data.draw(st.lists(symbol, max_size=6))) for _ in lengths]
    found = ctc.losses(chances, lengths, padded(labels)).tolist()
    for row, (length, one) in enumerate(zip(lengths.tolist(), labels, strict=True)):
        every = all_labellings(chances[row], length)
        assert found[row] == pytest.approx(-math.log(every[one]) if one in every else 0, rel=1e-9, abs=1e-9)
        assert (int(ctc.needed(padded([one]))) <= length) == (one in every)


@settings(max_examples=60, deadline=None)
@given(problems())
def test_a_wide_beam_ranks_all_labellings(problem: tuple[Tensor, Tensor]) -> None:
    chances, lengths = problem
    for row, found in enumerate(prefixes.search(chances, lengths, 500)):
        every = all_labellings(chances[row], int(lengths[row]))
        assert len(found) == len(every)
        assert {tuple(one) for one in found} == set(every)
        assert [every[tuple(one)] for one in found] == pytest.approx(sorted(every.values(), reverse=True))


def beam_by_the_book(steps: list[list[float]], width: int) -> list[tuple[int, ...]]:
    """Prefix beam search as Hannun et al. (2014) have it, in plain probabilities and over dictionaries."""
    blank = len(steps[0]) - 1
    beam = {(): (1.0, 0.0)}
    for step in steps:
        onward: dict[tuple[int, ...], tuple[float, float]] = {}
        for prefix, (with_blank, with_label) in beam.items():
            whole = with_blank + with_label
            ways = [(prefix, whole * step[blank], with_label * step[prefix[-1]] if prefix else 0.0)]
            for symbol in range(blank):
                again = bool(prefix) and symbol == prefix[-1]
                ways.append(((*prefix, symbol), 0.0, (with_blank if again else whole) * step[symbol]))
            for one, first, second in ways:
                old = onward.get(one, (0.0, 0.0))
                onward[one] = old[0] + first, old[1] + second
        beam = dict(sorted(onward.items(), key=lambda one: -sum(one[1]))[:width])
        beam = {prefix: both for prefix, both in beam.items() if sum(both) > 0}
    return list(beam)


@settings(max_examples=60, deadline=None)
@given(problems(), st.integers(1, 8))
def test_a_narrow_beam_is_that_of_the_book(problem: tuple[Tensor, Tensor], width: int) -> None:
    chances, lengths = problem
    found = prefixes.search(chances, lengths, width)
    assert len(found) == len(lengths)
    for row, length in enumerate(lengths.tolist()):
        wanted = beam_by_the_book(chances[row, :length].exp().tolist(), width)
        assert [tuple(one) for one in found[row]] == wanted


def test_a_prefix_that_comes_back_is_the_one_that_left() -> None:
    # Many steps and few symbols: prefixes leave the narrow beam and come back all the time.
    votes = torch.randn(3, 40, 3, generator=torch.Generator().manual_seed(5), dtype=torch.double)
    chances = ctc.chances(votes)
    for width in (2, 3, 6):
        for row, found in enumerate(prefixes.search(chances, torch.tensor([40, 17, 33]), width)):
            steps = chances[row, : (40, 17, 33)[row]].exp().tolist()
            assert [tuple(one) for one in found] == beam_by_the_book(steps, width)


def test_records_weighed_apart_or_together_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    chances = ctc.chances(torch.randn(5, 9, 4, generator=torch.Generator().manual_seed(1), dtype=torch.double))
    lengths = torch.tensor([9, 3, 8, 1, 9])
    together = prefixes.search(chances, lengths, 4)
    monkeypatch.setattr(prefixes, "AT_ONCE", 2 * 4 * 4)
    assert prefixes.search(chances, lengths, 4) == together
    assert len(together) == 5


@settings(max_examples=40, deadline=None)
@given(problems())
def test_best_path_merges_runs_and_drops_blanks(problem: tuple[Tensor, Tensor]) -> None:
    chances, lengths = problem
    blank = chances.shape[2] - 1
    for row, found in enumerate(ctc.best_path(chances, lengths)):
        steps = chances[row, : int(lengths[row])].tolist()
        assert tuple(found) == labelling(tuple(step.index(max(step)) for step in steps), blank)


def test_best_path_is_not_always_the_best_labelling() -> None:
    # Graves et al. (2006), figure 2 has the reason: two ways to `a` weigh more than the one best way, two blanks.
    chances = torch.tensor([[[0.4, 0.6], [0.4, 0.6]]], dtype=torch.double).log()
    assert ctc.best_path(chances, torch.tensor([2])) == [[]]
    assert prefixes.search(chances, torch.tensor([2]), 2) == [[[0], []]]
    assert ctc.log_likelihoods(chances, torch.tensor([2]), [[0]])[0] == pytest.approx(math.log(0.64))


def made(**options: Any) -> tuple[Ctc, Symbols]:
    codec = Symbols()
    codec.fit([["a", "b", "c"]])
    torch.manual_seed(0)
    head = Ctc(Ctc.Options(**options), WIDTH, codec).double()
    for weight in head.parameters():
        torch.nn.init.normal_(weight)
    return head.eval(), codec


def states(garbage: float = 0.0) -> States:
    torch.manual_seed(1)
    values = torch.randn(len(LENGTHS), max(LENGTHS), WIDTH, dtype=torch.double)
    lengths = torch.tensor(LENGTHS)
    real = torch.arange(max(LENGTHS)) < lengths[:, None]
    return States(torch.where(real[..., None], values, garbage), lengths, values[:, 0])


def alone(row: int) -> States:
    batch, one = states(math.nan), slice(row, row + 1)
    return States(batch.values[one, : LENGTHS[row]], batch.lengths[one], batch.final[one])


def spelt(every: Chances, codec: Symbols) -> list[tuple[list[str], float]]:
    ranked = sorted(every.items(), key=lambda one: -one[1])
    return [(codec.decode(labels), chance) for labels, chance in ranked]


def test_predictions_are_the_best_of_all_labellings() -> None:
    head, codec = made(beam_size=700, n_best=6)
    predictions = head.predict(states())
    assert len(predictions) == len(LENGTHS)
    for row, one in enumerate(predictions):
        wanted = spelt(all_labellings(head.chances(states())[row].detach(), LENGTHS[row]), codec)[:6]
        assert [value for value, _ in one.alternatives] == [value for value, _ in wanted]
        assert [chance for _, chance in one.alternatives] == pytest.approx([chance for _, chance in wanted])
        assert (one.value, one.confidence) == one.alternatives[0]
    assert [len(one.alternatives) for one in predictions] == [6, 4, 6, 6]


@pytest.mark.parametrize("beam_size", [1, 2, 4])
def test_confidence_is_exact_however_narrow_the_beam(beam_size: int) -> None:
    head, codec = made(beam_size=beam_size, n_best=beam_size)
    for row, one in enumerate(head.predict(states())):
        every = all_labellings(head.chances(states())[row].detach(), LENGTHS[row])
        known = {tuple(codec.decode(labels)): chance for labels, chance in every.items()}
        assert one.confidence == pytest.approx(known[tuple(one.value)])
        found = [chance for _, chance in one.alternatives]
        assert found == pytest.approx([known[tuple(value)] for value, _ in one.alternatives])
        assert found == sorted(found, reverse=True)
        assert len(found) == (0 if beam_size == 1 else beam_size)


@pytest.mark.parametrize("options", [{}, {"beam_size": 3, "n_best": 2}])
def test_alone_as_in_a_batch(options: dict[str, int]) -> None:
    head, codec = made(**options)
    together = head.predict(states(math.nan))
    losses = head.loss(states(math.nan), pad(codec.encode(WORDS)))
    for row in range(len(LENGTHS)):
        (single,) = head.predict(alone(row))
        assert single.value == together[row].value
        assert single.confidence == pytest.approx(together[row].confidence)
        assert [value for value, _ in single.alternatives] == [value for value, _ in together[row].alternatives]
        loss = head.loss(alone(row), pad(codec.encode(WORDS[row : row + 1])))
        assert loss.item() == pytest.approx(losses[row].item())
    assert (losses > 0).all()


@pytest.mark.parametrize("garbage", [1e9, math.inf, math.nan])
def test_what_stands_behind_the_end_has_no_influence(same_losses: Any, garbage: float) -> None:
    head, codec = made()
    target = pad(codec.encode(WORDS))
    gradients = same_losses(head, (states(), target), (states(garbage), target))
    assert all(gradient.any() for gradient in gradients)
    assert head.predict(states()) == head.predict(states(garbage))


def test_gradient_is_that_of_the_sum_over_all_alignments() -> None:
    votes = torch.randn(2, 4, 3, generator=torch.Generator().manual_seed(2), dtype=torch.double).requires_grad_()
    labels, lengths = padded([(0, 0), (1,)]), torch.tensor([4, 2])
    assert torch.autograd.gradcheck(lambda x: ctc.losses(ctc.chances(x), lengths, labels), (votes,))


def test_symbols_never_learned_are_dropped() -> None:
    head, codec = made()
    strange = [["x", "a", "x", "a"], ["b", "x"], ["b", "a", "x", "c", "x"], ["x", "x"]]
    assert [(row == -1).sum() for row in codec.encode(strange).rows] == [2, 1, 2, 2]
    plain = head.loss(states(), pad(codec.encode(WORDS)))
    torch.testing.assert_close(head.loss(states(), pad(codec.encode(strange))), plain, rtol=0, atol=0)


def test_impossible_targets_have_no_part_in_the_loss() -> None:
    head, codec = made()
    # The second has one state for two symbols, the fourth two for a symbol, a blank, and the symbol again.
    wanted = [["a", "b"], ["a", "b"], ["c"], ["c", "c"]]
    head.train()
    losses = head.loss(states(), pad(codec.encode(wanted)))
    assert losses[[1, 3]].tolist() == [0, 0]
    assert (losses[[0, 2]] > 0).all()
    losses.sum().backward()
    together = [weight.grad.clone() for weight in head.parameters()]
    head.zero_grad()
    head.loss(states(), pad(codec.encode([["a", "b"], [], ["c"], []])))[[0, 2]].sum().backward()
    for weight, gradient in zip(head.parameters(), together, strict=True):
        assert gradient.isfinite().all()
        torch.testing.assert_close(weight.grad, gradient)


@pytest.mark.parametrize(
    ("target", "length", "why"),
    [
        (["a", "b"], 2, None),
        (["a", "a"], 3, None),
        (["a", "a"], 2, "2 symbols need 3 states, but the input gives 2"),
        (["a", "x", "a", "b", "b", "b"], 6, "5 symbols need 8 states, but the input gives 6"),
        ([], 1, None),
    ],
)
def test_why_a_target_cannot_come_of_its_states(target: list[str], length: int, why: str | None) -> None:
    head, codec = made()
    assert head.misfit(Record("1", [0] * length, target), length) == why
    loss = head.loss(
        States(torch.ones(1, length, WIDTH).double(), torch.tensor([length]), torch.ones(1, WIDTH)),
        pad(codec.encode([target])),
    )
    assert (loss.item() == 0) == (why is not None)


def test_targets_all_empty() -> None:
    head, codec = made()
    loss = head.loss(states(), pad(codec.encode([[]] * 4)))
    chances = head.chances(states())
    wanted = [-chances[row, :length, -1].sum().item() for row, length in enumerate(LENGTHS)]
    assert loss.tolist() == pytest.approx(wanted)
    assert loss.requires_grad


def test_a_long_record_is_predicted() -> None:
    votes = torch.randn(1, 400, 4, generator=torch.Generator().manual_seed(3), dtype=torch.double)
    chances, lengths = ctc.chances(votes), torch.tensor([400])
    best = prefixes.search(chances, lengths, 8)[0]
    greedy = ctc.best_path(chances, lengths)[0]
    assert len({tuple(one) for one in best}) == 8
    sure = [ctc.log_likelihoods(chances, lengths, [one])[0] for one in (best[0], greedy)]
    assert sure[0] > sure[1] > -math.inf


def test_dropout_acts_in_training_only() -> None:
    head, codec = made(dropout=0.5)
    target = pad(codec.encode(WORDS))
    assert torch.equal(head.loss(states(), target), made()[0].loss(states(), target))
    head.train()
    batch = states()
    assert not torch.equal(head.loss(batch, target), head.loss(batch, target))


def test_no_more_sequences_than_the_beam_is_wide() -> None:
    with pytest.raises(ValidationError, match="no more sequences than it is wide; set beam_size to n_best or more"):
        Ctc.Options(beam_size=3, n_best=4)
    assert Ctc.Options(beam_size=3, n_best=3).n_best == 3


def test_scores() -> None:
    head, _ = made()
    gold = [Record("1", [0], ["a", "b", "c"]), Record("2", [0], ["a"]), Record("3", [0], [])]
    predicted = [Record("1", [0], ["a", "c"]), Record("2", [0], ["a"]), Record("3", [0], ["c"])]
    assert head.score(gold, predicted) == pytest.approx({"error_rate": 2 / 4, "accuracy": 1 / 3})
    assert head.monitor == ("error_rate", "min")


def test_what_a_narrow_beam_found_is_ranked_by_exact_probabilities() -> None:
    head, codec = made(beam_size=3, n_best=3)
    changed = 0
    for seed in range(20):
        values = 2 * torch.randn(1, 12, WIDTH, generator=torch.Generator().manual_seed(seed), dtype=torch.double)
        batch = States(values, torch.tensor([12]), values[:, 0])
        (one,) = head.predict(batch)
        (found,) = prefixes.search(head.chances(batch).detach(), batch.lengths, 3)
        sure = [ctc.log_likelihoods(head.chances(batch), batch.lengths, [labels])[0] for labels in found]
        ranked = sorted(zip(sure, found, strict=True), reverse=True)
        assert [value for value, _ in one.alternatives] == [codec.decode(labels) for _, labels in ranked]
        assert [chance for _, chance in one.alternatives] == pytest.approx([math.exp(chance) for chance, _ in ranked])
        changed += ranked[0][1] != found[0]
    assert changed
