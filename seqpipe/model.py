"""The network of one pipeline: an encoder and a head. What is here is all that training and prediction ever call."""

from torch import Tensor, nn

from .batch import Batch, Padded
from .codec import Codec
from .encoder import Encoder
from .head import Head, Prediction
from .pipeline import Pipeline
from .reader import Reader


class Model(nn.Module):
    """An encoder and a head that fit together."""

    def __init__(self, encoder: Encoder, head: Head) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = head

    def loss(self, batch: Batch) -> Tensor:
        """`[B]` loss of each record, in nats, summed over its steps."""
        goal = self._goal(batch)
        assert goal is not None
        return self.head.loss(self.encoder(batch.input), goal)

    def predict(self, batch: Batch) -> tuple[list[Prediction], Tensor | None]:
        """The prediction for each record and, where there is something to learn, the loss `[B]` as `loss` gives it."""
        states, goal = self.encoder(batch.input), self._goal(batch)
        loss = None if goal is None else self.head.loss(states, goal)
        return self.head.predict(states), loss

    def _goal(self, batch: Batch) -> Padded | None:
        """What the head learns: the targets, or the input itself."""
        return batch.input if self.head.target is None else batch.target


def build(pipeline: Pipeline, reader: Reader) -> Model:
    """The untrained network of a pipeline whose reader's codecs are fitted."""
    encoder = pipeline.encoder.cls(pipeline.encoder.options, reader.input)
    given = reader.input if pipeline.head.cls.target is None else reader.target
    codec: Codec = reader.input if given is None else given
    return Model(encoder, pipeline.head.cls(pipeline.head.options, encoder.width, codec))
