"""Dropout of states, step by step or the same at every step."""

from torch import Tensor, nn


class Dropout(nn.Module):
    """Zeroes numbers of `[B, T, H]` at random in training; `variational`: the same ones at every step of a sequence."""

    def __init__(self, share: float, variational: bool) -> None:
        super().__init__()
        self.share = share
        self.variational = variational

    def forward(self, states: Tensor) -> Tensor:
        if not self.training or not self.share:
            return states
        if not self.variational:
            return nn.functional.dropout(states, self.share)
        return states * nn.functional.dropout(states.new_ones(len(states), 1, states.shape[2]), self.share)
