"""Records, and the readers that make them from files and write them back."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

from .codec import Codec
from .options import Options


@dataclass(frozen=True, slots=True)
class Record:
    """One example as a person would write it."""

    id: str
    """Unique within its file."""
    input: Sequence[Any]
    """Words, bases, notes, or an array of frames `[T, D]`.

    An empty one is not learned from, and predicted as empty; where one label is wanted, as None.
    """
    target: Any = None
    """Tags, a label or another sequence; None when unknown."""
    where: str = ""
    """`file:line`, for messages."""
    confidence: Any = None
    """How probable a predicted target is, from 0 to 1: one number, or one for each step."""
    alternatives: Sequence[tuple[Any, float]] = ()
    """The n best targets and their probabilities, best first, where they were asked for."""
    origin: Any = None
    """What the reader that made the record needs to write it back; nobody else looks at it."""


class Reader(ABC):
    """Reads, and may write, one kind of file; knows nothing of tensors and owns the codecs of what it reads."""

    input: Codec
    target: Codec | None
    suffixes: tuple[str, ...] = ()
    """The endings of the files that `write` can make; empty where a reader cannot write."""
    skipped: list[str] | None = None
    """What was wrong with each record that was left out; None where a reader stops at the first bad file instead."""

    class Options(Options):
        """No options."""

    def __init__(self, options: Any) -> None:
        self.options = options

    def fit(self, records: Sequence[Record]) -> None:
        """Let the codecs learn from the training records."""
        self.input.fit(record.input for record in records)
        if self.target is not None:
            self.target.fit(record.target for record in records)

    @abstractmethod
    def read(self, path: Path) -> Iterator[Record]:
        """The records of one file, lazily and in order.

        Raises `Mistake` naming file and line where the file is not what it should be.
        """

    def augment(self, records: Sequence[Record], chance: Random) -> Sequence[Record]:
        """The training records as they are to be learned from in one epoch; the very same ones where nothing varies.

        One for one and in order, with random numbers from `chance` alone. Batches are made by the lengths that records
        have as they are read.
        """
        return records

    def reverse(self, record: Record) -> Record | None:
        """The record as its other strand reads: backwards, every letter its complement, every label mirrored.

        None where a reader's records have no other strand.
        """
        return None

    def mirror(self, tag: str) -> str:
        """The label that a step of the one strand has on the other; applied twice, the label itself."""
        return tag

    def part(self, record: Record, start: int, stop: int) -> Record:
        """The steps of a record from `start`, counted from 0, to before `stop`, with their targets, one for each step.

        Its id and place tell where it comes from. A reader whose `origin` tells of steps has that cut here too.
        """
        targets = None if record.target is None or self.target is None else record.target[start:stop]
        name, where = f"{record.id}:{start}-{stop}", f"{record.where} (steps {start}-{stop})"
        return replace(record, id=name, input=record.input[start:stop], target=targets, where=where)

    def score(self, gold: Sequence[Record], predicted: Sequence[Record]) -> dict[str, Any]:
        """What people who use such files count beside the head's scores: numbers, from predictions and true targets."""
        return {}

    def write(self, records: Iterable[Record], path: Path) -> None:
        """Write records that this reader read, with their (predicted) targets; the format follows from the suffix."""
        raise NotImplementedError(f"{type(self).__name__} cannot write")

    def text(self, record: Record) -> str:
        """The input as text; what `data.held_out` goes by, so that equal inputs stay together."""
        return record.input if isinstance(record.input, str) else " ".join(map(str, record.input))

    def identity(self, record: Record) -> str:
        """What inputs that count as the same have in common, and two splits should not; they may differ as text."""
        return self.input.identity(self.text(record))

    def heading(self, record: Record) -> str:
        """What the file says of a record beside input and target, such as its header; what `data.where` looks into."""
        return record.id

    def beside(self, path: Path) -> list[Path]:
        """Other files that are read with one, such as labels in a file of their own."""
        return []

    def render(self, record: Record) -> str:
        """One line that shows input and target to a person."""
        return f"{' '.join(map(str, record.input))} -> {record.target}"
