"""Heads: from states to a loss, to predictions, to scores."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from torch import Tensor, nn

from .batch import Padded
from .codec import Codec
from .encoder import States
from .ondisk import OnDisk
from .options import Options
from .reader import Record


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a head makes of one record; no tensor leaves a head."""

    value: Any
    """What a record's `target` is."""
    confidence: Any = None
    """Its probability, from 0 to 1: one number, or one for each step."""
    alternatives: Sequence[tuple[Any, float]] = ()
    """The n best values with their probabilities, best first."""


class Head(nn.Module, ABC):
    """Learns and predicts targets from states. Made from its options, the states' width and the fitted target codec."""

    target: ClassVar[type[Codec] | None]
    """Kind of codec whose numbers it learns; None where it learns from the input itself."""
    aligned: ClassVar[bool] = False
    """Whether it has one target for each step of the input, and so needs an encoder of stride 1."""
    causal: ClassVar[bool] = False
    """Whether it needs an encoder that does not look ahead."""

    unknown: ClassVar[bool] = False
    """Whether it learns symbols of a target that the codec does not know, as one unknown symbol."""
    learns: ClassVar[tuple[type[Codec], ...]] = (Codec,)
    """Kinds of codec of the input that it can learn from, where `target` is None."""
    continues: ClassVar[bool] = False
    """Whether it predicts what follows the input: from its last states alone, and from an input of no steps too."""

    monitor: tuple[str, Literal["min", "max"]] = ("loss", "min")
    """The score by which the best epoch is chosen, and whether small or large is good.

    For `loss`, nothing is predicted in training; that is for heads whose predictions take long.
    """

    class Options(Options):
        """No options."""

    def __init__(self, options: Any, width: int, codec: Codec) -> None:
        super().__init__()
        self.options = options
        self.codec = codec

    @classmethod
    def stepwise(cls, options: Any) -> bool:
        """Whether its loss of a sequence is a sum over steps, each of which needs no state that comes after it.

        Then long sequences can be learned in chunks, and `States.before` is what a chunk goes on from.
        """
        return False

    @classmethod
    def copies(cls, options: Any) -> bool:
        """Whether its predictions take symbols over from the input, by the step of a state."""
        return False

    @abstractmethod
    def loss(self, states: States, target: Padded) -> Tensor:
        """`[B]` loss of each record in nats, summed over its steps; a record's is the same in every batch.

        `target` is the input itself where the class says `target = None`.
        """

    @abstractmethod
    def predict(self, states: States) -> list[Prediction]:
        """The prediction for each record, the same in every batch."""

    def emissions(self, states: States) -> Tensor | None:
        """`[B, T, K]` all that its predictions need of the states, each step's from its own state alone.

        Those of windows can then be put together to those of a long record. None where there is no such thing.
        """
        return None

    def decode(self, emissions: Tensor, lengths: Tensor) -> list[Prediction]:
        """The prediction for each record of `emissions [B, T, K]`; of the head's own, it is what `predict` gives."""
        raise NotImplementedError(f"{type(self).__name__} has no emissions")

    def decode_long(self, emissions: OnDisk) -> Prediction:
        """The prediction for one record of `emissions [T, K]`, however long, as `decode` gives it.

        Memory does not grow with T: the value is a `Coded` of numbers on disk, and so is the confidence `[T]`.
        """
        raise NotImplementedError(f"{type(self).__name__} has no emissions")

    def loss_long(self, emissions: OnDisk, target: OnDisk) -> float:
        """The loss of one record of `emissions [T, K]` and the numbers `[T]` of its target, as `loss` gives it."""
        raise NotImplementedError(f"{type(self).__name__} has no emissions")

    def both_strands(self, mirrored: Sequence[int]) -> "Head":
        """The head that predicts from the mean of what it makes of a record and of its other strand.

        `mirrored` has for each target's number that which it has on the other strand. Where emissions are all that
        predictions need, it is the head itself.
        """
        return self

    def misfit(self, record: Record, states: int) -> str | None:
        """Why a record's target cannot come of so many states, where it cannot; its loss is 0 then."""
        return None

    def finish(self, prediction: Prediction, record: Record) -> Prediction:
        """The prediction with what only the record itself can tell, such as a word copied from its input."""
        return prediction

    def score(
        self, gold: Sequence[Record], predicted: Sequence[Record], train: Sequence[Record] = ()
    ) -> dict[str, Any]:
        """Scores of predicted records against the same records with their true targets: numbers from 0 to 1.

        `train` are the training records where they are at hand, for scores that tell what was seen from what was not.
        """
        return {}

    def measures(self, loss: float) -> dict[str, float]:
        """What the literature makes of the mean loss in nats a step, such as perplexity."""
        return {}
