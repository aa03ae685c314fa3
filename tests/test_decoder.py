"""The decoder: its loss written out step by step, search against all sequences, batches, copies, sampling."""

import math
from itertools import product
from typing import Any

import pytest
import torch
from pydantic import ValidationError
from torch import Tensor

from seqpipe import scores
from seqpipe.batch import Padded, pad
from seqpipe.encoder import States
from seqpipe.heads import decoder
from seqpipe.heads.decoder import Decoder
from seqpipe.reader import Record
from seqpipe.vocabulary import Vocabulary, VocabularyOptions

WIDTH = 4
LENGTHS = [3, 1, 5, 2]
TARGETS = [["a", "b"], ["b"], ["b", "a", "a", "c"], []]
KINDS: list[dict[str, Any]] = [
    {},
    {"attention": "additive"},
    {"attention": "none"},
    {"cell": "gru", "num_layers": 2},
    {"input_feeding": True},
    {"input_feeding": True, "cell": "gru", "num_layers": 2, "attention": "additive"},
    {"tied": True},
]


def made(**options: Any) -> Decoder:
    codec = Vocabulary(VocabularyOptions())
    codec.fit([["a", "b"], ["a"]])
    torch.manual_seed(0)
    head = Decoder(Decoder.Options(**{"size": 5, "hidden_size": 6} | options), WIDTH, codec).double()
    for weight in head.parameters():
        torch.nn.init.normal_(weight)
    return head.eval()


def states(rows: list[int] | None = None) -> States:
    """Of all records or of some, with no number where there is no step."""
    torch.manual_seed(1)
    values = torch.randn(len(LENGTHS), max(LENGTHS), WIDTH).double()
    chosen = list(range(len(LENGTHS))) if rows is None else rows
    lengths = torch.tensor([LENGTHS[row] for row in chosen])
    values = values[chosen, : int(lengths.max())]
    values[torch.arange(values.shape[1]) >= lengths[:, None]] = math.nan
    return States(values, lengths, values[torch.arange(len(chosen)), lengths - 1])


def goals(head: Decoder, rows: list[int] | None = None) -> Padded:
    return pad(head.codec.encode([TARGETS[row] for row in rows or range(len(TARGETS))]))


def log_probability(head: Decoder, batch: States, row: int, symbols: list[int]) -> float:
    """Of one sequence and its end, a step after the other, for one record alone."""
    alone = States(
        batch.values[row : row + 1, : LENGTHS[row]], batch.lengths[row : row + 1], batch.final[row : row + 1]
    )
    options = head.options
    begin = torch.tanh(head.start(alone.final)).view(head.parts, options.num_layers, 1, options.hidden_size)
    state: Any = tuple(begin) if head.parts == 2 else begin[0]
    last, fed, total = head.end, torch.zeros(1, options.size).double(), 0.0
    for symbol in [*symbols, head.end]:
        seen = head.table.weight[last][None]
        output, state = head.cells(torch.cat([seen, fed] if options.input_feeding else [seen], 1)[:, None], state)
        context = alone.final
        if head.attention is not None:
            context = head.attention(output, head.attention.memory(alone))[0][:, 0]
        fed = torch.tanh(head.readout(torch.cat([output[:, 0], context], 1)))
        total += float(head.vote(fed).log_softmax(1)[0, symbol])
        last = symbol
    return total


@pytest.mark.parametrize("options", KINDS, ids=str)
@torch.no_grad()
def test_the_loss_is_that_of_one_step_after_the_other(options: dict[str, Any]) -> None:
    head, batch = made(**options), states()
    losses = head.loss(batch, goals(head))
    numbers = [[0, 1], [1], [1, 0, 0, head.rest], []]
    assert losses.tolist() == pytest.approx(
        [-log_probability(head, batch, row, one) for row, one in enumerate(numbers)]
    )


@pytest.mark.parametrize("options", KINDS, ids=str)
@torch.no_grad()
def test_alone_and_in_a_batch_loss_and_prediction_are_the_same(options: dict[str, Any]) -> None:
    head = made(beam_size=3, n_best=2, max_length=6, **options)
    together, losses = head.predict(states()), head.loss(states(), goals(head))
    for row in range(len(LENGTHS)):
        (alone,) = head.predict(states([row]))
        assert alone.value == together[row].value
        assert alone.confidence == pytest.approx(together[row].confidence)
        assert [value for value, _ in alone.alternatives] == [value for value, _ in together[row].alternatives]
        assert float(head.loss(states([row]), goals(head, [row]))) == pytest.approx(float(losses[row]))


@pytest.mark.parametrize("options", KINDS[:5], ids=str)
@torch.no_grad()
def test_a_wide_beam_finds_the_most_probable_of_all_sequences(options: dict[str, Any]) -> None:
    wide = {"beam_size": 31, "n_best": 31, "max_length": 3, "copy_unknown": False, "length_penalty": 0.0}
    head, batch = made(**options, **wide), states()
    for row, prediction in enumerate(head.predict(batch)):
        every = [list(one) for length in range(4) for one in product(range(2), repeat=length)]
        # The unknown symbol is never predicted, so that what it would have had is shared out.
        chances = {tuple(one): without_unknown(head, batch, row, one) for one in every}
        ranked = sorted(every, key=lambda one: -chances[tuple(one)])
        assert [value for value, _ in prediction.alternatives] == [head.codec.decode(one) for one in ranked]
        assert [chance for _, chance in prediction.alternatives] == pytest.approx(
            [math.exp(chances[tuple(one)]) for one in ranked]
        )
        assert prediction.value == prediction.alternatives[0][0]


def without_unknown(head: Decoder, batch: States, row: int, symbols: list[int]) -> float:
    bias = head.vote.bias.clone()
    head.vote.bias[head.rest] = -math.inf
    total = log_probability(head, batch, row, symbols)
    head.vote.bias.copy_(bias)
    return total


@torch.no_grad()
def test_an_unknown_symbol_is_copied_from_where_attention_is() -> None:
    head = made(copy_unknown=True, max_length=2)
    head.vote.weight.zero_()
    head.vote.bias.copy_(torch.tensor([0.0, 0.0, -9.0, 9.0]))
    batch = states()
    output = head._step(torch.tensor([head.end]), head._begin(states([2])), head._memory(states([2])))[1]
    assert output is not None
    words = ["p", "q", "r", "s", "t"]
    prediction = head.predict(batch)[2]
    finished = head.finish(prediction, Record("1", words))
    assert len(finished.value) == 2
    assert finished.value[0] == words[int(output.argmax())]
    assert set(finished.value) <= set(words)
    head = made(max_length=2)
    head.vote.bias[head.rest] = 99
    assert all(set(one.value) <= {"a", "b"} for one in head.predict(states()))


def test_padding_and_what_is_behind_it_leave_no_trace_in_gradients() -> None:
    for options in KINDS:
        head = made(**options).train()
        head.loss(states(), goals(head)).sum().backward()
        together = [weight.grad for weight in head.parameters()]
        apart = made(**options).train()
        for row in range(len(LENGTHS)):
            apart.loss(states([row]), goals(apart, [row])).sum().backward()
        assert len(together) == len(list(apart.parameters())) > 5
        for one, weight in zip(together, apart.parameters(), strict=True):
            assert one is not None
            assert weight.grad is not None
            assert torch.allclose(one, weight.grad)


def test_own_guesses_come_in_as_often_as_the_schedule_says(monkeypatch: pytest.MonkeyPatch) -> None:
    head = made(scheduled_sampling=0.5, sampling_rise=4).train()
    rates = [head._rate() for _ in range(6)]
    assert rates == [0.125, 0.25, 0.375, 0.5, 0.5, 0.5]
    assert int(head.state_dict()["updates"]) == 6
    assert head.eval()._rate() == 0
    # Wholly on its own, a step sees the most probable symbol of the step before.
    head = made(scheduled_sampling=1.0, sampling_rise=1).train()
    seen: list[Tensor] = []
    step = head._step
    monkeypatch.setattr(head, "_step", lambda symbols, *rest: seen.append(symbols) or step(symbols, *rest))
    losses = head.loss(states(), goals(head))
    assert losses.isfinite().all()
    (first, second, *_), batch = seen, states()
    chosen = step(first, head._begin(batch), head._memory(batch))[0]
    assert first.tolist() == [head.end] * 4
    assert second.tolist() == head.vote(chosen).argmax(1).tolist()


def test_smoothing_is_of_training_only() -> None:
    plain, smooth = made(), made(smoothing=0.2)
    assert torch.equal(plain.loss(states(), goals(plain)), smooth.loss(states(), goals(smooth)))
    assert not torch.allclose(plain.loss(states(), goals(plain)), smooth.train().loss(states(), goals(smooth)))


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"n_best": 2}, "n_best is larger than beam_size"),
        ({"copy_unknown": True, "attention": "none"}, "copy_unknown goes by attention"),
    ],
)
def test_options_that_cannot_be(options: dict[str, Any], what: str) -> None:
    with pytest.raises(ValidationError, match=what):
        Decoder.Options(**options)


@torch.no_grad()
def test_few_at_once_or_all_the_search_finds_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    head = made(beam_size=3, n_best=2, max_length=6)
    together = head.predict(states())
    monkeypatch.setattr(decoder, "_AT_ONCE", 3)
    apart = head.predict(states())
    assert [one.value for one in apart] == [one.value for one in together]
    assert [one.confidence for one in apart] == pytest.approx([one.confidence for one in together])


def test_there_may_be_nothing_to_score() -> None:
    assert scores.sequences([]) == {"error_rate": 0, "accuracy": 0, "bleu": 0, "chrf": 0}


def test_scores_of_texts_and_of_words_are_those_of_the_library() -> None:
    from sacrebleu import corpus_bleu, corpus_chrf

    true, found = ["the cat sat on the mat .", "a dog ran home ."], ["the cat sat on a mat .", "a dog ran home ."]
    for cut in (str, str.split):
        got = scores.sequences([(cut(one), cut(other)) for one, other in zip(true, found, strict=True)])
        assert got["accuracy"] == 0.5
        assert got["bleu"] == pytest.approx(corpus_bleu(found, [true]).score / 100)
        assert got["chrf"] == pytest.approx(corpus_chrf(found, [true]).score / 100)
        assert 0.5 < got["bleu"] < 1
