"""Encoders that break one promise each, and the one that they are made from, which keeps all."""

from typing import Annotated

import torch
from pydantic import AfterValidator, ConfigDict
from torch import nn

import seqpipe


@seqpipe.hookimpl
def seqpipe_encoders():
    return {name: f"broken_encoders:{name}" for name, one in globals().items() if isinstance(one, type)}


class Sums(seqpipe.Encoder):
    """The sum of the vectors so far."""

    reads = (seqpipe.Symbols,)

    class Options(seqpipe.Options):
        size: int = 4
        """Numbers in a state."""

    def __init__(self, options, codec):
        super().__init__(options, codec)
        self.table = nn.Embedding(len(codec) + 1, options.size)
        self.width = options.size

    @classmethod
    def causal(cls, options):
        return True

    def forward(self, input, state=None):
        return self.states(input, self.table(input.values + 1), state)

    def states(self, input, vectors, state):
        values = vectors.cumsum(1) if state is None else vectors.cumsum(1) + state[:, None]
        final = values[torch.arange(len(values)), input.lengths - 1]
        return seqpipe.States(values, input.lengths, final, lambda: final, self)


class Undocumented(Sums):
    class Options(Sums.Options):
        """Some."""


class Unexplained(Sums):
    """An option without a docstring, in a group of options."""

    class Options(Sums.Options):
        class Group(seqpipe.Options):
            silent: int = 1

        group: Group = Group()
        """Some."""


class Doubled(Sums):
    """An option that is another one when it is read again."""

    class Options(Sums.Options):
        size: Annotated[int, AfterValidator(lambda size: 2 * size)] = 4
        """Numbers in a state."""


def _short(name):
    if len(name) > 1:
        raise ValueError("too long")
    return name * 2


class Unreadable(Sums):
    """An option that is refused when it is read again."""

    class Options(Sums.Options):
        name: Annotated[str, AfterValidator(_short)] = "a"
        """A name."""
        model_config = ConfigDict(validate_default=True)


class OfItsOwn(Sums):
    """Reads what nobody has an example of."""

    class Mine(seqpipe.Label):
        """A codec."""

    reads = (Mine,)


class NotStates(Sums):
    """Gives a tensor."""

    def forward(self, input, state=None):
        return super().forward(input, state).values


class Narrow(Sums):
    """Says another width than it has."""

    def __init__(self, options, codec):
        super().__init__(options, codec)
        self.width = 5


class Halved(Sums):
    """Declares a stride that it has not."""

    @classmethod
    def stride(cls, options):
        return 2


class Mixing(Sums):
    """Centred over the batch."""

    def states(self, input, vectors, state):
        return super().states(input, vectors - vectors[:, :1].mean(0), state)


class LastOfAll(Sums):
    """Its final state is that of the last step of the batch."""

    def states(self, input, vectors, state):
        found = super().states(input, vectors, state)
        final = found.values[:, -1]
        return seqpipe.States(found.values, found.lengths, final, found.carried, self)


class CarriesPadding(Sums):
    """What it carries is of the last step of the batch."""

    def states(self, input, vectors, state):
        found = super().states(input, vectors, state)
        return seqpipe.States(found.values, found.lengths, found.final, lambda: found.values[:, -1], self)


class Multiplying(Sums):
    """Frames, put out by multiplication."""

    reads = (seqpipe.Frames,)

    def __init__(self, options, codec):
        super().__init__(options, codec)
        self.table = nn.Linear(len(codec), options.size)

    @classmethod
    def causal(cls, options):
        return False

    def forward(self, input, state=None):
        if state is not None:
            raise ValueError("state: none")
        total = self.table((input.values * input.mask[..., None]).sum(1))
        return seqpipe.States(total[:, None].expand(-1, input.values.shape[1], -1), input.lengths, total)


class LooksAhead(Sums):
    """Declares that it is causal, and sees the next step."""

    def states(self, input, vectors, state):
        following = vectors.masked_fill(~input.mask[..., None], 0).roll(-1, 1)
        following[:, -1] = 0
        return super().states(input, vectors + following, state)


class Forgetful(Sums):
    """Takes a state and leaves it."""

    def states(self, input, vectors, state):
        return super().states(input, vectors, None)


class CarriesLittle(Sums):
    """Goes on rightly once, and then no more."""

    def states(self, input, vectors, state):
        found = super().states(input, vectors, state)
        carry = found.final if state is None else found.final - state
        return seqpipe.States(found.values, found.lengths, found.final, lambda: carry, self)


class NotOnward(Sums):
    """Does not say how to go on."""

    def states(self, input, vectors, state):
        found = super().states(input, vectors, state)
        return seqpipe.States(found.values, found.lengths, found.final, found.carried)


class OnwardElsewhere(Sums):
    """Goes on by something else than itself."""

    def states(self, input, vectors, state):
        found = super().states(input, vectors, state)
        other = lambda input, state: self(input, 2 * state)  # noqa: E731
        return seqpipe.States(found.values, found.lengths, found.final, found.carried, other)


class CarriesSecretly(Sums):
    """Carries a state, though it does not say so."""

    @classmethod
    def causal(cls, options):
        return False


class TakesAnything(Sums):
    """Is not causal, and takes a state without a word."""

    @classmethod
    def causal(cls, options):
        return False

    def states(self, input, vectors, state):
        found = super().states(input, vectors, None)
        return seqpipe.States(found.values, found.lengths, found.final)


class CutsBadly(Sums):
    """Leaves out what comes into a part."""

    def within(self, input, left, right, came=None):
        found = super().within(input, left, right, came)
        return found._replace(values=found.values - found.came.onward[:, None])


class LosesTrack(Sums):
    """Says that something else came in."""

    def within(self, input, left, right, came=None):
        found = super().within(input, left, right, came)
        return found._replace(came=found.went)


class DoesNotListen(Sums):
    """Guesses, whatever it is told."""

    def within(self, input, left, right, came=None):
        return super().within(input, left, right)


class TracesOthers(Sums):
    """Shows other states than its own."""

    def trace(self, input):
        states = self(input)
        return seqpipe.States(2 * states.values, states.lengths, states.final), []


class Idle(Sums):
    """Has a weight that it does not use."""

    def __init__(self, options, codec):
        super().__init__(options, codec)
        self.idle = nn.Linear(2, 2)


class Steep(Sums):
    """Has a gradient that is not finite."""

    def states(self, input, vectors, state):
        zeros = (self.table.weight[0] - self.table.weight[0].detach()).abs().sqrt()
        return super().states(input, vectors + zeros, state)


class Contrary(Sums):
    """Is the opposite in training of what it is afterwards."""

    def states(self, input, vectors, state):
        return super().states(input, -vectors if self.training else vectors, state)


class Unsaved(Sums):
    """Keeps something that is neither a parameter nor a buffer."""

    def __init__(self, options, codec):
        super().__init__(options, codec)
        self.shift = torch.rand(())

    def states(self, input, vectors, state):
        return super().states(input, vectors + self.shift, state)
