"""The network of one pipeline: an encoder and a head. What is here is all that training and prediction ever call."""

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn

from . import heap, strands
from .batch import Batch, Padded
from .codec import Codec
from .encoder import Encoder, States
from .errors import Mistake
from .head import Head, Prediction
from .pipeline import Pipeline
from .reader import Reader
from .settings import WindowOptions

_WINDOWS = WindowOptions()


class Model(nn.Module):
    """An encoder and a head that fit together."""

    def __init__(
        self, encoder: Encoder, head: Head, windows: WindowOptions = _WINDOWS, mirror: Sequence[int] | None = None
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = head
        self.windows = windows
        self.mirror = mirror
        """Of each target's number that which it has on the other strand; None where only one strand is read."""
        self._left: tuple[Tensor, Tensor] | None = None

    def loss(self, batch: Batch) -> Tensor:
        """`[B]` loss of each record, in nats, summed over its steps."""
        goal = self.goal(batch)
        assert goal is not None
        return self.head.loss(self._states(batch), goal)

    @property
    def stepwise(self) -> bool:
        """Whether long records can go through it in chunks, with the loss of the whole."""
        return self.head.stepwise(self.head.options) and self.encoder.causal(self.encoder.options)

    def predict(self, batch: Batch) -> tuple[list[Prediction], Tensor | None]:
        """The prediction for each record and, where there is something to learn, the loss `[B]` as `loss` gives it.

        No prediction yet while the records go on in another batch.
        """
        states, goal = self._states(batch), self.goal(batch)
        if batch.strands == 2:
            return self._of_both_strands(states, goal)
        loss = None if goal is None else self.head.loss(states, goal)
        return [] if batch.more else self.head.predict(states), loss

    def _of_both_strands(self, states: States, goal: Padded | None) -> tuple[list[Prediction], Tensor | None]:
        """As `predict`; the loss is that of the records' own strand."""
        emissions = self.head.emissions(states)
        assert emissions is not None
        assert self.mirror is not None
        values, lengths, final = (part.chunk(2)[0] for part in (states.values, states.lengths, states.final))
        loss = None if goal is None else self.head.loss(States(values, lengths, final), goal)
        mean = strands.mean(emissions, lengths, self.mirror)
        return self.head.both_strands(self.mirror).decode(mean, lengths), loss

    @property
    def emits(self) -> bool:
        """Whether its predictions follow from emissions, one for each step of the input."""
        one = next(self.parameters()).new_zeros(1, 1, self.encoder.width)
        states = States(one, torch.ones(1, dtype=torch.long, device=one.device), one[:, 0])
        return self.head.aligned and self.head.target is not None and self.head.emissions(states) is not None

    @property
    def in_windows(self) -> bool:
        """Whether long records can go through it window by window."""
        able = self.windows.stitch == "overlap" or self.encoder.carries(self.encoder.options)
        return able and self.emits

    def _states(self, batch: Batch) -> States:
        """States of a batch, which may go on from the one before; no gradient flows back from one to the other."""
        if batch.goes_on:
            assert self._left is not None
            carry, before = (left[: len(batch.input.lengths)] for left in self._left)
            states: States = replace(self.encoder(batch.input, carry), before=before)
        else:
            states = self.encoder(batch.input)
        self._left = (states.carry.detach(), states.final.detach()) if batch.more else None
        return states

    def goal(self, batch: Batch) -> Padded | None:
        """What the head learns: the targets, or the input itself."""
        return batch.input if self.head.target is None else batch.target


def build(pipeline: Pipeline, reader: Reader) -> Model:
    """The untrained network of a pipeline whose reader's codecs are fitted.

    From then on the process keeps memory that is freed: batch after batch needs the same again.
    """
    heap.keep()
    mirror = strands.mirror(reader) if pipeline.windows.strands == "both" else None
    encoder = pipeline.encoder.cls(pipeline.encoder.options, reader.input)
    given = reader.input if pipeline.head.cls.target is None else reader.target
    codec: Codec = reader.input if given is None else given
    head = pipeline.head.cls(pipeline.head.options, encoder.width, codec)
    model = Model(encoder, head, pipeline.windows, mirror)
    if mirror is not None and not model.emits:
        raise Mistake(f"windows.strands: the head '{pipeline.head.type}' cannot predict from both; set it to one")
    return model
