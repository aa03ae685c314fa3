"""Generated data sets: the tasks as published, the same bytes everywhere, made once, and a run that goes on."""

import hashlib
import json
import math
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqpipe import cli, fetch, memory, pipeline
from seqpipe.datasets import Dataset, describe, listing, sha256
from seqpipe.errors import Mistake
from seqpipe.generate import generate
from seqpipe.readers.conll import Conll
from seqpipe.readers.frames import FrameLines
from seqpipe.run import run
from seqpipe.settings import Generated

PIPELINE = """\
reader: {type: frames, target: number}
data: {dataset: adding, generated: {length: 6, train: 40, dev: 10, test: 10}}
encoder: {type: gru, hidden_size: 4, embed: {size: 0}}
head: {type: regressor}
train: {epochs: 2, batch_size: 10}
"""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SEQPIPE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def small(length: int = 7, seed: int = 1) -> Generated:
    return Generated(length=length, train=300, dev=50, test=50, seed=seed)


def sums(length: int) -> Any:
    path = generate(memory.adding, "train", small(length))
    reader = FrameLines(FrameLines.Options(target="number"))
    return [(np.asarray(record.input, np.float64), record.target) for record in reader.read(path)]


@pytest.mark.parametrize("length", [2, 3, 7, 50])
def test_adding_is_the_sum_of_two_marked_numbers_one_in_each_half(length: int) -> None:
    found = sums(length)
    assert len(found) == 300
    places: list[set[int]] = [set(), set()]
    for frames, total in found:
        values, marks = frames.T
        first, second = np.flatnonzero(marks)
        assert first < length // 2 <= second
        assert set(marks) == {0, 1} or length == 2
        assert total == pytest.approx(values[marks == 1].sum(), abs=1e-6)
        assert values.min() >= 0
        assert values.max() <= 1
        places[0].add(int(first))
        places[1].add(int(second))
    assert sorted(places[0] | places[1]) == list(range(length))


def test_who_always_says_one_has_an_error_of_a_sixth() -> None:
    errors = np.array([(total - 1) ** 2 for _, total in sums(10)])
    assert abs(errors.mean() - 1 / 6) < 4 * errors.std() / 300**0.5


@pytest.mark.parametrize("length", [2, 9])
def test_copying_is_ten_symbols_blanks_a_sign_and_the_ten_again(length: int) -> None:
    path = generate(memory.copying, "dev", small(length))
    records = list(Conll(Conll.Options(scheme="none")).read(path))
    assert len(records) == 50
    symbols: Counter[str] = Counter()
    for record in records:
        kept = list(record.input[:10])
        assert list(record.input[10:]) == ["-"] * (length - 1) + ["?"] + ["-"] * 10
        assert list(record.target) == ["-"] * (length + 10) + kept
        symbols.update(kept)
    assert sorted(symbols) == list("abcdefgh")
    assert max(symbols.values()) < 2 * min(symbols.values())


def test_the_loss_of_who_remembers_nothing_is_as_the_advice_has_it() -> None:
    assert "10 ln 8 / (length + 20)" in memory.copying.advice
    steps = [0.0] * (9 + 10) + [math.log(8)] * 10
    assert sum(steps) / len(steps) == pytest.approx(10 * math.log(8) / (9 + 20))


SUMS = {
    "adding": "606ff73d9630c85dd62711ccd88480432ae44e87cde9825cf3b3561661d84534",
    "copying": "aa0e4e23dc12055a6a44a4e9056b06728d882ef97a217fe2833ce60f45bcdafc",
}


@pytest.mark.parametrize("dataset", [memory.adding, memory.copying], ids=lambda dataset: dataset.name)
def test_the_same_bytes_on_every_machine(dataset: Dataset) -> None:
    assert sha256(generate(dataset, "train", small())) == SUMS[dataset.name]


@settings(deadline=None, max_examples=30)
@given(st.integers(2, 40), st.integers(0, 99))
def test_splits_lengths_and_seeds_have_files_of_their_own(
    tmp_path_factory: pytest.TempPathFactory, length: int, seed: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEQPIPE_CACHE", str(tmp_path_factory.mktemp("cache")))
        options = Generated(length=length, train=3, dev=3, test=3, seed=seed)
        other = Generated(length=length, train=3, dev=3, test=3, seed=seed + 1)
        paths = [generate(memory.adding, split, options) for split in ("train", "dev", "test")]
        paths.append(generate(memory.adding, "train", other))
        assert len({path.read_bytes() for path in paths}) == 4
        assert {path.name for path in paths[0].parent.iterdir()} == {path.name for path in paths}


def test_made_once_and_never_in_part(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = generate(memory.adding, "test", small())
    assert path == cache / "adding" / "test-length7-records50-seed1.jsonl"
    path.write_text("kept")
    assert generate(memory.adding, "test", small()).read_text() == "kept"

    def stops(recipe: Any) -> Any:
        yield "a line\n"
        raise KeyboardInterrupt

    stopped = Dataset("stopped", "", "", "", "", {}, make=stops, suffix=".jsonl")
    with pytest.raises(KeyboardInterrupt):
        generate(stopped, "train", small())
    assert list((cache / "stopped").iterdir()) == []


def test_several_processes_may_make_the_same_file_at_once(cache: Path) -> None:
    inner: list[Path] = []

    def meanwhile(recipe: Any) -> Any:
        yield "one\n"
        if not inner:
            inner.append(Path())
            inner[0] = generate(dataset, "train", small())
            assert inner[0].read_text() == "one\ntwo\n"
        yield "two\n"

    dataset = Dataset("busy", "", "", "", "", {}, make=meanwhile, suffix=".txt")
    path = generate(dataset, "train", small())
    assert inner == [path]
    assert path.read_text() == "one\ntwo\n"
    assert list((cache / "busy").iterdir()) == [path]


def test_a_cache_that_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SEQPIPE_CACHE", str(tmp_path / "file"))
    with pytest.raises(Mistake, match=r"/train-.*: cannot be written \(.*\); set SEQPIPE_CACHE to a folder$"):
        generate(memory.adding, "train", small())


def test_a_run_writes_down_what_it_was_made_from_and_goes_on(tmp_path: Path, cache: Path) -> None:
    file = tmp_path / "p.yaml"
    file.write_text(PIPELINE)
    outcome = run(pipeline.load(file), tmp_path / "out")
    assert outcome is not None
    assert outcome.metrics["test"].keys() >= {"mse", "mae", "r2", "loss"}
    data = json.loads((tmp_path / "out" / "data.json").read_text())
    assert {split: one["records"] for split, one in data.items()} == {"train": 40, "dev": 10, "test": 10}
    for one in data.values():
        (made,) = one["files"]
        assert Path(made["path"]).parent == cache / "adding"
        assert made["sha256"] == hashlib.sha256(Path(made["path"]).read_bytes()).hexdigest()
    again = run(pipeline.load(file), tmp_path / "out", resume=True)
    assert again is not None
    assert again.metrics["test"] == outcome.metrics["test"]
    with pytest.raises(Mistake, match="was made by another pipeline file or other options"):
        run(pipeline.load(file, ["data.generated.seed=2"]), tmp_path / "out", resume=True)


def test_without_the_section_the_defaults_hold(tmp_path: Path) -> None:
    file = tmp_path / "p.yaml"
    file.write_text(PIPELINE.replace(", generated: {length: 6, train: 40, dev: 10, test: 10}", ""))
    data = pipeline.load(file).data
    assert data is not None
    assert data.generated == Generated()
    assert "length: 200" in pipeline.load(file).dump()
    assert pipeline.load(file, ["data.generated.length=9"]).data == data.model_copy(
        update={"generated": Generated(length=9)}
    )


def test_it_brings_its_own_splits(tmp_path: Path) -> None:
    file = tmp_path / "p.yaml"
    file.write_text(PIPELINE)
    with pytest.raises(Mistake, match=r"^data\.held_out\.dev: data set adding has its own dev split$"):
        run(pipeline.load(file, ["data.held_out.dev=[1]"]), tmp_path / "out")


def test_what_is_told_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert listing([memory.adding]).splitlines()[1].startswith("adding  any   none needed: generated  generated  ")
    text = describe(memory.adding)
    assert "size      as data.generated says\nhere      generated\n" in text
    assert text.endswith(memory.adding.advice)
    with pytest.raises(Mistake, match=r"^data set adding: nothing to fetch; a run that names it generates it$"):
        fetch.fetch(memory.adding)
    assert cli.main(["data", "copying", "--fetch"]) == 2
    assert capsys.readouterr().err == "data set copying: nothing to fetch; a run that names it generates it\n"
    with pytest.raises(ValueError, match=r"^both: is either generated or has files$"):
        Dataset("both", "", "", "", "", {"train": ()}, make=lambda recipe: [])
