"""GenBank and EMBL flat files, one record at a time, by Biopython's parsers."""

import io
import re
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple

from Bio import BiopythonWarning, SeqIO
from Bio.Seq import UndefinedSequenceError
from Bio.SeqFeature import AfterPosition, BeforePosition, UnknownPosition

from ..errors import Mistake
from ..feature import CODING, Feature, Molecule, Part, streams
from ..labelling import LabelOptions

Flat = Literal["genbank", "embl"]

FIRST: dict[Flat, str] = {"genbank": "LOCUS ", "embl": "ID   "}
"""What the first line of a record begins with."""
LAST = "//"
"""The last line of a record."""
LETTERS: dict[Flat, str] = {"genbank": "\nORIGIN", "embl": "\nSQ "}
"""The line before the sequence."""

_EMPTY = "has no sequence; fetch the record with its sequence, or leave it out"


class Block(NamedTuple):
    """The text of one record."""

    where: str
    text: str
    name: str
    whole: bool
    """Whether its last line is there."""


def blocks(path: Path, numbered: Iterable[tuple[int, str]], kind: Flat) -> Iterator[Block]:
    """The records of a file, given its numbered lines; what stands before the first is passed over."""
    held: list[str] = []
    begun = ""
    for number, line in numbered:
        if line.startswith(FIRST[kind]):
            if held:
                yield _block(begun, held, False)
            begun, held = f"{path}:{number}", [line]
        elif held:
            held.append(line)
            if line.rstrip() == LAST:
                yield _block(begun, held, True)
                held = []
    if held:
        yield _block(begun, held, False)


def _block(where: str, lines: list[str], whole: bool) -> Block:
    words = lines[0].split()
    return Block(where, "".join(lines), words[1].rstrip(";") if len(words) > 1 else "?", whole)


def parse(block: Block, kind: Flat, options: LabelOptions) -> Molecule:
    """The sequence of a record and those of its features that `options` label.

    Raises `Mistake` where the record is cut off or damaged, or has no sequence, or features that lie outside of it.
    """
    place = f"{block.where}: record {block.name}"
    if not block.whole:
        raise Mistake(f"{place}: is cut off, for it does not end with {LAST}; fetch the file anew")
    if LETTERS[kind] not in block.text:
        raise Mistake(f"{place}: {_EMPTY}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", BiopythonWarning)
            record: Any = SeqIO.read(io.StringIO(block.text), kind)
    except Exception as error:  # on damage Biopython raises whatever its parsing runs into
        reason = " ".join(str(error).split()) or type(error).__name__
        raise Mistake(f"{place}: is no {kind} that can be read ({reason:.200}); mend or leave out the record") from None
    sequence = _sequence(record, block, place)
    circular = record.annotations.get("topology") == "circular"
    features = [
        feature
        for one in record.features
        if one.type in options.labels
        for feature in _features(one, len(sequence), circular, options, place)
    ]
    description = record.description if record.description != "<unknown description>" else ""
    return Molecule(record.id, sequence, tuple(features), circular, description, block.where)


def _sequence(record: Any, block: Block, place: str) -> str:
    try:
        sequence = str(record.seq)
    except UndefinedSequenceError:
        sequence = ""
    if not sequence:
        raise Mistake(f"{place}: {_EMPTY}")
    declared = re.search(r"(\d+) +(?:bp|BP)", block.text.partition("\n")[0])
    if declared and int(declared[1]) != len(sequence):
        raise Mistake(
            f"{place}: says that it has {declared[1]} bases, but {len(sequence)} are there; fetch the file anew"
        )
    return sequence


def _features(one: Any, length: int, circular: bool, options: LabelOptions, place: str) -> Iterator[Feature]:
    """A feature of Biopython's, in several where its parts do not follow each other."""
    at = f"{place}: {one.type} {_named(one)}"
    if one.location is None or any(
        isinstance(end, UnknownPosition) for part in one.location.parts for end in (part.start, part.end)
    ):
        raise Mistake(f"{at}: has no place that can be read; mend or leave out the feature")
    own = [part for part in one.location.parts if part.ref is None and part.end > part.start]
    parts = [Part(int(part.start), int(part.end), part.strand or 0) for part in own]
    if any(part.start < 0 or part.stop > length for part in parts):
        raise Mistake(f"{at}: lies outside of the sequence, which has {length} bases; mend or leave out the feature")
    if not parts:
        return
    opened = _opened(one.location.parts[0], False), _opened(one.location.parts[-1], True)
    phase, table = _number(one, "codon_start", at, 1) or 1, _number(one, "transl_table", at, None)
    pseudo = "pseudo" in one.qualifiers or "pseudogene" in one.qualifiers
    for stream in streams(parts, length, circular, options.longest_gap):
        yield Feature(
            one.type,
            stream.stretches,
            stream.strand,
            (phase - 1 - stream.before) % 3 if one.type == CODING else 0,
            (opened[0] if stream.first else True, opened[1] if stream.last else True),
            table,
            pseudo,
        )


def _named(one: Any) -> str:
    """What a person finds a feature by: where it is, or what it is called."""
    if one.location is not None and all(isinstance(end, int) for end in (one.location.start, one.location.end)):
        return f"{one.location.start + 1}..{one.location.end}"
    return next((one.qualifiers[key][0] for key in ("locus_tag", "gene", "product") if key in one.qualifiers), "?")


def _opened(part: Any, last: bool) -> bool:
    """Whether a feature goes on beyond this part, its last or its first one."""
    if last == ((part.strand or 1) > 0):
        return part.ref is not None or isinstance(part.end, AfterPosition)
    return part.ref is not None or isinstance(part.start, BeforePosition)


def _number(one: Any, name: str, at: str, default: int | None) -> int | None:
    if name not in one.qualifiers:
        return default
    value = one.qualifiers[name][0]
    if not re.fullmatch(r"[0-9]+", value):
        raise Mistake(f"{at}: /{name}={value!r} is no number; mend or leave out the feature")
    return int(value)
