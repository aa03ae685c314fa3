"""Inputs that two splits have in common: what was learned by heart in one of them proves nothing in the other."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from itertools import combinations

from .letters import Letters
from .reader import Reader, Record
from .stretches import common, width

_SHOWN = 5
_TOLD = 0.0005


@dataclass(frozen=True, slots=True)
class Shared:
    """Records of one split whose input a record of another has too."""

    split: str
    other: str
    count: int
    """How many of `split` have an input that is in `other`."""
    records: int
    """How many records there are in `split`, without empty ones."""
    examples: list[tuple[str, str]]
    """Where the first few stand, and where the same is in `other`."""

    def __str__(self) -> str:
        return f"{self.count:,} of {self.records:,} {self.split} inputs are in {self.other} too"


def shared(reader: Reader, splits: Mapping[str, Iterable[Record]]) -> Iterator[Shared]:
    """What each pair of splits has in common, by `Reader.identity`; pairs without anything are left out.

    Each split is gone through once; what is kept of a record is a hash of 16 bytes and where it stands.
    """
    found = {split: _hashed(reader, records) for split, records in splits.items()}
    for other, split in combinations(found, 2):
        first: dict[bytes, str] = {}
        for digest, where in found[other]:
            first.setdefault(digest, where)
        same = [(where, first[digest]) for digest, where in found[split] if digest in first]
        if same:
            yield Shared(split, other, len(same), len(found[split]), same[:_SHOWN])


def alike(reader: Reader, splits: Mapping[str, Iterable[Record]]) -> Iterator[str]:
    """A line for each pair of splits of DNA, RNA or proteins that have stretches in common, inputs alike or not."""
    if isinstance(reader.input, Letters):
        for split, other, share in common(reader.input, splits):
            if share >= _TOLD:
                yield f"{share:.1%} of the stretches of {width(reader.input)} letters in {split} are in {other} too"


def _hashed(reader: Reader, records: Iterable[Record]) -> list[tuple[bytes, str]]:
    texts = ((reader.identity(record), record.where) for record in records if len(record.input))
    return [(blake2b(text.encode(errors="surrogatepass"), digest_size=16).digest(), where) for text, where in texts]


def warning(found: Iterable[Shared]) -> str | None:
    """One line on what dev and test have in common with what is trained on; None where that is nothing."""
    leaks = [one for one in found if one.other == "train"]
    if not leaks:
        return None
    told = "; ".join(f"{one} ({one.examples[0][0]} is {one.examples[0][1]})" for one in leaks)
    return f"data: {told}; their scores may flatter: see seqpipe check --data, and data.held_out"


def listing(found: Iterable[Shared]) -> Iterator[str]:
    """All that splits have in common, with examples, line by line."""
    for one in found:
        yield f"{one}:"
        yield from (f"  {where} is {there}" for where, there in one.examples)
        if one.count > len(one.examples):
            yield f"  and {one.count - len(one.examples):,} more"
