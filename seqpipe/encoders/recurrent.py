"""Recurrent encoders: vanilla (Elman 1990), LSTM (Gers et al. 2000) and GRU (Cho et al. 2014), by torch's kernels.

Sequences are not packed. Each direction runs over the padded batch, the backward one over every sequence turned round
within its own length, so that padding always comes last and touches no real state; on CPU this keeps the fused kernels.
"""

from collections.abc import Callable
from typing import Any, ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn

from ..batch import Padded
from ..codec import Codec, Symbols, Words
from ..embed import EmbedOptions, embed
from ..encoder import Encoder, States
from ..options import Options


class Recurrent(Encoder):
    """Stacked recurrent layers over embedded symbols; a bidirectional layer gives both directions' side by side."""

    reads = (Symbols, Words)
    cell: ClassVar[Callable[..., nn.RNNBase]]
    """What makes one layer of one direction."""

    class Options(Options):
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
        embed: EmbedOptions = EmbedOptions()
        """How symbols become vectors."""

    def __init__(self, options: Any, codec: Codec) -> None:
        super().__init__(options, codec)
        self.embed = embed(options.embed, codec)
        self.dropout = Dropout(options.dropout, options.variational)
        directions = 2 if options.bidirectional else 1
        self.width = options.hidden_size * directions
        self.layers = nn.ModuleList()
        size = self.embed.width
        for _ in range(options.num_layers):
            self.layers.append(
                nn.ModuleList(self.cell(size, options.hidden_size, batch_first=True) for _ in range(directions))
            )
            size = self.width
        for name, weight in self.layers.named_parameters():
            _initialise(name, weight, forget=self.cell is nn.LSTM)

    @classmethod
    def causal(cls, options: Any) -> bool:
        return not options.bidirectional

    def begin(self) -> None:
        self.embed.begin()

    def forward(self, input: Padded) -> States:
        """`[B, T]` numbers -> states `[B, T, hidden_size * directions]`"""
        states = self.dropout(self.embed(input))
        turned = _turned(input) if self.options.bidirectional else None
        for layer in self.layers:
            assert isinstance(layer, nn.ModuleList)
            onward, *backward = layer
            directions = [onward(states)[0]]
            directions += [_pick(cell(_pick(states, turned))[0], turned) for cell in backward]
            states = self.dropout(torch.cat(directions, 2))
        return States(states, input.lengths, self._final(states, input.lengths))

    def _final(self, states: Tensor, lengths: Tensor) -> Tensor:
        half = self.options.hidden_size
        last = states[torch.arange(len(states), device=states.device), lengths - 1]
        return torch.cat([last[:, :half], states[:, 0, half:]], 1)


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


def _turned(input: Padded) -> Tensor:
    """`[B, T]` the step to take instead of each: real ones from the last to the first, padding where it is."""
    steps = torch.arange(input.values.shape[1], device=input.lengths.device)
    back = input.lengths[:, None] - 1 - steps
    return torch.where(back >= 0, back, steps)


def _pick(states: Tensor, steps: Tensor | None) -> Tensor:
    assert steps is not None
    return states.gather(1, steps[..., None].expand(-1, -1, states.shape[2]))


def _initialise(name: str, weight: Tensor, forget: bool) -> None:
    """Input weights as Glorot & Bengio (2010), recurrent ones orthogonal a gate (Saxe et al. 2014), forget bias 1."""
    gates = weight.shape[0] // weight.shape[-1]
    with torch.no_grad():
        if "weight_ih" in name:
            nn.init.xavier_uniform_(weight)
        elif "weight_hh" in name:
            for gate in weight.chunk(gates):
                nn.init.orthogonal_(gate)
        else:
            weight.zero_()
            if forget and "bias_ih" in name:
                weight[len(weight) // 4 : len(weight) // 2] = 1


class Rnn(Recurrent):
    """Vanilla recurrent network (Elman 1990): `h_t = tanh(W [x_t; h_{t-1}] + b)`."""

    cell = nn.RNN


class Lstm(Recurrent):
    """LSTM with forget gate (Hochreiter & Schmidhuber 1997, Gers et al. 2000)."""

    cell = nn.LSTM


class Gru(Recurrent):
    """Gated recurrent units (Cho et al. 2014)."""

    cell = nn.GRU


class BiLstm(Lstm):
    """LSTM that reads both ways (Graves & Schmidhuber 2005): `lstm` with `bidirectional: true`."""

    class Options(Recurrent.Options):
        bidirectional: bool = True
        """Whether each layer also reads from the end to the beginning."""
