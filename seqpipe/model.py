"""The network of one pipeline: an encoder and a head. What is here is all that training and prediction ever call."""

from dataclasses import replace

from torch import Tensor, nn

from .batch import Batch, Padded
from .codec import Codec
from .encoder import Encoder, States
from .head import Head, Prediction
from .pipeline import Pipeline
from .reader import Reader


class Model(nn.Module):
    """An encoder and a head that fit together."""

    def __init__(self, encoder: Encoder, head: Head) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = head
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
        loss = None if goal is None else self.head.loss(states, goal)
        return [] if batch.more else self.head.predict(states), loss

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
    """The untrained network of a pipeline whose reader's codecs are fitted."""
    encoder = pipeline.encoder.cls(pipeline.encoder.options, reader.input)
    given = reader.input if pipeline.head.cls.target is None else reader.target
    codec: Codec = reader.input if given is None else given
    return Model(encoder, pipeline.head.cls(pipeline.head.options, encoder.width, codec))
