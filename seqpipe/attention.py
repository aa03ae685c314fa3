"""Attention: which of the encoder's states a decoder looks at."""

from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

from .encoder import States


class Memory(NamedTuple):
    """What there is to look at, made ready once for all queries."""

    values: Tensor
    """`[B, S, H]` the encoder's states, zeros behind a sequence's end."""
    keys: Tensor
    """`[B, S, Q]` what a query is held against."""
    mask: Tensor
    """`[B, S]`, true on real states."""


class Attention(nn.Module):
    """Weights over states by how well each fits a query.

    additive (Bahdanau, Cho & Bengio 2015): v · tanh(W_q query + W_s state). multiplicative (Luong, Pham & Manning
    2015, their "general" score): query · W_s state.
    """

    def __init__(self, kind: Literal["additive", "multiplicative"], query_size: int, width: int) -> None:
        super().__init__()
        self.keys = nn.Linear(width, query_size, bias=False)
        self.additive = kind == "additive"
        if self.additive:
            self.query = nn.Linear(query_size, query_size)
            self.fit = nn.Linear(query_size, 1, bias=False)

    def memory(self, states: States) -> Memory:
        """The states as `forward` needs them."""
        # What stands behind the end may be no number at all, which a weight of 0 would not undo.
        values = states.values.masked_fill(~states.mask[..., None], 0)
        return Memory(values, self.keys(values), states.mask)

    def forward(self, query: Tensor, memory: Memory) -> tuple[Tensor, Tensor]:
        """Queries `[B, T, Q]` -> weighted means of the states `[B, T, H]`, weights `[B, T, S]`

        No query gives weight to what stands behind a sequence's end.
        """
        if self.additive:
            fits = self.fit((self.query(query)[:, :, None] + memory.keys[:, None]).tanh()).squeeze(3)
        else:
            fits = query @ memory.keys.transpose(1, 2)
        weights = fits.masked_fill(~memory.mask[:, None], -torch.inf).softmax(2)
        return weights @ memory.values, weights
