"""The cells unrolled: every step by itself, so that what torch's kernels keep to themselves can be seen."""

from collections.abc import Callable
from typing import Any, NamedTuple

from torch import Tensor, nn
from torch.nn.functional import linear

from .loop import Loop

Made = tuple[Tensor, Tensor, tuple[Tensor, ...]]
"""h_t, c_t and the gates, each `[B, H]`; c is as it was where the cell has none."""


class Unrolled(NamedTuple):
    """What a cell makes of T steps, each tensor `[B, H]`: the very ones that later steps are made from."""

    h: list[Tensor]
    c: list[Tensor]
    """Empty where the cell has none."""
    gates: dict[str, list[Tensor]]
    """How far each gate is open, from 0 to 1."""


def unroll(cell: Any, inputs: Tensor, begin: Tensor | None) -> Unrolled:
    """`[B, T, E]`, the state before `[P, B, H]` (none: 0) -> the steps, equal to those of the cell's `forward`."""
    names, memory, step = _of_loop(cell) if isinstance(cell, Loop) else KERNELS[type(cell)]
    if isinstance(cell, Loop):
        projected, weight, bias = cell.project(inputs), cell.weight_hh, None
    else:
        projected = linear(inputs, cell.weight_ih_l0, cell.bias_ih_l0)
        weight, bias = cell.weight_hh_l0, cell.bias_hh_l0
    zero = inputs.new_zeros(len(inputs), weight.shape[1])
    h, c, *_ = (zero, zero) if begin is None else (*begin, zero)
    found = Unrolled([], [], {name: [] for name in names})
    for one in projected.unbind(1):
        h, c, gates = step(one, linear(h, weight, bias), h, c)
        found.h.append(h)
        if memory:
            found.c.append(c)
        for name, gate in zip(names, gates, strict=True):
            found.gates[name].append(gate)
    return found


def _rnn(x: Tensor, onward: Tensor, h: Tensor, c: Tensor) -> Made:
    return (x + onward).tanh(), c, ()


def _lstm(x: Tensor, onward: Tensor, h: Tensor, c: Tensor) -> Made:
    i, f, candidate, o = (x + onward).chunk(4, 1)
    i, f, o = i.sigmoid(), f.sigmoid(), o.sigmoid()
    c = f * c + i * candidate.tanh()
    return o * c.tanh(), c, (i, f, o)


def _gru(x: Tensor, onward: Tensor, h: Tensor, c: Tensor) -> Made:
    r, z, candidate = x.chunk(3, 1)
    onward_r, onward_z, onward_candidate = onward.chunk(3, 1)
    r, z = (r + onward_r).sigmoid(), (z + onward_z).sigmoid()
    n = (candidate + r * onward_candidate).tanh()
    return (1 - z) * n + z * h, c, (r, z)


Kind = tuple[tuple[str, ...], bool, Callable[[Tensor, Tensor, Tensor, Tensor], Made]]

KERNELS: dict[type[nn.Module], Kind] = {
    nn.RNN: ((), False, _rnn),
    nn.LSTM: (("input", "forget", "output"), True, _lstm),
    nn.GRU: (("reset", "update"), False, _gru),
}
"""Of torch's modules: names of the gates, whether there is a c, and one step from W x_t + b, U h_{t-1} + b_u, h and c.

The formulas are those of the encoders `rnn`, `lstm` and `gru`; rows of the weights are as torch has them.
"""


def _of_loop(cell: Loop) -> Kind:
    return cell.gates, True, lambda x, onward, h, c: cell.step(x + onward, c)
