"""Records and parts of records dealt to splits: by names, tenths, blocks and ends; each step once, and margins kept."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from seqpipe import Mistake
from seqpipe.codec import Symbols
from seqpipe.coded import Coded
from seqpipe.deal import RANKS, Deal, tenth
from seqpipe.held_out import HeldOut
from seqpipe.reader import Reader, Record

FILE = Path("folder/a.fasta")


class Letters(Reader):
    """Texts of letters, for which small and capital ones are the same."""

    def __init__(self) -> None:
        super().__init__(None)
        self.input = self.target = Symbols()
        self.input.identity = str.upper

    def read(self, path: Path) -> Iterator[Record]:
        yield from ()


def record(name: str, steps: int, target: Any = None) -> Record:
    return Record(name, "".join(random.Random(steps).choices("acgt", k=steps)), target, f"{FILE}:1")


def dealt(held: dict[str, Any], *records: Record, file: Path = FILE) -> list[tuple[str, str]]:
    """Split and id of each part."""
    deal = Deal(HeldOut.model_validate(held), Letters())
    found = [(split, part.id) for number, one in enumerate(records) for split, part in deal.parts(file, number, one)]
    deal.check()
    return found


def owners(held: dict[str, Any], one: Record) -> list[str | None]:
    """The split of each step, which no two parts have."""
    found: list[str | None] = [None] * len(one.input)
    for split, part in Deal(HeldOut.model_validate(held), Letters()).parts(FILE, 0, one):
        start, stop = map(int, part.id.rpartition(":")[2].split("-")) if ":" in part.id else (0, len(one.input))
        assert part.input == one.input[start:stop]
        assert found[start:stop] == [None] * (stop - start)
        found[start:stop] = [split] * (stop - start)
    return found


def test_records_are_named_by_id() -> None:
    records = [record(name, 10) for name in "abcd"]
    assert dealt({"dev": ["b"], "test": ["d", "a"]}, *records) == [
        ("test", "a"),
        ("dev", "b"),
        ("train", "c"),
        ("test", "d"),
    ]


def test_parts_of_records_are_named_by_their_steps() -> None:
    held = {"dev": ["a:20-50", "b:-1"], "test": ["a:70-"]}
    assert dealt(held, record("a", 100), record("b", 10)) == [
        ("train", "a:0-20"),
        ("dev", "a:20-50"),
        ("train", "a:50-70"),
        ("test", "a:70-100"),
        ("dev", "b:0-1"),
        ("train", "b:1-10"),
    ]


def test_records_of_a_file_are_named_by_their_numbers() -> None:
    records = [record(name, 10) for name in "abcd"]
    held = {"dev": ["a.fasta#1-2"], "test": ["folder/a.fasta#3-"]}
    assert [split for split, _ in dealt(held, *records)] == ["train", "dev", "train", "test"]
    with pytest.raises(Mistake, match=r"^data\.held_out\.dev: 'a\.fasta#1-2': no such training file, or it has fewer"):
        dealt({"dev": ["a.fasta#1-2"]}, *records, file=Path("folder/b.fasta"))
    with pytest.raises(Mistake, match=r"'a\.fasta#2-5': no such training file, or it has fewer records$"):
        dealt({"dev": ["a.fasta#2-5"]}, *records)


@pytest.mark.parametrize("name", ["NC_1:5-8", "HG002#1#chr1", "x#2-3"])
def test_an_id_may_look_like_a_part(name: str) -> None:
    assert dealt({"dev": [name]}, record(name, 10), record("NC_1", 10) if ":" in name else record("y", 3))[0] == (
        "dev",
        name,
    )


def test_a_name_that_no_record_has_is_told() -> None:
    records = [record(name, 10) for name in ("chr1", "chr2")]
    with pytest.raises(Mistake) as caught:
        dealt({"dev": ["chr3:0-5", "nothing"], "test": ["chr1"]}, *records)
    assert caught.value.lines == (
        "data.held_out.dev: no training record has the id 'chr3'; did you mean 'chr2'?",
        "data.held_out.dev: no training record has the id 'nothing'; the first is 'chr1'",
    )


def test_steps_that_a_record_has_not_are_told() -> None:
    for steps in ("5-11", "10-", "20-30"):
        with pytest.raises(Mistake) as caught:
            dealt({"dev": [f"a:{steps}"]}, record("a", 10))
        told = f"{FILE}:1: 'a' has 10 steps; data.held_out.dev names 'a:{steps}'"
        assert caught.value.lines == (told,)


def test_a_record_is_not_named_in_two_ways() -> None:
    with pytest.raises(Mistake, match=r"^folder/a\.fasta:1: data\.held_out names 'a' in two ways; each step is of one"):
        dealt({"dev": ["a:2-3"], "test": ["a.fasta#0-1"]}, record("a", 10))


@pytest.mark.parametrize("by", ["text", "sequence", "id"])
def test_tenths_are_of_what_is_said(by: str) -> None:
    records = [Record(str(number), text) for number, text in enumerate(["acgt", "ACGT", *"acgt" * 50])]
    own = {"text": lambda one: one.input, "sequence": lambda one: one.input.upper(), "id": lambda one: one.id}[by]
    found = dealt({"by": by, "dev": [1, 7], "test": [2]}, *records)
    wanted = [{1: "dev", 7: "dev", 2: "test"}.get(tenth(own(one)), "train") for one in records]
    assert found == [(split, one.id) for split, one in zip(wanted, records, strict=True)]
    assert {split for split, _ in found} > {"train"}


def test_a_tenth_is_the_same_on_every_machine() -> None:
    assert [tenth(text) for text in ("", "ACGT", "chr1", "café", "\ud800")] == [6, 8, 3, 8, 8]


def test_blocks_are_dealt_in_turn_from_the_tenth_of_the_record() -> None:
    one = record("a", 1_050)
    first = tenth("a")
    found = owners({"by": "id", "blocks": 10, "dev": [3, 4], "test": [9]}, one)
    turn = {3: "dev", 4: "dev", 9: "test"}
    assert found == [turn.get((first + step // 10) % 10, "train") for step in range(1_050)]
    assert Counter(found[:1000]) == {"train": 700, "dev": 200, "test": 100}


def test_identical_records_are_cut_into_blocks_alike() -> None:
    small, large = record("a", 500), record("b", 500)
    large = Record("b", large.input.upper())
    held = {"by": "sequence", "blocks": 7, "dev": [0], "test": [5]}
    assert owners(held, small) == owners(held, large)


def test_neighbours_of_the_same_split_stay_in_one_piece() -> None:
    found = dealt({"by": "id", "blocks": 10, "dev": [tenth("a"), (tenth("a") + 1) % 10]}, record("a", 60))
    assert found == [("dev", "a:0-20"), ("train", "a:20-60")]


def test_what_is_named_is_of_no_tenth() -> None:
    held = {"dev": list(range(9)), "test": ["a:3-5", "b"]}
    assert set(owners(held, record("a", 9))[3:5]) == {"test"}
    assert "test" not in owners(held, record("a", 9))[:3]
    assert dealt(held, record("a", 9), record("b", 9))[-1] == ("test", "b")


@given(
    some.integers(0, 60),
    some.integers(1, 12),
    some.integers(0, 9),
    some.sets(some.integers(0, 9), min_size=1, max_size=4),
    some.sets(some.integers(0, 60), max_size=4),
)
def test_each_step_is_in_one_split_and_the_margin_is_kept(
    steps: int, blocks: int, margin: int, tenths: set[int], borders: set[int]
) -> None:
    drawn, cuts = sorted(tenths), sorted(border for border in borders if border < steps)
    named = [f"a:{start}-{stop}" for start, stop in zip(cuts[::2], cuts[1::2], strict=False)]
    held = {"by": "id", "dev": drawn[::2] + named[::2], "test": drawn[1::2] + named[1::2], "blocks": blocks}
    whole = owners(held, record("a", steps))
    assert None not in whole
    found = owners(held | {"margin": margin}, record("a", steps))
    assert found == _apart(whole, margin)


def _apart(whole: Sequence[str | None], margin: int) -> list[str | None]:
    """Step by step: none is left that has one of higher rank within the margin."""
    ranks = [RANKS[str(split)] for split in whole]
    return [
        None if max(ranks[max(step - margin, 0) : step + margin + 1]) > rank else whole[step]
        for step, rank in enumerate(ranks)
    ]


def test_a_margin_lies_before_the_end_of_a_text() -> None:
    held = {"last": {"dev": 0.2, "test": 0.1}, "margin": 5}
    assert dealt(held, record("a", 100)) == [("train", "a:0-65"), ("dev", "a:70-85"), ("test", "a:90-100")]


@pytest.mark.parametrize("kind", ["list", "str", "array", "coded"])
def test_targets_are_cut_with_their_input(kind: str) -> None:
    labels = list("xyzxyzxyzx")
    target = {"list": labels, "str": "".join(labels), "array": np.array(labels), "coded": Coded.of(labels)}[kind]
    deal = Deal(HeldOut(dev=["a:2-5"]), Letters())
    parts = {split: part for split, part in deal.parts(FILE, 0, record("a", 10, target)) if split == "dev"}
    assert list(parts["dev"].target) == labels[2:5]
    assert type(parts["dev"].target) is type(target)
    assert parts["dev"].where == f"{FILE}:1 (steps 2-5)"


def test_an_empty_record_is_dealt_too() -> None:
    assert dealt({"dev": [tenth("")]}, record("a", 0)) == [("dev", "a")]
    assert dealt({"dev": [tenth("")], "test": ["a"]}, record("a", 0)) == [("test", "a")]
    assert dealt({}, record("a", 0)) == [("train", "a")]
