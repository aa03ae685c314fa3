"""One state for a whole sequence, out of all its states."""

from typing import Literal

import torch
from torch import Tensor, nn

from .encoder import States

Kind = Literal["last", "mean", "max", "attention"]
"""The last state (of each direction), their mean, their maximum, or a learned weighted mean."""


class Pooling(nn.Module):
    """Pools states; attention is that of Yang et al. (2016)."""

    def __init__(self, kind: Kind, width: int) -> None:
        super().__init__()
        self.kind = kind
        if kind == "attention":
            self.look = nn.Linear(width, width)
            self.weigh = nn.Linear(width, 1, bias=False)

    def forward(self, states: States) -> Tensor:
        """`[B, H]` one state for each record."""
        past = ~states.mask[..., None]
        if self.kind == "last":
            return states.final
        # Not multiplied by 0: what stands behind the end may be no number at all.
        values = states.values.masked_fill(past, 0)
        if self.kind == "max":
            return values.masked_fill(past, -torch.inf).amax(1)
        if self.kind == "mean":
            return values.sum(1) / states.lengths[:, None]
        weights = self.weigh(self.look(values).tanh()).masked_fill(past, -torch.inf).softmax(1)
        pooled: Tensor = (weights * values).sum(1)
        return pooled
