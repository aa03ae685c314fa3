"""Which steps of which training records belong to which split."""

import hashlib
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from .errors import Mistake
from .held_out import HeldOut, Place
from .reader import Reader, Record
from .suggest import nearest

RANKS = {"train": 0, "dev": 1, "test": 2}
"""The splits; of two neighbours, the one of lower rank gives up the margin between them."""

_REMEMBERED = 1_000
"""Ids that are remembered, to tell what a name may have meant."""


class Piece(NamedTuple):
    """Steps of a record, from `start` to before `stop`, and the split that they belong to."""

    start: int
    stop: int
    split: str


class Deal:
    """Deals out the records of the training files: each to one split, or its parts to several."""

    def __init__(self, held: HeldOut, reader: Reader) -> None:
        self.held = held
        self.reader = reader
        self.tenths = held.tenths
        self.of_files = [(place, split) for place, split in held.places if place.sign == "#"]
        self.of_records: dict[str, list[tuple[Place, str]]] = {}
        for place, split in held.places:
            for name in (place.text, place.name) if place.sign == ":" else (place.text,):
                self.of_records.setdefault(name, []).append((place, split))
        self.missing = dict(held.places)
        self.ids: list[str] = []

    def parts(self, path: Path, number: int, record: Record) -> Iterator[tuple[str, Record]]:
        """Each split that has a part in a record of a file, this part with it; `number` counts the file's from 0.

        Raises `Mistake` where steps are named that the record has not, or it is named in two ways.
        """
        self.ids += [record.id] if len(self.ids) < _REMEMBERED else []
        if self.held.last.dev or self.held.last.test:
            pieces = list(self._last(len(record.input)))
        else:
            pieces = list(_joined(self._pieces(record, self._named(path, number, record))))
        for piece in _apart(pieces, self.held.margin) if self.held.margin else pieces:
            whole = piece[:2] == (0, len(record.input))
            yield piece.split, record if whole else self.reader.part(record, *piece[:2])

    def check(self) -> None:
        """Raises `Mistake` where a name was met by none of all the records that were dealt out."""
        if self.missing:
            raise Mistake(*(f"data.held_out.{split}: {self._absent(place)}" for place, split in self.missing.items()))

    def _absent(self, place: Place) -> str:
        if place.sign == "#":
            return f"'{place.text}': no such training file, or it has fewer records"
        near = nearest(place.name, self.ids)
        hint = f"; did you mean '{near}'?" if near else f"; the first is '{self.ids[0]}'" if self.ids else ""
        return f"no training record has the id '{place.name}'{hint}"

    def _last(self, length: int) -> Iterator[Piece]:
        dev, test = self.held.last.dev, self.held.last.test
        # Rounded, for 1 - 0.7 - 0.2 is not quite 0.1, and its share would be a step short.
        borders = [0, *(int(length * round(1 - share, 12)) for share in (dev + test, test)), length]
        for (start, stop), split in zip(pairwise(borders), RANKS, strict=True):
            if start < stop:
                yield Piece(start, stop, split)

    def _named(self, path: Path, number: int, record: Record) -> list[Piece]:
        """What of a record is named, in order."""
        length, found = len(record.input), []
        for place, split in self.of_records.get(record.id, ()):
            self.missing.pop(place, None)
            whole = place.text == record.id
            if not whole and max(place.start + 1, place.stop or 0) > length:
                what = f"'{record.id}' has {length:,} steps; data.held_out.{split} names '{place.text}'"
                raise Mistake(f"{record.where}: {what}")
            found.append(Piece(0, length, split) if whole else Piece(place.start, place.stop or length, split))
        for place, split in self.of_files:
            if place.of_file(path) and place.start <= number and (place.stop is None or number < place.stop):
                found.append(Piece(0, length, split))
                if place.stop in (None, number + 1):
                    self.missing.pop(place, None)
        found.sort()
        if any(one.stop > other.start or one.stop == 0 for one, other in pairwise(found)):
            raise Mistake(f"{record.where}: data.held_out names '{record.id}' in two ways; each step is of one split")
        return found

    def _pieces(self, record: Record, named: list[Piece]) -> Iterator[Piece]:
        """All of a record: what is named, and what lies before, between and after that."""
        reached, length = 0, len(record.input)
        for piece in named:
            if reached < piece.start:
                yield from self._by_lot(record, reached, piece.start)
            yield piece
            reached = piece.stop
        if reached < length or not (length or named):
            yield from self._by_lot(record, reached, length)

    def _by_lot(self, record: Record, start: int, stop: int) -> Iterator[Piece]:
        if not self.tenths:
            yield Piece(start, stop, "train")
            return
        first, size = tenth(self._drawn_by(record)), self.held.blocks or max(stop, 1)
        for block in range(start // size, max(stop - 1, 0) // size + 1):
            split = self.tenths.get((first + block) % 10, "train")
            yield Piece(max(start, block * size), min(stop, (block + 1) * size), split)

    def _drawn_by(self, record: Record) -> str:
        if self.held.by == "id":
            return record.id
        return self.reader.identity(record) if self.held.by == "sequence" else self.reader.text(record)


def tenth(text: str) -> int:
    """A number from 0 to 9 that is always the same for a text, and as good as drawn by lot."""
    return int(hashlib.md5(text.encode(errors="surrogatepass"), usedforsecurity=False).hexdigest(), 16) % 10


def _joined(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """The pieces, neighbours of the same split as one."""
    held: Piece | None = None
    for piece in pieces:
        if held is not None and held.split == piece.split:
            held = held._replace(stop=piece.stop)
            continue
        if held is not None:
            yield held
        held = piece
    if held is not None:
        yield held


def _apart(pieces: list[Piece], margin: int) -> Iterator[Piece]:
    """The pieces, each without what lies closer than `margin` to one of higher rank; some vanish."""
    mirrored = [Piece(-piece.stop, -piece.start, piece.split) for piece in reversed(pieces)]
    stops = [-start for start in _starts(mirrored, margin)][::-1]
    for piece, start, stop in zip(pieces, _starts(pieces, margin), stops, strict=True):
        if start < stop or piece.start == piece.stop:
            yield piece._replace(start=start, stop=stop)


def _starts(pieces: Iterable[Piece], margin: int) -> Iterator[int]:
    """Where each piece may start, for the sake of those before it."""
    ends: dict[str, int] = {}
    for piece in pieces:
        yield max([piece.start, *(end + margin for split, end in ends.items() if RANKS[split] > RANKS[piece.split])])
        ends[piece.split] = piece.stop
