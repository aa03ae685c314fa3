"""Leaky integrators: each state forgets a share of the one before."""

import torch
from pydantic import Field
from torch import Tensor, nn

import seqpipe


class PlaceholderEncoder(seqpipe.Encoder):
    """Leaky integrators, each with a rate of its own that is learned.

    h_t = a ⊗ h_{t-1} + (1 - a) ⊗ tanh(W x_t + b), with a from 0 to 1
    """

    reads = (seqpipe.Symbols, seqpipe.Words, seqpipe.Frames)

    class Options(seqpipe.Options):
        hidden_size: int = Field(50, ge=1)
        """Numbers in a state."""
        embed: seqpipe.EmbedOptions = seqpipe.EmbedOptions()
        """How symbols become vectors."""

    def __init__(self, options: Options, codec: seqpipe.Codec) -> None:
        super().__init__(options, codec)
        self.embed = seqpipe.embedding(options.embed, codec)
        self.width = options.hidden_size
        self.map = nn.Linear(self.embed.width, self.width)
        self.rate = nn.Parameter(torch.linspace(-2, 2, self.width))

    @classmethod
    def causal(cls, options: Options) -> bool:
        return True

    def begin(self) -> None:
        self.embed.begin()

    def forward(self, input: seqpipe.Padded, state: Tensor | None = None) -> seqpipe.States:
        """States `[B, T, hidden_size]`, of which the last, `[B, hidden_size]`, is carried and taken as `state`."""
        news = self.map(self.embed(input)).tanh()
        kept = self.rate.sigmoid()
        last = torch.zeros_like(news[:, 0]) if state is None else state
        states = []
        for step in news.unbind(1):
            last = kept * last + (1 - kept) * step
            states.append(last)
        values = torch.stack(states, 1)
        final = values[torch.arange(len(values), device=values.device), input.lengths - 1]
        return seqpipe.States(values, input.lengths, final, lambda: final, self)
