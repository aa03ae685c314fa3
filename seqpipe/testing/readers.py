"""What a reader promises."""

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from ..artifact import load_codecs, save_codecs
from ..codec import Codec, Encoded, Tags
from ..errors import Mistake
from ..reader import Reader, Record
from .likeness import same
from .part import COMMON, Found, find, hold


def check_reader(
    name: str,
    path: str | os.PathLike[str],
    options: Mapping[str, Any] | None = None,
    *,
    plugin: str | os.PathLike[str] | None = None,
) -> None:
    """Check a reader that a plugin gives by this name, on a small file that it reads, labelled if it knows labels.

    `options` are as in a pipeline file, `plugin` is a plugin in one file. Raises `AssertionError` saying what is wrong
    and where to look.
    """
    found = find("reader", name, options, plugin)
    hold(COMMON, found)
    hold(READER, Reading(found, Path(path)))


@dataclass
class Reading:
    """A reader on trial, and the file that it is to read."""

    found: Found
    path: Path

    def __str__(self) -> str:
        return f"{self.found} on {self.path.name}"

    def new(self) -> Reader:
        """A reader that has read nothing yet."""
        reader: Reader = self.found.part.cls(self.found.part.options)
        return reader

    @cached_property
    def records(self) -> list[Record]:
        """What is in the file."""
        return list(self.new().read(self.path))

    @cached_property
    def fitted(self) -> Reader:
        """The reader after learning from all records, as before training."""
        reader = self.new()
        list(reader.read(self.path))
        bare = reader.target is None
        reader.fit([one for one in self.records if len(one.input) and (bare or one.target is not None)])
        return reader

    def encoded(self, reader: Reader) -> Iterator[tuple[str, Codec, list[Any]]]:
        """Name, codec and values of the input and, where there is one, of the target."""
        yield "input", reader.input, [one.input for one in self.records]
        if reader.target is not None:
            yield "target", reader.target, [one.target for one in self.records if one.target is not None]


def records(reading: Reading) -> Iterator[str]:
    """`read` yields records one by one, each with an id of its own and with its place, and the same ones every time."""
    reader = reading.new()
    found = reader.read(reading.path)
    if not isinstance(found, Iterator):
        yield f"read gives a {type(found).__name__}; let it yield each record when it has been read"
    known, again = list(found), list(reader.read(reading.path))
    if not known or not all(isinstance(one, Record) for one in known):
        yield f"read gives no seqpipe.Record of {reading.path}, or something else too"
        return
    if len({one.id for one in known}) < len(known) or not all(isinstance(one.id, str) for one in known):
        yield f"the ids are not texts that differ: {[one.id for one in known][:5]}; see Record.id"
    for one in known:
        if not one.where.startswith(str(reading.path)):
            yield f"Record.where is {one.where!r}, which does not begin with the file, {reading.path}; messages need it"
            break
    if reader.target is not None and all(one.target is None for one in known):
        yield f"the reader has a codec of targets, but no record of {reading.path} has a target; name a labelled file"
    if not same([_shown(one) for one in known], [_shown(one) for one in again]):
        yield "reading the file a second time gives other records; read must keep nothing from one file to the next"


def _shown(record: Record) -> tuple[Any, ...]:
    return record.id, record.input, record.target


def numbers(reading: Reading) -> Iterator[str]:
    """The codecs give one row of numbers for each value, the same alone and together, and count its steps."""
    for name, codec, values in reading.encoded(reading.fitted):
        together = codec.encode(values)
        if len(together.rows) != len(values):
            yield f"{name}.encode gives {len(together.rows)} rows for {len(values)} values"
            continue
        kinds = {(type(row), getattr(row, "ndim", 0), getattr(row, "dtype", None)) for row in together.rows}
        if len(kinds) > 1 or kinds.pop()[0] is not np.ndarray or (name == "input" and not together.rows[0].ndim):
            what = "gives no arrays of one kind, steps first, such as [T] int64"
            yield f"{name}.encode {what}; see {type(codec).__name__}"
            continue
        if not all(same(_row(codec.encode([one]), 0), _row(together, row)) for row, one in enumerate(values)):
            yield f"{name}.encode gives other numbers for a value alone than among others; see {type(codec).__name__}"
        if together.rows[0].ndim and codec.steps(values) != sum(map(len, together.rows)):
            yield f"{name}.steps counts {codec.steps(values)}, but there are {sum(map(len, together.rows))} numbers"
    if isinstance(reading.fitted.target, Tags):
        for one in reading.records:
            if one.target is not None and len(one.target) != len(one.input):
                yield f"{one.where}: {len(one.target)} tags for {len(one.input)} steps; Tags are one for each step"


def _row(encoded: Encoded, row: int) -> Sequence[Any]:
    """The numbers of one value; of words, what their forms say, but for how wide the longest word makes the letters."""
    if encoded.forms is None:
        return [encoded.rows[row]]
    parts = [part[encoded.rows[row]] for part in encoded.forms]
    return [part if part.ndim == 1 else part[:, : max(1, int((part != 0).any(0).sum()))] for part in parts]


def restored(reading: Reading) -> Iterator[str]:
    """What the codecs have learned is the same after a run folder has written it down, and targets come back."""
    again = reading.new()
    with tempfile.TemporaryDirectory() as folder:
        save_codecs(reading.fitted, Path(folder))
        load_codecs(again, Path(folder))
    loaded = {name: codec for name, codec, _ in reading.encoded(again)}
    for name, codec, values in reading.encoded(reading.fitted):
        old, new = codec.encode(values), loaded[name].encode(values)
        alike = (same(_row(old, row), _row(new, row)) for row in range(len(values)))
        if len(codec) != len(loaded[name]) or not all(alike):
            yield f"{name}: a codec restored from state() gives other numbers; see state and restore"
        known = [row for row in old.rows if row.dtype.kind == "f" or (row >= 0).all()]
        if name == "target" and not same(codec.encode([codec.decode(row.tolist()) for row in known]).rows, known):
            yield "target: decode does not give back what was encoded; see decode"


def shown(reading: Reading) -> Iterator[str]:
    """`text` is the same for equal inputs, `render` is one line, `score` a dict."""
    reader = reading.fitted
    for one in reading.records:
        if not isinstance(reader.text(one), str):
            yield f"text gives a {type(reader.text(one)).__name__}, not a text; see text"
        line = reader.render(one)
        if not isinstance(line, str) or len(line.splitlines()) > 1:
            yield f"render gives {line!r:.80}, which is not one line"
        if reader.text(one) != reader.text(Record("another", one.input, None, "elsewhere", origin=one.origin)):
            yield "text depends on more than the input; equal inputs are kept together by it"
    if not isinstance(reader.score(reading.records, reading.records), dict):
        yield "score gives no dict of names and numbers"


def varied(reading: Reading) -> Iterator[str]:
    """`augment` gives one record for each, by the random numbers that it is given alone, and leaves the old ones."""
    reader, known = reading.fitted, reading.records
    before = deepcopy([_shown(one) for one in known])
    found = [reader.augment(known, Random(seed)) for seed in (1, 1)]
    if [one.id for one in found[0]] != [one.id for one in known]:
        yield "augment does not give one record for each, in order"
    elif not same(*([_shown(one) for one in epoch] for epoch in found)):
        yield "augment gives other records by the same random numbers; draw from `chance` alone"
    if not same(before, [_shown(one) for one in known]):
        yield "augment changes the records that it is given; make new ones by dataclasses.replace"


def turned_round(reading: Reading) -> Iterator[str]:
    """Where records have another strand, that of the other strand is the record itself, its labels too."""
    reader = reading.fitted
    for one in reading.records:
        other = reader.reverse(one)
        if other is not None and not same(_shown(reader.reverse(other) or other)[1:], _shown(one)[1:]):
            yield f"{one.where}: reversed twice, the record is another; see reverse and mirror"
            return


def written(reading: Reading) -> Iterator[str]:
    """`write` makes the formats that `suffixes` lists, and what it makes of the file's own is read again as it was."""
    reader, own = reading.fitted, reading.path.name
    for suffix in reader.suffixes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, own + suffix if suffix == ".gz" and not own.endswith(suffix) else f"again{suffix}")
            try:
                reader.write(iter(reading.records), path)
            except Mistake as mistake:
                # A format may have no place for these records, but for that in which they came.
                if own.endswith(suffix) or str(path) not in str(mistake):
                    yield f"write refuses {suffix}, which `suffixes` lists: {mistake}"
                continue
            if not path.is_file() or not path.stat().st_size:
                yield f"write leaves no file, or an empty one, for {suffix}, which `suffixes` lists"
            elif own.endswith(suffix):
                again = list(reading.new().read(path))
                if not same([_shown(one)[1:] for one in again], [_shown(one)[1:] for one in reading.records]):
                    yield f"what write makes of {own} is read as other records; see write"


def refused(reading: Reading) -> Iterator[str]:
    """A file that is missing or damaged is a `Mistake` that names it, and never another exception."""
    damaged = {"an empty file": b"", "a file of noise": bytes(range(256)) * 8}
    if reading.path.is_file():
        content = reading.path.read_bytes()
        damaged["the first half of the file"] = content[: len(content) // 2]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, reading.path.name)
        yield from _refused(reading, path, "a file that is not there", needed=True)
        for what, content in damaged.items():
            path.write_bytes(content)
            yield from _refused(reading, path, what, needed=False)


def _refused(reading: Reading, path: Path, what: str, needed: bool) -> Iterator[str]:
    advice = "raise seqpipe.Mistake('file:line: what; what to do')"
    try:
        list(reading.new().read(path))
    except Mistake as mistake:
        if not all(str(path) in line for line in mistake.lines):
            yield f"{what} is refused without its name: {str(mistake)!r:.120}; {advice}"
    except Exception as error:
        yield f"{what} raises {type(error).__name__}: {str(error)!r:.120}; {advice}"
    else:
        if needed:
            yield f"{what} is read as if it were; {advice}"


READER = (records, numbers, restored, shown, varied, turned_round, written, refused)
