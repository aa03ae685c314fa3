"""What of the training records is held out for dev and test: the options, and what the names in them stand for."""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import Field, model_validator

from .options import Options

Tenth = Annotated[int, Field(ge=0, le=9)]
Share = Annotated[float, Field(ge=0, lt=1)]

_PART = re.compile(r"(?P<name>.+)(?P<sign>[:#])(?P<start>\d*)-(?P<stop>\d*)", re.DOTALL)


class Place(NamedTuple):
    """A name in `held_out`: a record, some steps of one, or some records of a file."""

    text: str
    """As it was given; it may be the id of a record even where it looks like a part of one."""
    name: str
    """Id of the record, or name of the file."""
    sign: Literal["", ":", "#"]
    """Whether it is a record, steps of it (`:`) or records of a file (`#`)."""
    start: int = 0
    stop: int | None = None
    """Where the part ends, which is before this step or record; None for the end of the record or file."""

    @classmethod
    def of(cls, text: str) -> "Place":
        """Raises ValueError where it names nothing, or a part with nothing in it."""
        if not text:
            raise ValueError("an empty name; write the id of a record")
        part = _PART.fullmatch(text)
        if part is None:
            return cls(text, text, "")
        start, stop = int(part["start"] or 0), int(part["stop"]) if part["stop"] else None
        if stop is not None and stop <= start:
            raise ValueError(f"nothing lies in '{text}': its end ({stop}) is not after its start ({start})")
        return cls(text, part["name"], ":" if part["sign"] == ":" else "#", start, stop)

    def meets(self, other: "Place") -> bool:
        """Whether both have something in common, as far as names tell."""
        if self.name != other.name or (self.sign == "#") != (other.sign == "#"):
            return False
        first, second = sorted((self, other), key=lambda place: place.start)
        return first.stop is None or first.stop > second.start

    def of_file(self, path: Path) -> bool:
        """Whether it is records of this file, which may be named with folders above it."""
        return self.sign == "#" and path.parts[-len(Path(self.name).parts) :] == Path(self.name).parts


class Last(Options):
    """Shares of each record, from its end: the test share is the very last, the dev share comes before it."""

    dev: Share = 0.0
    """Share to choose the best epoch on, such as 0.1 for a tenth."""
    test: Share = 0.0
    """Share to report scores on."""

    @model_validator(mode="after")
    def _some_left(self) -> Self:
        if self.dev + self.test >= 1:
            raise ValueError("the shares sum to 1 or more; leave some to train on")
        return self


class HeldOut(Options):
    """What of the training records is dev or test instead: tenths of them drawn as by lot, and what is named.

    A number from 0 to 9 is a tenth: the records for which the MD5 sum of what `by` says, divided by 10, leaves this
    remainder; it is the same on every machine. A text is a name: of a record by its id (`chr1`), of some of its steps
    (`chr1:0-450000`, counted from 0, the end not among them and left out for that of the record), or of some records of
    a file, counted from 0 in the same way (`train.fasta#0-1000`). What is named is of no tenth.
    """

    dev: list[Tenth | str] = Field(default_factory=list)
    """Tenths and names of what to choose the best epoch on, such as [8] or ["chr1:0-450000"]."""
    test: list[Tenth | str] = Field(default_factory=list)
    """Tenths and names of what to report scores on."""
    by: Literal["text", "sequence", "id"] = "text"
    """What tenths go by: the text of the input, so that equal texts stay together; the sequence, for which small and
    capital letters, and of DNA both strands, are the same too; or the record's id.
    """
    blocks: int | None = Field(None, ge=1)
    """Steps in a block, for long records: each is cut into blocks, the first belongs to the tenth of the record, the
    next to the following tenth, and so on. Neighbours of the same split stay in one piece. null for whole records.
    """
    margin: int = Field(0, ge=0)
    """Steps that are left out between neighbours of different splits in a record, of the one that is trained on or,
    between dev and test, of dev; so that nothing is learned from what stands close to what is scored.
    """
    last: Last = Last()
    """Instead, the end of each record: for one long text, such as lm learns."""

    @property
    def tenths(self) -> dict[int, str]:
        """The split of each tenth that is held out."""
        return {one: split for split, entries in self.splits() for one in entries if isinstance(one, int)}

    @property
    def places(self) -> list[tuple[Place, str]]:
        """What is named, and the split that it belongs to."""
        return [(Place.of(one), split) for split, entries in self.splits() for one in entries if isinstance(one, str)]

    @property
    def cuts(self) -> str | None:
        """The option by which records may be cut into parts; None where all of them stay whole."""
        parted = (split for place, split in self.places if place.sign == ":")
        return "last" if self.last.dev or self.last.test else "blocks" if self.blocks else next(parted, None)

    def splits(self) -> Iterator[tuple[str, list[int | str]]]:
        """Each split that can be held out, with what is given for it."""
        yield from (("dev", self.dev), ("test", self.test))

    @model_validator(mode="after")
    def _once(self) -> Self:
        numbers = [one for _, entries in self.splits() for one in entries if isinstance(one, int)]
        if len(set(numbers)) < len(numbers):
            raise ValueError("a tenth is named twice; records belong to one split")
        if len(numbers) == 10:
            raise ValueError("all ten tenths are held out; leave some to train on")
        in_order = sorted((place for place, _ in self.places), key=lambda one: (one.name, one.sign == "#", one.start))
        for one, other in pairwise(in_order):
            if one.meets(other):
                raise ValueError(
                    f"'{one.text}' and '{other.text}' have steps or records in common; each is of one split"
                )
        return self

    @model_validator(mode="after")
    def _of_use(self) -> Self:
        given = bool(self.dev or self.test)
        if given and (self.last.dev or self.last.test):
            raise ValueError("give either tenths and names (dev, test) or shares of each record (last), not both")
        if (self.blocks or self.by != "text") and not self.tenths:
            option = "blocks" if self.blocks else "by"
            raise ValueError(
                f"{option} says how tenths are drawn, but dev and test name none; give some, or leave it out"
            )
        if self.margin and not self.cuts:
            raise ValueError("margin lies where a record is cut, but none is; give blocks, parts of records, or last")
        return self
