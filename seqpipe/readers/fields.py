"""Which columns of a table hold a sequence and its labels, where letters may have a column each."""

from collections.abc import Sequence
from typing import Annotated, NamedTuple, Self

from pydantic import Field, model_validator

from ..errors import Mistake
from ..options import Options
from ..suggest import nearest, suggest
from .rows import Key

Column = str | Annotated[int, Field(ge=0)]
Columns = Column | tuple[Column, Column]


class Fields(Options):
    """Which column is which: a name, a number from 0, or the first and the last of many, a letter in each."""

    id: Column | None = "id"
    """Column of the record's name; a file without it has records numbered from 1."""
    sequence: Columns = "sequence"
    """Column of the letters, with blanks between them or without; or [first, last]."""
    label: Columns = "label"
    """Column of the label, or of the labels of all letters; a file without it is unlabelled."""
    mask: Columns | None = None
    """Column of a 1 for each letter whose label is known and a 0 for each other."""

    @model_validator(mode="after")
    def _apart(self) -> Self:
        named = [one for one in (self.id, self.sequence, self.label, self.mask) if one is not None]
        if len(set(named)) < len(named):
            raise ValueError("a column is named twice; each holds one thing")
        return self


class Layout(NamedTuple):
    """Where in the rows of a table things stand: the columns of each, none where it is not there."""

    id: list[Key]
    sequence: list[Key]
    label: list[Key]
    mask: list[Key]
    other: list[Key]
    """Columns of none of these."""


def settled(fields: Fields, names: Sequence[Key], where: str) -> Layout:
    """Where things stand in a table with these columns; blanks around their names do not count.

    Raises `Mistake` where the sequence is not there, or the mask where the label is; a label that only seems to be
    misspelt is one too.
    """
    id, sequence, label, mask = (
        _meant(names, columns) for columns in (fields.id, fields.sequence, fields.label, fields.mask)
    )
    plain = [name.strip() for name in names if isinstance(name, str)]
    if not sequence or (label and fields.mask is not None and not mask):
        raise Mistake(_missing(fields.mask if sequence else fields.sequence, plain, where))
    if not label and isinstance(fields.label, str) and (near := nearest(fields.label, plain)):
        raise Mistake(f"{where}: no column '{fields.label}'; did you mean '{near}'? see reader.columns")
    taken = {*id, *sequence, *label, *mask}
    return Layout(id, sequence, label, mask, [name for name in names if name not in taken])


def _meant(names: Sequence[Key], columns: Columns | None) -> list[Key]:
    known = {name.strip() if isinstance(name, str) else name: place for place, name in enumerate(names)}
    ends = columns if isinstance(columns, tuple) else (columns, columns)
    first, last = (end if isinstance(end, int) and end < len(names) else known.get(end or "", -1) for end in ends)
    return [] if min(first, last) < 0 else list(names[first : last + 1])


def _missing(columns: Columns | None, plain: Sequence[str], where: str) -> str:
    wanted = " to ".join(map(str, columns)) if isinstance(columns, tuple) else str(columns)
    return f"{where}: no column '{wanted}'{suggest(wanted, plain)}; see reader.columns"
