"""The language model: its loss written out, probabilities that sum to 1, and what it generates, by brute force."""

import itertools
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from torch import Tensor

from seqpipe import Mistake
from seqpipe.batch import Batch, Padded, pad
from seqpipe.codec import Symbols
from seqpipe.encoder import States
from seqpipe.encoders.recurrent import Recurrent
from seqpipe.heads.draw import drawn, narrowed
from seqpipe.heads.lm import Lm
from seqpipe.model import Model
from seqpipe.predict import label
from seqpipe.reader import Reader, Record

ALPHABET = "abc"
PROMPTS = ["ab", "", "cabba", "b", "zz", ""]


class Letters(Reader):
    """Reads no file: it only holds the codec."""

    def __init__(self) -> None:
        super().__init__(None)
        self.input = Symbols()
        self.input.fit([ALPHABET])
        self.target = None

    def read(self, path: Path) -> Iterator[Record]:
        raise AssertionError("no file is read here")


def made(cell: str = "lstm", **options: Any) -> tuple[Model, Letters]:
    reader = Letters()
    torch.manual_seed(4)
    encoder = Recurrent(Recurrent.Options(cell=cell, hidden_size=5, num_layers=2), reader.input)  # type: ignore[arg-type]
    model = Model(encoder, Lm(Lm.Options(**options), encoder.width, reader.input)).double().eval()
    with torch.no_grad():
        for weight in model.parameters():
            weight.normal_()
    return model, reader


def softmax(votes: np.ndarray) -> np.ndarray:
    found = np.exp(votes - votes.max())
    return np.asarray(found / found.sum())


def chances(model: Model, reader: Letters, text: str) -> np.ndarray:
    """p of the symbol after a text, the unknown one first, written out from the encoder's last state."""
    head: Any = model.head
    state = head.begin.state
    if text:
        state = model.encoder(pad(reader.input.encode([text]))).values[0, len(text) - 1]
    weight, bias = head.vote.weight.detach().numpy(), head.vote.bias.detach().numpy()
    return softmax(weight @ state.detach().numpy() + bias)


def losses(model: Model, reader: Letters, texts: list[str]) -> Tensor:
    return model.loss(Batch(pad(reader.input.encode(texts)), None)).detach()


@pytest.mark.parametrize("cell", ["lstm", "gru", "cec"])
def test_the_loss_is_the_sum_of_minus_log_p_of_each_symbol(cell: str) -> None:
    model, reader = made(cell)
    texts = ["abcab", "c", "bz", "zzaz"]
    found = losses(model, reader, texts)
    for text, loss in zip(texts, found.tolist(), strict=True):
        wanted = 0.0
        for place, symbol in enumerate(text):
            wanted -= math.log(chances(model, reader, text[:place])[ALPHABET.find(symbol) + 1])
        assert loss == pytest.approx(wanted, rel=1e-9)
        assert losses(model, reader, [text]).item() == pytest.approx(loss, rel=1e-9)


@pytest.mark.parametrize("length", [1, 2, 4])
def test_the_probabilities_of_all_texts_of_a_length_sum_to_one(length: int) -> None:
    model, reader = made()
    texts = ["".join(text) for text in itertools.product(ALPHABET + "z", repeat=length)]
    assert len(texts) == 4**length
    assert losses(model, reader, texts).neg().exp().sum().item() == pytest.approx(1, rel=1e-9)


@pytest.mark.parametrize("garbage", [1e9, math.inf, math.nan])
def test_what_stands_behind_the_end_has_no_influence(same_losses: Any, garbage: float) -> None:
    model, reader = made()
    target = pad(reader.input.encode(["abca", "b", "ca"]))
    torch.manual_seed(0)
    values = torch.randn(3, 4, 5, dtype=torch.double)
    filled = [torch.where(target.mask[..., None], values, filling) for filling in (0.0, garbage)]
    found = same_losses(model.head, *((States(one, target.lengths, one[:, 0]), target) for one in filled))
    assert len(found) == 4


def test_dropout_acts_in_training_only() -> None:
    model, reader = made(dropout=0.5)
    plain = made()[0]
    assert torch.equal(losses(model, reader, PROMPTS), losses(plain, reader, PROMPTS))
    model.train()
    assert not torch.equal(losses(model, reader, PROMPTS), losses(model, reader, PROMPTS))


def test_measures() -> None:
    found = made()[0].head.measures(math.log(8))
    assert found == {"perplexity": pytest.approx(8), "bits": pytest.approx(3)}
    assert math.isfinite(made()[0].head.measures(1e6)["perplexity"])


def continued(model: Model, reader: Letters, prompts: list[str]) -> list[Record]:
    return list(label(model, reader, [Record(str(n), text) for n, text in enumerate(prompts)]))


def test_greedy_generation_takes_the_most_probable_symbol_each_time() -> None:
    model, reader = made(temperature=0.0, length=12)
    found = continued(model, reader, PROMPTS)
    assert len(found) == len(PROMPTS)
    for prompt, record in zip(PROMPTS, found, strict=True):
        text = prompt
        for symbol, sure in zip(record.target, record.confidence, strict=True):
            known = chances(model, reader, text)
            assert symbol == ALPHABET[int(known[1:].argmax())]
            assert sure == pytest.approx(known[ALPHABET.find(symbol) + 1])
            text += symbol
        assert len(text) == len(prompt) + 12


@pytest.mark.parametrize("cell", ["lstm", "gru", "cec"])
@pytest.mark.parametrize("options", [{}, {"temperature": 0.5}, {"top_k": 2}, {"top_p": 0.8}, {"until": "b"}])
def test_the_same_seed_gives_the_same_text_alone_and_in_a_batch(cell: str, options: dict[str, Any]) -> None:
    model, reader = made(cell, length=30, seed=7, **options)
    together = continued(model, reader, PROMPTS)
    for prompt, record in zip(PROMPTS, together, strict=True):
        (alone,) = continued(model, reader, [prompt])
        assert alone.target == record.target
        assert alone.confidence == pytest.approx(record.confidence)
    assert together[1].target == together[5].target
    other = continued(made(cell, length=30, seed=8, **options)[0], reader, PROMPTS)
    assert [record.target for record in other] != [record.target for record in together]


def test_only_empty_prompts() -> None:
    model, reader = made(length=9)
    (one,), (two, three) = continued(model, reader, [""]), continued(model, reader, ["", ""])
    assert len(one.target) == 9
    assert one.target == two.target == three.target


def test_generation_stops_after_the_symbol_that_is_named() -> None:
    model, reader = made(length=40, until="b")
    found = [record.target for record in continued(model, reader, [ALPHABET[:n] for n in (0, 1, 2, 3)] + PROMPTS)]
    assert any(len(symbols) < 40 for symbols in found)
    for symbols in found:
        assert symbols.index("b") == len(symbols) - 1 if "b" in symbols else len(symbols) == 40


def test_a_stop_that_was_never_learned_is_refused() -> None:
    with pytest.raises(Mistake, match=r"^head\.until: '!' is no symbol that was learned; give one of the text's"):
        made(until="!")


def test_the_unknown_symbol_is_never_generated() -> None:
    model, reader = made(length=50)
    with torch.no_grad():
        model.head.vote.bias[0] = 100  # type: ignore[union-attr, operator, index]
    (found,) = continued(model, reader, ["a"])
    assert len(found.target) == 50
    assert set(found.target) <= set(ALPHABET)
    assert max(found.confidence) < 1e-20


def test_symbols_come_as_often_as_they_are_probable() -> None:
    votes = torch.tensor([[1.0, 0.0, -1.0, 2.0]], dtype=torch.double)
    wanted = softmax(votes[0].numpy())
    lots = torch.linspace(0.00005, 0.99995, 10_000, dtype=torch.double)
    found = drawn(votes.softmax(1).expand(10_000, -1), lots).bincount(minlength=4) / 10_000
    np.testing.assert_allclose(found.numpy(), wanted, atol=2e-4)


def by_definition(votes: list[float], temperature: float, top_k: int | None, top_p: float | None) -> list[float]:
    """Which symbols may be drawn, by the words of the definitions, and their probabilities."""
    ranked = sorted(range(len(votes)), key=lambda one: -votes[one])[:top_k]
    weights = {one: math.exp((votes[one] - max(votes)) / temperature) for one in ranked}
    total = sum(weights.values())
    kept: dict[int, float] = {}
    for one in ranked:
        if top_p is not None and kept and sum(kept.values()) / total >= top_p - 1e-12:
            break
        kept[one] = weights[one]
    return [kept.get(one, 0) / sum(kept.values()) for one in range(len(votes))]


@settings(deadline=None)
@given(
    st.lists(st.integers(-30, 30), min_size=1, max_size=8, unique=True),
    st.sampled_from([0.3, 1.0, 2.5]),
    st.none() | st.integers(1, 9),
    st.none() | st.floats(0.01, 1),
)
def test_what_may_be_drawn_is_what_the_definitions_say(
    tenths: list[int], temperature: float, top_k: int | None, top_p: float | None
) -> None:
    votes = [one / 10 for one in tenths]
    found = narrowed(torch.tensor([votes], dtype=torch.double), temperature, top_k, top_p)
    assert found[0].tolist() == pytest.approx(by_definition(votes, temperature, top_k, top_p), abs=1e-12)
    assert found.sum().item() == pytest.approx(1)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=6).filter(any), st.floats(0, 1, exclude_max=True))
def test_a_symbol_of_probability_zero_is_never_drawn(weights: list[int], lot: float) -> None:
    given_ = torch.tensor([weights], dtype=torch.double) / sum(weights)
    assert weights[int(drawn(given_, torch.tensor([lot], dtype=torch.double)))] > 0


def test_a_low_temperature_comes_near_the_greedy_choice() -> None:
    votes = torch.tensor([[0.1, 0.5, 0.4], [2.0, -1.0, 1.0]], dtype=torch.double)
    cold = narrowed(votes, 1e-3, None, None)
    torch.testing.assert_close(cold, narrowed(votes, 0.0, None, None), rtol=0, atol=1e-12)
    assert narrowed(votes, 0.0, None, None).tolist() == [[0, 1, 0], [1, 0, 0]]


@pytest.mark.parametrize("option", ["temperature", "top_p"])
@pytest.mark.parametrize("least", [1e-9, 1e-45, 5e-324])
def test_a_tiny_temperature_or_share_is_the_greedy_choice(option: str, least: float) -> None:
    votes = torch.tensor([[9.1, 30.5, -40.4], [2.0, 0.0, 1.0]])
    how: dict[str, Any] = {"temperature": 1.0, "top_k": None, "top_p": None} | {option: least}
    assert narrowed(votes, **how).tolist() == [[0, 1, 0], [1, 0, 0]]


def test_a_lot_just_below_one_is_the_last_symbol_in_single_precision_too() -> None:
    lots = torch.tensor([1 - 2.0**-53], dtype=torch.double).float()
    assert lots == 1
    assert drawn(torch.tensor([[0.25, 0.75, 0.0]]), lots).tolist() == [1]


@pytest.mark.parametrize(
    "wrong",
    [
        {"dropout": 1.0},
        {"length": 0},
        {"temperature": -0.1},
        {"top_k": 0},
        {"top_p": 0.0},
        {"top_p": 1.1},
        {"until": ""},
    ],
)
def test_options_out_of_bounds(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Lm.Options(**wrong)


def test_generation_costs_one_step_a_symbol(monkeypatch: pytest.MonkeyPatch) -> None:
    model, reader = made(length=10)
    steps: list[int] = []
    forward = model.encoder.forward

    def noted(input: Padded, state: Tensor | None = None) -> States:
        steps.append(input.values.shape[1])
        return forward(input, state)

    monkeypatch.setattr(model.encoder, "forward", noted)
    continued(model, reader, ["abcabc"])
    assert steps == [6] + [1] * 10
