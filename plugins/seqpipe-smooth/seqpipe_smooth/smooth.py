"""A tagger trained with label smoothing."""

from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

import seqpipe


class Smooth(seqpipe.Head):
    """Tags each step by itself, and in training is never quite sure of a tag (Szegedy et al. 2016)."""

    target = seqpipe.Symbols
    aligned = True
    monitor = ("accuracy", "max")

    class Options(seqpipe.Options):
        smoothing: float = Field(0.1, ge=0, lt=1)
        """Share of each tag's probability that is spread evenly over all tags."""

    def __init__(self, options: Options, width: int, codec: seqpipe.Codec) -> None:
        super().__init__(options, width, codec)
        self.emit = nn.Linear(width, len(codec))

    def loss(self, states: seqpipe.States, target: seqpipe.Padded) -> Tensor:
        known = states.mask & (target.values >= 0)
        emissions, gold = self.emit(states.values[known]), target.values[known]
        losses = cross_entropy(emissions, gold, reduction="none", label_smoothing=self.options.smoothing)
        return losses.new_zeros(known.shape).masked_scatter(known, losses).sum(1)

    def predict(self, states: seqpipe.States) -> list[seqpipe.Prediction]:
        sure, best = self.emit(states.values).softmax(-1).max(-1)
        rows = zip(states.lengths.tolist(), best.tolist(), sure.tolist(), strict=True)
        return [seqpipe.Prediction(self.codec.decode(tags[:n]), chances[:n]) for n, tags, chances in rows]

    def score(self, gold, predicted, train=()):  # type: ignore[no-untyped-def]
        pairs = [pair for a, b in zip(gold, predicted, strict=True) for pair in zip(a.target, b.target, strict=True)]
        return {"accuracy": sum(a == b for a, b in pairs) / max(len(pairs), 1)}
