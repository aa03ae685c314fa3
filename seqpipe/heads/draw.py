"""One symbol out of a distribution."""

import torch
from torch import Tensor

LEAST = 1e-30
"""Temperatures and shares below would be 0 in single precision, or make logits that are no numbers."""


def narrowed(logits: Tensor, temperature: float, top_k: int | None, top_p: float | None) -> Tensor:
    """`[B, V]` logits -> the probabilities `[B, V]` to draw from.

    First the logits are divided by the temperature (0: all for the most probable symbol). Then only the `top_k` most
    probable symbols are kept (Fan et al. 2018), then only the fewest of these, the most probable first, whose sum
    reaches `top_p` (nucleus sampling, Holtzman et al. 2020). Equally probable symbols rank by their number.
    """
    if not temperature:
        return torch.zeros_like(logits).scatter(1, logits.argmax(1, keepdim=True), 1.0)
    ranked, order = (logits / max(temperature, LEAST)).sort(stable=True, dim=1, descending=True)
    if top_k is not None:
        ranked[:, top_k:] = -torch.inf
    chances = ranked.softmax(1)
    if top_p is not None:
        chances = chances.masked_fill(chances.cumsum(1) - chances >= max(top_p, LEAST), 0)
    chances = chances / chances.sum(1, keepdim=True)
    return torch.zeros_like(chances).scatter(1, order, chances)


def drawn(chances: Tensor, lots: Tensor) -> Tensor:
    """`[B]` the symbol of each row of `[B, V]` that a number from 0 to 1 falls on, where they lie side by side."""
    borders = chances.cumsum(1)
    # In single precision a number just below 1 is 1, where no symbol lies.
    lots = lots.clamp(max=1 - torch.finfo(lots.dtype).eps)
    # Scaled, for the last border may be a little off 1; no symbol of probability 0 is ever met.
    return torch.searchsorted(borders, lots[:, None] * borders[:, -1:], right=True)[:, 0]
