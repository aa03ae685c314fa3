"""Recurrent encoders: one family of all cells.

Sequences are not packed. Each direction runs over the padded batch, the backward one over every sequence turned round
within its own length, so that padding always comes last and touches no real state; on CPU this keeps the fused kernels.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Literal, Self

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn

from ..batch import Padded
from ..codec import Codec, Symbols, Words
from ..embed import EmbedOptions, embedding
from ..encoder import Carried, Encoder, Part, States, Trace
from ..frames import Frames
from ..letters import Letters
from ..options import Options
from .borders import through
from .cec import CecLoop
from .cells import CELLS, PARTS, after, initialise, run
from .convolution import Convolution, ConvolutionOptions, Features, Upsampling
from .dropout import Dropout
from .lstm1997 import Lstm1997Loop
from .peephole import PeepholeLoop
from .unroll import unroll


class Recurrent(Encoder):
    """Stacked recurrent layers over symbols or frames; a bidirectional layer gives both directions' side by side.

    Convolution before them, on wish, looks at neighbours and lets them go through fewer steps.

    The name of each cell is also that of an encoder, whose help has its formula and source; so `lstm` is `recurrent`
    with `cell: lstm`.
    """

    reads = (Symbols, Words, Frames, Letters)

    class Options(Options):
        cell: Literal["rnn", "cec", "lstm1997", "lstm", "gru"] = "lstm"
        """How a step's state follows from its input and the state before."""
        hidden_size: int = Field(default=200, ge=1)
        """Units of each direction."""
        num_layers: int = Field(default=1, ge=1)
        """Layers on top of each other."""
        bidirectional: bool = False
        """Whether each layer also reads from the end to the beginning."""
        dropout: float = Field(default=0.0, ge=0, lt=1)
        """Share of the numbers zeroed in training before, between and after the layers."""
        variational: bool = False
        """Whether dropout zeroes the same numbers at every step of a sequence (Gal & Ghahramani 2016)."""
        initial_state: Literal["zero", "learned"] = "zero"
        """The state before the first step: zeros, or a weight of each layer and direction."""
        forget_bias: float = 1.0
        """Bias of the forget gate when training begins (lstm only)."""
        chrono: int | None = Field(default=None, ge=3)
        """Steps that the longest memory spans when training begins, instead of forget_bias (lstm only).

        The biases of forget and input gates are drawn so that the cells' memories span 1 to so many steps (Tallec &
        Ollivier 2018); for dependencies much longer than ten steps.
        """
        peepholes: bool = False
        """Whether the gates see the cell (lstm only; Gers & Schmidhuber 2000). Slower: torch has no kernel for it."""
        embed: EmbedOptions = EmbedOptions()
        """How symbols become vectors."""
        convolution: ConvolutionOptions = ConvolutionOptions()
        """What is made of neighbouring steps before the recurrence, and how many it goes through."""

        @model_validator(mode="after")
        def _of_the_lstm(self) -> Self:
            if self.cell != "lstm" and (self.peepholes or self.chrono or self.forget_bias != 1):
                wrong = "only the lstm has peepholes, a forget_bias and chrono"
                raise ValueError(f"{wrong}; leave them out, or take the lstm")
            if self.chrono and self.forget_bias != 1:
                raise ValueError("chrono takes the place of forget_bias; give one of them")
            return self

    def __init__(self, options: Any, codec: Codec) -> None:
        super().__init__(options, codec)
        self.embed = embedding(options.embed, codec)
        self.convolution = Convolution(options.convolution, self.embed.width)
        self.dropout = Dropout(options.dropout, options.variational)
        directions = 2 if options.bidirectional else 1
        width = options.hidden_size * directions
        cell = PeepholeLoop if options.peepholes else CELLS[options.cell]
        self.layers = nn.ModuleList()
        size = self.convolution.width
        for _ in range(options.num_layers):
            self.layers.append(nn.ModuleList(cell(size, options.hidden_size) for _ in range(directions)))
            size = width
        for name, weight in self.layers.named_parameters():
            initialise(name, weight, options.forget_bias if options.cell == "lstm" else None, options.chrono)
        shape = (options.num_layers, directions, PARTS[options.cell], options.hidden_size)
        self.initial = nn.Parameter(torch.zeros(shape)) if options.initial_state == "learned" else None
        upsample = options.convolution.upsample
        self.upsampling = Upsampling(options.convolution, width, self.convolution.fine) if upsample else None
        self.width = options.convolution.channels if upsample else width

    @classmethod
    def causal(cls, options: Any) -> bool:
        return not (options.bidirectional or options.convolution.widths or options.embed.kmer > 1)

    @classmethod
    def stride(cls, options: Any) -> int:
        return 1 if options.convolution.upsample else int(options.convolution.stride)

    @classmethod
    def block(cls, options: Any) -> int:
        return int(options.convolution.stride)

    @classmethod
    def reach(cls, options: Any) -> int:
        return int(options.convolution.reach + options.embed.kmer // 2)

    def begin(self) -> None:
        self.embed.begin()

    def forward(self, input: Padded, state: Tensor | None = None) -> States:
        """`[B, T]` numbers, or `[B, T, D]` frames -> states `[B, T, hidden_size * directions]`

        With strides, `[B, ceil(T / stride), ...]`; with `upsample`, `[B, T, channels]`, and `final` is that of the last
        step.

        The state before the first step, and `States.carry`: `[B, num_layers, 1, hidden_size]`, h of each layer, or
        with 2 in place of 1, h and c, for `cec`, `lstm1997` and `lstm`. A sequence of no steps keeps what it was given.
        Raises `ValueError` for a state of another shape, and for any where the encoder looks ahead.
        """
        begins = self._begins(len(input.lengths), state)
        features = self.enter(input)
        states, lengths = features.values, features.lengths
        turned = self._turned(features)
        runs = []
        for layer, (begin, *others) in zip(self.layers, begins, strict=True):
            assert isinstance(layer, nn.ModuleList)
            onward, *backward = layer
            values, last = run(onward, states, begin)
            runs.append(partial(after, onward, states, begin, last, lengths))
            directions = [values]
            for cell, other in zip(backward, others, strict=True):
                directions.append(_pick(run(cell, _pick(states, turned), other)[0], turned))
            states = self.dropout(torch.cat(directions, 2))
        return self.leave(states, features, partial(_carry, runs))

    def enter(self, input: Padded) -> Features:
        """What the first layer goes through: of each block of steps what convolution makes of it and its neighbours."""
        features: Features = self.convolution(self.embed(input), input.lengths)
        return features._replace(values=self.dropout(features.values))

    def leave(self, states: Tensor, features: Features, carried: Callable[[], Tensor] | None = None) -> States:
        """The last layer's states `[B, ceil(T / block), hidden_size * directions]` as the encoder gives them."""
        if self.upsampling is not None:
            states = self.upsampling(states, features.fine)
            return States(states, features.steps, _last(states, features.steps))
        half, lengths = self.options.hidden_size, features.lengths
        final = torch.cat([_last(states, lengths)[:, :half], states[:, 0, half:]], 1)
        if self.causal(self.options):
            return States(states, lengths, final, carried, self)
        return States(states, lengths, final)

    @classmethod
    def carries(cls, options: Any) -> bool:
        return True

    def within(self, input: Padded, left: int, right: int, came: Carried | None = None) -> Part:
        """What is carried is `[B, num_layers, P, hidden_size]`, of the layers of one direction."""
        block, steps = self.block(self.options), input.values.shape[1]
        features = self.enter(input)
        states, part = features.values, slice(left // block, -(-(steps - right) // block))
        if came is not None:
            states, part = states[:, part], slice(0, part.stop - part.start)
        found = through(self.layers, states, part, self._initial(states) if came is None else came)
        lengths, own = (torch.full_like(input.lengths, many) for many in (found.values.shape[1], steps - left - right))
        features = Features(found.values, lengths, features.fine[:, left : steps - right], own)
        return found._replace(values=self.leave(found.values, features).values)

    def _initial(self, states: Tensor) -> Carried:
        """What each direction begins with at its end of the sequences."""
        directions = 2 if self.options.bidirectional else 1
        shape = (self.options.num_layers, directions, PARTS[self.options.cell], self.options.hidden_size)
        initial = states.new_zeros(shape) if self.initial is None else self.initial
        each = [one.expand(len(states), -1, -1, -1) for one in initial.unbind(1)]
        return Carried(each[0], each[-1])

    def trace(self, input: Padded) -> tuple[States, Sequence[Trace]]:
        """The same weights step by step: h of each layer and direction, c and the gates where the cell has them."""
        features = self.enter(input)
        states, turned = features.values, self._turned(features)
        stride = self.block(self.options) // self.stride(self.options)
        traces: list[Trace] = []
        for number, begins in enumerate(self._begins(len(input.lengths), None)):
            directions = []
            cells: Any = self.layers[number]
            for backward, (cell, begin) in enumerate(zip(cells, begins, strict=True)):
                steps = unroll(cell, _pick(states, turned) if backward else states, begin)
                values = torch.stack(steps.h, 1)
                directions.append(_pick(values, turned) if backward else values)
                name = f"layer {number + 1}" + (" forward", " backward")[backward] * self.options.bidirectional
                traces.append(Trace(name, *steps, backward=bool(backward), stride=stride))
            states = self.dropout(torch.cat(directions, 2))
        return self.leave(states, features, partial(_reached, traces, features.lengths)), traces

    def _begins(self, batch: int, state: Tensor | None) -> list[list[Tensor | None]]:
        """The state `[P, B, H]` that each direction of each layer begins with; none for zeros."""
        directions = 2 if self.options.bidirectional else 1
        if state is None:
            if self.initial is None:
                return [[None] * directions] * self.options.num_layers
            return [[one[:, None].expand(-1, batch, -1) for one in layer] for layer in self.initial]
        if not self.causal(self.options):
            raise ValueError("state: an encoder that looks ahead cannot go on from a state")
        shape = (batch, self.options.num_layers, PARTS[self.options.cell], self.options.hidden_size)
        if state.shape != shape:
            raise ValueError(f"state: shape {tuple(state.shape)}, but this encoder carries {shape} for this batch")
        return [[one] for one in state.permute(1, 2, 0, 3)]

    def _turned(self, features: Features) -> Tensor | None:
        """`[B * T]` the step to take instead of each: real ones from the last to the first, padding where it is."""
        if not self.options.bidirectional:
            return None
        batch, length, _ = features.values.shape
        steps = torch.arange(length, device=features.lengths.device)
        back = features.lengths[:, None] - 1 - steps
        rows = torch.arange(batch, device=steps.device)[:, None] * length
        return (rows + torch.where(back >= 0, back, steps)).flatten()


def _carry(runs: list[partial[Tensor]]) -> Tensor:
    """`[B, num_layers, P, H]`"""
    return torch.stack([state() for state in runs]).permute(2, 0, 1, 3)


def _reached(traces: list[Trace], lengths: Tensor) -> Tensor:
    """`[B, num_layers, P, H]` the state after each sequence's own last step."""
    rows = torch.arange(len(lengths), device=lengths.device)
    parts = [[torch.stack(list(part), 1)[rows, lengths - 1] for part in (one.h, one.c) if part] for one in traces]
    return torch.stack([torch.stack(one, 1) for one in parts], 1)


def _last(states: Tensor, lengths: Tensor) -> Tensor:
    """`[B, H]` the state of each sequence's own last step."""
    return states[torch.arange(len(states), device=states.device), lengths - 1]


def _pick(states: Tensor, steps: Tensor | None) -> Tensor:
    assert steps is not None
    # Whole rows: five times as fast as to gather number by number.
    return states.flatten(0, 1).index_select(0, steps).view(states.shape)


class Rnn(Recurrent):
    """The vanilla recurrent network (Elman 1990).

    h_t = tanh(W [x_t; h_{t-1}] + b)
    """

    class Options(Recurrent.Options):
        cell: Literal["rnn"] = "rnn"
        """The cell of this encoder."""


class Cec(Recurrent):
    __doc__ = CecLoop.__doc__

    class Options(Recurrent.Options):
        cell: Literal["cec"] = "cec"
        """The cell of this encoder."""


class Lstm1997(Recurrent):
    __doc__ = Lstm1997Loop.__doc__

    class Options(Recurrent.Options):
        cell: Literal["lstm1997"] = "lstm1997"
        """The cell of this encoder."""


class Lstm(Recurrent):
    """The LSTM with forget gate (Gers, Schmidhuber & Cummins 2000).

        i_t, f_t, o_t = sigmoid(W_{i,f,o} [x_t; h_{t-1}] + b_{i,f,o})
        c_t = f_t ⊗ c_{t-1} + i_t ⊗ tanh(W [x_t; h_{t-1}] + b)
        h_t = o_t ⊗ tanh(c_t)

    With `peepholes` (Gers & Schmidhuber 2000) p_i ⊗ c_{t-1}, p_f ⊗ c_{t-1} and p_o ⊗ c_t are added before the sigmoid.
    """

    class Options(Recurrent.Options):
        cell: Literal["lstm"] = "lstm"
        """The cell of this encoder."""


class Gru(Recurrent):
    """Gated recurrent units (Cho et al. 2014, as first published, arXiv:1406.1078v1: r_t after the matrix product).

    r_t, z_t = sigmoid(W_{r,z} [x_t; h_{t-1}] + b_{r,z})
    n_t = tanh(W x_t + b + r_t ⊗ (U h_{t-1} + b_u))
    h_t = (1 - z_t) ⊗ n_t + z_t ⊗ h_{t-1}
    """

    class Options(Recurrent.Options):
        cell: Literal["gru"] = "gru"
        """The cell of this encoder."""


class BiLstm(Lstm):
    """The LSTM that reads both ways (Graves & Schmidhuber 2005): `lstm` with `bidirectional: true`."""

    class Options(Lstm.Options):
        bidirectional: bool = True
        """Whether each layer also reads from the end to the beginning."""
