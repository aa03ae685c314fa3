"""A tag for each step: a linear-chain CRF, or a softmax for each step by itself."""

from collections.abc import Sequence
from copy import copy
from functools import partial
from math import inf
from typing import Any

import numpy as np
import torch
from pydantic import Field, field_validator
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from .. import blocks, crf, scores, tags, transitions, viterbi
from ..batch import Padded
from ..codec import Tags
from ..coded import Coded
from ..encoder import States
from ..errors import Mistake
from ..head import Head, Prediction
from ..ondisk import OnDisk
from ..options import Options
from ..reader import Record
from ..transitions import Allowed


class Tagger(Head):
    """Tags every step, and with span tags finds entities: emissions and, with `crf`, transitions between tags.

    The CRF is that of Lample et al. (2016) with transitions that the tagging scheme, or the options, forbid at minus
    infinity. A tag that was never learned (-1) may be any: the loss sums over all tags there, and no score is learned
    from it. Where the first or the last tag of a record is such a one, the record may be part of a longer one: what
    holds for the first or the last tag then does not hold there. A record whose tags are forbidden is not learned from.
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
        transitions: dict[str, list[str]] = Field(default={})
        """Which labels may follow a label, as in `noun: [noun, verb]`; one that is not named so is followed by any.

        A chain says it of several: with `a > b > c: [a, c]` b alone follows a, c alone follows b, and a or c follows c.
        In a name, `*` stands for any letters. Labels in another order are never predicted, and with `crf` a record
        that has them is not learned from.
        """
        first: list[str] = Field(default=[])
        """Labels that a record may begin with; all, where none is given."""
        last: list[str] = Field(default=[])
        """Labels that a record may end with; all, where none is given."""
        n_best: int = Field(default=1, ge=1)
        """How many tag sequences to predict, best first."""
        lenient: bool = False
        """Whether scores count spans by the rules of the CoNLL script; without, a span must be well-formed."""

        @field_validator("transitions")
        @classmethod
        def _chains(cls, value: dict[str, list[str]]) -> dict[str, list[str]]:
            for chain in value:
                transitions.chain(chain)
            return value

        @property
        def structured(self) -> bool:
            return bool(self.transitions or self.first or self.last)

    def __init__(self, options: Any, width: int, codec: Tags) -> None:
        super().__init__(options, width, codec)
        self.spans, self.symbols = codec.spans, codec.symbols
        self.monitor = ("f1", "max") if codec.spans else ("accuracy", "max")
        self.emit = nn.Linear(width, len(codec))
        self.allowed = self._allowed()
        for part, open_to in zip(("start", "end", "pairs"), self.allowed, strict=True):
            bans = torch.zeros(open_to.shape).masked_fill(~torch.from_numpy(open_to), -torch.inf)
            self.register_buffer(f"{part}_bans", bans, persistent=False)
            if options.crf:
                self.register_parameter(part, nn.Parameter(torch.zeros(open_to.shape)))
        self.mirrored: Sequence[int] | None = None
        self.begins = torch.tensor([not (codec.spans and symbol[0] in "IE") for symbol in codec.symbols])

    def _allowed(self) -> Allowed:
        options = self.options
        if self.spans and options.structured:
            what = "the labels are spans, which the tagging scheme says the order of"
            raise Mistake(f"head.transitions, first, last: {what}; leave them out, or read tags with scheme: none")
        if self.spans and options.constrain:
            return Allowed(*map(np.array, tags.transitions(self.symbols)))
        return transitions.allowed(self.symbols, options.transitions, options.first, options.last)

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
        emissions = crf.exact(emissions)
        chain = _between(crf.Chain(*map(crf.exact, self.chain())), known[:, :1], known.gather(1, lengths[:, None] - 1))
        total = crf.log_partition(emissions, lengths, chain)
        if bool((known | ~target.mask).all()):
            score = crf.path_score(emissions, lengths, chain, gold)
        else:
            score = crf.log_partition(_fitting(emissions, target.values), lengths, chain)
        return torch.where(score == -torch.inf, 0, total - score)

    def misfit(self, record: Record, states: int) -> str | None:
        if not self.options.crf:
            return None
        return transitions.fault(self.codec.encode([record.target]).rows[0], self.symbols, self.allowed)

    def emissions(self, states: States) -> Tensor:
        # Not multiplied by 0: what stands behind the end may be no number at all, and its gradient no number either.
        return self.emit(states.values.masked_fill(~states.mask[..., None], 0))  # type: ignore[no-any-return]

    def predict(self, states: States) -> list[Prediction]:
        """Tags of each record, the confidence of each step (of a span's steps: of the span), and the n best."""
        return self.decode(self.emissions(states), states.lengths)

    def decode(self, emissions: Tensor, lengths: Tensor) -> list[Prediction]:
        emissions, chain = self._scores(emissions), crf.Chain(*map(crf.exact, self.chain()))
        paths, found = viterbi.best_paths(emissions, lengths, chain, self.options.n_best)
        impossible = found[:, 0] == -torch.inf
        if bool(impossible.any()):
            # No labels of so many steps are well-formed: each step has what it would have by itself, and is never sure.
            paths[impossible, 0] = emissions[impossible].argmax(2)
        best = paths[:, 0]
        begins = self.begins.to(best.device)[best]
        if self.options.crf:
            total = crf.log_partition(emissions, lengths, chain)
            sure = crf.path_confidence(emissions, lengths, chain, best, begins)
        else:
            total = torch.zeros_like(found[:, 0])
            sure = crf.path_confidence(emissions, lengths, _free(chain), best, begins)
        chances = (found - total[:, None]).exp().tolist()
        rows = zip(lengths.tolist(), paths.tolist(), sure.tolist(), chances, strict=True)
        return [self._prediction(length, *row) for length, *row in rows]

    def _scores(self, emissions: Tensor) -> Tensor:
        """Emissions as they are decoded: in double precision, as log probabilities where each step is by itself."""
        return crf.exact(emissions) if self.options.crf else crf.exact(emissions).log_softmax(-1)

    def _rows(self, emissions: OnDisk, start: int, stop: int) -> Tensor:
        return self._scores(torch.from_numpy(np.array(emissions[start:stop]))[None])

    @torch.no_grad()
    def loss_long(self, emissions: OnDisk, target: OnDisk) -> float:
        steps = len(emissions)

        def fitting(start: int, stop: int) -> Tensor:
            return _fitting(self._rows(emissions, start, stop), torch.from_numpy(np.array(target[start:stop]))[None])

        if not self.options.crf:
            borders = range(0, steps, blocks.STEPS)
            rows = (fitting(start, min(start + blocks.STEPS, steps)) for start in borders)
            return -sum(float(part.logsumexp(2).sum()) for part in rows)
        known = torch.tensor([[int(target[0])], [int(target[steps - 1])]]) >= 0
        chain = _between(crf.Chain(*(crf.exact(part).cpu() for part in self.chain())), *known)
        score = blocks.log_partition(fitting, steps, chain)
        whole = blocks.log_partition(partial(self._rows, emissions), steps, chain)
        return 0.0 if score == -inf else whole - score

    @torch.no_grad()
    def decode_long(self, emissions: OnDisk) -> Prediction:
        """As `decode`, without the n best."""
        rows, steps = partial(self._rows, emissions), len(emissions)
        chain = crf.Chain(*(crf.exact(part).cpu() for part in self.chain()))
        path = blocks.best_path(rows, steps, chain)
        sure = blocks.path_confidence(rows, steps, chain if self.options.crf else _free(chain), path, self.begins)
        if not self.spans:
            return Prediction(Coded(path, self.symbols), sure)
        written = tags.bio(self.symbols)
        symbols = sorted(set(written))
        numbers = np.array([symbols.index(tag) for tag in written], np.int16)
        for start in range(0, steps, blocks.STEPS):
            path[start : start + blocks.STEPS] = numbers[path[start : start + blocks.STEPS]]
        return Prediction(Coded(path, symbols), sure)

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


def _fitting(emissions: Tensor, tags: Tensor) -> Tensor:
    """Emissions `[B, T, K]` with minus infinity for all tags but the ones that are known `[B, T]`."""
    other = torch.arange(emissions.shape[2], device=tags.device) != tags[..., None]
    return emissions.masked_fill(other & (tags >= 0)[..., None], -torch.inf)


def _between(chain: crf.Chain, first: Tensor, last: Tensor) -> crf.Chain:
    """The chain of records whose first and last tags are known or not, `[B, 1]`."""
    return crf.Chain(torch.where(first, chain.start, 0), torch.where(last, chain.end, 0), chain.pairs)


def _free(chain: crf.Chain) -> crf.Chain:
    return crf.Chain(*(torch.zeros_like(part) for part in chain))
