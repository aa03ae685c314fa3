"""FASTA: names and letters, one sequence at a time."""

from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from Bio.SeqIO.FastaIO import SimpleFastaParser

from ..errors import Mistake
from ..feature import Molecule

SUFFIXES = (".fasta", ".fa", ".fas", ".fna", ".ffn", ".faa", ".frn")
"""Endings of its files."""


class Entry(NamedTuple):
    """One record as the file has it."""

    where: str
    """`file:line` of its header."""
    header: str
    """Without the sign that it begins with."""
    letters: str
    """Without blanks and line ends."""

    @property
    def id(self) -> str:
        """The first word of the header; empty where there is none."""
        return next(iter(self.header.split(maxsplit=1)), "")


def entries(path: Path, numbered: Iterable[tuple[int, str]]) -> Iterator[Entry]:
    """The records of FASTA text, given its numbered lines. Raises `Mistake` where it is none."""
    begun: deque[str] = deque()

    def told() -> Iterator[str]:
        for number, line in checked(path, numbered):
            if line.startswith(">"):
                begun.append(f"{path}:{number}")
            yield line

    for header, letters in SimpleFastaParser(told()):
        yield Entry(begun.popleft(), header, letters)


def checked(path: Path, numbered: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """The lines from the first header on. Raises `Mistake` where something else comes first."""
    begun = False
    for number, line in numbered:
        if not begun and line.strip() and not line.startswith(">"):
            raise Mistake(f"{path}:{number}: a FASTA file begins with '>' and a name; is it the right file?")
        begun = begun or line.startswith(">")
        if begun:
            yield number, line


def sequences(path: Path, numbered: Iterable[tuple[int, str]]) -> Iterator[Molecule]:
    """The records as sequences without features. Raises `Mistake` where the text is no FASTA."""
    for entry in entries(path, numbered):
        description = entry.header.strip()[len(entry.id) :].lstrip()
        yield Molecule(entry.id, entry.letters, None, False, description, entry.where)
