"""The corpus that ships: what its README says of it is counted again."""

from collections import Counter
from pathlib import Path

import pytest

from seqpipe.reader import Record
from seqpipe.readers.spacy import Spacy
from seqpipe.tags import spans

ROOT = Path(__file__).parent.parent / "pipelines" / "harrowmere"


@pytest.fixture(scope="module")
def splits() -> dict[str, list[Record]]:
    reader = Spacy(Spacy.Options())
    files = {split: sorted((ROOT / split).glob("*.inline")) for split in ("train", "dev", "test")}
    assert {split: len(found) for split, found in files.items()} == {"train": 80, "dev": 20, "test": 20}
    return {split: [record for path in found for record in reader.read(path)] for split, found in files.items()}


def entities(records: list[Record]) -> list[tuple[str, str]]:
    return [(" ".join(one.input[start:end]), kind) for one in records for start, end, kind in spans(one.target)]


def test_the_readme_has_the_counts(splits: dict[str, list[Record]]) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    known = set(entities(splits["train"]))
    for split, documents in (("train", 80), ("dev", 20), ("test", 20)):
        records, found = splits[split], entities(splits[split])
        unseen = sum(one not in known for one in found) / len(found)
        share = "" if split == "train" else f"{unseen:.1%}".replace("%", " %") + " "
        steps = sum(len(record.input) for record in records)
        assert f"| {split} | {documents} | {len(records)} | {steps} | {len(found)} | {share}|" in readme
    counts = {split: Counter(kind for _, kind in entities(records)) for split, records in splits.items()}
    assert sorted(counts["test"]) == ["date", "organisation", "person", "place", "work"]
    for kind in counts["test"]:
        new = sum(one not in known for one in entities(splits["test"]) if one[1] == kind) / counts["test"][kind]
        row = " | ".join(str(counts[split][kind]) for split in ("train", "dev", "test"))
        assert f"| {kind} | {row} | {new:.1%}".replace("%", " % |") in readme


def test_no_sentence_occurs_twice_and_enough_do(splits: dict[str, list[Record]]) -> None:
    sentences = [" ".join(record.input) for records in splits.values() for record in records]
    assert len(sentences) == len(set(sentences)) >= 1000


def test_a_name_has_one_type(splits: dict[str, list[Record]]) -> None:
    types: dict[str, set[str]] = {}
    for text, kind in (pair for records in splits.values() for pair in entities(records)):
        types.setdefault(text, set()).add(kind)
    assert {text: kinds for text, kinds in types.items() if len(kinds) > 1} == {}
