"""Texts with spans of characters, as lines of files hold them, and as tags of their tokens."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .. import tags
from ..errors import Mistake
from ..tags import Span
from . import inline

Offsets = Sequence[tuple[int, int]]
"""First character of each token, and the character after its last."""

_SPAN_KEYS = ("spans", "entities", "labels", "label")


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """A text as a file holds it."""

    text: str
    spans: list[Span] | None
    """By characters; None where nobody has labelled the text."""
    where: str
    keys: dict[str, Any]
    """What a JSON document holds, except its spans."""


def from_text(line: str, where: str) -> Document:
    """A line as it stands, unlabelled."""
    return Document(line, None, where, {"text": line})


def from_inline(line: str, where: str) -> Document:
    """A line with its spans marked as `[text](label)`."""
    text, spans = inline.parse(line, where)
    return Document(text, spans, where, {"text": text})


def from_json(line: str, where: str) -> Document:
    """A JSON object: `text`, and spans under `spans` (as Prodigy has it), `entities`, `labels` or `label` (Doccano)."""
    keys = json_object(line, where)
    text = keys.get("text")
    if not isinstance(text, str):
        found = f"'text' is a {_kind(text)}" if "text" in keys else "there is no 'text'"
        raise Mistake(f"{where}: {found}; a document needs its text under 'text'")
    check(text, where)
    name = next((name for name in _SPAN_KEYS if name in keys), None)
    spans = None if name is None else _spans(keys.pop(name), f"{where}: '{name}'")
    if keys.get("answer", "accept") != "accept":
        spans = None  # Prodigy keeps what an annotator turned down or passed over beside what was accepted.
    return Document(text, spans, where, keys)


def json_object(line: str, where: str, example: str = '{"text": "..."}') -> dict[str, Any]:
    """The JSON object of a line. Raises `Mistake`, which shows the example, where there is none."""
    try:
        keys = json.loads(line)
    except json.JSONDecodeError as error:
        raise Mistake(f"{where}: broken JSON at column {error.colno} ({error.msg})") from None
    except (ValueError, RecursionError) as error:
        raise Mistake(f"{where}: broken JSON ({error})") from None
    if not isinstance(keys, dict):
        raise Mistake(f"{where}: a JSON {_kind(keys)} where an object is needed: {example}")
    return keys


def check(text: str, where: str) -> None:
    """Refuse text that holds a NUL or half of a surrogate pair."""
    for place, sign in enumerate(text):
        if sign == "\0" or "\ud800" <= sign <= "\udfff":
            what = "NUL" if sign == "\0" else "half of a surrogate pair"
            raise Mistake(f"{where}: the text holds a {what} at character {place}; mend or remove it")


def _spans(value: Any, where: str) -> list[Span]:
    if not isinstance(value, list):
        raise Mistake(f"{where} is a {_kind(value)} where a list of spans is needed")
    return [_span(one, f"{where}: span {number}") for number, one in enumerate(value, 1)]


def _span(value: Any, where: str) -> Span:
    if isinstance(value, dict):
        start = value.get("start", value.get("start_offset"))
        value = [start, value.get("end", value.get("end_offset")), value.get("label")]
    if not isinstance(value, list) or [type(part) for part in value] != [int, int, str] or not value[2]:
        raise Mistake(f'{where} is neither {{"start": 0, "end": 4, "label": "x"}} nor [0, 4, "x"]')
    check(value[2], where)
    return value[0], value[1], value[2]


def _kind(value: Any) -> str:
    names = {dict: "mapping", list: "list", str: "text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "number")


def align(document: Document, offsets: Offsets) -> list[str] | None:
    """BIO tags of the tokens; white space at the ends of a span is passed over. None where there are no spans.

    Raises `Mistake` with a line for each span that leaves the text, overlaps another, cuts a token or holds none.
    """
    if document.spans is None:
        return None
    first = {start: step for step, (start, _) in enumerate(offsets)}
    last = {end: step + 1 for step, (_, end) in enumerate(offsets)}
    found: list[Span] = []
    wrong: list[str] = []
    reached = 0
    for start, end, kind in sorted(document.spans):
        piece = document.text[max(start, 0) : max(end, 0)]
        begin = start + len(piece) - len(piece.lstrip())
        stop = end - len(piece) + len(piece.rstrip())
        fault = None
        if not 0 <= start < end <= len(document.text):
            fault = f"leaves the text, which has {len(document.text)} characters; it needs 0 <= start < end"
        elif begin >= stop:
            fault = "holds no token; remove it"
        elif begin < reached:
            fault = f"overlaps a span that ends at {reached}; keep one of them"
        elif begin not in first or stop not in last:
            fault = _cut(document.text, offsets, begin, stop)
        if fault:
            wrong.append(f"{document.where}: the span {start}-{end} {piece!r} ({kind}) {fault}")
        else:
            found.append((first[begin], last[stop], kind))
        reached = max(reached, stop)
    if wrong:
        raise Mistake(*wrong)
    return tags.tagged(found, len(offsets))


def _cut(text: str, offsets: Offsets, begin: int, stop: int) -> str:
    for start, end in offsets:
        if start < begin < end or start < stop < end:
            return f"cuts the token {text[start:end]!r} ({start}-{end}); move it to the token's borders"
    return "does not begin and end with a token"
