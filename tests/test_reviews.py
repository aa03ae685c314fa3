"""The reviews that ship: the counts that their README gives."""

from collections import Counter
from pathlib import Path

from seqpipe.readers.table import Table

FOLDER = Path(__file__).parent.parent / "pipelines" / "reviews"


def test_counts_are_those_of_the_readme() -> None:
    reader = Table(Table.Options())
    splits = {split: list(reader.read(FOLDER / f"{split}.tsv")) for split in ("train", "dev", "test")}
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert {split: len(records) for split, records in splits.items()} == {"train": 112, "dev": 30, "test": 30}
    for count in ("172 reviews", "`train.tsv` has 112", "have 30 each"):
        assert count in text
    for records in splits.values():
        assert set(Counter(record.target for record in records).values()) == {len(records) // 2}
    texts = [reader.text(record) for records in splits.values() for record in records]
    assert len(set(texts)) == len(texts) == 172
