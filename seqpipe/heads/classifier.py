"""One label for a whole sequence: its states pooled into one, and a softmax over the labels."""

from collections.abc import Sequence
from typing import Any

from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from .. import scores
from ..batch import Padded
from ..codec import Label
from ..encoder import States
from ..head import Head, Prediction
from ..options import Options
from ..pooling import Kind, Pooling
from ..reader import Record


class Classifier(Head):
    """Labels a whole sequence (many to one). A label that was never learned (-1) has no part in the loss."""

    target = Label
    monitor = ("accuracy", "max")

    class Options(Options):
        pooling: Kind = "last"
        """One state out of all: the last (of each direction), their mean, their maximum, or a learned weighted mean."""
        dropout: float = Field(default=0.0, ge=0, lt=1)
        """Share of the pooled state's numbers that are zeroed in training."""
        smoothing: float = Field(default=0.0, ge=0, lt=1)
        """In training, share of the true label that is spread evenly over all (Szegedy et al. 2016)."""
        n_best: int = Field(default=1, ge=1)
        """How many labels to predict, best first."""

    def __init__(self, options: Any, width: int, codec: Label) -> None:
        super().__init__(options, width, codec)
        self.dropout = nn.Dropout(options.dropout)
        self.vote = nn.Linear(width, len(codec))
        self.pool = Pooling(options.pooling, width)

    def votes(self, states: States) -> Tensor:
        """`[B, L]` a number for each label, before the softmax."""
        found: Tensor = self.vote(self.dropout(self.pool(states)))
        return found

    def loss(self, states: States, target: Padded) -> Tensor:
        """`[B]` negative log-likelihood of each record's label, in training with smoothing."""
        smoothing = self.options.smoothing if self.training else 0.0
        return cross_entropy(
            self.votes(states), target.values, ignore_index=-1, reduction="none", label_smoothing=smoothing
        )

    def predict(self, states: States) -> list[Prediction]:
        """The most probable label of each record with its probability, and the n best."""
        chances = self.votes(states).softmax(-1)
        found = chances.topk(min(self.options.n_best, len(self.codec)))
        rows = zip(found.indices.tolist(), found.values.tolist(), strict=True)
        return [self._prediction(labels, sure) for labels, sure in rows]

    def _prediction(self, labels: list[Any], sure: list[float]) -> Prediction:
        ranked = [(self.codec.decode(label), chance) for label, chance in zip(labels, sure, strict=True)]
        return Prediction(*ranked[0], ranked if self.options.n_best > 1 else ())

    def score(
        self, gold: Sequence[Record], predicted: Sequence[Record], train: Sequence[Record] = ()
    ) -> dict[str, Any]:
        """Accuracy, F1 averaged over the labels, and each label's precision, recall and F1."""
        return scores.labels((one.target, other.target) for one, other in zip(gold, predicted, strict=True))
