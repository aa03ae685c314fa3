"""What the cells without a kernel share: one matrix product for the input of all steps, then a loop over the steps."""

from abc import ABC, abstractmethod
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import linear, pad


class Loop(nn.Module, ABC):
    """One layer of one direction of a cell with states h and c, called as torch's LSTM is with `batch_first`.

    W is kept in two parts, as torch does: `weight_ih` for x_t and `weight_hh` for h_{t-1}, each of `blocks * H` rows.
    """

    blocks: ClassVar[int]
    """Gates and candidate: each has H rows of the weights."""
    biased: ClassVar[int]
    """How many of them have a bias, counted from the first."""
    gates: ClassVar[tuple[str, ...]] = ()
    """Names of the gates that `step` gives."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.weight_ih = nn.Parameter(torch.zeros(self.blocks * hidden_size, input_size))
        self.weight_hh = nn.Parameter(torch.zeros(self.blocks * hidden_size, hidden_size))
        self.bias = nn.Parameter(torch.zeros(self.biased * hidden_size)) if self.biased else None

    def forward(
        self, inputs: Tensor, state: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """`[B, T, E]`, h and c before it `[1, B, H]` -> h of each step `[B, T, H]`, h and c after the last"""
        zero = inputs.new_zeros(len(inputs), self.weight_hh.shape[1])
        h, c = (zero, zero) if state is None else (state[0][0], state[1][0])
        onward = self.weight_hh.t()
        outputs = []
        for projected in self.project(inputs).unbind(1):
            h, c, _ = self.step(torch.addmm(projected, h, onward), c)
            outputs.append(h)
        return torch.stack(outputs, 1), (h[None], c[None])

    def project(self, inputs: Tensor) -> Tensor:
        """`[B, T, E]` -> the part of W that is for x_t, and the bias `[B, T, blocks * H]`"""
        if self.bias is None:
            return linear(inputs, self.weight_ih)
        return linear(inputs, self.weight_ih, pad(self.bias, (0, len(self.weight_ih) - len(self.bias))))

    @abstractmethod
    def step(self, total: Tensor, c: Tensor) -> tuple[Tensor, Tensor, tuple[Tensor, ...]]:
        """`W [x_t; h_{t-1}] + b` `[B, blocks * H]` and c_{t-1} `[B, H]` -> h_t, c_t and the gates, each `[B, H]`"""
