"""The words that lamps spell: the counts of their README, and letters of the right length."""

from itertools import groupby
from pathlib import Path

from seqpipe.readers.frames import FrameLines

FOLDER = Path(__file__).parent.parent / "pipelines" / "spelling"
SPLITS = {"train": 600, "dev": 100, "test": 100}


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
