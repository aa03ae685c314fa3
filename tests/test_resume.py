"""Runs that are stopped, killed, gone on with or overwritten; all of one seed come to the same weights."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from seqpipe import Mistake, artifact, pipeline
from seqpipe.run import run


def train(path: Path, out: Path, *overrides: str, **how: bool) -> dict[str, Any]:
    outcome = run(pipeline.load(path, overrides), out, **how)
    assert outcome is not None
    return outcome.metrics


def weights(out: Path) -> dict[str, torch.Tensor]:
    return load_file(out / artifact.WEIGHTS)


def same(one: Path, other: Path) -> bool:
    first, second = weights(one), weights(other)
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def test_a_seed_gives_the_same_weights_twice_and_another_seed_others(tiny: Path, tmp_path: Path) -> None:
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        train(tiny, tmp_path / name, f"train.seed={seed}", "train.epochs=2")
    assert same(tmp_path / "a", tmp_path / "b")
    assert not same(tmp_path / "a", tmp_path / "c")


RESUMABLE = ("train.epochs=20", "train.average=0.9", "train.schedule=cosine", "train.warmup=0.1", "train.accumulate=2")
RESUMED = {
    "cosine": (),
    "plateau": ("train.schedule=plateau", "train.optimizer=sgd"),
    "chunks": ("encoder.type=gru", "head.crf=false", "train.bptt=11"),
}


@pytest.mark.parametrize("more", RESUMED.values(), ids=RESUMED)
@pytest.mark.parametrize("epoch", [1, 5])
def test_a_killed_run_resumes_to_the_weights_of_one_never_killed(
    tiny: Path, tmp_path: Path, epoch: int, more: tuple[str, ...]
) -> None:
    options = [part for one in (*RESUMABLE, *more) for part in ("--set", one)]
    train(tiny, tmp_path / "whole", *RESUMABLE, *more)
    command = [sys.executable, "-m", "seqpipe", "run", str(tiny), "--out", str(tmp_path / "cut"), *options]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    epochs = tmp_path / "cut" / artifact.EPOCHS
    while process.poll() is None and time.monotonic() < deadline:
        if epochs.exists() and len(epochs.read_text().splitlines()) >= epoch:
            break
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not (tmp_path / "cut" / artifact.METRICS).exists()
    train(tiny, tmp_path / "cut", *RESUMABLE, *more, resume=True)
    assert same(tmp_path / "whole", tmp_path / "cut")
    noted = [
        [json.loads(line)["gradient"] for line in (tmp_path / name / artifact.EPOCHS).read_text().splitlines()]
        for name in ("whole", "cut")
    ]
    assert noted[0] == noted[1]
    assert len(noted[0]) == 20


def test_resuming_a_finished_run_changes_nothing(tiny: Path, tmp_path: Path) -> None:
    options = ("train.epochs=8", "train.patience=1")
    first = train(tiny, tmp_path / "out", *options)
    assert first["epochs"] < 8, "the run was meant to stop early"
    before = weights(tmp_path / "out")
    again = train(tiny, tmp_path / "out", *options, resume=True)
    assert again["epochs"] == first["epochs"]
    assert all(torch.equal(before[name], weight) for name, weight in weights(tmp_path / "out").items())


def test_a_run_is_not_replaced_unasked_nor_resumed_as_another(tiny: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    train(tiny, out, "train.epochs=1")
    with pytest.raises(Mistake, match="holds a run already"):
        train(tiny, out, "train.epochs=1")
    with pytest.raises(Mistake, match="another pipeline file or other options"):
        train(tiny, out, "train.epochs=2", resume=True)
    with (tmp_path / "train.conll").open("a") as file:
        file.write("\nAda B-person\n")
    with pytest.raises(Mistake, match="the data is no longer that of this run"):
        train(tiny, out, "train.epochs=1", resume=True)
    (tmp_path / "test.conll").write_text("Ada\n\nBo B-person\n")
    before = weights(out)
    with pytest.raises(Mistake, match=r"test\.conll"):
        train(tiny, out, "train.epochs=1", overwrite=True)
    assert all(torch.equal(before[name], weight) for name, weight in weights(out).items()), "bad data cost a good run"


def test_what_is_no_run_is_never_overwritten(tiny: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "data.json").write_text("mine")
    for how in ({}, {"overwrite": True}, {"resume": True}):
        with pytest.raises(Mistake, match="holds something that is no run"):
            train(tiny, mine, **how)
        with pytest.raises(Mistake, match="holds something that is no run"):
            train(tiny, tmp_path, **how)
    assert (mine / "data.json").read_text() == "mine"
    with pytest.raises(Mistake, match="give one of them"):
        train(tiny, tmp_path / "out", resume=True, overwrite=True)


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_run_that_is_stopped_says_so(tiny: Path, tmp_path: Path, sent: signal.Signals, code: int) -> None:
    command = [sys.executable, "-m", "seqpipe", "run", str(tiny), "--out", str(tmp_path / "out")]
    with subprocess.Popen([*command, "--set", "train.epochs=10000"], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("epoch 2/"):
                break
        process.send_signal(sent)
        rest = process.stderr.read()
    assert process.returncode == code, rest
    assert rest.splitlines()[-1] == f"{tmp_path / 'out'}: stopped; `--resume` goes on from the last finished epoch"
    assert "Traceback" not in rest


def test_a_killed_overwrite_leaves_a_run_that_can_be_gone_on_with(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, out = tmp_path / "whole", tmp_path / "out"
    train(tiny, whole, "train.epochs=2", "train.seed=5")
    unlink = Path.unlink
    for kept in range(len(artifact.NAMES)):
        train(tiny, out, "train.epochs=2", overwrite=out.exists())
        left = len(artifact.NAMES) - kept

        def killed(path: Path, missing_ok: bool = False) -> None:
            nonlocal left
            if path.parent == out and not path.name.endswith(".part"):
                left -= 1
                if left < 0:
                    raise KeyboardInterrupt
            unlink(path, missing_ok)

        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(Path, "unlink", killed)
            left -= 1
            train(tiny, out, "train.epochs=2", "train.seed=5", overwrite=True)
        train(tiny, out, "train.epochs=2", "train.seed=5", overwrite=True)
        assert same(whole, out)


def test_overwriting_deletes_the_old_run_only_when_the_new_one_can_begin(tiny: Path, tmp_path: Path) -> None:
    train(tiny, tmp_path / "out", "train.epochs=1")
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    (tmp_path / "v.txt").write_text("ada 1 2 3\n")
    with pytest.raises(Mistake, match="vectors of 3 numbers"):
        train(tiny, tmp_path / "out", "encoder.embed.vectors=v.txt", overwrite=True)
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before
