"""Stretches that two splits have in common, counted one by one."""

import random
from collections.abc import Iterable

import pytest
from Bio.Seq import Seq
from hypothesis import given
from hypothesis import strategies as some

from seqpipe import stretches
from seqpipe.letters import Letters
from seqpipe.reader import Record
from seqpipe.stretches import common, width


def drawn(alphabet: str, count: int, seed: int) -> str:
    return "".join(random.Random(seed).choices(Letters(alphabet).letters[: len(Letters(alphabet))], k=count))


def splits(**texts: Iterable[str]) -> dict[str, list[Record]]:
    return {split: [Record(str(place), text) for place, text in enumerate(own)] for split, own in texts.items()}


def one_by_one(alphabet: str, texts: Iterable[str]) -> list[str]:
    found, size = [], width(Letters(alphabet))
    for text in map(str.upper, texts):
        parts = [text[start : start + size] for start in range(len(text) - size + 1)]
        parts = [part for part in parts if set(part) <= set(Letters(alphabet).letters[: len(Letters(alphabet))])]
        found += [min(part, str(Seq(part).reverse_complement())) if alphabet == "dna" else part for part in parts]
    return found


@pytest.mark.parametrize("at_once", [1, 10, 1 << 20])
@pytest.mark.parametrize("alphabet", ["dna", "rna", "protein"])
def test_the_share_is_that_counted_one_by_one(alphabet: str, at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stretches, "_AT_ONCE", at_once)
    one, other = drawn(alphabet, 200, 1), drawn(alphabet, 300, 2)
    strand = str(Seq(one[20:90]).reverse_complement()) if alphabet == "dna" else one[20:90]
    texts = {"train": [other, one[100:150].lower(), ""], "test": [other[50:120] + "X" * (alphabet == "protein") + one]}
    texts["dev"] = [strand + "N" + other[:60], other[7:19]]
    found = {(split, wanted): share for split, wanted, share in common(Letters(alphabet), splits(**texts), one_in=1)}
    counted = {split: one_by_one(alphabet, own) for split, own in texts.items()}
    for split, wanted in (("test", "train"), ("dev", "train"), ("dev", "test")):
        share = sum(part in counted[wanted] for part in counted[split]) / len(counted[split])
        assert found[split, wanted] == pytest.approx(share)
        assert 0 < share < 1


@given(some.text("ACGTN", max_size=80), some.text("ACGTN", max_size=80))
def test_any_two_texts(one: str, other: str) -> None:
    counted = [one_by_one("dna", [text]) for text in (one, other)]
    wanted = [("test", "train", sum(part in counted[0] for part in counted[1]) / len(counted[1]))] if counted[1] else []
    assert list(common(Letters("dna"), splits(train=[one], test=[other]), one_in=1)) == wanted


def test_one_in_eight_tells_nearly_the_same() -> None:
    one, other = drawn("dna", 100_000, 1), drawn("dna", 100_000, 2)
    texts = splits(train=[one], test=[other[:70_000] + str(Seq(one[:30_000]).reverse_complement())])
    ((_, _, share),) = common(Letters("dna"), texts)
    assert share == pytest.approx(0.3, abs=0.02)
