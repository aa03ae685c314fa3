"""Convolution before a recurrence: features of neighbouring steps and, with strides, fewer steps to go through."""

from math import prod
from typing import Annotated, NamedTuple, Self

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn
from torch.nn.functional import pad

from ..options import Options
from .dropout import Dropout


class ConvolutionOptions(Options):
    """Layers of convolution; without widths there are none.

    A layer: convolution, layer normalisation (Ba et al. 2016), relu; one that changes neither the number of steps nor
    that of numbers in a step adds its input (He et al. 2016).
    """

    channels: int = Field(default=64, ge=1)
    """Numbers that each layer makes of a step."""
    widths: list[Annotated[int, Field(ge=1)]] = Field(default=[])
    """Steps that a layer sees at once, for each layer."""
    strides: list[Annotated[int, Field(ge=1)]] = Field(default=[])
    """Of each layer, at how many of its steps one step is left; 1 for layers of which none is given.

    With [2, 2] the recurrence has a quarter of the steps to go through, and costs so much less.
    """
    upsample: bool = False
    """Whether there is a state for each step again after the recurrence, as heads need that label each step.

    Each state gives one for each step that it stands for, to which is added what the layers before the first stride
    (or, where there are none, the vectors of the symbols) know of the step itself (as in Ronneberger et al. 2015).
    """
    normalise: bool = True
    """Whether each step's numbers are brought to mean 0 and deviation 1, and to a learned scale."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """Share of the numbers zeroed in training before each of these layers."""

    @model_validator(mode="after")
    def _strides_that_fit(self) -> Self:
        if len(self.strides) > len(self.widths):
            raise ValueError("more strides than widths; give each layer of convolution its width")
        if any(stride > width for width, stride in self.layers):
            raise ValueError("a layer whose stride is above its width passes steps over; give it a larger width")
        if self.upsample and self.stride == 1:
            raise ValueError("upsample brings back steps that strides took; give strides, or leave upsample out")
        return self

    @property
    def layers(self) -> list[tuple[int, int]]:
        """Width and stride of each layer."""
        return list(zip(self.widths, self.strides + [1] * len(self.widths), strict=False))

    @property
    def stride(self) -> int:
        """Steps of the input to one of the output."""
        return prod(self.strides)

    @property
    def reach(self) -> int:
        """How many steps away what stands outside a block of `stride` steps can be and still be seen in its step."""
        before = after = 0
        each = 1
        for width, stride in self.layers:
            left = _left(width, stride)
            before, after = before + left * each, after + (width - stride - left) * each
            each *= stride
        return max(before, after)


class Features(NamedTuple):
    """What enters a recurrence."""

    values: Tensor
    """`[B, ceil(T / stride), C]`"""
    lengths: Tensor
    """`[B]`"""
    fine: Tensor
    """`[B, T, F]` what is known of each step before the first stride."""
    steps: Tensor
    """`[B]` steps of each sequence before the first stride."""


class Convolution(nn.Module):
    """The layers: `[B, T, E]` -> `Features`; a step of the output is centred at the steps that it stands for.

    Beyond the ends of a sequence is nothing, and padding has no influence.
    """

    def __init__(self, options: ConvolutionOptions, size: int) -> None:
        super().__init__()
        sizes = [size] + [options.channels] * len(options.widths)
        shapes = zip(sizes, options.layers, strict=False)
        self.layers = nn.ModuleList(_Layer(size, options, width, stride) for size, (width, stride) in shapes)
        self.dropout = Dropout(options.dropout, variational=False)
        self.width = sizes[-1]
        self.whole = next((at for at, (_, stride) in enumerate(options.layers) if stride > 1), len(self.layers))
        """How many layers there are before the first stride."""
        self.fine = sizes[self.whole]
        """F"""

    def forward(self, values: Tensor, lengths: Tensor) -> Features:
        """`[B, T, E]` and `[B]`"""
        fine, steps = values, lengths
        for number, layer in enumerate(self.layers, 1):
            values, lengths = layer(self.dropout(values), lengths)
            if number == self.whole:
                fine = values
        return Features(values, lengths, fine, steps)


class _Layer(nn.Module):
    def __init__(self, size: int, options: ConvolutionOptions, width: int, stride: int) -> None:
        super().__init__()
        self.convolution = nn.Conv1d(size, options.channels, width, stride)
        self.norm = _norm(options)
        self.left = _left(width, stride)
        self.adds = stride == 1 and size == options.channels

    def forward(self, values: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """`[B, T, E]` -> `[B, ceil(T / stride), C]`"""
        (width,), (stride,) = self.convolution.kernel_size, self.convolution.stride
        steps = values.shape[1]
        past = torch.arange(steps, device=lengths.device) >= lengths[:, None]
        right = (-(-steps // stride) - 1) * stride + width - self.left - steps
        real = values.masked_fill(past[..., None], 0)
        made = self.convolution(pad(real.transpose(1, 2), (self.left, right))).transpose(1, 2)
        found = self.norm(made).relu()
        return values + found if self.adds else found, (lengths + stride - 1) // stride


class Upsampling(nn.Module):
    """From a state for each block of steps to one for each step, by a map of its own for each place in the block."""

    def __init__(self, options: ConvolutionOptions, size: int, fine: int) -> None:
        super().__init__()
        self.stride = options.stride
        self.coarse = nn.Linear(size, options.stride * options.channels)
        self.fine = nn.Linear(fine, options.channels, bias=False)
        self.norm = _norm(options)

    def forward(self, states: Tensor, fine: Tensor) -> Tensor:
        """`[B, ceil(T / stride), H]` and `[B, T, F]` -> `[B, T, C]`"""
        steps = self.coarse(states).unflatten(2, (self.stride, -1)).flatten(1, 2)[:, : fine.shape[1]]
        found: Tensor = self.norm(steps + self.fine(fine)).relu()
        return found


def _norm(options: ConvolutionOptions) -> nn.Module:
    return nn.LayerNorm(options.channels) if options.normalise else nn.Identity()


def _left(width: int, stride: int) -> int:
    """How many steps a layer looks back beyond the first of those that its step stands for."""
    return (width - stride) // 2
