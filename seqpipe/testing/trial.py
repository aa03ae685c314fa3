"""Four records and a network for them, of which one half is on trial; and what holds for either half."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ..artifact import load_weights, save_weights
from ..batch import Batch, Padded, pad
from ..fitting import Part
from ..model import Model
from .examples import Example
from .likeness import same

_UPDATES, _RATE = 40, 0.02
_FALL = 0.1
"""The loss has fallen where it is less by so much of what it was, or more."""


class Learned(NamedTuple):
    """A network after training on the four records."""

    model: Model
    before: float
    """Loss of the records before, in nats."""
    after: float


@dataclass
class Trial:
    """An encoder and a head, and values that suit them; `tried` says which of the two is on trial, and on what."""

    tried: str
    kind: str
    encoder: Part
    head: Part
    input: Example
    target: Example | None
    """What the head learns; None where that is the input."""

    def __str__(self) -> str:
        return self.tried

    def network(self, seed: int = 1) -> Model:
        """A new network, ready to predict."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            encoder = self.encoder.cls(self.encoder.options, self.input.codec)
            codec = (self.target or self.input).codec
            return Model(encoder, self.head.cls(self.head.options, encoder.width, codec)).eval()

    def batch(self, rows: Sequence[int] = (0, 1, 2, 3)) -> Batch:
        """Some of the records."""
        return Batch(_padded(self.input, rows), None if self.target is None else _padded(self.target, rows))

    def part(self, model: Model) -> Any:
        """The half of a network that is on trial."""
        return getattr(model, self.kind)

    @cached_property
    def learned(self) -> Learned:
        """A network that was trained, as the trainer would, on nothing but these records."""
        model, batch = self.network(), self.batch()
        optimizer = torch.optim.Adam([one for one in model.parameters() if one.requires_grad], _RATE)
        before = float(model.loss(batch).detach().sum())
        model.encoder.begin()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(2)
            model.train()
            for _ in range(_UPDATES):
                optimizer.zero_grad()
                model.loss(batch).mean().backward()  # type: ignore[no-untyped-call]
                optimizer.step()
        model.eval()
        return Learned(model, before, float(model.loss(batch).detach().sum()))


def _padded(example: Example, rows: Sequence[int]) -> Padded:
    return pad(example.codec.encode([example.values[row] for row in rows]))


def gradients(trial: Trial) -> Iterator[str]:
    """Every parameter that is to be trained gets a gradient."""
    model, batch = trial.network(), trial.batch()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        for _ in range(3):  # Dropout may silence a part once, hardly three times.
            model.train()
            states = model.encoder(batch.input)
            # Drawn, or a normalised state would always sum to the same; of the final state and of all others.
            probe = (states.final * torch.randn_like(states.final)).sum()
            probe = probe + (states.values * torch.randn_like(states.values))[states.mask].sum()
            (probe if trial.kind == "encoder" else model.loss(batch).sum()).backward()
    for name, weight in trial.part(model).named_parameters():
        if weight.requires_grad and weight.numel():
            if weight.grad is None or not weight.grad.any():
                yield f"the parameter {name} gets no gradient; use it in {_uses[trial.kind]}, or leave it out"
            elif not weight.grad.isfinite().all():
                yield f"the gradient of {name} is not finite; see {_uses[trial.kind]}"


_uses = {"encoder": "forward", "head": "loss, without detach()"}


def learns(trial: Trial) -> Iterator[str]:
    """The loss of four records falls when they are learned from."""
    _, before, after = trial.learned
    if not before - after >= _FALL * abs(before):
        what = f"the loss of four records is {before:.3f} before and {after:.3f} after {_UPDATES} updates by Adam"
        yield f"{what}; does {_uses[trial.kind].partition(',')[0]} give what is to be made small?"


@torch.no_grad()
def keeps(trial: Trial) -> Iterator[str]:
    """Saved and loaded again, it makes the same of the same records."""
    model, again = trial.learned.model, trial.network(seed=4)
    with tempfile.TemporaryDirectory() as folder:
        save_weights(model, Path(folder))
        load_weights(again, Path(folder))
    advice = "what is learned must be a parameter, or a buffer (register_buffer)"
    batch = trial.batch()
    if not same(real(model, batch.input), real(again, batch.input)):
        yield f"its states are others after save and load; {advice}"
    elif not same(*(one.predict(batch) for one in (model, again))):
        yield f"its predictions or losses are others after save and load; {advice}"


def real(model: Model, input: Padded) -> list[Tensor]:
    """The states of each record that are no padding, and its final one."""
    states = model.encoder(input)
    rows = [values[:length] for values, length in zip(states.values, states.lengths.tolist(), strict=True)]
    return [*rows, states.final]
