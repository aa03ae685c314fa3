"""What the options of training do, step by step, against the same thing written by hand."""

import json
import math
from dataclasses import replace
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from seqpipe import Mistake, artifact, pipeline
from seqpipe.codec import Label, WordOptions, Words
from seqpipe.model import Model
from seqpipe.reader import Record
from seqpipe.run import run
from seqpipe.settings import TrainOptions
from seqpipe.train import Training, _Batches, _scale, fit, trainer


class Slope(Model):
    """A model of one weight: the loss of a record is weight times its number of words."""

    def __init__(self) -> None:
        nn.Module.__init__(self)
        self.weight = nn.Parameter(torch.tensor([3.0]))
        self.head = nn.Module()  # type: ignore[assignment]
        self.head.monitor = ("loss", "min")

    def loss(self, batch: Any) -> Tensor:
        return self.weight * batch.input.lengths


def lesson(folder: Path, records: int = 4, **options: Any) -> Training:
    reader = SimpleNamespace(input=Words(WordOptions()), target=Label(), augment=lambda records, chance: records)
    train = [Record(str(n), ["a"] * (n + 1), "x") for n in range(records)]
    reader.input.fit(record.input for record in train)
    reader.target.fit(record.target for record in train)
    model: Any = Slope()
    plain = {"optimizer": "sgd", "learning_rate": 0.1, "clip_norm": None, "batch_size": 1, "epochs": 1}
    made = Training(model, reader, train, [], TrainOptions(**plain | options), folder)  # type: ignore[arg-type]
    made.history: list[float] = []
    step = made.optimizer_step

    def noted(*arguments: Any, **named: Any) -> None:
        step(*arguments, **named)
        made.history.append(model.weight.item())

    made.optimizer_step = noted  # type: ignore[method-assign]
    return made


def taught(folder: Path, **options: Any) -> tuple[list[float], list[int], Training]:
    """The weight after each update, and the lengths of the records in the order in which they came."""
    training = lesson(folder, **options)
    lengths: list[int] = []
    loss = training.model.loss
    training.model.loss = lambda batch: (lengths.extend(batch.input.lengths.tolist()), loss(batch))[1]  # type: ignore
    fit(trainer(training.options, folder), training, resume=False)
    return training.history, lengths, training


def by_hand(gradients: list[float], rate: Any = lambda step: 0.1) -> list[float]:
    """Gradient descent with momentum 0.9 from 3."""
    weight, speed, path = 3.0, 0.0, []
    for step, gradient in enumerate(gradients):
        speed = gradient + (0.9 * speed if step else 0)
        weight -= rate(step) * speed
        path.append(weight)
    return path


def test_plain_descent(tmp_path: Path) -> None:
    path, lengths, _ = taught(tmp_path)
    assert sorted(lengths) == [1, 2, 3, 4]
    assert path == pytest.approx(by_hand([float(n) for n in lengths]))


def test_clip_value(tmp_path: Path) -> None:
    path, lengths, _ = taught(tmp_path, clip_value=1.5)
    assert path == pytest.approx(by_hand([min(n, 1.5) for n in lengths]))


def test_clip_norm(tmp_path: Path) -> None:
    path, lengths, _ = taught(tmp_path, clip_norm=2.5)
    assert path == pytest.approx(by_hand([min(n, 2.5) for n in lengths]), rel=1e-5)


def noted(training: Training) -> dict[str, Any]:
    found: dict[str, Any] = training.epochs[-1]["gradient"]
    return found


def test_clipping_is_noted_as_it_acted(tmp_path: Path) -> None:
    """The gradients are 1, 2, 3 and 4, in some order."""
    expected = {"updates": 4, "median": 2.5, "p95": 3.85, "max": 4.0}
    assert noted(taught(tmp_path)[2]) == pytest.approx(expected | {"clipped": 0.0, "scale": 1.0})
    acted = {"clipped": 0.5, "scale": (1 + 1 + 2.5 / 3 + 2.5 / 4) / 4}
    assert noted(taught(tmp_path, clip_norm=2.5)[2]) == pytest.approx(expected | acted)
    acted = {"clipped": 0.75, "scale": (1 + 1.5 / 2 + 1.5 / 3 + 1.5 / 4) / 4}
    assert noted(taught(tmp_path, clip_value=1.5)[2]) == pytest.approx(expected | acted)


def test_clipping_is_noted_for_updates_not_for_batches(tmp_path: Path) -> None:
    _, lengths, training = taught(tmp_path, accumulate=2, clip_norm=2.0)
    means = [(one + other) / 2 for one, other in zip(lengths[::2], lengths[1::2], strict=True)]
    found = noted(training)
    assert (found["updates"], found["max"]) == (2, pytest.approx(max(means)))
    assert found["clipped"] == sum(one > 2 for one in means) / 2


def test_clipping_is_noted_for_each_epoch_anew(tmp_path: Path) -> None:
    _, _, training = taught(tmp_path, epochs=3, clip_norm=2.5)
    assert [epoch["gradient"]["updates"] for epoch in training.epochs] == [4, 4, 4]
    lines = (tmp_path / artifact.EPOCHS).read_text().splitlines()
    assert [json.loads(line)["gradient"]["clipped"] for line in lines] == [0.5, 0.5, 0.5]


def test_accumulate(tmp_path: Path) -> None:
    path, lengths, _ = taught(tmp_path, accumulate=2)
    pairs = zip(lengths[::2], lengths[1::2], strict=True)
    assert path == pytest.approx(by_hand([(one + other) / 2 for one, other in pairs]))


def test_weight_decay(tmp_path: Path) -> None:
    path, lengths, _ = taught(tmp_path, weight_decay=0.5)
    weight, speed, wanted = 3.0, 0.0, []
    for step, length in enumerate(lengths):
        speed = length + 0.5 * weight + (0.9 * speed if step else 0)
        weight -= 0.1 * speed
        wanted.append(weight)
    assert path == pytest.approx(wanted)


def test_schedule_sets_the_rate_of_each_update(tmp_path: Path) -> None:
    path, lengths, _ = taught(tmp_path, schedule="linear", warmup=0.25, epochs=2)
    rates = [0.1 * _scale("linear", step, 2, 8) for step in range(8)]
    assert path == pytest.approx(by_hand([float(n) for n in lengths], lambda step: rates[step]), rel=1e-5, abs=1e-6)


def test_average_is_an_exponential_mean_with_a_quick_start(tmp_path: Path) -> None:
    path, _, training = taught(tmp_path, average=0.5, epochs=5)
    mean = 3.0
    for step, weight in enumerate(path, 1):
        decay = min(0.5, (1 + step) / (10 + step))
        mean = decay * mean + (1 - decay) * weight
    assert len(path) == 20
    assert training.best_guess.weight.item() == pytest.approx(mean, rel=1e-5)  # type: ignore[union-attr]
    assert training.model.weight.item() == pytest.approx(path[-1])  # type: ignore[union-attr]


def test_scale() -> None:
    for schedule in ("constant", "linear", "cosine", "plateau"):
        assert [_scale(schedule, step, 3, 10) for step in range(4)] == [0.25, 0.5, 0.75, 1.0]
    assert [_scale("constant", step, 0, 10) for step in (0, 5, 10)] == [1, 1, 1]
    assert [_scale("linear", step, 0, 10) for step in (0, 5, 10)] == [1, 0.5, 0]
    assert [_scale("cosine", step, 0, 10) for step in (0, 5, 10)] == pytest.approx([1, 0.5, 0])
    assert _scale("cosine", 2, 0, 8) == pytest.approx((1 + math.cos(math.pi / 4)) / 2)


@pytest.mark.parametrize(
    ("losses", "halvings"),
    [
        ([], 0),
        ([3, 2, 1], 0),
        ([1, 2, 2], 0),
        ([1, 2, 2, 2], 1),
        ([1, 2, 2, 2, 2, 2, 2], 2),
        ([3, 4, 4, 2, 3, 3, 3], 1),
    ],
)
def test_plateau_halves_after_three_epochs_without_a_better_score(
    tmp_path: Path, losses: list[int], halvings: int
) -> None:
    training = lesson(tmp_path, schedule="plateau")
    training.epochs = [{"dev": None, "loss": loss} for loss in losses]
    assert training._halvings() == halvings
    training = lesson(tmp_path, schedule="cosine")
    training.epochs = [{"dev": None, "loss": loss} for loss in losses]
    assert training._halvings() == 0


@pytest.mark.parametrize("processes", [1, 2, 3, 5, 7])
@pytest.mark.parametrize("records", [1, 2, 7])
def test_processes_share_the_batches_evenly_and_leave_none_out(tmp_path: Path, processes: int, records: int) -> None:
    training = lesson(tmp_path, records)
    turns = []
    for rank in range(processes):
        place = SimpleNamespace(world_size=processes)
        stand_in: Any = SimpleNamespace(
            records=training.records, options=training.options, trainer=place, global_rank=rank, current_epoch=0
        )
        turns.append(list(_Batches(stand_in)))
    assert len({len(turn) for turn in turns}) == 1
    assert len(turns[0]) == math.ceil(records / processes)
    assert {row for turn in turns for batch in turn for row in batch} == set(range(records))


class Evil:
    def __reduce__(self) -> Any:
        return (Path.touch, (Path("touched"),))


@pytest.mark.parametrize("damage", ["empty", "noise", "pickle"])
def test_a_damaged_or_malicious_checkpoint_is_refused(
    tiny: Path, tmp_path: Path, damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run(pipeline.load(tiny, ["train.epochs=1"]), tmp_path / "out")
    resume = tmp_path / "out" / artifact.RESUME
    if damage == "pickle":
        torch.save({"state_dict": {}, "evil": Evil()}, resume)
    else:
        resume.write_bytes(b"" if damage == "empty" else b"PK noise" * 99)
    with pytest.raises(Mistake, match=r"resume\.ckpt: damaged"):
        run(pipeline.load(tiny, ["train.epochs=1"]), tmp_path / "out", resume=True)
    assert not Path("touched").exists()


def test_each_epoch_learns_the_records_as_the_reader_varies_them(tmp_path: Path) -> None:
    """Record n has n + 1 words; here the reader adds as many words as the epoch has number, from 1."""
    training = lesson(tmp_path, epochs=3)
    drawn: list[float] = []

    def longer(records: Any, chance: Any) -> Any:
        drawn.append(chance.random())
        return [replace(one, input=[*one.input, *["a"] * len(drawn)]) for one in records]

    training.reader.augment = longer  # type: ignore[method-assign]
    lengths: list[int] = []
    loss = training.model.loss
    training.model.loss = lambda batch: (lengths.extend(batch.input.lengths.tolist()), loss(batch))[1]  # type: ignore
    fit(trainer(training.options, tmp_path), training, resume=False)
    assert [sorted(lengths[start : start + 4]) for start in (0, 4, 8)] == [[2, 3, 4, 5], [3, 4, 5, 6], [4, 5, 6, 7]]
    assert len(set(drawn)) == 3
    assert drawn == [Random(f"{training.options.seed} {epoch}").random() for epoch in range(3)]
