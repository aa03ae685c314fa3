"""What a model of the next step knows before each step, the first one among them."""

import torch
from torch import Tensor, nn

from .encoder import States


class Beginning(nn.Module):
    """The state before the first step of a sequence, which is learned."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.state = nn.Parameter(torch.zeros(width))

    def forward(self, states: States) -> Tensor:
        """`[B, T, H]` the state before each step; zeros behind a sequence's end."""
        first = self._first(states)
        before = torch.cat([first[:, None], states.values[:, :-1]], 1)
        # Not multiplied by 0: what stands behind the end may be no number at all.
        return before.masked_fill(~states.mask[..., None], 0)

    def last(self, states: States) -> Tensor:
        """`[B, H]` the state after all of a sequence's steps, also where it has none."""
        return torch.where(states.lengths[:, None] > 0, states.final, self._first(states))

    def _first(self, states: States) -> Tensor:
        return self.state.expand(len(states.values), -1) if states.before is None else states.before
