"""The ctc head from a file to its scores: letters drawn out, read back as words; targets that cannot be are told."""

import json
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from seqpipe import Mistake, artifact, cli, pipeline
from seqpipe.plugins import discover
from seqpipe.predict import label
from seqpipe.run import run

READER = """
from dataclasses import replace

import seqpipe


class DrawnOut(seqpipe.Reader):
    def __init__(self, options):
        super().__init__(options)
        self.input, self.target = seqpipe.Symbols(), seqpipe.Symbols()

    def read(self, path):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            drawn, word = line.split(":")
            yield seqpipe.Record(str(number), list(drawn), list(word), f"{path}:{number}")


@seqpipe.hookimpl
def seqpipe_readers():
    return {"drawn_out": "drawn_out:DrawnOut"}
"""

PIPELINE = """\
reader: {type: drawn_out}
data: {train: train.txt, dev: dev.txt, test: test.txt}
encoder: {type: bilstm, hidden_size: 16, embed: {size: 8}}
head: {type: ctc}
train: {epochs: 12, batch_size: 8, learning_rate: 1e-2, seed: 2}
"""

Begin = Callable[..., Path]


def words(count: int, seed: int) -> str:
    """Each letter of a word two or three times, then the word: `aabbbaa:aba`."""
    chance = random.Random(seed)
    found = []
    for _ in range(count):
        letters = chance.choices("abcd", k=chance.randint(1, 5))
        found.append("".join(one * chance.randint(2, 3) for one in letters) + ":" + "".join(letters) + "\n")
    return "".join(found)


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    """Writes the pipeline, its plugin and its data, of which some may be replaced."""

    def write(**texts: str) -> Path:
        own = {
            split: words(count, seed)
            for seed, (split, count) in enumerate({"train": 300, "dev": 40, "test": 40}.items())
        }
        for split, text in (own | texts).items():
            (tmp_path / f"{split}.txt").write_text(text)
        (tmp_path / "drawn_out.py").write_text(READER)
        (tmp_path / "p.yaml").write_text(PIPELINE)
        return tmp_path

    yield write
    sys.modules.pop("drawn_out", None)


def made(folder: Path, *overrides: str) -> Any:
    return run(pipeline.load(folder / "p.yaml", overrides, discover([folder / "drawn_out.py"])), folder / "run")


def test_it_learns_to_spell(begin: Begin, caplog: pytest.LogCaptureFixture) -> None:
    outcome = made(begin())
    # A letter drawn out for four to six steps may be one or two.
    assert outcome.metrics["test"]["error_rate"] < 0.1
    assert outcome.metrics["test"]["accuracy"] > 0.8
    assert 0 < outcome.metrics["test"]["loss"] < 0.5
    assert "left out" not in caplog.text


def test_the_search_is_chosen_after_training(begin: Begin) -> None:
    folder = begin()
    made(folder, "train.epochs=3")
    sys.modules.pop("drawn_out")
    plugins = discover([folder / "drawn_out.py"])
    greedy, wide = (
        artifact.load(folder / "run", sets, plugins) for sets in ([], ["head.beam_size=20", "head.n_best=3"])
    )
    records = list(greedy.reader.read(folder / "test.txt"))
    pairs = list(zip(label(greedy.model, greedy.reader, records), label(wide.model, wide.reader, records), strict=True))
    assert len(pairs) == 40
    for one, other in pairs:
        assert other.confidence >= one.confidence - 1e-9
        assert len(other.alternatives) == 3
        assert other.alternatives[0] == (other.target, other.confidence)
    assert any(one.target != other.target for one, other in pairs)


def test_targets_that_cannot_be_are_told_and_left_out(begin: Begin, caplog: pytest.LogCaptureFixture) -> None:
    folder = begin(train="aa:aa\nab:ab\nb:bb\n" * 4 + words(30, 5), test="abb:abb\naab:ab\n")
    with caplog.at_level("WARNING", "seqpipe"):
        outcome = made(folder, "train.epochs=1")
    assert [one for one in caplog.messages if "symbols" in one] == [
        f"{folder}/train.txt:1: 2 symbols need 3 states, but the input gives 2 (8 such records): left out of the loss",
        f"{folder}/test.txt:1: 3 symbols need 4 states, but the input gives 3 (1 such records): left out of the loss",
    ]
    assert 0 < outcome.metrics["test"]["loss"] < 100
    assert json.loads((folder / "run" / artifact.EPOCHS).read_text())["loss"] > 0


def test_told_by_evaluate_as_well(begin: Begin, caplog: pytest.LogCaptureFixture) -> None:
    folder = begin()
    made(folder, "train.epochs=1")
    (folder / "new.txt").write_text("aa:a\nbb:bb\n")
    sys.modules.pop("drawn_out")
    arguments = ["evaluate", str(folder / "run"), str(folder / "new.txt"), "--plugin", str(folder / "drawn_out.py")]
    assert cli.main(arguments) == 0
    assert "new.txt:2: 2 symbols need 3 states, but the input gives 2 (1 such records)" in caplog.text


def test_nothing_that_could_be_learned_is_a_mistake(begin: Begin, caplog: pytest.LogCaptureFixture) -> None:
    folder = begin(train="aa:aa\nb:bb\n")
    with caplog.at_level("WARNING", "seqpipe"), pytest.raises(Mistake) as caught:
        made(folder)
    assert caught.value.lines == (
        "data.train: no target can come of its input, so nothing can be learned; see the line above",
    )
    assert f"{folder}/train.txt:1: 2 symbols need 3 states, but the input gives 2 (2 such records)" in caplog.text
    assert not (folder / "run").exists()


def test_targets_all_empty_are_learned(begin: Begin) -> None:
    lines = "aa:\nab:a\nbb:\n"
    folder = begin(train=lines * 8, dev=lines, test="aa:\nbb:\n")
    outcome = made(folder, "train.epochs=10", "train.batch_size=1")
    assert outcome.metrics["test"] == {"error_rate": 0, "accuracy": 1, "loss": pytest.approx(0, abs=0.2)}
