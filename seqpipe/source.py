"""YAML text to plain values, with the line of every key and list item.

Scalars follow YAML 1.2: `1e-3` is a number; `no`, `yes`, `on`, `off` and dates are text. What would make a pipeline
file say something else than its reader thinks is refused: double keys, merge keys, anchors, tags, keys not of text.
"""

import math
import re
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from .errors import Mistake

Key = tuple[str | int, ...]
"""The way to a value: names of keys and numbers of list items."""

_TAG = "tag:yaml.org,2002:"
_SCALARS = {
    "null": re.compile(r"(?:null|Null|NULL|~|)\Z"),
    "bool": re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z"),
    "int": re.compile(r"(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)\Z"),
    "float": re.compile(
        r"(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z"
    ),
}
_PLAIN_WORDS = {
    "found character '\\t'": "a tab where YAML wants blanks; indent with blanks",
    "mapping values are not allowed": "a colon where no key can stand; check the indentation, or put quotes around it",
    "could not find expected ':'": "a key without a colon and a value",
    "expected <block end>": "does not line up with the lines above; check the indentation and the quotes",
    "expected ',' or ']'": "a list that begins with [ and is not closed with ]",
    "expected ',' or '}'": "a mapping that begins with { and is not closed with }",
    "found unexpected end of stream": "a quote that is never closed",
    "but found another document": "a second document ('---'); write one pipeline in a file",
    "that cannot start any token": "a sign that no plain text can begin with; put the text in quotes",
    "but found '.'": "a name that begins with * is an alias of YAML; put a glob in quotes",
    "found unknown escape": "an unknown escape after a backslash; use single quotes, or write the backslash twice",
}
_DEEPEST = 50
_OPENED = ("expected ',' or", "end of stream", "expected ':'")


@dataclass(frozen=True, slots=True)
class Source:
    """Values as they were written, and where."""

    name: str
    values: Any
    lines: dict[Key, int]
    """Line of each key and list item, from 1; of the whole under `()`."""
    overrides: dict[Key, str]
    """Values that `--set` gave, and how."""
    faults: Sequence[tuple[int, str]] = ()
    """Keys that stand twice in a mapping, by line: a mistake, but the first of them gives a value all the same."""

    def where(self, key: Key) -> tuple[float, str]:
        """Where a value, or else the nearest thing that would hold it, was given: `(order, "file:line")`."""
        for end in range(len(key), -1, -1):
            if key[:end] in self.overrides:
                return math.inf, f"--set {self.overrides[key[:end]]}"
            if key[:end] in self.lines:
                return self.lines[key[:end]], f"{self.name}:{self.lines[key[:end]]}"
        return 1, f"{self.name}:1"


def read(path: Path) -> Source:
    """The values of a YAML file, and what is wrong with it in `faults`.

    Raises `Mistake` where it cannot be read, is not UTF-8, or is no YAML at all.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise Mistake(f"{path}: no such file") from None
    except IsADirectoryError:
        raise Mistake(f"{path}: a folder, not a pipeline file") from None
    except (OSError, ValueError) as error:
        raise Mistake(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Mistake(
            f"{path}:{line}: not UTF-8 text (byte {data[error.start]:#04x}); save the file as UTF-8"
        ) from None
    return _source(text, str(path))


def parse(text: str, name: str) -> Source:
    """The values of YAML text; `name` stands for the file in messages. Raises `Mistake`, a line for each fault."""
    found = _source(text, name)
    if found.faults:
        raise Mistake(*(f"{name}:{line}: {what}" for line, what in found.faults))
    return found


def _source(text: str, name: str) -> Source:
    try:
        values, lines, faults = _parse(text)
    except _Problems as problems:
        raise Mistake(*(f"{name}:{line}: {what}" for line, what in problems.found)) from None
    if values is None and not faults:
        raise Mistake(f"{name}:1: there is nothing in this file")
    return Source(name, values, lines, {}, faults)


def override(source: Source, setting: str) -> Source:
    """The source with one value set anew, by `a.b=VALUE`. Raises `Mistake` beginning with `--set a.b=VALUE:`."""
    dotted, equals, text = setting.partition("=")
    parts = dotted.strip().split(".")
    setting = " ".join(setting.split())
    if not equals or not all(parts):
        raise Mistake(f"--set {setting}: not of the form SECTION.OPTION=VALUE")
    try:
        value, _, faults = _parse(text)
    except _Problems as problems:
        faults = problems.found
    if faults:
        raise Mistake(*(f"--set {setting}: {what}" for _, what in faults)) from None
    values = deepcopy(source.values)
    key = _put(values, parts, value, setting)
    lines = {other: line for other, line in source.lines.items() if other[: len(key)] != key}
    overrides = {other: text for other, text in source.overrides.items() if other[: len(key)] != key}
    return replace(source, values=values, lines=lines, overrides={**overrides, key: setting})


def write(values: Any) -> str:
    """YAML text that `parse` reads back to equal values, and so do readers of YAML 1.1."""
    text: str = yaml.dump(values, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    return text


def _put(values: Any, parts: list[str], value: Any, setting: str) -> Key:
    """Sets a value in place; the key of what was new, or else of the value."""
    key: list[str | int] = []
    new: Key | None = None
    for depth, part in enumerate(parts):
        if isinstance(values, list) and part.isdecimal() and int(part) < len(values):
            place: Any = int(part)
        elif isinstance(values, dict):
            place = part
        else:
            raise Mistake(f"--set {setting}: {'.'.join(parts[:depth]) or 'the file'} holds no '{part}' to be set")
        key.append(place)
        if isinstance(values, dict) and place not in values:
            new = new or tuple(key)
        if depth == len(parts) - 1:
            values[place] = value
        elif isinstance(values, dict) and values.get(place) is None:
            values[place] = {}
        values = values[place]
    return new or tuple(key)


class _Problems(Exception):
    def __init__(self, *found: tuple[int, str]) -> None:
        super().__init__(found)
        self.found = [(line, " ".join(what.split())) for line, what in sorted(found)]


class _Faults(NamedTuple):
    fatal: list[tuple[int, str]]
    """What leaves a value unknown."""
    doubles: list[tuple[int, str]]
    """Keys that were there before."""


class _Loader(yaml.SafeLoader):
    """Composes nodes, resolving scalars as YAML 1.2 does and noting anchors, which nodes no longer show."""

    yaml_implicit_resolvers = {}  # noqa: RUF012 - the place where PyYAML looks

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.anchors_seen: list[tuple[int, str]] = []

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        anchor = getattr(event, "anchor", None)
        if anchor is not None:
            sign = "*" if isinstance(event, yaml.AliasEvent) else "&"
            line = event.start_mark.line + 1
            self.anchors_seen.append((line, f"'{sign}{anchor}' is an anchor of YAML; write the value out"))
        return super().compose_node(parent, index)


class _Dumper(yaml.SafeDumper):
    """Quotes every text that either version of YAML would read as something else."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


for _name, _pattern in _SCALARS.items():
    _Loader.add_implicit_resolver(_TAG + _name, _pattern, None)
    _Dumper.add_implicit_resolver(_TAG + _name, _pattern, None)


def _parse(text: str) -> tuple[Any, dict[Key, int], list[tuple[int, str]]]:
    if "\0" in text:
        raise _Problems((text.count("\n", 0, text.index("\0")) + 1, "a NUL byte; is this a text file?"))
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if loader.anchors_seen:
            raise _Problems(*loader.anchors_seen)
        lines: dict[Key, int] = {(): 1}
        faults = _Faults([], [])
        values = None if node is None else _value(node, (), lines, faults)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise _Problems((line, f"a control character (U+{ord(text[error.position]):04X})")) from None
    except yaml.MarkedYAMLError as error:
        raise _Problems(_in_plain_words(error)) from None
    except RecursionError:
        raise _Problems((1, "lists or mappings nested too deeply")) from None
    except (ValueError, OverflowError) as error:
        raise _Problems((1, f"not valid YAML: {error}")) from None
    if faults.fatal:
        raise _Problems(*faults.fatal, *faults.doubles)
    return values, lines, faults.doubles


def _in_plain_words(error: yaml.MarkedYAMLError) -> tuple[int, str]:
    problem = " ".join(str(error.problem or error.context or "").split())
    opened = any(sign in problem for sign in _OPENED)
    mark = (error.context_mark if opened else None) or error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 1
    for sign, words in _PLAIN_WORDS.items():
        if sign in problem:
            return line, words
    return line, f"not valid YAML: {problem}"


def _value(node: Node, key: Key, lines: dict[Key, int], faults: _Faults) -> Any:
    line = node.start_mark.line + 1
    kind = node.tag.removeprefix(_TAG)
    if len(key) > _DEEPEST:
        raise RecursionError
    if isinstance(node, ScalarNode):
        try:
            return _scalar(node.tag, node.value)
        except ValueError as error:
            faults.fatal.append((line, str(error)))
            return None
    if kind != ("seq" if isinstance(node, SequenceNode) else "map"):
        faults.fatal.append((line, f"the tag {_shown(node.tag)} is not allowed; remove it"))
        return None
    if isinstance(node, SequenceNode):
        for number, item in enumerate(node.value):
            lines[*key, number] = item.start_mark.line + 1
        return [_value(item, (*key, number), lines, faults) for number, item in enumerate(node.value)]
    assert isinstance(node, MappingNode)
    return {name: _value(item, (*key, name), lines, faults) for name, item in _pairs(node, key, lines, faults)}


def _pairs(node: MappingNode, key: Key, lines: dict[Key, int], faults: _Faults) -> Iterator[tuple[str, Node]]:
    first: dict[str, int] = {}
    for name, item in node.value:
        line = name.start_mark.line + 1
        if not isinstance(name, ScalarNode) or name.tag != _TAG + "str":
            shown = f"'{name.value}'" if isinstance(name, ScalarNode) else "a list or mapping"
            faults.fatal.append((line, f"{shown} as a key is not text; put it in quotes"))
        elif name.value == "<<" and name.style is None:
            faults.fatal.append((line, "'<<' would merge mappings; write the options out"))
        elif name.value in first:
            faults.doubles.append(
                (line, f"'{name.value}' stands here again; it is at line {first[name.value]} already")
            )
        else:
            first[name.value] = lines[*key, name.value] = line
            yield name.value, item


def _scalar(tag: str, text: str) -> Any:
    """Raises ValueError, in plain words, where the tag is unknown or does not fit the text."""
    kind = tag.removeprefix(_TAG)
    if kind == "str":
        if any("\ud800" <= sign <= "\udfff" for sign in text):
            raise ValueError("half of a surrogate pair is no character; write the character itself")
        return text
    if kind not in _SCALARS:
        raise ValueError(f"the tag {_shown(tag)} is not allowed; remove it")
    if not _SCALARS[kind].match(text):
        raise ValueError(f"'{text}' does not fit the tag !!{kind}; remove the tag")
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() == "true"
    if kind == "float":
        return float(re.sub(r"\.(?=[inIN])", "", text))
    if len(text) > 1000:
        raise ValueError("a whole number of more than 1000 digits")
    return int(text, 0) if text[:2] in ("0o", "0x") else int(text)


def _shown(tag: str) -> str:
    return f"!!{tag.removeprefix(_TAG)}" if tag.startswith(_TAG) else tag
