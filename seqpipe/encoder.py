"""Encoders: from a batch's input to states, one for each step."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple

import torch
from torch import Tensor, nn

from .batch import Padded
from .codec import Codec
from .options import Options


@dataclass(frozen=True, slots=True)
class States:
    """What an encoder makes of a batch."""

    values: Tensor
    """`[B, T, H]`; what stands behind a sequence's end is arbitrary and must not be read."""
    lengths: Tensor
    """`[B]` states of each sequence."""
    final: Tensor
    """`[B, H]` the state after the last real step (of the backward direction: after the first)."""
    carried: Callable[[], Tensor] | None = None
    """Works out `carry` when it is asked for; none where there is nothing to carry."""
    onward: Callable[[Padded, Tensor], "States"] | None = None
    """The encoder itself, for a head that makes further steps: their input and `carry` -> their states."""
    before: Tensor | None = None
    """`[B, H]` the state of the step before the first, where the first is not the beginning of the sequences."""

    @property
    def carry(self) -> Tensor:
        """`[B, ...]` what the encoder takes as `state` to go on with the next steps of the same sequences.

        It is that after each sequence's own last step. What follows `B` is the encoder's own: a head keeps it, hands it
        back, chooses rows of it, and cuts backpropagation by `detach()`. Raises `ValueError` where the encoder is not
        causal.
        """
        if self.carried is None:
            raise ValueError("carry: the encoder of these states is not causal, there is nothing to go on from")
        return self.carried()

    @property
    def mask(self) -> Tensor:
        """`[B, T]`, true on real states."""
        return torch.arange(self.values.shape[1], device=self.lengths.device) < self.lengths[:, None]

    def mean(self) -> Tensor:
        """`[B, H]` mean over the real states."""
        # Not multiplied by 0: what stands behind the end may be no number at all.
        return self.values.masked_fill(~self.mask[..., None], 0).sum(1) / self.lengths[:, None]


@dataclass(frozen=True, slots=True)
class Trace:
    """One layer of one direction at work, step by step, for whoever wants to see inside.

    Each tensor is the very one that later steps are made from, so that a gradient with respect to it has all their
    paths. Steps are in the order in which they are read: a backward direction begins with each sequence's own last.
    """

    name: str
    """What to call it, such as `layer 2`."""
    h: Sequence[Tensor]
    """T of `[B, ...]`, the state after each step."""
    c: Sequence[Tensor] = ()
    """T of `[B, ...]`, the memory cell after each step, where there is one."""
    gates: Mapping[str, Sequence[Tensor]] = field(default_factory=dict)
    """Of each gate T of `[B, ...]`, how far it is open, from 0 to 1; `forget` is what c is multiplied by."""
    backward: bool = False
    """Whether it reads from the end to the beginning."""
    stride: int = 1
    """Steps of the encoder's states to one of these."""


class Carried(NamedTuple):
    """What an encoder carries over the two borders of a part of a sequence, numbers `[B, ...]` of its own kind."""

    onward: Tensor
    """By what reads from the beginning to the end: it comes in at the first border and goes out at the last."""
    backward: Tensor
    """By what reads from the end to the beginning: it comes in at the last border and goes out at the first."""


class Part(NamedTuple):
    """What an encoder makes of a part of longer sequences."""

    values: Tensor
    """`[B, T, H]` the states of the part's own steps."""
    came: Carried
    """What came in over the borders."""
    went: Carried
    """What went out over them, which is what comes in where the next part begins, or the one before ends."""


class Encoder(nn.Module, ABC):
    """Turns an input into states. Made from its options and the fitted codec of what it reads."""

    reads: ClassVar[tuple[type[Codec], ...]] = (Codec,)
    """Kinds of codec whose numbers it can take."""
    width: int
    """H, numbers in a state; set by `__init__`."""

    class Options(Options):
        """No options."""

    def __init__(self, options: Any, codec: Codec) -> None:
        super().__init__()
        self.options = options

    @classmethod
    def causal(cls, options: Any) -> bool:
        """Whether a state depends on nothing that comes after its step, and the encoder can go on from a state."""
        return False

    @classmethod
    def stride(cls, options: Any) -> int:
        """Steps of the input to one state."""
        return 1

    @classmethod
    def block(cls, options: Any) -> int:
        """Steps of the input that are read together; one more step at the beginning and all blocks are others."""
        return cls.stride(options)

    @classmethod
    def reach(cls, options: Any) -> int:
        """Steps to each side of whole blocks that are looked at to read these, before anything is carried on."""
        return 0

    def begin(self) -> None:
        """Called once before training: what must be there to train and no more to predict, such as word vectors."""

    @abstractmethod
    def forward(self, input: Padded, state: Tensor | None = None) -> States:
        """States of a batch; padding has no influence on the real ones.

        A causal encoder goes on from a `state`, which is `States.carry` of the steps before: over all chunks of a
        sequence the states are those of the whole. Others raise `ValueError` for a state.
        """

    @classmethod
    def carries(cls, options: Any) -> bool:
        """Whether it can go through a long sequence part by part, as `within` does."""
        return cls.causal(options)

    def within(self, input: Padded, left: int, right: int, came: Carried | None = None) -> Part:
        """States of a part of longer sequences: of the steps without the first `left` and the last `right` ones.

        `input` is without padding, its first step (and the part's) begins a `block`, and `left` and `right` are at
        least `reach` where the sequences go on. With `came` that is all that is looked at beyond the part. Without,
        what comes over the borders is guessed from the steps beyond. Only what `carries` has this; a causal encoder
        needs none of its own.
        """
        stop = input.values.shape[1] - right

        def part(start: int, stop: int) -> Padded:
            return input._replace(
                values=input.values[:, start:stop], lengths=torch.full_like(input.lengths, stop - start)
            )

        entering = came.onward if came is not None else self(part(0, left)).carry if left else None
        states = self(part(left, stop), entering)
        went = states.carry
        nothing = states.values.new_zeros(len(went), 0)
        # Nobody asks what comes into the beginning of a sequence: by what reads onwards alone it is read once.
        return Part(
            states.values,
            Carried(torch.zeros_like(went) if entering is None else entering, nothing),
            Carried(went, nothing),
        )

    def trace(self, input: Padded) -> tuple[States, Sequence[Trace]] | None:
        """The states of a batch, as `forward` gives them, and how each layer came to them; None where it cannot tell.

        For `seqpipe lens`, which without it sees only the `carry` of a causal encoder.
        """
        return None
