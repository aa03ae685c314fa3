"""A tag for each step: a linear-chain CRF, or a softmax for each step by itself."""

from collections.abc import Sequence
from copy import copy
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.lib.format import open_memmap
from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from .. import crf, scores, tags, viterbi
from ..batch import Padded
from ..codec import Tags
from ..coded import Coded
from ..encoder import States
from ..head import Head, Prediction
from ..ondisk import OnDisk
from ..options import Options
from ..reader import Record


class Tagger(Head):
    """Tags every step, and with span tags finds entities: emissions and, with `crf`, transitions between tags.

    The CRF is that of Lample et al. (2016) with transitions that the tagging scheme forbids at minus infinity. A tag
    that was never learned (-1) may be any: the loss sums over all tags there, and no score is learned from it.
    """

    target = Tags
    aligned = True

    start: Tensor
    end: Tensor
    pairs: Tensor
    start_bans: Tensor
    end_bans: Tensor
    pairs_bans: Tensor

    class Options(Options):
        crf: bool = True
        """Whether transitions between tags are learned; without, each step is tagged by itself."""
        constrain: bool = True
        """Whether tag sequences that the scheme forbids are impossible."""
        n_best: int = Field(default=1, ge=1)
        """How many tag sequences to predict, best first."""
        lenient: bool = False
        """Whether scores count spans by the rules of the CoNLL script; without, a span must be well-formed."""

    def __init__(self, options: Any, width: int, codec: Tags) -> None:
        super().__init__(options, width, codec)
        self.spans = codec.spans
        self.monitor = ("f1", "max") if codec.spans else ("accuracy", "max")
        self.emit = nn.Linear(width, len(codec))
        count = len(codec)
        shapes = {"start": (count,), "end": (count,), "pairs": (count, count)}
        allowed = tags.transitions(codec.symbols) if codec.spans and options.constrain else None
        for index, (name, shape) in enumerate(shapes.items()):
            bans = torch.zeros(shape) if allowed is None else _bans(allowed[index])
            self.register_buffer(f"{name}_bans", bans, persistent=False)
            if options.crf:
                self.register_parameter(name, nn.Parameter(torch.zeros(shape)))
        self.mirrored: Sequence[int] | None = None
        self.begins = torch.tensor([not (codec.spans and symbol[0] in "IE") for symbol in codec.symbols])

    @classmethod
    def stepwise(cls, options: Any) -> bool:
        return not options.crf

    def chain(self) -> crf.Chain:
        """Scores of the transitions between tags."""
        bans = crf.Chain(self.start_bans, self.end_bans, self.pairs_bans)
        if self.options.crf:
            bans = crf.Chain(self.start + bans.start, self.end + bans.end, self.pairs + bans.pairs)
        return bans if self.mirrored is None else crf.both_ways(bans, self.mirrored)

    def both_strands(self, mirrored: Sequence[int]) -> "Tagger":
        found = copy(self)
        found.mirrored = mirrored
        return found

    def loss(self, states: States, target: Padded) -> Tensor:
        """`[B]` negative log-likelihood of each record's tags, summed over its steps."""
        return self._loss(self.emissions(states), target)

    def _loss(self, emissions: Tensor, target: Padded) -> Tensor:
        gold, known, lengths = target.values.clamp(min=0), target.values >= 0, target.lengths
        if not self.options.crf:
            losses = cross_entropy(emissions.transpose(1, 2), gold, reduction="none")
            return torch.where(known & target.mask, losses, 0).sum(1)
        emissions, chain = _exact(emissions, self.chain())
        total = crf.log_partition(emissions, lengths, chain)
        if bool((known | ~target.mask).all()):
            return total - crf.path_score(emissions, lengths, chain, gold)
        fits = ~known[..., None] | (torch.arange(emissions.shape[2], device=gold.device) == gold[..., None])
        return total - crf.log_partition(emissions.masked_fill(~fits, -torch.inf), lengths, chain)

    def emissions(self, states: States) -> Tensor:
        # Not multiplied by 0: what stands behind the end may be no number at all, and its gradient no number either.
        return self.emit(states.values.masked_fill(~states.mask[..., None], 0))  # type: ignore[no-any-return]

    def predict(self, states: States) -> list[Prediction]:
        """Tags of each record, the confidence of each step (of a span's steps: of the span), and the n best."""
        return self.decode(self.emissions(states), states.lengths)

    def decode(self, emissions: Tensor, lengths: Tensor) -> list[Prediction]:
        emissions, chain = _exact(emissions, self.chain())
        if not self.options.crf:
            emissions = emissions.log_softmax(-1)
        paths, found = viterbi.best_paths(emissions, lengths, chain, self.options.n_best)
        best = paths[:, 0]
        begins = self.begins.to(best.device)[best]
        if self.options.crf:
            total = crf.log_partition(emissions, lengths, chain)
            sure = crf.path_confidence(emissions, lengths, chain, best, begins)
        else:
            free = crf.Chain(*(torch.zeros_like(part) for part in chain))
            total = torch.zeros_like(found[:, 0])
            sure = crf.path_confidence(emissions, lengths, free, best, begins)
        chances = (found - total[:, None]).exp().tolist()
        rows = zip(lengths.tolist(), paths.tolist(), sure.tolist(), chances, strict=True)
        return [self._prediction(length, *row) for length, *row in rows]

    def loss_long(self, emissions: OnDisk, target: OnDisk) -> float:
        steps = torch.tensor([len(emissions)])
        gold = Padded(torch.from_numpy(np.array(target))[None].long(), steps)
        with torch.no_grad():
            return float(self._loss(torch.from_numpy(np.array(emissions))[None], gold))

    def decode_long(self, emissions: OnDisk, folder: Path) -> Prediction:
        """As `decode`, without the n best."""
        whole = torch.from_numpy(np.array(emissions))
        (found,) = self.decode(whole[None], torch.tensor([len(whole)]))
        coded = Coded.of(found.value)
        codes = open_memmap(folder / "codes.npy", "w+", np.int16, coded.codes.shape)
        sure = open_memmap(folder / "confidence.npy", "w+", np.float32, coded.codes.shape)
        codes[:], sure[:] = coded.codes, found.confidence
        return Prediction(Coded(codes, coded.symbols), sure)

    def _prediction(self, length: int, paths: list[list[int]], sure: list[float], chances: list[float]) -> Prediction:
        values = [self.codec.decode(path[:length]) for path in paths]
        ranked = [(value, chance) for value, chance in zip(values, chances, strict=True) if chance > 0]
        return Prediction(values[0], sure[:length], ranked if self.options.n_best > 1 else ())

    def score(
        self, gold: Sequence[Record], predicted: Sequence[Record], train: Sequence[Record] = ()
    ) -> dict[str, Any]:
        """Accuracy of tags, and precision, recall and F1 of each; with spans of entities, each type's and (un)seen."""
        pairs = [(one.target, other.target) for one, other in zip(gold, predicted, strict=True)]
        if not self.spans:
            return scores.steps(pairs)
        found = scores.entities(pairs, self.options.lenient)
        return found | {"entities": scores.seen_split(gold, predicted, train)} if train else found


def _exact(emissions: Tensor, chain: crf.Chain) -> tuple[Tensor, crf.Chain]:
    # Log probabilities are small differences of two sums over all steps of a record, however long.
    return crf.exact(emissions), crf.Chain(*map(crf.exact, chain))


def _bans(allowed: Any) -> Tensor:
    return torch.zeros(torch.tensor(allowed).shape).masked_fill(~torch.tensor(allowed), -torch.inf)
