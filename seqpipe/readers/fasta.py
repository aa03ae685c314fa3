"""FASTA: names and letters, one sequence at a time."""

from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path

from Bio.SeqIO.FastaIO import SimpleFastaParser

from ..errors import Mistake
from ..feature import Molecule


def sequences(path: Path, numbered: Iterable[tuple[int, str]]) -> Iterator[Molecule]:
    """The sequences of FASTA text, given its numbered lines. Raises `Mistake` where it is none."""
    begun: deque[str] = deque()

    def told() -> Iterator[str]:
        for number, line in numbered:
            if line.startswith(">"):
                begun.append(f"{path}:{number}")
            elif not begun and line.strip():
                raise Mistake(f"{path}:{number}: a FASTA file begins with '>' and a name; is it the right file?")
            yield line

    for title, sequence in SimpleFastaParser(told()):
        name, _, description = title.partition(" ")
        yield Molecule(name, sequence, None, False, description, begun.popleft())
