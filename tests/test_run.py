"""Training, its run folder, and what becomes of it when it is killed."""

import importlib.metadata
import json
import math
import os
import signal
import subprocess
import sys
import time
import warnings
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from seqeval.metrics import accuracy_score, classification_report
from seqeval.scheme import IOB2

from seqpipe import Mistake, __version__, artifact, pipeline
from seqpipe.evaluate import evaluate
from seqpipe.predict import label
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


def test_a_run_learns_and_leaves_all_that_prediction_needs(tiny: Path, tmp_path: Path) -> None:
    metrics = train(tiny, tmp_path / "out")
    assert metrics["test"]["f1"] > 0.8
    assert {"f1", "precision", "recall", "accuracy", "loss", "entities", "types"} <= set(metrics["test"])
    assert {file.name for file in (tmp_path / "out").iterdir()} == set(artifact.NAMES)
    assert json.loads((tmp_path / "out" / "metrics.json").read_text()) == metrics
    lines = [json.loads(line) for line in (tmp_path / "out" / "epochs.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [1, 2, 3, 4, 5, 6]
    assert lines[-1]["loss"] < lines[0]["loss"]
    best = max(line["dev"]["f1"] for line in lines)
    assert metrics["dev"]["f1"] == best == lines[metrics["best_epoch"] - 1]["dev"]["f1"]
    versions = pipeline.load(tmp_path / "out" / artifact.PIPELINE, trained=True).versions
    assert versions["seqpipe"] == __version__
    assert versions["torch"] == importlib.metadata.version("torch")
    data = json.loads((tmp_path / "out" / "data.json").read_text())
    assert data["train"]["records"] == 60
    assert len(data["test"]["files"][0]["sha256"]) == 64


def test_a_loaded_run_scores_what_the_run_said(tiny: Path, tmp_path: Path) -> None:
    metrics = train(tiny, tmp_path / "out")
    loaded = artifact.load(tmp_path / "out")
    gold = list(loaded.reader.read(tmp_path / "test.conll"))
    again = evaluate(loaded.model, loaded.reader, gold).scores
    assert again["loss"] == pytest.approx(metrics["test"]["loss"], rel=1e-5)
    assert again["f1"] == metrics["test"]["f1"]
    assert [record.id for record in label(loaded.model, loaded.reader, gold)] == [record.id for record in gold]


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


def test_labels_must_be_there_to_learn_and_to_score(tiny: Path, tmp_path: Path) -> None:
    for split in ("train", "dev"):
        (tmp_path / f"{split}.conll").write_text("Ada\nsings\n\n")
    with pytest.raises(Mistake) as caught:
        train(tiny, tmp_path / "out")
    assert [line.split(": ", 1)[1] for line in caught.value.lines] == [
        "no labels here, but data.train needs them (1 such records)",
        "no labels here, but data.dev needs them (1 such records)",
    ]


@pytest.mark.parametrize("lenient", [False, True])
def test_real_predictions_score_as_in_seqeval(tiny: Path, tmp_path: Path, lenient: bool) -> None:
    # Two units and no transitions: bad enough to put an I where it cannot stand.
    small = ("encoder.hidden_size=2", "train.learning_rate=0.05", "head.crf=false", "head.constrain=false")
    options = (*small, "train.epochs=2", f"head.lenient={lenient}".lower())
    train(tiny, tmp_path / "out", *options)
    loaded = artifact.load(tmp_path / "out")
    gold = list(loaded.reader.read(tmp_path / "test.conll"))
    result = evaluate(loaded.model, loaded.reader, gold)
    true, guess = ([list(record.target) for record in records] for records in (gold, result.predicted))
    broken = [(a, b) for tags in guess for a, b in pairwise(tags) if b[0] == "I" and a[2:] != b[2:]]
    assert broken, "nothing malformed was predicted: too easy a test"
    how: dict[str, Any] = {} if lenient else {"mode": "strict", "scheme": IOB2}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of types that were never predicted
        oracle = classification_report(true, guess, output_dict=True, zero_division=0, **how)
    for name in ("precision", "recall"):
        assert result.scores[name] == pytest.approx(oracle["micro avg"][name])
    assert result.scores["f1"] == pytest.approx(oracle["micro avg"]["f1-score"])
    assert result.scores["macro_f1"] == pytest.approx(oracle["macro avg"]["f1-score"])
    assert {kind for kind in oracle if "avg" not in kind} == set(result.scores["types"])
    assert result.scores["accuracy"] == pytest.approx(accuracy_score(true, guess))


def test_a_label_never_seen_counts_against_the_score_only(
    tiny: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "test.conll").write_text("Ada B-person\nsings O\nGrey B-ship\nHeron I-ship\n\n")
    metrics = train(tiny, tmp_path / "out")
    assert "test.conll:1: 'B-ship' was never seen in training (1 such records): wrong in the scores" in caplog.text
    assert math.isfinite(metrics["test"]["loss"])
    assert metrics["test"]["types"]["ship"] == {"precision": 0, "recall": 0, "f1": 0, "support": 1}


@pytest.mark.parametrize(
    "options",
    [
        ("train.clip_value=0.5", "train.clip_norm=null"),
        ("train.batch_size=8", "train.tokens_per_batch=null"),
        ("train.schedule=linear", "train.warmup=0.5"),
        ("train.schedule=plateau", "train.warmup=0.2"),
        ("train.optimizer=adamw", "train.weight_decay=0.01"),
        ("train.precision=bf16-mixed",),
        ("encoder.num_layers=2", "encoder.variational=true"),
        ("encoder.type=gru", "head.crf=false"),
        ("encoder.type=recurrent", "encoder.cell=cec", "encoder.bidirectional=true"),
        ("encoder.type=lstm1997", "encoder.initial_state=learned", "train.precision=bf16-mixed"),
        ("encoder.type=lstm", "encoder.initial_state=learned", "train.precision=bf16-mixed"),
        ("encoder.peepholes=true", "encoder.initial_state=learned", "encoder.forget_bias=0.5"),
        ("encoder.type=rnn", "encoder.bidirectional=true", "encoder.embed.letter_encoder=lstm"),
    ],
    ids=" ".join,
)
def test_every_way_to_train_learns(tiny: Path, tmp_path: Path, options: tuple[str, ...]) -> None:
    train(tiny, tmp_path / "out", *options, "train.epochs=3")
    losses = [json.loads(line)["loss"] for line in (tmp_path / "out" / artifact.EPOCHS).read_text().splitlines()]
    assert losses[-1] < 0.8 * losses[0]


def test_without_dev_the_last_epoch_is_kept(tiny: Path, tmp_path: Path) -> None:
    metrics = train(tiny, tmp_path / "out", "data={train: train.conll, test: test.conll}", "train.epochs=2")
    assert "dev" not in metrics
    assert metrics["best_epoch"] == 2


def test_a_diverging_run_stops_with_advice(tiny: Path, tmp_path: Path) -> None:
    with pytest.raises(Mistake, match=r"the loss of epoch \d+ is (nan|inf); lower train.learning_rate"):
        train(tiny, tmp_path / "out", "train.learning_rate=1e30", "train.clip_norm=null", "train.optimizer=sgd")


@pytest.mark.parametrize(
    "option", ["train.accelerator=gpuu", "train.accelerator=tpu", "train.devices=0", "train.strategy=none_such"]
)
def test_what_this_machine_does_not_have_is_told_before_data_is_read(tiny: Path, tmp_path: Path, option: str) -> None:
    (tmp_path / "train.conll").write_text("not read\n")
    with pytest.raises(Mistake, match=r"^train: .*; see accelerator, devices, strategy, precision$"):
        train(tiny, tmp_path / "out", option)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("more", [(), (*RESUMED["chunks"], "encoder.initial_state=learned")], ids=["whole", "chunks"])
def test_two_processes_train_one_model(tiny: Path, tmp_path: Path, more: tuple[str, ...]) -> None:
    out = tmp_path / "out"
    options = ["train.devices=2", "train.accelerator=cpu", "train.strategy=ddp", "train.epochs=8", *more]
    sets = [part for one in options for part in ("--set", one)]
    command = [sys.executable, "-m", "seqpipe", "run", str(tiny), "--out", str(out), *sets]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=240, env=os.environ | {"OMP_NUM_THREADS": "1"}
    )
    assert done.returncode == 0, done.stderr
    metrics = json.loads((out / artifact.METRICS).read_text())
    assert metrics["epochs"] == 8
    assert metrics["test"]["f1"] > 0.5


@pytest.mark.parametrize("name", [artifact.CODECS, artifact.WEIGHTS, artifact.PIPELINE])
@pytest.mark.parametrize("damage", ["missing", "empty", "noise"])
def test_a_damaged_run_folder_is_named(tiny: Path, tmp_path: Path, name: str, damage: str) -> None:
    train(tiny, tmp_path / "out", "train.epochs=1")
    file = tmp_path / "out" / name
    if damage == "missing":
        file.unlink()
    else:
        file.write_bytes(b"" if damage == "empty" else b"\x00\xff[{" * 9)
    with pytest.raises(Mistake, match="out"):
        artifact.load(tmp_path / "out")


def test_word_vectors_are_read_to_train_and_not_to_predict(tiny: Path, tmp_path: Path) -> None:
    vectors = tmp_path / "vectors.txt"
    vectors.write_text("ada 1 2 3\nvell -1 -2 -3\n")
    train(tiny, tmp_path / "out", "encoder.embed.vectors=vectors.txt", "encoder.embed.size=3", "train.epochs=1")
    vectors.unlink()
    loaded = artifact.load(tmp_path / "out")
    gold = list(loaded.reader.read(tmp_path / "test.conll"))
    assert len(list(label(loaded.model, loaded.reader, gold))) == len(gold)


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


def test_a_loss_that_is_no_number_is_no_success(tiny: Path, tmp_path: Path) -> None:
    with pytest.raises(Mistake, match="the weights have diverged"):
        train(tiny, tmp_path / "out", "train.epochs=1", "train.learning_rate=1e300", "train.tokens_per_batch=100000")
    assert not (tmp_path / "out" / artifact.METRICS).exists()


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


def test_another_reader_keeps_the_words_that_were_learned(tiny: Path, tmp_path: Path) -> None:
    train(tiny, tmp_path / "out", "reader.words={lowercase: false, zero_digits: false}", "train.epochs=1")
    own, other = (artifact.load(tmp_path / "out", sets).reader for sets in ((), ("reader={type: spacy}",)))
    words = [["Ada", "ada", "Pike"]]
    assert own.input.encode(words).forms.word.tolist() == other.input.encode(words).forms.word.tolist()
    with pytest.raises(Mistake, match=r"codecs.json: the tags were learned as spans"):
        artifact.load(tmp_path / "out", ["reader.scheme=none"])


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


@pytest.mark.parametrize(
    "state",
    [
        '{"input": [], "target": {}}',
        '{"input": {"words": {"a": "b"}, "affixes": {}, "shapes": {}, "letters": {}}, "target": null}',
        "[" * 200_000,
    ],
)
def test_codecs_from_a_stranger_are_checked(tiny: Path, tmp_path: Path, state: str) -> None:
    train(tiny, tmp_path / "out", "train.epochs=1")
    (tmp_path / "out" / artifact.CODECS).write_text(state)
    with pytest.raises(Mistake, match=r"codecs\.json: damaged"):
        artifact.load(tmp_path / "out")


@pytest.mark.parametrize("symbols", ["[1, 2]", '["zzz"]', '[""]', '"O"'])
def test_symbols_from_a_stranger_are_checked(tiny: Path, tmp_path: Path, symbols: str) -> None:
    train(tiny, tmp_path / "out", "train.epochs=1")
    path = tmp_path / "out" / artifact.CODECS
    state = json.loads(path.read_text())
    state["target"]["symbols"] = json.loads(symbols)
    path.write_text(json.dumps(state))
    with pytest.raises(Mistake, match=r"codecs\.json: damaged"):
        artifact.load(tmp_path / "out")
