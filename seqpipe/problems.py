"""What pydantic found wrong with options, in plain words and at the keys that the user wrote."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from .source import Key
from .suggest import nearest, suggest

_WANTED = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "string_type": "text",
    "none_required": "null",
    "greater_than": "greater than {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "multiple_of": "a multiple of {multiple_of}",
    "string_too_short": "text of at least {min_length} letters",
    "string_too_long": "text of at most {max_length} letters",
    "string_pattern_mismatch": "text of the form {pattern}",
    "too_short": "a list of at least {min_length}",
    "too_long": "a list of at most {max_length}",
    **dict.fromkeys(
        ["list_type", "tuple_type", "set_type", "frozen_set_type", "iterable_type", "deque_type"], "a list"
    ),
    **dict.fromkeys(
        ["dict_type", "mapping_type", "model_type", "model_attributes_type", "dataclass_type"],
        "a mapping, {{name: value}}",
    ),
}


class _Error(NamedTuple):
    key: Key
    branch: Key | None
    """Where the nearest union was whose alternative failed."""
    option: str
    """Which alternative that was."""
    detail: ErrorDetails


def problems(error: ValidationError, options: type[BaseModel], values: Any) -> Iterator[tuple[Key, str]]:
    """Key and text of each mistake in `values`, which did not become `options`; one a key where alternatives failed."""
    unions: dict[Key, list[_Error]] = {}
    for detail in error.errors(include_url=False):
        one = _located(detail, values)
        if one.branch is None:
            yield one.key, _text([detail], options, one.key)
        else:
            unions.setdefault(one.branch, []).append(one)
    for branch, errors in unions.items():
        within = [one for one in errors if len(one.key) > len(branch)]
        if not within:
            yield branch, _text([one.detail for one in errors], options, branch)
        for one in within:
            if one.option == within[0].option:
                yield one.key, _text([one.detail], options, one.key)


def _located(detail: ErrorDetails, values: Any) -> _Error:
    """pydantic's `loc` mixes keys with names of a union's alternatives; only keys can be found among the values."""
    key: list[str | int] = []
    branch, option = None, ""
    for depth, part in enumerate(detail["loc"], 1):
        if part in values if isinstance(values, dict) else isinstance(values, list) and part in range(len(values)):
            values = values[part]
            key.append(part)
        elif detail["type"] == "missing" and depth == len(detail["loc"]):
            key.append(part)
        elif branch is None:
            branch, option = tuple(key), str(part)
    return _Error(tuple(key), branch, option, detail)


def _text(details: list[ErrorDetails], options: type[BaseModel], key: Key) -> str:
    kind, context = details[0]["type"], details[0].get("ctx", {})
    if kind == "missing":
        return "missing option"
    if kind == "extra_forbidden":
        return f"unknown option{suggest(str(key[-1]), _known(options, key[:-1]))}"
    wanted = [want for want in map(_wanted, details) if want]
    if wanted:
        value = details[0]["input"]
        near = nearest(value, _choices(details)) if isinstance(value, str) else None
        hint = f"; did you mean '{near}'?" if near else f", not {_shown(value)}"
        return f"must be {' or '.join(dict.fromkeys(wanted))}{hint}"
    if kind in ("value_error", "assertion_error"):
        return " ".join(str(context["error"]).split())
    return " ".join(details[0]["msg"].replace("Input should", "must").replace("Input", "value").split())


def _wanted(detail: ErrorDetails) -> str | None:
    if detail["type"] in ("literal_error", "enum"):
        names = _choices([detail])
        return f"one of: {', '.join(names)}" if len(names) > 1 else str(detail["ctx"]["expected"])
    want = _WANTED.get(detail["type"])
    bounds = detail.get("ctx", {}).items()
    return want and want.format(**{name: _plain(bound) for name, bound in bounds})


def _plain(number: Any) -> Any:
    return int(number) if isinstance(number, float) and number.is_integer() else number


def _choices(details: list[ErrorDetails]) -> list[str]:
    return [name for one in details for name in re.findall("'([^']*)'", one.get("ctx", {}).get("expected", ""))]


def _known(options: type[BaseModel], key: Key) -> set[str]:
    models = [options]
    for part in key:
        if isinstance(part, str):
            fields = [model.model_fields[part] for model in models if part in model.model_fields]
            models = [model for field in fields for model in models_in(field.annotation)]
    return {name for model in models for name in model.model_fields}


def models_in(annotation: Any) -> list[type[BaseModel]]:
    """The classes of options that a field's type speaks of."""
    if not get_args(annotation):
        return [annotation] if isinstance(annotation, type) and issubclass(annotation, BaseModel) else []
    return [model for argument in get_args(annotation) for model in models_in(argument)]


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return f"text '{value}'" if len(value) <= 40 else f"text '{value[:40]}...'"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return "a mapping" if isinstance(value, dict) else "a list" if isinstance(value, list) else str(value)
