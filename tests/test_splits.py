"""Records held out of the training files: which, none in two splits, and what runs and commands make of them."""

import hashlib
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from seqpipe import Mistake, artifact, cli, pipeline
from seqpipe.deal import tenth
from seqpipe.reader import Reader
from seqpipe.settings import DataOptions
from seqpipe.splits import read, sources

HELD = """\
reader: {type: table}
data: {train: "*.csv", held_out: {dev: [8], test: [9, 0]}}
encoder: {type: gru, hidden_size: 4, embed: {size: 4, letters: 0}}
head: {type: classifier}
train: {epochs: 1}
"""
TEXTS = [f"text number {number % 150}" for number in range(200)]


@pytest.fixture
def held(tmp_path: Path) -> Path:
    for name, part in {"a": TEXTS[:120], "b": TEXTS[120:]}.items():
        rows = [f"{text},{'odd' if text[-1] in '13579' else 'even'}\n" for text in part]
        (tmp_path / f"{name}.csv").write_text("text,label\n" + "".join(rows))
    path = tmp_path / "held.yaml"
    path.write_text(HELD)
    return path


def made(path: Path, *overrides: str) -> tuple[pipeline.Pipeline, Reader]:
    loaded = pipeline.load(path, overrides)
    return loaded, loaded.reader.cls(loaded.reader.options)


def texts(path: Path, *overrides: str) -> dict[str, list[str]]:
    loaded, reader = made(path, *overrides)
    return {
        split: [reader.text(record) for record in read(loaded, reader, split, sources(loaded, split))]
        for split in pipeline.SPLITS
    }


def test_each_record_is_in_one_split_by_its_text(held: Path) -> None:
    found = texts(held)
    assert Counter(text for part in found.values() for text in part) == Counter(TEXTS)
    for split, own in {"dev": {8}, "test": {9, 0}, "train": {1, 2, 3, 4, 5, 6, 7}}.items():
        assert found[split] == [text for text in TEXTS if int(hashlib.md5(text.encode()).hexdigest(), 16) % 10 in own]
        assert found[split]


def test_without_it_all_records_train(held: Path) -> None:
    assert texts(held, "data.held_out={}") == {"train": TEXTS, "dev": [], "test": []}


def test_a_split_with_files_of_its_own_has_all_of_these(held: Path) -> None:
    (held.parent / "own.tsv").write_text("text\tlabel\na\todd\nb\todd\n")
    found = texts(held, "data.held_out={dev: [8]}", "data.test=own.tsv")
    assert found["test"] == ["a", "b"]
    assert Counter(found["train"] + found["dev"]) == Counter(TEXTS)


def test_a_run_scores_what_it_held_out_and_so_does_evaluate(held: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = held.parent / "out"
    assert cli.main(["run", str(held), "--out", str(out)]) == 0
    counts = {split: len(part) for split, part in texts(held).items()}
    written = json.loads((out / "data.json").read_text())
    assert {split: one["records"] for split, one in written.items()} == counts
    assert written["test"]["files"] == written["train"]["files"]
    metrics = json.loads((out / "metrics.json").read_text())
    assert sum(one["support"] for one in metrics["test"]["labels"].values()) == counts["test"]
    capsys.readouterr()
    assert cli.main(["evaluate", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == metrics["test"]
    assert cli.main(["evaluate", str(out), str(held.parent / "b.csv"), "--json"]) == 0
    whole = json.loads(capsys.readouterr().out)
    assert sum(one["support"] for one in whole["labels"].values()) == 80


def test_predictions_are_written_and_empty_texts_have_no_label(held: Path) -> None:
    out = held.parent / "out"
    assert cli.main(["run", str(held), "--out", str(out)]) == 0
    (held.parent / "new.txt").write_text("text number 3\n\n")
    assert cli.main(["predict", str(out), str(held.parent / "new.txt"), "--out", str(held.parent / "new.jsonl")]) == 0
    first, second = map(json.loads, (held.parent / "new.jsonl").read_text().splitlines())
    assert first["label"] in ("odd", "even")
    assert 0.5 <= first["confidence"] <= 1
    assert second == {"text": "", "label": None, "confidence": None}


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"held_out": {"dev": [1], "test": [1]}}, "a tenth is named twice; records belong to one split"),
        ({"held_out": {"dev": [1, 1]}}, "a tenth is named twice"),
        ({"held_out": {"dev": list(range(10))}}, "all ten tenths are held out; leave some to train on"),
        ({"held_out": {"dev": [10]}}, "less than or equal to 9"),
        ({"held_out": {"dev": [1]}, "dev": "x"}, "give either dev files or held_out.dev, not both"),
    ],
)
def test_what_cannot_be_held_out(options: dict[str, object], what: str) -> None:
    with pytest.raises(ValidationError) as caught:
        DataOptions.model_validate({"train": "x", **options})
    assert what in str(caught.value)


def test_a_split_that_the_data_set_has_is_not_held_out(held: Path) -> None:
    loaded, _ = made(held, "data={dataset: trec, held_out: {dev: [8], test: [9]}}")
    with pytest.raises(Mistake) as caught:
        sources(loaded, "test")
    assert caught.value.lines == ("data.held_out.test: data set trec has its own test split",)


def test_the_splits_of_mr_and_trec(real_data: Callable[[str], Path]) -> None:
    folder = real_data("sentiment")
    once = '{type: table, columns: {text: 1, label: 0}, header: false, separator: " ", once: true, encoding: latin-1}'
    path = Path(__file__).parent.parent / "pipelines" / "sentiment_mr.yaml"
    found = {split: len(part) for split, part in texts(path, f"reader={once}").items()}
    assert found == {"train": 8500, "dev": 1070, "test": 1092}
    lines = (folder / "TREC.train.all").read_bytes().decode("latin-1").split("\n")[:-1]
    dev = [line[2:] for line in lines if tenth(line[2:]) == 8]
    trec = texts(path.with_name("questions_trec.yaml"))
    assert trec["dev"] == dev
    assert {split: len(part) for split, part in trec.items()} == {
        "train": 5452 - len(dev),
        "dev": len(dev),
        "test": 500,
    }
    assert not set(trec["train"]) & set(dev)


def test_a_first_try_reads_no_more_than_it_is_told(held: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = held.parent / "limited"
    assert cli.main(["run", str(held), "--out", str(out), "--set", "data.limit=3", "--set", "train.epochs=1"]) == 0
    data = json.loads((out / artifact.DATA).read_text())
    assert [data[split]["records"] for split in ("train", "dev", "test")] == [3, 3, 3]


def test_runs_do_not_depend_on_the_order_of_sets(held: Path) -> None:
    found = []
    for seed in ("1", "2"):
        out = held.parent / seed
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parent.parent)}
        command = [sys.executable, "-m", "seqpipe", "run", str(held), "--out", str(out)]
        subprocess.run(command, env=environment, check=True, capture_output=True)
        found.append([(out / name).read_bytes() for name in (artifact.DATA, artifact.CODECS, artifact.WEIGHTS)])
    assert found[0] == found[1]
