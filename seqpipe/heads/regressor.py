"""One real number for a whole sequence: its states pooled into one, and a linear map."""

from collections.abc import Sequence
from typing import Any

from pydantic import Field
from torch import Tensor, nn

from .. import scores
from ..batch import Padded
from ..encoder import States
from ..frames import Number
from ..head import Head, Prediction
from ..options import Options
from ..pooling import Kind, Pooling
from ..reader import Record


class Regressor(Head):
    """Predicts one real number for a whole sequence (many to one), learned by least squares."""

    target = Number
    monitor = ("mse", "min")

    class Options(Options):
        pooling: Kind = "last"
        """One state out of all: the last (of each direction), their mean, their maximum, or a learned weighted mean."""
        dropout: float = Field(default=0.0, ge=0, lt=1)
        """Share of the pooled state's numbers that are zeroed in training."""

    def __init__(self, options: Any, width: int, codec: Number) -> None:
        super().__init__(options, width, codec)
        self.pool = Pooling(options.pooling, width)
        self.dropout = nn.Dropout(options.dropout)
        self.sum = nn.Linear(width, 1)

    def numbers(self, states: States) -> Tensor:
        """`[B]` the number of each record, in standard deviations from the mean of the training records."""
        found: Tensor = self.sum(self.dropout(self.pool(states)))[:, 0]
        return found

    def loss(self, states: States, target: Padded) -> Tensor:
        """`[B]` squared error, in squared standard deviations: 1 on average for who always says the mean.

        Twice the negative log-likelihood, in nats and but for a constant, of a normal distribution of variance 1.
        """
        return (self.numbers(states) - target.values).square()

    def predict(self, states: States) -> list[Prediction]:
        """The number of each record on its own scale; without a confidence."""
        return [Prediction(self.codec.decode(number)) for number in self.numbers(states).tolist()]

    def score(
        self, gold: Sequence[Record], predicted: Sequence[Record], train: Sequence[Record] = ()
    ) -> dict[str, Any]:
        """Mean squared and mean absolute error on the numbers' own scale, and the share of variance explained, R²."""
        return scores.numbers((one.target, other.target) for one, other in zip(gold, predicted, strict=True))
