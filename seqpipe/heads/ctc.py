"""A sequence of symbols shorter than the input, and nothing known of which steps give which symbol."""

import math
from collections.abc import Sequence
from typing import Any, Self

from pydantic import Field, model_validator
from torch import Tensor, nn

from .. import ctc, prefixes, scores
from ..batch import Padded, pad
from ..codec import Symbols
from ..encoder import States
from ..head import Head, Prediction
from ..options import Options
from ..reader import Record


class Ctc(Head):
    """Connectionist temporal classification (Graves et al. 2006): many to fewer, in the same order.

    Each state gives a symbol or a blank; runs of one symbol count once and blanks not at all. A symbol never learned
    (-1) is dropped from the target. A symbol takes a state, and two of the same symbol a blank between them; a target
    that takes more states than there are has no part in the loss.
    """

    target = Symbols
    monitor = ("error_rate", "min")

    class Options(Options):
        dropout: float = Field(default=0.0, ge=0, lt=1)
        """Share of the states' numbers that are zeroed in training."""
        beam_size: int = Field(default=1, ge=1)
        """Prefixes that the search keeps at each step; 1 takes the most probable sign of each step instead."""
        n_best: int = Field(default=1, ge=1)
        """How many sequences to predict, best first; as many as the beam is wide at most."""

        @model_validator(mode="after")
        def _wide_enough(self) -> Self:
            if self.n_best > self.beam_size:
                raise ValueError("a beam gives no more sequences than it is wide; set beam_size to n_best or more")
            return self

    def __init__(self, options: Any, width: int, codec: Symbols) -> None:
        super().__init__(options, width, codec)
        self.dropout = nn.Dropout(options.dropout)
        self.vote = nn.Linear(width, len(codec) + 1)

    def chances(self, states: States) -> Tensor:
        """`[B, T, V + 1]` log probabilities of each symbol and, last, of the blank."""
        # Not multiplied by 0: what stands behind the end may be no number at all.
        values = states.values.masked_fill(~states.mask[..., None], 0)
        return ctc.chances(self.vote(self.dropout(values)))

    def loss(self, states: States, target: Padded) -> Tensor:
        """`[B]` negative log-likelihood of each record's symbols, over all ways to them."""
        return ctc.losses(self.chances(states), states.lengths, _known(target))

    def misfit(self, record: Record, states: int) -> str | None:
        labels = _known(pad(self.codec.encode([record.target])))
        needed = int(ctc.needed(labels))
        if needed <= states:
            return None
        return f"{int(labels.lengths)} symbols need {needed} states, but the input gives {states}"

    def predict(self, states: States) -> list[Prediction]:
        """The most probable symbols that were found, their probability over all ways to them, and the n best."""
        chances, lengths = self.chances(states), states.lengths
        if self.options.beam_size > 1:
            found = prefixes.search(chances, lengths, self.options.beam_size)
        else:
            found = [[labels] for labels in ctc.best_path(chances, lengths)]
        return [self._prediction(one) for one in _ranked(chances, lengths, found)]

    def _prediction(self, ranked: list[tuple[float, list[int]]]) -> Prediction:
        best = [
            (self.codec.decode(labels), min(math.exp(chance), 1)) for chance, labels in ranked[: self.options.n_best]
        ]
        return Prediction(*best[0], best if self.options.n_best > 1 else ())

    def score(
        self, gold: Sequence[Record], predicted: Sequence[Record], train: Sequence[Record] = ()
    ) -> dict[str, Any]:
        """Edits a true symbol, and the share of the records that are right from end to end."""
        return scores.transcripts((one.target, other.target) for one, other in zip(gold, predicted, strict=True))


def _ranked(chances: Tensor, lengths: Tensor, found: list[list[list[int]]]) -> list[list[tuple[float, list[int]]]]:
    """The labellings of each record by their log probabilities; a beam knows only of the ways it kept."""
    ranked: list[list[tuple[float, list[int]]]] = [[] for _ in found]
    for place in range(max(map(len, found))):
        rows = [row for row, labellings in enumerate(found) if place < len(labellings)]
        labellings = [found[row][place] for row in rows]
        sure = ctc.log_likelihoods(chances[rows], lengths[rows], labellings)
        for row, chance, labels in zip(rows, sure, labellings, strict=True):
            ranked[row].append((chance, labels))
    return [sorted(one, reverse=True) for one in ranked]


def _known(target: Padded) -> Padded:
    """The target without its symbols never learned."""
    known = (target.values >= 0) & target.mask
    order = (~known).long().argsort(dim=1, stable=True)
    return Padded(target.values.gather(1, order).clamp(min=0), known.sum(1))
