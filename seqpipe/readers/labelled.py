"""Labelled sequences as files: tables, FASTA with labels or of labels alone, and a row for each letter."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..errors import Mistake
from ..lines import written
from ..reader import Record
from . import marked, rows
from .bases import bases
from .headers import InHeader
from .items import SEPARATORS, Form, Origin
from .rows import Cells, Key, Row

LABELS, LETTERS = ".labels.fasta", ".letters.tsv"
_ENDS = (".tsv", ".csv", ".fasta", ".fa")
_OF_TAGS = (LABELS, LETTERS)

_WIDTH = 60


def suffixes(tags: bool) -> tuple[str, ...]:
    """Ends of the names of files that can be written, of sequences with a label each, or with one for each letter."""
    ends = (*_ENDS, *_OF_TAGS) if tags else _ENDS
    return (*ends, *(f"{end}.gz" for end in ends))


def write(records: Iterable[Record], path: Path, options: Any) -> None:
    """Write records, by the options of the reader `sequences`, in the form that the end of the name says.

    Raises `Mistake` where a form has no place for a label.
    """
    name = path.name.removesuffix(".gz")
    if not name.endswith(_ENDS):
        raise Mistake(f"{path}: the reader sequences writes {', '.join(_ENDS)}, and these with .gz")
    if options.target == "label" and name.endswith(_OF_TAGS):
        raise Mistake(f"{path}: has a label for each letter, but here each sequence has one; write .tsv or .fasta")
    separator = SEPARATORS.get(Path(name).suffix)
    with written(path) as file:
        if name.endswith(LETTERS):
            file.write(b"id\tposition\tletter\tlabel\tconfidence\n")
            file.writelines(line.encode() for record in records for line in bases(record))
        elif separator:
            rows.write_delimited((_row(one, options) for one in records), file, Form(options.header), separator)
        else:
            form = _with_header if options.target == "label" else _labels if name.endswith(LABELS) else _three_lines
            file.writelines(form(record, options).encode() for record in records)


def _with_header(record: Record, options: Any) -> str:
    """FASTA with the label in the header, and the confidence behind it where the label is a field."""
    header, place = _header(record), options.label_in_header
    if record.target is not None:
        header = place.put(header, record.target)
        if place.find(header) != record.target:
            raise Mistake(f"{record.where}: the label '{record.target}' has no place in the header; write .tsv")
    if record.confidence is not None and place.field:
        header = InHeader(field="confidence").put(header, f"{record.confidence:.4f}")
    lines = [record.input[start : start + _WIDTH] for start in range(0, len(record.input), _WIDTH)]
    return "\n".join([f">{header}", *map(str, lines), ""])


def _three_lines(record: Record, options: Any) -> str:
    labels = "" if record.target is None else f"{_signs(record, options)}\n"
    return f">{_header(record)}\n{record.input}\n{labels}"


def _labels(record: Record, options: Any) -> str:
    return "" if record.target is None else f">{_header(record, of_labels=True)}\n{_signs(record, options)}\n"


def _header(record: Record, of_labels: bool = False) -> str:
    origin = _origin(record)
    return (of_labels and origin.labels) or origin.header or "_".join(record.id.split())


def _origin(record: Record) -> Origin:
    """What stood around it; nothing, where it was made by another reader."""
    return record.origin if isinstance(record.origin, Origin) else Origin()


def _signs(record: Record, options: Any) -> str:
    signs = marked.joined(record.target, options.unknown)
    if len(signs) != len(record.input):
        raise Mistake(f"{record.where}: a label of several signs has no place in FASTA; write .tsv")
    return signs


def _row(record: Record, options: Any) -> Row:
    """The row as it was, with label and confidence; one of letters in columns of their own, or of no table, anew."""
    origin = _origin(record)
    layout, fields = origin.layout, options.columns
    if layout and len(layout.sequence) == 1 and len(layout.label) <= 1:
        cells = dict(origin.cells)
        label = layout.label[0] if layout.label else _new(cells, fields.label, "label")
    else:
        cells = {_named(fields.id, "id"): record.id, _named(fields.sequence, "sequence"): record.input}
        cells |= {name: origin.cells[name] for name in (layout.other if layout else ())}
        label = _named(fields.label, "label")
    cells[label] = _label(record, options)
    cells[_new(cells, "confidence", "confidence")] = _confidence(record)
    return Row(record.where, cells)


def _named(column: Any, name: str) -> str:
    return column if isinstance(column, str) else name


def _new(cells: Cells, wanted: Any, name: str) -> Key:
    """The key of a column to add: a name where there are names, else the next number."""
    numbers = [key for key in cells if isinstance(key, int)]
    return max(numbers) + 1 if numbers else _named(wanted, name)


def _label(record: Record, options: Any) -> str | None:
    target: Any = record.target
    return target if target is None or isinstance(target, str) else marked.joined(target, options.unknown)


def _confidence(record: Record) -> Any:
    sure = record.confidence
    if sure is None or isinstance(sure, int | float):
        return None if sure is None else round(float(sure), 6)
    return " ".join(f"{chance:.4f}" for chance in sure)
