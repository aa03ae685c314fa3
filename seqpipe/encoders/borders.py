"""Recurrent layers over a part of a sequence, and what they carry over its borders."""

from collections.abc import Iterable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from ..encoder import Carried, Part
from .cells import run


class _Crossed(NamedTuple):
    """One layer of one direction, with its states before the part's first step and after its last one."""

    values: Tensor
    """`[B, N, H]`"""
    came: Tensor
    """`[P, B, H]`"""
    went: Tensor
    """`[P, B, H]`"""


def through(layers: Iterable[nn.Module], states: Tensor, part: slice, begin: Carried) -> Part:
    """Layers of one or two directions over `[B, N, E]`, of which `part` is the steps that are wanted.

    Each direction of each layer begins with its state in `begin`, `[B, num_layers, P, H]`, wherever the part does.
    """
    crossed = []
    for number, layer in enumerate(layers):
        assert isinstance(layer, nn.ModuleList)
        made = [_cross(layer[0], states, part, begin.onward[:, number])]
        if len(layer) > 1:
            turned = slice(states.shape[1] - part.stop, states.shape[1] - part.start)
            back = _cross(layer[1], states.flip(1), turned, begin.backward[:, number])
            made.append(back._replace(values=back.values.flip(1)))
        states = torch.cat([one.values for one in made], 2)
        crossed.append(made)
    came, went = (
        [torch.stack([one[place] for one in layers]).permute(2, 0, 1, 3) for layers in zip(*crossed, strict=True)]
        for place in (1, 2)
    )
    nothing = [states.new_zeros(len(states), 0)] * (2 - len(came))
    return Part(states[:, part], Carried(*came, *nothing), Carried(*went, *nothing))


def _cross(cell: nn.Module, states: Tensor, part: slice, begin: Tensor) -> _Crossed:
    now = begin.transpose(0, 1)
    values, borders = [], []
    for stretch in (states[:, : part.start], states[:, part], states[:, part.stop :]):
        borders.append(now)
        if stretch.shape[1]:
            value, now = run(cell, stretch, now)
            values.append(value)
    return _Crossed(torch.cat(values, 1), *borders[1:])
