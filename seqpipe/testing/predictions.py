"""What the predictions and scores of a head promise."""

import math
from collections.abc import Iterator, Sized
from dataclasses import replace

import torch

from ..batch import Batch
from ..head import Prediction
from ..ondisk import OnDisk
from ..reader import Record
from .likeness import holds_tensor, same
from .soiled import NO_NUMBER, soiled_states
from .trial import Trial


@torch.no_grad()
def of_each(trial: Trial) -> Iterator[str]:
    """`predict` gives one `Prediction` a record, free of tensors, with confidences from 0 to 1."""
    model, batch = trial.network(), trial.batch()
    found, lengths = model.head.predict(model.encoder(batch.input)), batch.input.lengths.tolist()
    if not isinstance(found, list) or [type(one) for one in found] != [Prediction] * len(lengths):
        yield f"predict does not give a list of {len(lengths)} seqpipe.Prediction, one a record"
        return
    if holds_tensor(found):
        yield "a tensor leaves the head in a Prediction; make plain values of it by tolist() and codec.decode()"
        return
    for one, length in zip(found, lengths, strict=True):
        if model.head.aligned and not model.head.continues and len(one.value) != length:
            yield f"`aligned` is declared, but a record of {length} steps is predicted {len(one.value)} targets"
        yield from _probabilities(one)


def _probabilities(found: Prediction) -> Iterator[str]:
    sure, ranked = found.confidence, [chance for _, chance in found.alternatives]
    chances = [] if sure is None else list(sure) if isinstance(sure, Sized) else [sure]  # type: ignore[call-overload]
    if not all(0 <= chance <= 1 + 1e-6 for chance in [*chances, *ranked]):
        yield f"confidences are probabilities, from 0 to 1, and these are not: {[*chances, *ranked]}"
    if ranked and not same(found.alternatives[0][0], found.value):
        yield f"the first alternative is {found.alternatives[0][0]}, but the prediction is {found.value}"
    if isinstance(sure, Sized) and len(sure) != len(found.value):
        yield f"{len(sure)} confidences for a value of {len(found.value)}; give one, or one for each step"


@torch.no_grad()
def without_targets(trial: Trial) -> Iterator[str]:
    """Predictions need no targets, and do not depend on any."""
    model, batch = trial.network(), trial.batch()
    bare, _ = model.predict(Batch(batch.input, None))
    if not same(bare, model.predict(batch)[0]):
        yield "predictions are others where targets are at hand; predict must not look at what loss has seen"


@torch.no_grad()
def alone(trial: Trial) -> Iterator[str]:
    """A record has the same prediction alone and in a batch."""
    model = trial.learned.model
    for row, found in enumerate(model.predict(trial.batch())[0]):
        (one,), _ = model.predict(trial.batch([row]))
        if not same(one, found):
            yield f"record {row} is predicted {found} in a batch, but {one} alone; predict must not mix records"


@torch.no_grad()
def padding(trial: Trial) -> Iterator[str]:
    """What stands behind a sequence's end has no influence on predictions."""
    model = trial.learned.model
    states = model.encoder(trial.batch().input)
    if not same(model.head.predict(states), model.head.predict(soiled_states(states))):
        yield f"predictions depend on what stands behind a sequence's end; see predict. {NO_NUMBER}"


@torch.no_grad()
def of_emissions(trial: Trial) -> Iterator[str]:
    """Where a head has `emissions`, each is of its own state alone, and predictions are what is decoded of them."""
    head, batch = trial.learned.model.head, trial.batch()
    states = trial.learned.model.encoder(batch.input)
    found = head.emissions(states)
    if found is None:
        return
    long = states.lengths > 1
    second = head.emissions(replace(states, values=states.values[:, 1:2], lengths=(states.lengths - 1).clamp(0, 1)))
    if second is None or not same(second[long], found[long, 1:2]):
        yield "the emissions of a step depend on the states of others; see emissions"
    if not same(head.decode(found, states.lengths), head.predict(states)):
        yield "decode makes other predictions of emissions than predict does of the states"


@torch.no_grad()
def of_long_records(trial: Trial) -> Iterator[str]:
    """Where a head has `emissions`, those that lie on disk have the same prediction and loss as others."""
    head, batch = trial.learned.model.head, trial.batch([0])
    states, goal = trial.learned.model.encoder(batch.input), trial.learned.model.goal(batch)
    found = head.emissions(states)
    if found is None or goal is None:
        return
    disk = OnDisk.of(found[0].numpy())
    long, (short,) = head.decode_long(disk), head.predict(states)
    if not same([*long.value], [*short.value]) or not same([*long.confidence], [*short.confidence]):
        yield "decode_long makes another prediction of emissions than decode does; see decode_long"
    if not same(head.loss_long(disk, OnDisk.of(goal.values[0].numpy())), float(head.loss(states, goal))):
        yield "loss_long gives another loss of emissions than loss does of the states; see loss_long"


@torch.no_grad()
def from_nothing(trial: Trial) -> Iterator[str]:
    """Where `continues` is declared, an input of no steps has a prediction too."""
    if not trial.head.cls.continues:
        return
    model, batch = trial.learned.model, trial.batch([0])
    empty = batch.input._replace(lengths=torch.zeros_like(batch.input.lengths))
    found, _ = model.predict(Batch(empty, None))
    if [type(one) for one in found] != [Prediction]:
        yield "`continues` is declared, but an input of no steps has no prediction; see predict"


@torch.no_grad()
def scored(trial: Trial) -> Iterator[str]:
    """`score` gives plain numbers, the one of `monitor` among them, and the best to true targets."""
    head, goals = trial.learned.model.head, (trial.target or trial.input).values
    name, direction = head.monitor
    if name == "loss":
        return
    gold = [Record(str(row), trial.input.values[row], goals[row]) for row in range(4)]
    found, _ = trial.learned.model.predict(trial.batch())
    predicted = [replace(one, target=guess.value) for one, guess in zip(gold, found, strict=True)]
    score, best = head.score(gold, predicted).get(name), head.score(gold, gold).get(name)
    if not isinstance(score, int | float) or not isinstance(best, int | float) or not math.isfinite(score + best):
        yield f"`monitor` names '{name}', for which score gives {score!r}; the best epoch is chosen by it"
    elif score != best and (best > score) != (direction == "max"):
        yield f"`monitor` says {direction} for '{name}', but true targets score {best}, and predictions {score}"
