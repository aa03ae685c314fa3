"""Sequences with something else behind their end, where nothing may look."""

from dataclasses import replace

import torch
from torch import Tensor

from ..batch import Padded
from ..encoder import States

NO_NUMBER = "Put it out by masked_fill or torch.where: it may be no number, and NaN * 0 is NaN"


def soiled(padded: Padded) -> Padded:
    """The same sequences with two more steps of padding, and with something else in all of it."""
    if padded.values.dim() == 1:
        return padded
    more = torch.cat([padded.values, others(padded.values[:, :1]).expand(-1, 2, *padded.values.shape[2:])], 1)
    wider = padded._replace(values=more)
    dirt = others(more) if not more.is_floating_point() else torch.full_like(more, torch.nan)
    return wider._replace(values=chosen(~wider.mask, dirt, more))


def others(values: Tensor) -> Tensor:
    """Another number in place of each, of those that occur."""
    return values + 1 if values.is_floating_point() else (values + 1) % (values.max() + 1)


def chosen(mask: Tensor, one: Tensor, other: Tensor) -> Tensor:
    """`one` where the mask `[B, T]` is true, `other` elsewhere; both are `[B, T, ...]`."""
    return torch.where(mask.view(*mask.shape, *[1] * (one.dim() - 2)), one, other)


def soiled_states(states: States) -> States:
    """The same states, with no numbers behind each sequence's end."""
    return replace(states, values=soiled(Padded(states.values, states.lengths)).values)
