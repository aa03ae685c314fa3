"""One label for a whole sequence, by the mean of its states."""

from collections.abc import Sequence
from typing import Any

from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

import seqpipe


class PlaceholderHead(seqpipe.Head):
    """Labels a whole sequence by the mean of its states. A label that was never learned has no part in the loss."""

    target = seqpipe.Label
    monitor = ("accuracy", "max")

    class Options(seqpipe.Options):
        smoothing: float = Field(0.0, ge=0, lt=1)
        """In training, share of the true label that is spread evenly over all."""

    def __init__(self, options: Options, width: int, codec: seqpipe.Codec) -> None:
        super().__init__(options, width, codec)
        self.vote = nn.Linear(width, len(codec))

    def loss(self, states: seqpipe.States, target: seqpipe.Padded) -> Tensor:
        """`[B]` negative log-likelihood of each record's label."""
        smoothing = self.options.smoothing if self.training else 0.0
        votes = self.vote(states.mean())
        return cross_entropy(votes, target.values, ignore_index=-1, reduction="none", label_smoothing=smoothing)

    def predict(self, states: seqpipe.States) -> list[seqpipe.Prediction]:
        """The most probable label of each record, and its probability."""
        sure, best = self.vote(states.mean()).softmax(-1).max(-1)
        pairs = zip(best.tolist(), sure.tolist(), strict=True)
        return [seqpipe.Prediction(self.codec.decode(label), chance) for label, chance in pairs]

    def score(
        self,
        gold: Sequence[seqpipe.Record],
        predicted: Sequence[seqpipe.Record],
        train: Sequence[seqpipe.Record] = (),
    ) -> dict[str, Any]:
        """The share of records whose label is right."""
        right = [one.target == other.target for one, other in zip(gold, predicted, strict=True)]
        return {"accuracy": sum(right) / max(len(right), 1)}
