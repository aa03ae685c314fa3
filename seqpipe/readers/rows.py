"""Rows of tables: parted lines, JSON objects and plain lines, read with the place of each, and written."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple, Protocol

from ..errors import Mistake
from ..lines import lines
from .documents import check, json_object

Key = str | int
"""Name of a column, or its number where columns have no names."""

Cells = dict[Key, Any]


class Row(NamedTuple):
    """A row's cells by column, in the file's order, and `file:line`."""

    where: str
    cells: Cells


class Form(Protocol):
    """The options that say how lines are parted."""

    @property
    def header(self) -> bool: ...
    @property
    def once(self) -> bool: ...
    @property
    def quoting(self) -> bool: ...
    @property
    def encoding(self) -> str: ...


def label(value: Any, where: str) -> str | None:
    """The label in a cell, or None in an empty one. Raises `Mistake` where it is none, or there are several."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | dict):
        raise Mistake(f"{where}: several labels, but a record has one; see reader.columns")
    if not isinstance(value, str | int):
        raise Mistake(f"{where}: the label is {value!r:.40}; a label is text or a whole number")
    check(str(value), where)
    return str(value)


def plain(path: Path, form: Form, column: Key) -> Iterator[Row]:
    """Each line is the one cell of a row; a blank line too, so that nothing shifts."""
    for where, text in _lines(path, form):
        yield Row(where, {column: text.rstrip("\r\n")})


def objects(path: Path) -> Iterator[tuple[str, str]]:
    """`file:line` and text of each line that is not blank; for `parsed`."""
    return ((f"{path}:{number}", text) for number, text in lines(path) if text.strip())


def parsed(line: tuple[str, str]) -> Row:
    """The JSON object of a line. Raises `Mistake` where it is none."""
    where, text = line
    cells: Cells = dict(json_object(text, where).items())
    return Row(where, cells)


def delimited(
    path: Path, form: Form, separator: str, check: Callable[[Sequence[Key], str], object]
) -> Iterator[tuple[str, Cells | str]]:
    """Each row's place with its cells, or with what is wrong with it; `check` sees the columns first.

    Raises `Mistake` where the quotes of the file cannot be made sense of.
    """
    names: list[Key] = []
    for where, cells in (_once if form.once else _parted)(path, form, separator):
        if not names:
            names = list(cells) if form.header else list(range(len(cells)))
            if twice := {name for name in names if names.count(name) > 1}:
                raise Mistake(f"{where}: two columns named '{sorted(twice, key=str)[0]}'; rename one, or header: false")
            check(names, where)
            if form.header:
                continue
        if len(cells) == len(names):
            yield where, dict(zip(names, cells, strict=True))
        else:
            yield where, f"{_count(len(cells))} where {len(names)} are needed, as many as in the first line"


def settled(row: tuple[str, Cells | str]) -> Row:
    """A row that is as it should be. Raises `Mistake` with what is wrong with another."""
    where, cells = row
    if isinstance(cells, str):
        raise Mistake(f"{where}: {cells}")
    return Row(where, cells)


def _lines(path: Path, form: Form) -> Iterator[tuple[str, str]]:
    advice = "set reader.encoding (latin-1?), or save the file as UTF-8"
    return ((f"{path}:{number}", text) for number, text in lines(path, form.encoding, advice))


def _once(path: Path, form: Form, separator: str) -> Iterator[tuple[str, list[str]]]:
    for where, text in _lines(path, form):
        if text.strip():
            yield where, text.rstrip("\r\n").split(separator, 1)


def _parted(path: Path, form: Form, separator: str) -> Iterator[tuple[str, list[str]]]:
    rows = csv.reader((text for _, text in _lines(path, form)), strict=True, **_dialect(form, separator))
    while True:
        where = f"{path}:{rows.line_num + 1}"
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            advice = "; if a quote is a sign like any other here, set reader.quoting: false" if form.quoting else ""
            raise Mistake(f"{where}: broken row that begins here ({error}){advice}") from None
        if cells:
            yield where, cells


def _dialect(form: Form, separator: str) -> dict[str, Any]:
    quotes = {"quoting": csv.QUOTE_MINIMAL} if form.quoting else {"quoting": csv.QUOTE_NONE, "quotechar": None}
    return {"delimiter": separator, **quotes}


def _count(columns: int) -> str:
    return "1 column" if columns == 1 else f"{columns} columns"


def write_objects(rows: Iterable[Row], file: IO[bytes]) -> None:
    """A JSON object a line."""
    for _, cells in rows:
        # What JSON could escape and UTF-8 cannot hold is escaped again.
        text = json.dumps(cells, ensure_ascii=False, default=str)
        file.write(text.encode(errors="backslashreplace") + b"\n")


def write_delimited(rows: Iterable[Row], file: IO[bytes], form: Form, separator: str) -> None:
    """Columns as the first row has them; names in the first line where they have names.

    Raises `Mistake` where another row has other columns, or a cell cannot be written so.
    """
    out = _Encoded(file, form.encoding)
    writer = csv.writer(out, **_dialect(form, separator))
    names: list[Key] = []
    for where, cells in rows:
        if not names:
            names = list(cells)
            if any(isinstance(name, str) for name in names):
                writer.writerow(names)
        if cells.keys() != set(names):
            raise Mistake(f"{where}: has other columns than the first row; write .jsonl, which can hold them")
        try:
            writer.writerow([cells[name] for name in names])
        except (csv.Error, UnicodeEncodeError) as error:
            raise Mistake(f"{where}: cannot be written so ({error}); write .jsonl, which can hold it") from None


def write_once(rows: Iterable[Row], file: IO[bytes], form: Form, separator: str) -> None:
    """Two columns, parted at the first separator; raises `Mistake` where a cell cannot be written so."""
    for where, cells in rows:
        first, second = ("" if cells[key] is None else cells[key] for key in sorted(cells)[:2])
        try:
            line = f"{first}{separator}{second}\n".encode(form.encoding)
        except UnicodeEncodeError as error:
            raise Mistake(f"{where}: cannot be written so ({error}); write .jsonl, which can hold it") from None
        if separator in first or line.count(b"\n") > 1:
            raise Mistake(f"{where}: a separator or line end inside a cell; write .jsonl, which can hold it")
        file.write(line)


class _Encoded:
    """Takes lines from the csv module, which knows text files only."""

    def __init__(self, file: IO[bytes], encoding: str) -> None:
        self.file, self.encoding = file, encoding

    def write(self, text: str) -> None:
        # Only where lines are said to end in both are both quoted inside a cell.
        self.file.write(text.removesuffix("\r\n").encode(self.encoding) + b"\n")
