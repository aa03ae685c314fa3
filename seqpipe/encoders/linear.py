"""A feed-forward network over each step by itself."""

from typing import Any, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from ..batch import Padded
from ..codec import Codec, Symbols, Words
from ..embed import EmbedOptions, embedding
from ..encoder import Carried, Encoder, Part, States
from ..frames import Frames
from ..letters import Letters
from ..options import Options
from .dropout import Dropout

_NONLINEARITY = {"relu": nn.ReLU, "tanh": nn.Tanh, "none": nn.Identity}


class Linear(Encoder):
    """Each step by itself: a linear map and a nonlinearity, as often as there are layers; no step sees another.

    For an input of a single step, such as a picture's features that a decoder puts into words (one to many), and as the
    baseline that shows what memory is worth.
    """

    reads = (Symbols, Words, Frames, Letters)

    class Options(Options):
        hidden_size: int = Field(default=200, ge=1)
        """Numbers in a state."""
        num_layers: int = Field(default=1, ge=1)
        """Layers on top of each other."""
        nonlinearity: Literal["relu", "tanh", "none"] = "relu"
        """What follows each linear map."""
        dropout: float = Field(default=0.0, ge=0, lt=1)
        """Share of the numbers zeroed in training before, between and after the layers."""
        embed: EmbedOptions = EmbedOptions()
        """How symbols become vectors."""

    def __init__(self, options: Any, codec: Codec) -> None:
        super().__init__(options, codec)
        self.embed = embedding(options.embed, codec)
        self.dropout = Dropout(options.dropout, variational=False)
        self.width = options.hidden_size
        sizes = [self.embed.width] + [options.hidden_size] * options.num_layers
        self.layers = nn.ModuleList(nn.Linear(one, options.hidden_size) for one in sizes[:-1])
        self.nonlinearity = _NONLINEARITY[options.nonlinearity]()

    @classmethod
    def causal(cls, options: Any) -> bool:
        return bool(options.embed.kmer == 1)

    @classmethod
    def reach(cls, options: Any) -> int:
        return int(options.embed.kmer // 2)

    @classmethod
    def carries(cls, options: Any) -> bool:
        return True

    def within(self, input: Padded, left: int, right: int, came: Carried | None = None) -> Part:
        """Nothing is carried."""
        states = self(input).values[:, left : input.values.shape[1] - right]
        nothing = Carried(*[states.new_zeros(len(states), 0)] * 2)
        return Part(states, nothing, nothing)

    def begin(self) -> None:
        self.embed.begin()

    def forward(self, input: Padded, state: Tensor | None = None) -> States:
        """`[B, T]` numbers, or `[B, T, D]` frames -> states `[B, T, hidden_size]`

        There is nothing to carry: the state before the first step, and `States.carry`, is `[B, 0]`. Raises `ValueError`
        for a state of another shape.
        """
        batch = len(input.lengths)
        if state is not None and state.shape != (batch, 0):
            raise ValueError(f"state: shape {tuple(state.shape)}, but this encoder carries {(batch, 0)} for this batch")
        states = self.dropout(self.embed(input))
        for layer in self.layers:
            states = self.dropout(self.nonlinearity(layer(states)))
        final = states[torch.arange(batch, device=states.device), input.lengths - 1]
        return States(states, input.lengths, final, lambda: states.new_zeros(batch, 0), self)
