"""The cells by name, torch's kernels and those that run step by step: how they begin, run and are carried on."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from .cec import CecLoop
from .lstm1997 import Lstm1997Loop

CELLS: Mapping[str, Callable[[int, int], nn.Module]] = {
    "rnn": partial(nn.RNN, batch_first=True),
    "cec": CecLoop,
    "lstm1997": Lstm1997Loop,
    "lstm": partial(nn.LSTM, batch_first=True),
    "gru": partial(nn.GRU, batch_first=True),
}
"""What makes one layer of one direction, from the numbers in an input and in a state."""

PARTS: Mapping[str, int] = {"rnn": 1, "cec": 2, "lstm1997": 2, "lstm": 2, "gru": 1}
"""P, of how many parts each cell's state is: h alone, or h and c."""


def initialise(name: str, weight: Tensor, forget_bias: float | None, chrono: int | None = None) -> None:
    """Input weights as Glorot & Bengio (2010), recurrent ones orthogonal a gate (Saxe et al. 2014), all else zero.

    A forget bias, for the LSTM: as Gers et al. (2000), who found that a cell must not begin by forgetting. With
    `chrono` in its place cells begin with memories of 1 to so many steps: forget bias log(U(1, chrono - 1)), input bias
    its negative (Tallec & Ollivier 2018).
    """
    kind = name.rpartition(".")[2]
    with torch.no_grad():
        if kind.startswith("weight_ih"):
            nn.init.xavier_uniform_(weight)
        elif kind.startswith("weight_hh"):
            for gate in weight.chunk(len(weight) // weight.shape[1]):
                nn.init.orthogonal_(gate)
        else:
            weight.zero_()
            # Torch's LSTM has two biases, of which one is enough.
            if forget_bias is not None and kind in ("bias", "bias_ih_l0"):
                enter, forget = weight.chunk(4)[:2]
                forget.fill_(forget_bias)
                if chrono is not None:
                    forget.uniform_(1, chrono - 1).log_()
                    enter.copy_(-forget)


def run(cell: nn.Module, inputs: Tensor, begin: Tensor | None) -> tuple[Tensor, Tensor]:
    """`[B, T, E]`, the state before `[P, B, H]` (none: 0) -> h of each step `[B, T, H]`, the state after the last"""
    state: Any = None
    if begin is not None:
        state = tuple(begin[:, None].contiguous()) if len(begin) > 1 else begin.contiguous()
    outputs, last = cell(inputs, state)
    return outputs, torch.cat(last) if isinstance(last, tuple) else last


def after(cell: nn.Module, inputs: Tensor, begin: Tensor | None, last: Tensor, lengths: Tensor) -> Tensor:
    """`[P, B, H]` the state after each sequence's own last step; `last` is that after the last of all T."""
    if bool((lengths == inputs.shape[1]).all()):
        return last
    begin = torch.zeros_like(last) if begin is None else begin
    found = begin.clone()
    # A kernel tells c of its last step only, so that sequences of each length run once more, to their end.
    for length in sorted(set(lengths.tolist()) - {0}):
        rows = lengths == length
        found[:, rows] = run(cell, inputs[rows, :length], begin[:, rows])[1].to(found.dtype)
    return found
