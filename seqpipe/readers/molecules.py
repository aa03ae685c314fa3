"""The sequences of a file with their features, whichever of the formats it has."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Literal

from ..errors import Mistake
from ..feature import Molecule
from ..labelling import LabelOptions
from ..lines import even
from ..options import InputFile
from .fasta import sequences
from .flat import FIRST, blocks, parse
from .gff3 import Table

Format = Literal["genbank", "embl", "fasta", "gff3"]
Make = Callable[[], Molecule]
"""What makes a sequence, or raises `Mistake`."""

BEGINS: dict[Format, str] = {"genbank": FIRST["genbank"], "embl": FIRST["embl"], "fasta": ">", "gff3": "##gff-version"}
"""What files of each format begin with."""


class FormatOptions(LabelOptions):
    """What the files are, and what of them is labelled."""

    format: Literal["auto", "genbank", "embl", "fasta", "gff3"] = "auto"
    """What the files are; `auto` goes by their first line."""
    fasta: InputFile | None = None
    """The sequences of a GFF3 file that does not hold them.

    By default the file beside it that has its name and ends in `.fa`, `.fasta` or `.fna`, also with `.gz`.
    """


def molecules(path: Path, options: FormatOptions) -> Iterator[Make]:
    """What makes each sequence of a file, read as it is needed. Raises `Mistake` where the file is at fault itself."""
    kind: Format = _format(path) if options.format == "auto" else options.format
    if kind == "genbank" or kind == "embl":
        for block in blocks(path, even(path), kind):
            yield partial(parse, block, kind, options)
    elif kind == "fasta":
        for molecule in sequences(path, even(path)):
            yield partial(_same, molecule)
    else:
        yield from _gff3(path, options)


def _gff3(path: Path, options: FormatOptions) -> Iterator[Make]:
    table = Table(path, options)
    lines = table.read(even(path))
    first = next(lines, None)
    if first is None:
        path = Path(options.fasta or _beside(path))
        lines = even(path)
    else:
        lines = chain([first], lines)
    named = set(table.first)
    for molecule in sequences(path, lines):
        named.discard(molecule.id)
        yield partial(table.annotated, molecule)
    for name in sorted(named, key=table.first.__getitem__):
        yield partial(table.missing, name, path)


def _same(molecule: Molecule) -> Molecule:
    return molecule


def _format(path: Path) -> Format:
    """What a file is, by its first line that is not blank."""
    for number, line in even(path):
        if line.strip():
            for kind, sign in BEGINS.items():
                if line.startswith(sign):
                    return kind
            raise Mistake(
                f"{path}:{number}: begins like no GenBank, EMBL, FASTA or GFF3 file; is it the right file? else set "
                "reader.format"
            )
    raise Mistake(f"{path}: is empty; is it the right file?")


def _beside(path: Path) -> Path:
    """The FASTA file that has the name of a GFF3 file."""
    stem = path.name.removesuffix(".gz").removesuffix(".gff3").removesuffix(".gff")
    names = [f"{stem}{suffix}{packed}" for suffix in (".fa", ".fasta", ".fna") for packed in ("", ".gz")]
    for name in names:
        if path.with_name(name).is_file():
            return path.with_name(name)
    raise Mistake(f"{path}: has no sequences, and beside it is no {stem}.fa, .fasta or .fna; set reader.fasta")
