"""How the gradient of a loss flows back through time, and how far gates are open on the way: numbers, no pictures."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor

from .batch import Batch, Padded
from .encoder import Encoder, States, Trace
from .errors import Mistake
from .head import Head
from .model import Model


class Row(NamedTuple):
    """What many numbers have in common at one place in time."""

    place: int
    """Steps back from the loss, or the number of the step from 1 on."""
    numbers: int
    """How many numbers there are at this place."""
    lower: float
    median: float
    upper: float
    mean: float


class Curve(NamedTuple):
    """One quantity of one layer over time."""

    layer: str
    quantity: str
    """`h`, `c`, or the name of a gate."""
    rows: list[Row]


def whole(head: Head) -> bool:
    """Whether the whole loss is followed back, or that which goes through the state of the last step alone.

    Where there is something to learn at every step the whole loss would enter everywhere, and no distance be seen.
    """
    return not head.aligned and head.target is not None


def flow(model: Model, batches: Iterable[Batch]) -> tuple[list[Curve], list[Curve]]:
    """The norm of the loss gradient at each distance in time for h and c of each layer, and openings of the gates.

    Both are of records one by one: their loss is that of `Head.loss`, the gradient a total derivative with all later
    paths. Raises `Mistake` where the encoder cannot be looked into.
    """
    norms: dict[tuple[str, str], list[Tensor]] = {}
    gates: dict[tuple[str, str], list[Tensor]] = {}
    for batch in batches:
        states, traces, least = look(model.encoder, batch.input)
        for trace, anchor, grads in _grads(model, states, traces, batch):
            for quantity, found in grads.items():
                # A record whose target was never seen in training has no loss, and so no gradient at all.
                far = by_distance(found, torch.where((found != 0).any(1), anchor, -1))
                far[:, :least] = torch.nan
                norms.setdefault((trace.name, quantity), []).append(far)
        for trace in traces:
            for gate, openings in trace.gates.items():
                gates.setdefault((trace.name, gate), []).append(_real(openings, -(-states.lengths // trace.stride)))
    return [Curve(*key, rows(found, 0)) for key, found in norms.items()], [
        Curve(*key, rows(found, 1)) for key, found in gates.items()
    ]


def look(encoder: Encoder, input: Padded) -> tuple[States, Sequence[Trace], int]:
    """The states of a batch, how the encoder came to them, and the least distance at which that has a gradient."""
    found = encoder.trace(input)
    if found is not None:
        return *found, 0
    if not encoder.causal(encoder.options) or encoder.stride(encoder.options) != 1:
        what = "looks ahead" if not encoder.causal(encoder.options) else "has fewer states than steps"
        name = type(encoder).__name__
        raise Mistake(f"encoder: {name} {what} and does not show its steps; give {name} a method `trace`")
    return *_stepwise(encoder, input), 1


def _stepwise(encoder: Encoder, input: Padded) -> tuple[States, Sequence[Trace]]:
    """A causal encoder led by the hand, one step at a time: what it carries is what can be seen of it.

    The state of a step is not made from what is carried on after it, so that gradients begin one step back.
    """
    ones, state, steps = torch.ones_like(input.lengths), None, []
    carried: list[Tensor] = []
    for step in range(input.values.shape[1]):
        steps.append(encoder(Padded(input.values[:, step : step + 1], ones, input.forms), state))
        state = steps[-1].carry
        carried.append(state)
    if not carried[0].numel():
        raise Mistake(
            f"encoder: {type(encoder).__name__} carries nothing from step to step, so that nothing flows back"
        )
    last = input.lengths - 1, torch.arange(len(ones))
    final = torch.stack([one.final for one in steps])[last]
    values = torch.cat([one.values for one in steps], 1)
    states = States(values, input.lengths, final, lambda: torch.stack(carried)[last], encoder)
    return states, [Trace("carried state", carried)]


def _grads(
    model: Model, states: States, traces: Sequence[Trace], batch: Batch
) -> Iterator[tuple[Trace, Tensor, dict[str, Tensor]]]:
    """Each trace, which of its steps `[B]` the loss is taken at, and norms `[B, T]` by quantity."""
    head, goal = model.head, model.goal(batch)
    assert goal is not None
    last = states.lengths - 1
    if whole(head):
        losses = head.loss(states, goal).sum()
        for trace in traces:
            yield trace, last // trace.stride, norms(trace, losses)
        return
    values = states.values.detach().requires_grad_()
    losses = head.loss(replace(states, values=values, final=states.final.detach()), goal).sum()
    (enters,) = torch.autograd.grad(losses, values)
    steps = torch.arange(values.shape[1])
    read = (enters != 0).any(2) & states.mask
    ends = torch.where(read, steps, -1).amax(1), torch.where(read, steps, len(steps)).amin(1)
    for trace in traces:
        at = ends[trace.backward]
        entry = enters * (steps == at[:, None])[..., None]
        first = (last // trace.stride - at // trace.stride) if trace.backward else at // trace.stride
        yield trace, first, norms(trace, states.values, entry)


def norms(trace: Trace, end: Tensor, entry: Tensor | None = None) -> dict[str, Tensor]:
    """`[B, T]` norm of the gradient of `end` (by `entry`, where it is no single number) at each step, for h and c."""
    nodes = [*trace.h, *trace.c]
    grads = torch.autograd.grad(end, nodes, entry, retain_graph=True, allow_unused=True, materialize_grads=True)
    found = torch.stack([one.flatten(1).norm(dim=1) for one in grads], 1)
    parts = {"h": found[:, : len(trace.h)], "c": found[:, len(trace.h) :]}
    return {name: part for name, part in parts.items() if part.shape[1]}


def by_distance(found: Tensor, anchor: Tensor) -> Tensor:
    """`[B, T]` by step -> `[B, T]` by the steps back from `anchor` `[B]`; nan where there is no such step."""
    places = anchor[:, None] - torch.arange(found.shape[1])
    return torch.where(places >= 0, found.gather(1, places.clamp(min=0)), torch.nan)


def _real(openings: Sequence[Tensor], lengths: Tensor) -> Tensor:
    """`[B * H, T]`, each unit of each record by itself; nan where a record has no such step."""
    values = torch.stack([one.detach().flatten(1) for one in openings], 2)
    past = torch.arange(len(openings)) >= lengths[:, None]
    return values.masked_fill(past[:, None], torch.nan).flatten(0, 1)


def rows(found: Sequence[Tensor], first: int) -> list[Row]:
    """Quartiles over the rows of all `[N, T]` at each place, which count from `first`; none where under a tenth go."""
    total = sum((~one.isnan()).any(1).sum().item() for one in found)
    made = []
    for place in range(max(one.shape[1] for one in found)):
        column = torch.cat([one[:, place] for one in found if place < one.shape[1]])
        column = column[~column.isnan()].double()
        if len(column) and len(column) >= total / 10:
            quartiles = torch.quantile(column, torch.tensor([0.25, 0.5, 0.75], dtype=column.dtype)).tolist()
            low, middle, high = quartiles
            made.append(Row(place + first, len(column), low, middle, high, float(column.mean())))
    return made
