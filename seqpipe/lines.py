"""Files in and out: text read line by line, the right line in every message, and files written aside and renamed."""

import gzip
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TypeVar

from .aside import aside
from .errors import Mistake

LONGEST = 1 << 26
"""Bytes in a line; what has more is no text, and would be read into memory whole."""

MOST = 20
"""Mistakes of one file that are shown at once."""

Item = TypeVar("Item")
Made = TypeVar("Made")


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """The file to read from, unpacked where its name ends in `.gz`.

    Raises `Mistake` where it is missing, a folder, not ours to read, or damaged.
    """
    try:
        with gzip.open(path) if path.suffix == ".gz" else open(path, "rb") as file:
            yield file  # type: ignore[misc]
    except FileNotFoundError:
        raise Mistake(f"{path}: no such file") from None
    except IsADirectoryError:
        raise Mistake(f"{path}: a folder, not a file; name the file inside it") from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise Mistake(f"{path}: damaged gzip data ({error}); fetch or pack the file anew") from None
    except OSError as error:
        raise Mistake(f"{path}: cannot be read ({error.strerror})") from None


def lines(path: Path, encoding: str = "utf-8", advice: str = "save the file as UTF-8") -> Iterator[tuple[int, str]]:
    """Each line with its number, from 1, and with its end, which is `\\n` or `\\r\\n` and nothing else.

    A byte order mark is dropped. Raises `Mistake`, as `opened` does, and where a line is not of its encoding (one that
    has ASCII's signs as they are) or holds a NUL.
    """
    with opened(path) as file:
        for number, line in enumerate(iter(lambda: file.readline(LONGEST), b""), 1):
            where = f"{path}:{number}"
            if len(line) == LONGEST and not line.endswith(b"\n"):
                raise Mistake(f"{where}: a line of more than {LONGEST >> 20} MiB; is this a text file?")
            try:
                text = line.decode(encoding)
            except UnicodeDecodeError as error:
                raise Mistake(
                    f"{where}: not {encoding.upper()} (byte 0x{line[error.start]:02x} at position {error.start + 1}); "
                    f"{advice}"
                ) from None
            if "\0" in text:
                raise Mistake(f"{where}: a NUL character; is this a text file?")
            yield number, text.removeprefix("\ufeff") if number == 1 else text


def even(path: Path) -> Iterator[tuple[int, str]]:
    """Each line of a text with its number, from 1, whichever line ends the file mixes: each ends with `\\n`.

    Raises `Mistake` as `lines` does.
    """
    number = 0
    for _, line in lines(path):
        for text in re.split(r"\r\n|\r|\n", line)[:-1] if line.endswith(("\r", "\n")) else re.split(r"\r", line):
            number += 1
            yield number, text + "\n"


def gathered(
    items: Iterable[Item], make: Callable[[Item], Made], name: Path, skipped: list[str] | None = None
) -> Iterator[Made]:
    """What `make` makes of each item, up to the first mistake; then the mistakes of all items in one `Mistake`.

    With `skipped`, the mistakes of items are put there instead, and the others go on; so is what ends the items early,
    unless the file `name` is not there at all.
    """
    wrong: list[str] = []
    try:
        for item in items:
            try:
                made = make(item)
            except Mistake as mistake:
                if skipped is not None:
                    skipped += mistake.lines
                    continue
                wrong += mistake.lines
                if len(wrong) > MOST:
                    raise Mistake(f"{name}: more mistakes than these {MOST}") from None
            else:
                if not wrong:
                    yield made
    except Mistake as mistake:
        if skipped is None or not name.is_file():
            raise Mistake(*wrong[:MOST], *mistake.lines) from None
        skipped += mistake.lines
    if wrong:
        raise Mistake(*wrong)


@contextmanager
def written(path: Path) -> Iterator[IO[bytes]]:
    """A file to write to, packed where the name ends in `.gz`: it takes its name when all is written, or vanishes.

    Raises `Mistake` where it cannot be written.
    """
    with aside(path) as part, open(part, "wb") as file:
        if path.suffix == ".gz":
            with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as packed:
                yield packed  # type: ignore[misc]
        else:
            yield file
