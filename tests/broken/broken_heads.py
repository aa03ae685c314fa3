"""Heads that break one promise each, and the two that they are made from, which keep all."""

from dataclasses import replace

import torch
from torch import nn
from torch.nn.functional import cross_entropy

import seqpipe


@seqpipe.hookimpl
def seqpipe_heads():
    return {name: f"broken_heads:{name}" for name, one in globals().items() if isinstance(one, type)}


class Votes(seqpipe.Head):
    """Labels a sequence by the mean of its states."""

    target = seqpipe.Label
    monitor = ("accuracy", "max")

    def __init__(self, options, width, codec):
        super().__init__(options, width, codec)
        self.vote = nn.Linear(width, len(codec))

    def votes(self, states):
        return self.vote(states.mean())

    def loss(self, states, target):
        return cross_entropy(self.votes(states), target.values, ignore_index=-1, reduction="none")

    def predict(self, states):
        sure, best = self.votes(states).softmax(-1).max(-1)
        pairs = zip(best.tolist(), sure.tolist(), strict=True)
        return [seqpipe.Prediction(self.codec.decode(label), chance) for label, chance in pairs]

    def score(self, gold, predicted, train=()):
        right = [one.target == other.target for one, other in zip(gold, predicted, strict=True)]
        return {"accuracy": sum(right) / len(right)}


class Tags(seqpipe.Head):
    """Tags each step by itself."""

    target = seqpipe.Symbols
    aligned = True

    def __init__(self, options, width, codec):
        super().__init__(options, width, codec)
        self.emit = nn.Linear(width, len(codec))

    @classmethod
    def stepwise(cls, options):
        return True

    def loss(self, states, target):
        known = states.mask & (target.values >= 0)
        losses = cross_entropy(self.emit(states.values[known]), target.values[known], reduction="none")
        return losses.new_zeros(known.shape).masked_scatter(known, losses).sum(1)

    def emissions(self, states):
        return self.emit(states.values)

    def predict(self, states):
        return self.decode(self.emissions(states), states.lengths)

    def decode(self, emissions, lengths):
        sure, best = emissions.softmax(-1).max(-1)
        rows = zip(lengths.tolist(), best.tolist(), sure.tolist(), strict=True)
        return [seqpipe.Prediction(self.codec.decode(tags[:n]), chances[:n]) for n, tags, chances in rows]

    def decode_long(self, emissions):
        whole = torch.from_numpy(emissions[:].copy())
        return self.decode(whole[None], torch.tensor([len(whole)]))[0]

    def loss_long(self, emissions, target):
        whole, gold = (torch.from_numpy(one[:].copy()) for one in (emissions, target))
        return float(cross_entropy(whole, gold, reduction="sum"))


class OfItsOwn(Votes):
    """Learns what nobody has an example of."""

    class Mine(seqpipe.Label):
        """A codec."""

    target = Mine


class OneLoss(Votes):
    """The mean over the batch."""

    def loss(self, states, target):
        return super().loss(states, target).mean()


class Infinite(Votes):
    """Divides by what may be 0."""

    def loss(self, states, target):
        return super().loss(states, target) / (states.lengths - 1)


class Detached(Votes):
    """Lets no gradient through."""

    def loss(self, states, target):
        return super().loss(states, target).detach()


class Bare(Votes):
    """Gives labels, and no predictions of them."""

    def predict(self, states):
        return [one.value for one in super().predict(states)]


class Tensors(Votes):
    """Gives a tensor as confidence."""

    def predict(self, states):
        return [replace(one, confidence=torch.tensor(one.confidence)) for one in super().predict(states)]


class Percent(Votes):
    """Gives confidences in percent."""

    def predict(self, states):
        return [replace(one, confidence=100 * one.confidence) for one in super().predict(states)]


class WorstFirst(Votes):
    """Gives another label as the first alternative."""

    def predict(self, states):
        return [replace(one, alternatives=[("none", 0.9), (one.value, 0.1)]) for one in super().predict(states)]


class Short(Tags):
    """Leaves the last tag out, with its confidence."""

    def decode(self, emissions, lengths):
        found = super().decode(emissions, lengths)
        return [replace(one, value=one.value[:-1], confidence=one.confidence[:-1]) for one in found]


class Unsure(Tags):
    """Leaves the last confidence out."""

    def decode(self, emissions, lengths):
        return [replace(one, confidence=one.confidence[:-1]) for one in super().decode(emissions, lengths)]


class Idle(Votes):
    """Has a weight that it does not use."""

    def __init__(self, options, width, codec):
        super().__init__(options, width, codec)
        self.idle = nn.Linear(2, 2)


class Contrary(Votes):
    """Learns the other label in training."""

    def loss(self, states, target):
        other = target._replace(values=(target.values + 1) % len(self.codec))
        return super().loss(states, other if self.training else target)


class Peeking(Votes):
    """Predicts what it has seen as target."""

    def loss(self, states, target):
        self.seen = target.values.tolist()
        return super().loss(states, target)

    def predict(self, states):
        found = super().predict(states)
        seen = self.__dict__.get("seen", [])
        return [replace(one, value=self.codec.decode(label)) for one, label in zip(found, seen, strict=False)] or found


class MixedLoss(Votes):
    """Centred over the batch."""

    def loss(self, states, target):
        found = super().loss(states, target)
        return found - found.mean() / 2


class MixedPredictions(Votes):
    """Sure of a record by comparison with others."""

    def predict(self, states):
        sure = self.votes(states).softmax(0).max(-1).values.tolist()
        return [replace(one, confidence=chance) for one, chance in zip(super().predict(states), sure, strict=True)]


class SoiledLoss(Votes):
    """Puts padding out by multiplication."""

    def loss(self, states, target):
        mean = (states.values * states.mask[..., None]).sum(1) / states.lengths[:, None]
        return cross_entropy(self.vote(mean), target.values, ignore_index=-1, reduction="none")


class SoiledSlopes(Tags):
    """Puts padding out when it has gone through a weight."""

    def loss(self, states, target):
        losses = cross_entropy(self.emit(states.values).transpose(1, 2), target.values.clamp(min=0), reduction="none")
        return losses.masked_fill(~states.mask | (target.values < 0), 0).sum(1)


class SoiledPredictions(Votes):
    """Puts padding out by multiplication when it predicts."""

    def predict(self, states):
        mean = (states.values * states.mask[..., None]).sum(1, keepdim=True) / states.lengths[:, None, None]
        return super().predict(replace(states, values=mean, lengths=torch.ones_like(states.lengths)))


class Unknowing(Votes):
    """Takes the logarithm of 0 where a label was never seen."""

    def loss(self, states, target):
        chances = self.votes(states).softmax(-1).gather(1, target.values.clamp(min=0)[:, None])[:, 0]
        return -(chances * (target.values >= 0)).log()


class AllSteps(Votes):
    """Goes wrong where nine steps have five states."""

    def predict(self, states):
        found = super().predict(states)
        return found[1:] if states.values.shape[1] == 5 else found


class LossOfCarry(Votes):
    """Learns from what an encoder carries, and does not say that it needs a causal one."""

    def loss(self, states, target):
        return super().loss(states, target) * (1 if states.carried is None else 2)


class PredictionOfCarry(Votes):
    """Predicts from what an encoder carries, and does not say that it needs a causal one."""

    def predict(self, states):
        return [replace(one, confidence=0.0 if states.onward else 1.0) for one in super().predict(states)]


class Together(Tags):
    """Emissions that depend on those before."""

    def emissions(self, states):
        before = nn.functional.pad(states.values[:, :-1], (0, 0, 1, 0))
        return self.emit(states.values + before)


class DecodesOtherwise(Tags):
    """Predicts in another way than it decodes."""

    def predict(self, states):
        return self.decode(-self.emissions(states), states.lengths)


class DecodesLongOtherwise(Tags):
    """Decodes a long record in another way than others."""

    def decode_long(self, emissions):
        return super().decode_long(-emissions[:])


class LosesLongOtherwise(Tags):
    """Has another loss of a long record."""

    def loss_long(self, emissions, target):
        return 2 * super().loss_long(emissions, target)


class ByLength(Tags):
    """Weighs steps by the length of their record, though it says that it is stepwise."""

    def loss(self, states, target):
        return super().loss(states, target) / states.lengths

    def loss_long(self, emissions, target):
        return super().loss_long(emissions, target) / len(emissions)


class Silent(Votes):
    """Says that it predicts from nothing, and does not."""

    continues = True

    def predict(self, states):
        return [one for one, length in zip(super().predict(states), states.lengths.tolist(), strict=True) if length]


class Unscored(Votes):
    """Is to be judged by a score that it does not give."""

    monitor = ("f1", "max")


class WrongWay(Votes):
    """Is to be judged by a score, the wrong way round."""

    monitor = ("accuracy", "min")

    def predict(self, states):
        return [replace(one, value="up") for one in super().predict(states)]


class Unsaved(Votes):
    """Keeps something that is neither a parameter nor a buffer."""

    def __init__(self, options, width, codec):
        super().__init__(options, width, codec)
        self.shift = torch.rand(len(codec))

    def votes(self, states):
        return super().votes(states) + 3 * self.shift
