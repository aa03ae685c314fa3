"""Files that serve several splits: which records are whose, by the pipeline file and by data sets."""

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from seqpipe import Mistake, cli, datasets, pipeline
from seqpipe.splits import read, read_all, sources

PIPELINE = """\
reader: {type: sequences}
data:
  train: all.csv
  dev: all.csv
  test: all.csv
  where: {train: set=train.*val=no, dev: val=yes, test: set=test}
encoder: {type: gru, hidden_size: 4, embed: {size: 0}}
head: {type: classifier}
train: {epochs: 1}
"""
ROWS = [("a", "train", "no"), ("b", "test", "no"), ("c", "train", "yes"), ("d", "train", "no"), ("e", "none", "no")]

PLUGIN = '''\
"""A data set whose one file serves three splits, with labels beside it."""

import seqpipe


@seqpipe.hookimpl
def seqpipe_datasets():
    return {{"toy": "{module}:toy"}}


LETTERS = seqpipe.File("letters.fasta", {letters})
toy = seqpipe.Dataset(
    name="toy",
    description="toy data",
    licence="CC0",
    citation="Nobody (2020)",
    homepage="https://example.org",
    splits={{"train": (LETTERS,), "dev": (LETTERS,), "test": (LETTERS,)}},
    beside=(seqpipe.File("labels.fasta", {labels}),),
    where={{"train": "SET=train", "dev": "SET=dev", "test": "SET=test"}},
    without={{"d": "it is in another test set"}},
)
'''


def ids(file: Path, *overrides: str) -> dict[str, list[str]]:
    loaded = pipeline.load(file, overrides)
    reader = loaded.new_reader()
    paths = {split: sources(loaded, split) for split in pipeline.SPLITS}
    found = {split: [one.id for one in read(loaded, reader, split, paths[split])] for split in pipeline.SPLITS}
    whole = read_all(loaded, reader, paths)
    assert found == {split: [one.id for one in records] for split, records in whole.items()}
    return found


@pytest.fixture
def one_file(file: Callable[..., Path]) -> Path:
    rows = "".join(f"{id},ACGT{'AC'[place % 2]},x,{part},{val}\n" for place, (id, part, val) in enumerate(ROWS))
    file(f"id,sequence,label,set,val\n{rows}", "all.csv")
    return file(PIPELINE, "a.yaml")


def test_patterns_say_whose_a_record_is(one_file: Path) -> None:
    assert ids(one_file) == {"train": ["a", "d"], "dev": ["c"], "test": ["b"]}


def test_a_pattern_and_tenths_of_what_it_leaves(one_file: Path) -> None:
    given = ("data.dev=null", "data.where={train: val=no}", "data.test=null", "data.held_out.dev=[0, 1, 2, 3, 4]")
    found = ids(one_file, *given)
    assert found["test"] == []
    assert sorted(found["train"] + found["dev"]) == ["a", "b", "d", "e"]
    letters = {id: f"ACGT{'AC'[place % 2]}" for place, (id, *_) in enumerate(ROWS)}
    tenth = {id: int(hashlib.md5(text.encode()).hexdigest(), 16) % 10 for id, text in letters.items()}
    assert {id: tenth[id] < 5 for id in "abde"} == {id: id in found["dev"] for id in "abde"}


def test_what_is_no_pattern_is_refused(one_file: Path) -> None:
    with pytest.raises(Mistake, match=r"data\.where\.dev: no regular expression \(.*\)"):
        pipeline.load(one_file, ("data.where={dev: '('}",))


@pytest.fixture
def plugin(file: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    letters = "".join(f">{id}\nMKV\n" for id in "abcde")
    splits = dict(zip("abcde", ["train", "test", "dev", "train", "train"], strict=True))
    labels = "".join(f">{id} SET={split}\nHEC\n" for id, split in splits.items())
    (tmp_path / "data/toy").mkdir(parents=True)
    file(letters, "data/toy/letters.fasta")
    file(labels, "data/toy/labels.fasta")
    monkeypatch.setenv("SEQPIPE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("SEQPIPE_CACHE", str(tmp_path / "cache"))
    # A module of this name may have been imported by another test.
    module = f"toy_{tmp_path.name}"
    return file(PLUGIN.format(letters=len(letters), labels=len(labels), module=module), f"{module}.py")


OF_PLUGIN = """\
reader: {type: sequences, alphabet: protein, target: tags, label_file: labels.fasta}
data: {dataset: toy}
encoder: {type: gru, hidden_size: 4, embed: {size: 0}}
head: {type: tagger}
train: {epochs: 1}
"""


def test_a_data_set_says_whose_a_record_is_and_what_is_left_out(
    plugin: Path, file: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    assert cli.main(["run", str(file(OF_PLUGIN)), "--out", str(out), "--plugin", str(plugin)]) == 0
    data = json.loads((out / "data.json").read_text())
    assert {split: data[split]["records"] for split in data} == {"train": 2, "dev": 1, "test": 1}
    used = {Path(one["path"]).name: one["sha256"] for one in data["test"]["files"]}
    folder = tmp_path / "data/toy"
    assert used == {name: datasets.sha256(folder / name) for name in ("letters.fasta", "labels.fasta")}
    capsys.readouterr()
    assert cli.main(["data", "toy", "--plugin", str(plugin)]) == 0
    told = capsys.readouterr().out
    assert "beside: labels.fasta" in told
    assert "train where 'SET=train' is found" in told
    assert "without d: it is in another test set" in told


def test_what_stands_beside_is_fetched_too(
    plugin: Path, file: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data/toy/labels.fasta").unlink()
    assert cli.main(["run", str(file(OF_PLUGIN)), "--out", str(tmp_path / "run"), "--plugin", str(plugin)]) == 2
    assert re.match(r"data set toy: labels\.fasta is not here .* and has no download", capsys.readouterr().err)
