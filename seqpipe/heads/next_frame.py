"""The next frame of several keys that sound at once, as in polyphonic music."""

from typing import Any

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from ..batch import Padded
from ..beginning import Beginning
from ..codec import Codec
from ..encoder import States
from ..errors import Mistake
from ..frames import Frames
from ..head import Head, Prediction
from ..options import Options


class NextFrame(Head):
    """Learns each frame from those before it, every key by itself: on or off with a probability of its own.

    Given the past the keys are independent (the RNN of Boulanger-Lewandowski, Bengio & Vincent 2012). As its prediction
    it goes on where the frames of the input end.
    """

    target = None
    learns = (Frames,)
    aligned = True
    causal = True
    continues = True

    class Options(Options):
        dropout: float = Field(default=0.0, ge=0, lt=1)
        """Share of the states' numbers that are zeroed in training."""
        length: int = Field(default=16, ge=0)
        """Frames to go on by, when predicting."""
        temperature: float = Field(default=1.0, ge=0)
        """What divides the log odds of a key before it is drawn by lot; 0 for on where that is more probable."""
        seed: int = Field(default=1, ge=0, lt=2**32)
        """Seed of the lots, which are the same for every record."""

    def __init__(self, options: Any, width: int, codec: Codec) -> None:
        super().__init__(options, width, codec)
        assert isinstance(codec, Frames)
        if codec.standardise:
            raise Mistake("head next_frame: a key is on or off; set reader.standardise: false")
        if codec.low < 0 or codec.high > 1:
            found = f"from {codec.low:g} to {codec.high:g}"
            raise Mistake(f"head next_frame: the numbers of a frame must be 0 or 1, or between, but they go {found}")
        self.begin = Beginning(width)
        self.dropout = nn.Dropout(options.dropout)
        self.keys = nn.Linear(width, len(codec))

    @classmethod
    def stepwise(cls, options: Any) -> bool:
        return True

    def loss(self, states: States, target: Padded) -> Tensor:
        """`[B]` negative log-likelihood of each record's frames in nats, summed over steps and keys."""
        odds = self.keys(self.dropout(self.begin(states)))
        frames = target.values.masked_fill(~target.mask[..., None], 0)
        losses = binary_cross_entropy_with_logits(odds, frames, reduction="none").sum(2)
        return losses.masked_fill(~states.mask, 0).sum(1)

    def predict(self, states: States) -> list[Prediction]:
        """`length` frames of 0 and 1 that follow each record's own."""
        found = states.values.new_zeros(len(states.lengths), self.options.length, len(self.codec))
        lots = torch.rand(found.shape[1:], generator=torch.Generator().manual_seed(self.options.seed)).to(found)
        last = self.begin.last(states)
        for step in range(self.options.length):
            frame = found[:, step] = self._drawn(self.keys(last), lots[step])
            if step < self.options.length - 1:
                assert states.onward is not None
                one = Padded(frame[:, None], torch.ones_like(states.lengths))
                states = states.onward(one, states.carry)
                last = states.final
        return [Prediction(self.codec.decode(frames)) for frames in found.tolist()]

    def _drawn(self, odds: Tensor, lots: Tensor) -> Tensor:
        """`[B, D]` log odds and `[D]` lots between 0 and 1 -> `[B, D]` 0 or 1"""
        temperature = self.options.temperature
        on = odds > 0 if temperature == 0 else lots < (odds / temperature).sigmoid()
        return on.to(odds)
