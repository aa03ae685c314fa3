"""Scores and predictions as text for a person."""

from collections.abc import Mapping, Sequence
from typing import Any

from .predict import Cuts
from .reader import Reader, Record


def scores(title: str, found: Mapping[str, Any]) -> str:
    """The numbers of one set of scores in a line, and each group of scores below it as a table."""
    flat = {name: value for name, value in found.items() if not isinstance(value, Mapping)}
    lines = [f"{title}:  " + "  ".join(f"{name} {_number(value)}" for name, value in flat.items())]
    for name, group in found.items():
        if isinstance(group, Mapping):
            lines += _table(name, group)
    return "\n".join(lines)


def examples(reader: Reader, records: Sequence[Record], count: int = 5) -> str:
    """A few predicted records, evenly spread over all."""
    step = max(len(records) // count, 1)
    return "\n".join(f"  {reader.render(record)}" for record in records[step // 2 :: step][:count])


def cut(cuts: Cuts) -> str:
    """How much depends on where long records were cut into windows."""
    if not cuts.steps:
        return "no record was so long that it went in windows"
    return f"{cuts.share:.4%} of {cuts.steps:,} steps in windows have another label where these are cut elsewhere"


def skipped(reader: Reader, count: int = 5) -> list[str]:
    """How many records the reader left out, and why the first of them; nothing where it left out none."""
    # A file that serves several splits is read for each.
    wrong = list(dict.fromkeys(reader.skipped or ()))
    if not wrong:
        return []
    more = [f"  and {len(wrong) - count:,} more"] if len(wrong) > count else []
    return [f"left out, as reader.on_error says: {len(wrong):,}", *(f"  {one}" for one in wrong[:count]), *more]


def _table(name: str, group: Mapping[str, Mapping[str, Any]]) -> list[str]:
    columns = list(next(iter(group.values()), {}))
    rows = [[name, *columns]] + [
        [one, *(_number(values[column]) for column in columns)] for one, values in group.items()
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  " + "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows]


def _number(value: Any) -> str:
    return f"{value:.4f}" if isinstance(value, float) else str(value)
