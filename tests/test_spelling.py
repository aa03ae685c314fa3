"""The words that lamps spell: made again byte for byte, the counts of their README, and letters of the right length."""

import importlib.util
from itertools import groupby
from pathlib import Path
from typing import Any

from seqpipe.readers.frames import FrameLines

FOLDER = Path(__file__).parent.parent / "pipelines" / "spelling"
SPLITS = {"train": 600, "dev": 100, "test": 100}


def script() -> Any:
    spec = importlib.util.spec_from_file_location("make", FOLDER / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_script_makes_the_files(tmp_path: Path) -> None:
    script().main(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(f"{split}.jsonl" for split in SPLITS)
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (FOLDER / path.name).read_bytes()


def test_counts_are_those_of_the_readme() -> None:
    reader = FrameLines(FrameLines.Options(target="text", columns={"target": "word"}))
    splits = {split: list(reader.read(FOLDER / f"{split}.jsonl")) for split in SPLITS}
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert {split: len(records) for split, records in splits.items()} == SPLITS
    for count in ("800 made-up words", "`train.jsonl` has 600", "have 100 each"):
        assert count in text
    every = [record for records in splits.values() for record in records]
    assert len({tuple(record.target) for record in every}) == 800
    for record in every:
        assert record.input.shape[1] == 5
        assert 2 * len(record.target) <= len(record.input) <= 4 * len(record.target)
    doubled = [record for record in every if any(len(list(run)) == 2 for _, run in groupby(record.target))]
    assert 200 < len(doubled) < 600
