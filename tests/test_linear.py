"""The encoder without memory: its formula, each step by itself, chunks, and what it carries, which is nothing."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from seqpipe.batch import Padded, pad
from seqpipe.codec import Symbols, WordOptions, Words
from seqpipe.embed import EmbedOptions
from seqpipe.encoders.linear import Linear
from seqpipe.frames import Frames

VALUES = [np.array([[1.0, -2], [3, 4], [0, 1]]), np.array([[5.0, 6]])]


def made(**options: Any) -> tuple[Any, Padded]:
    codec = Frames()
    codec.fit(VALUES)
    torch.manual_seed(1)
    encoder = Linear(Linear.Options(**{"hidden_size": 4, "embed": EmbedOptions(size=0), **options}), codec)
    return encoder.eval(), pad(codec.encode(VALUES))


FORMULA = {"relu": lambda x: np.maximum(x, 0), "tanh": np.tanh, "none": lambda x: x}


@pytest.mark.parametrize("nonlinearity", FORMULA)
@pytest.mark.parametrize("num_layers", [1, 3])
def test_states_are_the_formula(nonlinearity: str, num_layers: int) -> None:
    encoder, batch = made(nonlinearity=nonlinearity, num_layers=num_layers)
    states = encoder(batch)
    for row, value in enumerate(VALUES):
        for layer in encoder.layers:
            value = FORMULA[nonlinearity](value @ layer.weight.detach().numpy().T + layer.bias.detach().numpy())
        np.testing.assert_allclose(states.values[row, : len(value)].detach(), value, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(states.final[row].detach(), value[-1], rtol=1e-4, atol=1e-5)
    assert encoder.width == states.values.shape[2] == 4


def test_a_step_sees_no_other_and_nothing_is_carried() -> None:
    encoder, batch = made(num_layers=2)
    whole, state = encoder(batch), None
    for step in range(3):
        lengths = (batch.lengths - step).clamp(0, 1)
        states = encoder(Padded(batch.values[:, step : step + 1], lengths), state)
        state = states.carry
        torch.testing.assert_close(states.values[:, 0], whole.values[:, step])
        assert state.shape == (2, 0)
    one = Padded(batch.values[1:, :1], batch.lengths[1:])
    torch.testing.assert_close(whole.onward(one, whole.carry[1:]).final, whole.final[1:])
    assert encoder.causal(encoder.options)
    assert encoder.stride(encoder.options) == 1
    with pytest.raises(ValueError, match=r"^state: shape \(2, 4\), but this encoder carries \(2, 0\) for this batch$"):
        encoder(batch, torch.zeros(2, 4))


def test_words_and_symbols_are_read_too() -> None:
    for codec in (Symbols(), Words(WordOptions())):
        codec.fit([["a", "b"]])
        encoder = Linear(Linear.Options(embed=EmbedOptions(size=3)), codec)
        encoder.begin()
        states = encoder(pad(codec.encode([["a", "b", "c"], ["b"]])))
        assert states.values.shape == (2, 3, 200)
        torch.testing.assert_close(states.values[0, 1], states.values[1, 0])


def test_dropout_acts_in_training_only() -> None:
    encoder, batch = made(dropout=0.5, nonlinearity="none")
    assert torch.equal(encoder(batch).values, encoder(batch).values)
    encoder.train()
    assert not torch.equal(encoder(batch).values, encoder(batch).values)
    assert isinstance(encoder.nonlinearity, nn.Identity)
