"""What the loss of a head promises."""

from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor

from ..batch import Batch, Padded
from ..encoder import States
from ..model import Model
from .likeness import same
from .soiled import NO_NUMBER, soiled, soiled_states
from .trial import Trial


def of_each(trial: Trial) -> Iterator[str]:
    """`loss` gives one finite number a record, from which gradients flow."""
    model, batch = trial.network(), trial.batch()
    loss = model.loss(batch)
    if not isinstance(loss, Tensor) or loss.shape != batch.input.lengths.shape:
        shown = list(loss.shape) if isinstance(loss, Tensor) else type(loss).__name__
        yield f"loss gives {shown} where [{len(batch.input.lengths)}] is due: a number a record, the sum over its steps"
    elif not loss.isfinite().all():
        yield f"loss gives {loss.tolist()}, which is not finite"
    elif not loss.requires_grad:
        yield "no gradient flows back from the loss; see loss: no detach(), no no_grad(), no argmax"


@torch.no_grad()
def alone(trial: Trial) -> Iterator[str]:
    """A record has the same loss alone and in a batch."""
    model = trial.learned.model
    for row, loss in enumerate(model.loss(trial.batch()).tolist()):
        one = float(model.loss(trial.batch([row])))
        if not same(one, loss):
            yield f"record {row} has the loss {loss:.5f} in a batch, but {one:.5f} alone; loss must not mix records"


def padding(trial: Trial) -> Iterator[str]:
    """What stands behind a sequence's end, of states and of targets, has no influence on losses and gradients."""
    model, batch = trial.learned.model, trial.batch()
    goal = model.goal(batch)
    assert goal is not None
    states = model.encoder(batch.input)
    clean, slopes = _slopes(model, states, goal)
    dirty, other_slopes = _slopes(model, soiled_states(states), soiled(goal))
    if not same(clean, dirty):
        yield f"loss depends on what stands behind a sequence's end; see loss. {NO_NUMBER}"
    elif not same(slopes, other_slopes):
        yield f"gradients depend on what stands behind a sequence's end; see loss. {NO_NUMBER}"


def never_seen(trial: Trial) -> Iterator[str]:
    """A target that was never seen in training (-1) spoils neither loss nor gradient."""
    model, batch = trial.network(), trial.batch()
    if batch.target is None or batch.target.values.is_floating_point():
        return
    values = batch.target.values.clone()
    values[1] = -1
    loss, slopes = _slopes(model, model.encoder(batch.input), batch.target._replace(values=values))
    if not all(one.isfinite().all() for one in (loss, *slopes)):
        yield "a target of -1, never seen in training, makes loss or gradient infinite; leave it out of the loss"


def _slopes(model: Model, states: States, goal: Padded) -> tuple[Tensor, list[Tensor]]:
    """The loss of each record, and the gradient of their sum with respect to the head's weights."""
    weights = [one for one in model.head.parameters() if one.requires_grad]
    loss = model.head.loss(states, goal)
    found = torch.autograd.grad(loss.sum(), weights, retain_graph=True, allow_unused=True)
    return loss.detach(), [torch.zeros(0) if one is None else one for one in found]


@torch.no_grad()
def of_fewer_states(trial: Trial) -> Iterator[str]:
    """A head that is neither `aligned` nor copies takes states that stand for several steps each."""
    model, batch, head = trial.network(), trial.batch(), trial.head
    if head.cls.aligned or head.cls.copies(head.options) or batch.target is None:
        return
    states = model.encoder(batch.input)
    fewer = replace(states, values=states.values[:, ::2], lengths=(states.lengths + 1) // 2)
    loss = model.head.loss(fewer, batch.target)
    if loss.shape != states.lengths.shape or not loss.isfinite().all() or len(model.head.predict(fewer)) != len(loss):
        yield "it cannot do with half as many states as steps; declare `aligned`, or see loss and predict"


@torch.no_grad()
def of_both_ways(trial: Trial) -> Iterator[str]:
    """A head that is not `causal` needs nothing that only causal encoders have."""
    model, batch = trial.network(), trial.batch()
    goal = model.goal(batch)
    if trial.head.cls.causal or goal is None:
        return
    states = model.encoder(batch.input)
    bare = replace(states, carried=None, onward=None)
    if not same(model.head.loss(bare, goal), model.head.loss(states, goal)):
        yield "its loss depends on what only causal encoders carry; declare `causal`, or see loss"
    elif not same(model.head.predict(bare), model.head.predict(states)):
        yield "its predictions depend on what only causal encoders carry; declare `causal`, or see predict"


@torch.no_grad()
def in_chunks(trial: Trial) -> Iterator[str]:
    """Where `stepwise` is declared, the loss of a whole is that of its chunks, one after the other."""
    model, row = trial.learned.model, 1
    if not model.stepwise:
        return
    batch, length = trial.batch([row]), len(trial.input.values[row])
    whole, parts = float(model.loss(batch)), 0.0
    for start in range(0, length, 4):
        goal = None if batch.target is None else _cut(batch.target, start, start + 4)
        chunk = Batch(_cut(batch.input, start, start + 4), goal, start > 0, int(start + 4 < length))
        parts += float(model.loss(chunk))
    if not same(parts, whole):
        what = f"the loss of a record is {whole:.5f}, but {parts:.5f} in chunks"
        yield f"{what}; `stepwise` says that they are the same, going on from States.before"


def _cut(padded: Padded, start: int, stop: int) -> Padded:
    lengths = (padded.lengths - start).clamp(max=stop - start)
    return padded._replace(values=padded.values[:, start:stop], lengths=lengths)
