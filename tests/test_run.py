"""Training: what a run leaves in its folder, every way to train, and what is told when it goes wrong."""

import importlib.metadata
import json
import math
import os
import subprocess
import sys
import warnings
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from seqeval.metrics import accuracy_score, classification_report
from seqeval.scheme import IOB2

from seqpipe import Mistake, __version__, artifact, pipeline
from seqpipe.evaluate import evaluate
from seqpipe.predict import label
from seqpipe.run import run


def train(path: Path, out: Path, *overrides: str) -> dict[str, Any]:
    outcome = run(pipeline.load(path, overrides), out)
    assert outcome is not None
    return outcome.metrics


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


CHUNKS = ("encoder.type=gru", "head.crf=false", "train.bptt=11", "encoder.initial_state=learned")


@pytest.mark.parametrize("more", [(), CHUNKS], ids=["whole", "chunks"])
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


def test_a_loss_that_is_no_number_is_no_success(tiny: Path, tmp_path: Path) -> None:
    with pytest.raises(Mistake, match="the weights have diverged"):
        train(tiny, tmp_path / "out", "train.epochs=1", "train.learning_rate=1e300", "train.tokens_per_batch=100000")
    assert not (tmp_path / "out" / artifact.METRICS).exists()


def test_another_reader_keeps_the_words_that_were_learned(tiny: Path, tmp_path: Path) -> None:
    train(tiny, tmp_path / "out", "reader.words={lowercase: false, zero_digits: false}", "train.epochs=1")
    own, other = (artifact.load(tmp_path / "out", sets).reader for sets in ((), ("reader={type: spacy}",)))
    words = [["Ada", "ada", "Pike"]]
    assert own.input.encode(words).forms.word.tolist() == other.input.encode(words).forms.word.tolist()
    with pytest.raises(Mistake, match=r"codecs.json: the tags were learned as spans"):
        artifact.load(tmp_path / "out", ["reader.scheme=none"])


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
