"""Clipping of the gradient before each update, and a record of how often and how hard it acted."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn


class Clipping:
    """Scales the gradient down to `norm`, or cuts each component at `value` (Pascanu et al. 2013), or lets it be.

    What it notes stays on the weights' device until `summary`, so that no update waits for it.
    """

    def __init__(self, norm: float | None, value: float | None) -> None:
        self.norm = norm
        self.value = value
        self.norms: list[Tensor] = []
        self.scales: list[Tensor] = []

    def __call__(self, weights: Iterable[nn.Parameter]) -> None:
        """Clip the gradients of the weights, and note their common norm before and what share of it is left."""
        weights = [weight for weight in weights if weight.grad is not None]
        if self.norm:
            before = nn.utils.clip_grad_norm_(weights, self.norm)
            scale = (self.norm / (before + 1e-6)).clamp(max=1)
        else:
            before = _norm(weights)
            scale = torch.ones_like(before)
            if self.value:
                nn.utils.clip_grad_value_(weights, self.value)
                scale = torch.where(before > 0, _norm(weights) / before, 1)
        self.norms.append(before.detach())
        self.scales.append(scale.detach())

    def summary(self) -> dict[str, Any]:
        """Of the updates noted so far: how many, their norms before clipping, the share clipped and the mean scale.

        An update whose norm is not finite is none: with 16-bit floats it is left out, otherwise training ends there.
        """
        noted = torch.stack([torch.stack(self.norms), torch.stack(self.scales)]).double().cpu()
        norms, scales = noted[:, noted[0].isfinite()]
        if not len(norms):
            return {"updates": 0}
        median, high = torch.quantile(norms, torch.tensor([0.5, 0.95], dtype=norms.dtype)).tolist()
        found = {"updates": len(norms), "median": median, "p95": high, "max": float(norms.max())}
        return found | {"clipped": float((scales < 1).double().mean()), "scale": float(scales.mean())}


def _norm(weights: list[nn.Parameter]) -> Tensor:
    norm: Tensor = nn.utils.get_total_norm([weight.grad for weight in weights if weight.grad is not None])
    return norm
