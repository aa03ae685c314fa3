"""FASTA with labels of letters: in a third line of each record, or in a second file."""

from collections.abc import Iterator
from pathlib import Path

from ..errors import Mistake
from ..lines import even
from .fasta import Entry, checked, entries


def with_label_lines(path: Path) -> Iterator[tuple[Entry, list[str]]]:
    """Records of a header, a line of letters and a line of labels: the letters, and the lines that stand below them.

    Raises `Mistake` where the file does not begin with a header.
    """
    entry, below = None, list[str]()
    for number, line in checked(path, even(path)):
        if line.startswith(">"):
            if entry:
                yield entry, below
            entry, below = Entry(f"{path}:{number}", line[1:].rstrip(), ""), []
        elif entry and not entry.letters:
            entry = entry._replace(letters="".join(line.split()))
        elif line.strip():
            below.append(line.removesuffix("\n"))
    if entry:
        yield entry, below


class Beside:
    """Records of a second file by their id; where both files have one order, none is kept in memory."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rest = entries(path, even(path))
        self.passed: dict[str, Entry] = {}

    def find(self, id: str) -> Entry | None:
        """The record of an id that was not asked for before; None where there is none."""
        if id in self.passed:
            return self.passed.pop(id)
        for entry in self.rest:
            if entry.id == id:
                return entry
            if entry.id in self.passed:
                raise Mistake(f"{entry.where}: a second record '{entry.id}'; each needs a name of its own")
            self.passed[entry.id] = entry
        return None
