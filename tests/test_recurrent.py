"""Recurrent encoders: the states are those of torch's own packed, stacked, bidirectional networks."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from seqpipe.batch import Padded, pad
from seqpipe.codec import Symbols, WordOptions, Words
from seqpipe.embed import EmbedOptions
from seqpipe.encoders.dropout import Dropout
from seqpipe.encoders.recurrent import BiLstm, Cec, Gru, Lstm, Lstm1997, Recurrent, Rnn

CELLS: list[tuple[type[Recurrent], type[nn.RNNBase]]] = [
    (Rnn, nn.RNN),
    (Lstm, nn.LSTM),
    (Gru, nn.GRU),
    (BiLstm, nn.LSTM),
]
LENGTHS = [5, 1, 7, 3]


def bases() -> Symbols:
    codec = Symbols()
    codec.fit(["ACGT"])
    return codec


def made(kind: type[Recurrent], size: int = 4, **options: Any) -> Any:
    torch.manual_seed(3)
    return kind(kind.Options(hidden_size=6, embed=EmbedOptions(size=size), **options), bases()).eval()


def ragged(seed: int = 0) -> Padded:
    chance = torch.Generator().manual_seed(seed)
    values = torch.randint(-1, 4, (len(LENGTHS), max(LENGTHS)), generator=chance)
    return Padded(values, torch.tensor(LENGTHS))


def oracle(encoder: Any, cell: type[nn.RNNBase], input: Padded) -> tuple[Tensor, Tensor]:
    """States and final states by one packed torch network with the same weights."""
    layers, both = len(encoder.layers), encoder.options.bidirectional
    theirs: Any = cell(encoder.embed.width, 6, layers, batch_first=True, bidirectional=both)
    with torch.no_grad():
        for depth, layer in enumerate(encoder.layers):
            for suffix, direction in zip(("", "_reverse"), layer, strict=False):
                for name, weight in direction.named_parameters():
                    getattr(theirs, f"{name.removesuffix('0')}{depth}{suffix}").copy_(weight)
        packed = pack_padded_sequence(encoder.embed(input), input.lengths, batch_first=True, enforce_sorted=False)
        states, last = theirs(packed)
    last = last[0] if isinstance(last, tuple) else last
    directions = 2 if both else 1
    return pad_packed_sequence(states, batch_first=True)[0], last[-directions:].transpose(0, 1).flatten(1)


@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize(("kind", "cell"), CELLS)
def test_states_are_torchs_own(kind: type[Recurrent], cell: type[nn.RNNBase], bidirectional: bool, layers: int) -> None:
    encoder = made(kind, num_layers=layers, bidirectional=bidirectional)
    input = ragged()
    wanted, final = oracle(encoder, cell, input)
    states = encoder(input)
    assert states.values.shape == (4, 7, encoder.width)
    assert states.lengths is input.lengths
    torch.testing.assert_close(states.values[input.mask], wanted[input.mask], atol=1e-6, rtol=1e-6)
    torch.testing.assert_close(states.final, final, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize(("kind", "cell"), CELLS)
def test_gradients_are_torchs_own_and_padding_has_none(kind: type[Recurrent], cell: type[nn.RNNBase]) -> None:
    encoder = made(kind, num_layers=2, bidirectional=True)
    input = ragged()
    encoder(input).values[input.mask].square().sum().backward()
    mine = {name: weight.grad.clone() for name, weight in encoder.named_parameters()}
    encoder.zero_grad()
    other = Padded(torch.where(input.mask, input.values, (input.values + 2) % 4), input.lengths)
    encoder(other).values[input.mask].square().sum().backward()
    for name, weight in encoder.named_parameters():
        torch.testing.assert_close(mine[name], weight.grad)
    alone: dict[str, Tensor] = {}
    for row, length in enumerate(LENGTHS):
        encoder.zero_grad()
        encoder(
            Padded(input.values[row : row + 1, :length], input.lengths[row : row + 1])
        ).values.square().sum().backward()
        alone = {name: weight.grad + alone.get(name, 0) for name, weight in encoder.named_parameters()}
    for name, grad in mine.items():
        torch.testing.assert_close(grad, alone[name], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize(("kind", "cell"), CELLS)
def test_padding_has_no_influence(kind: type[Recurrent], cell: type[nn.RNNBase], bidirectional: bool) -> None:
    encoder = made(kind, num_layers=2, bidirectional=bidirectional)
    input = ragged()
    states = encoder(input)
    for filling in (-1, 3):
        other = encoder(Padded(torch.where(input.mask, input.values, filling), input.lengths))
        assert torch.equal(states.values[input.mask], other.values[input.mask])
        assert torch.equal(states.final, other.final)


@pytest.mark.parametrize("kind", [Rnn, Cec, Lstm1997, Lstm, Gru])
def test_causal_says_whether_later_steps_are_seen(kind: type[Recurrent]) -> None:
    input = ragged()
    changed = Padded(input.values.clone(), input.lengths)
    changed.values[:, 3:] = (changed.values[:, 3:] + 2) % 4
    for bidirectional in (False, True):
        encoder = made(kind, num_layers=2, bidirectional=bidirectional)
        same = torch.equal(encoder(input).values[2, :3], encoder(changed).values[2, :3])
        assert same == encoder.causal(encoder.options)


def test_what_the_classes_declare() -> None:
    assert [kind.causal(kind.Options()) for kind, _ in CELLS] == [True, True, True, False]
    assert BiLstm.causal(BiLstm.Options(bidirectional=False))
    assert Lstm.stride(Lstm.Options()) == 1
    assert [made(kind).width for kind, _ in CELLS] == [6, 6, 6, 12]


def test_bilstm_is_a_bidirectional_lstm() -> None:
    one, other = made(BiLstm), made(Lstm, bidirectional=True)
    assert torch.equal(one(ragged()).values, other(ragged()).values)


@pytest.mark.parametrize(("kind", "cell"), CELLS)
def test_weights_begin_as_they_should(kind: type[Recurrent], cell: type[nn.RNNBase]) -> None:
    encoder = made(kind, num_layers=2)
    for name, weight in encoder.layers.named_parameters():
        if "weight_hh" in name:
            for gate in weight.split(6):
                torch.testing.assert_close(gate @ gate.T, torch.eye(6), atol=1e-5, rtol=0)
        elif "weight_ih" in name:
            assert 0 < weight.abs().max() <= (6 / sum(weight.shape)) ** 0.5
        elif cell is nn.LSTM and "bias_ih" in name:
            assert weight.tolist() == [0] * 6 + [1] * 6 + [0] * 12
        else:
            assert not weight.any()


def test_words_are_read_too() -> None:
    codec = Words(WordOptions())
    texts = [["a", "rose", "is", "a", "rose"], ["rose"]]
    codec.fit(texts)
    encoder = BiLstm(BiLstm.Options(hidden_size=3), codec).eval()
    encoded = codec.encode(texts)
    states, alone = encoder(pad(encoded)), encoder(pad(encoded, [1]))
    assert states.values.shape == (2, 5, 6)
    torch.testing.assert_close(states.values[1, :1], alone.values[0])
    torch.testing.assert_close(states.final[1:], alone.final)


def test_variational_dropout_drops_the_same_numbers_at_every_step() -> None:
    torch.manual_seed(0)
    states = torch.rand(50, 9, 40) + 1
    dropped = Dropout(0.4, variational=True)(states)
    kept = dropped != 0
    assert torch.equal(kept, kept[:, :1].expand_as(kept))
    assert not torch.equal(kept[0], kept[1])
    torch.testing.assert_close(dropped[kept], (states / 0.6)[kept])
    assert kept.float().mean().item() == pytest.approx(0.6, abs=0.04)


def test_plain_dropout_drops_step_by_step() -> None:
    torch.manual_seed(0)
    kept = Dropout(0.4, variational=False)(torch.ones(50, 9, 40)) != 0
    assert not torch.equal(kept, kept[:, :1].expand_as(kept))
    assert kept.float().mean().item() == pytest.approx(0.6, abs=0.02)


@pytest.mark.parametrize("variational", [False, True])
def test_nothing_is_dropped_in_prediction(variational: bool) -> None:
    states = torch.rand(2, 3, 4)
    assert torch.equal(Dropout(0.9, variational).eval()(states), states)
    encoder = made(Lstm, dropout=0.5, variational=variational)
    assert torch.equal(encoder(ragged()).values, made(Lstm)(ragged()).values)
    encoder.train()
    assert not torch.equal(encoder(ragged()).values, encoder(ragged()).values)
