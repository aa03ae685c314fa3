"""Records of sequences as their files have them, whatever kind of file it is: cut apart, but not looked at yet."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import Mistake
from ..lines import even
from . import arff, rows
from .fasta import SUFFIXES, entries
from .fields import Fields, Layout, settled
from .letter_labels import Beside, with_label_lines
from .rows import Cells

SEPARATORS = {".csv": ",", ".tsv": "\t"}


@dataclass(frozen=True, slots=True)
class Origin:
    """What stood around a sequence in its file, for whoever writes it back."""

    header: str = ""
    """Of FASTA."""
    labels: str = ""
    """The header of its labels, where they stand in a FASTA of their own."""
    cells: Cells = field(default_factory=dict)
    """Of a table: the whole row."""
    layout: Layout | None = None
    """Of a table: which of the cells is which."""

    @property
    def heading(self) -> str:
        """What is said beside sequence, labels and mask: headers, or `column=cell` of a row's further columns."""
        further = self.layout.other if self.layout else []
        return " ".join([self.header, self.labels, *(f"{name}={self.cells[name]}" for name in further)]).strip()


class Item(NamedTuple):
    """A record as its file has it."""

    where: str
    id: str
    letters: str
    label: str | None
    """The label, or the labels of all letters; None where the file has none."""
    mask: str | None
    origin: Origin
    fault: str | None = None
    """Why it could not even be cut apart."""


class Form(NamedTuple):
    """How the lines of tables are written."""

    header: bool
    once: bool = False
    quoting: bool = True
    encoding: str = "utf-8"


def items(path: Path, options: Any) -> Iterator[Item]:
    """What is in a file, by the options of the reader `sequences`.

    Raises `Mistake` where the file is none of its kind, or has not what the options say it has.
    """
    suffix = Path(path.name.removesuffix(".gz")).suffix.lower()
    if suffix in SUFFIXES:
        return _three_lines(path) if options.label_line else _fasta(path, options)
    if suffix == ".arff":
        return _rows(arff.delimited(path), options.columns)
    if suffix in SEPARATORS:
        found = rows.delimited(path, Form(options.header), SEPARATORS[suffix], lambda *names: None)
        return _rows(found, options.columns)
    known = ", ".join([*SUFFIXES, *SEPARATORS, ".arff"])
    raise Mistake(f"{path}: what kind of file is it? a file of sequences ends in {known}, or in these and .gz")


def _three_lines(path: Path) -> Iterator[Item]:
    for entry, below in with_label_lines(path):
        fault = None
        if len(below) > 1:
            count = 2 + len(below)
            fault = f"{count} lines where there are three; for FASTA without labels, set reader.label_line: false"
        yield Item(entry.where, entry.id, entry.letters, below[0] if below else None, None, Origin(entry.header), fault)


def _fasta(path: Path, options: Any) -> Iterator[Item]:
    labels, masks = (place and Beside(place) for place in beside(path, options))
    if labels and options.mask_file and not masks:
        raise Mistake(f"{path}: its labels are beside it, but no {options.mask_file}; see reader.mask_file")
    for entry in entries(path, even(path)):
        if labels:
            label, mask = labels.find(entry.id), masks.find(entry.id) if masks else None
            bare = [one.path for one, found in ((labels, label), (masks, mask)) if one and not found]
            fault = f"is not in {bare[0]}" if bare else None
            origin = Origin(entry.header, label.header if label else "")
            known, hidden = label and label.letters, mask and mask.letters
            yield Item(entry.where, entry.id, entry.letters, known, hidden, origin, fault)
        else:
            whole = options.label_in_header.find(entry.header) if options.target == "label" else None
            yield Item(entry.where, entry.id, entry.letters, whole, None, Origin(entry.header))


def beside(path: Path, options: Any) -> tuple[Path | None, Path | None]:
    """The files of labels and of a mask that belong to one of letters, as far as they are there."""
    stem = Path(path.name.removesuffix(".gz")).stem
    names = (options.label_file, options.mask_file)
    labels, mask = (path.with_name(name.replace("*", stem)) if name else None for name in names)
    return labels if labels and labels.exists() else None, mask if mask and mask.exists() else None


def _rows(found: Iterator[tuple[str, Cells | str]], columns: Fields) -> Iterator[Item]:
    layout = None
    for number, (where, cells) in enumerate(found, 1):
        if isinstance(cells, str):
            yield Item(where, str(number), "", None, None, Origin(), cells)
            continue
        layout = layout or settled(columns, list(cells), where)
        texts = (" ".join(str(cells[key]) for key in keys) if keys else None for keys in layout[:4])
        id, letters, label, mask = texts
        yield Item(where, id or str(number), letters or "", label, mask, Origin("", "", cells, layout))
