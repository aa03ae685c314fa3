"""Attention against its formulas written out."""

import math

import pytest
import torch

from seqpipe.attention import Attention
from seqpipe.encoder import States

LENGTHS = [3, 1, 4]
WIDTH, QUERY = 5, 3


@pytest.mark.parametrize("kind", ["additive", "multiplicative"])
def test_weights_and_means_written_out(kind: str) -> None:
    torch.manual_seed(0)
    look = Attention(kind, QUERY, WIDTH).double()  # type: ignore[arg-type]
    values, query = torch.randn(3, 4, WIDTH).double(), torch.randn(3, 2, QUERY).double()
    lengths = torch.tensor(LENGTHS)
    values[torch.arange(4) >= lengths[:, None]] = math.nan
    states = States(values, lengths, values[:, 0])
    context, weights = look(query, look.memory(states))
    for row, length in enumerate(LENGTHS):
        real = values[row, :length]
        keys = real @ look.keys.weight.T
        for step in range(2):
            if kind == "additive":
                mixed = torch.tanh(keys + query[row, step] @ look.query.weight.T + look.query.bias)
                fits = mixed @ look.fit.weight[0]
            else:
                fits = keys @ query[row, step]
            wanted = torch.exp(fits) / torch.exp(fits).sum()
            assert torch.allclose(weights[row, step, :length], wanted)
            assert not weights[row, step, length:].any()
            assert torch.allclose(context[row, step], (wanted[:, None] * real).sum(0))
