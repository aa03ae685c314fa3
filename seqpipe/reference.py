"""What can stand in a pipeline file, from the classes of options alone: text for people, JSON Schema for editors."""

import inspect
import json
import textwrap
from collections.abc import Iterator, Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from .datasets import describe
from .errors import Mistake
from .options import Options
from .pipeline import PARTS, SECTIONS
from .plugins import KINDS, Plugins
from .problems import models_in
from .settings import DataOptions, TrainOptions, WindowOptions
from .suggest import suggest

PLAIN: Mapping[str, type[Options]] = {"data": DataOptions, "windows": WindowOptions, "train": TrainOptions}
"""The sections that no component owns."""

_WORDS = {int: "whole number", float: "number", str: "text", bool: "true or false", NoneType: "null"}
_BOUNDS = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}


def overview(plugins: Plugins) -> str:
    """All kinds, and the names of each."""
    lines = [f"{kind}: {', '.join(plugins.names(kind)) or 'none'}" for kind in KINDS]
    return "\n".join([*lines, *(f"{name}: a section of options" for name in PLAIN)])


def show(kind: str, name: str | None, plugins: Plugins) -> str:
    """The help of one component or section, or the names of one kind. Raises `Mistake` where there is none."""
    if kind in PLAIN:
        if name is not None:
            raise Mistake(f"show {kind} {name}: the section {kind} has no parts; write: seqpipe show {kind}")
        return "\n".join([kind, *_about(PLAIN[kind]), "", *_options(PLAIN[kind])])
    if kind not in KINDS:
        raise Mistake(f"show {kind}: no such kind{suggest(kind, [*KINDS, *PLAIN])}")
    if name is None:
        return "\n".join(f"{kind} {name}" for name in plugins.names(kind))
    thing = plugins.load(kind, name)
    heading = f"{kind} {name} ({plugins.giver(kind, name)})"
    if kind == "dataset":
        return f"{heading}\n\n{describe(thing)}"
    return "\n".join([heading, *_about(thing), "", *(list(_options(thing.Options)) or ["no options"])])


def _about(thing: type) -> list[str]:
    return inspect.cleandoc(thing.__doc__ or "").splitlines()


def _options(options: type[BaseModel], indent: str = "") -> Iterator[str]:
    for name, option in options.model_fields.items():
        nested = models_in(option.annotation)
        yield f"{indent}{name}: {_type(option.annotation)}{_bounds(option)}{_default(option, bool(nested))}"
        below = indent + "    "
        help = option.description or ""
        yield from textwrap.wrap(help, 100, initial_indent=below, subsequent_indent=below, break_on_hyphens=False)
        for model in nested:
            yield from _options(model, below)


def _type(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _type(arguments[0])
    if annotation in _WORDS:
        return _WORDS[annotation]
    if origin is Literal:
        return " | ".join(map(str, arguments))
    if origin in (Union, UnionType):
        return " or ".join(map(_type, arguments))
    if origin is not None and isinstance(origin, type):
        if issubclass(origin, Mapping):
            return f"mapping of names to {_type(arguments[1])}"
        return f"list of {_type(arguments[0])}"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "options"
    return getattr(annotation, "__name__", str(annotation))


def _bounds(option: FieldInfo) -> str:
    found = [
        f"{sign} {getattr(rule, name)}"
        for rule in option.metadata
        for name, sign in _BOUNDS.items()
        if hasattr(rule, name)
    ]
    return f" {', '.join(found)}" if found else ""


def _default(option: FieldInfo, nested: bool) -> str:
    if option.is_required():
        return " (needed)"
    default = option.get_default(call_default_factory=True, validated_data={})
    if default is PydanticUndefined or (nested and default is not None):
        return ""
    plain = isinstance(default, str) and default and default == default.strip()
    return f" = {default if plain else json.dumps(default, default=str)}"


def schema(plugins: Plugins) -> dict[str, Any]:
    """JSON Schema (2020-12) of a pipeline file with what is installed now; broken components are left out."""
    shared: dict[str, Any] = {}
    sections = {kind: _any_of(kind, plugins, shared) for kind in PARTS}
    sections |= {name: _hoisted(options, name, shared) for name, options in PLAIN.items()}
    sections["data"]["properties"]["dataset"]["examples"] = plugins.names("dataset")
    versions = {
        "type": "object",
        "additionalProperties": {"type": "string"},
        "description": "Written by `seqpipe run`.",
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "seqpipe pipeline",
        "type": "object",
        "properties": {name: sections[name] for name in SECTIONS} | {"versions": versions},
        "required": [name for name in SECTIONS if name not in ("windows", "train")],
        "additionalProperties": False,
        "$defs": shared,
    }


def _any_of(kind: str, plugins: Plugins, shared: dict[str, Any]) -> dict[str, Any]:
    choices = []
    for name in plugins.names(kind):
        try:
            cls = plugins.load(kind, name)
        except Mistake:
            continue
        options = _hoisted(cls.Options, f"{kind}.{name}", shared)
        options["properties"] = {
            "type": {"const": name, "description": f"The {kind}."},
            **options.get("properties", {}),
        }
        options["required"] = ["type", *options.get("required", [])]
        shared[f"{kind}.{name}"] = options | {
            "title": f"{kind} {name}",
            "description": inspect.cleandoc(cls.__doc__ or ""),
        }
        choices.append({"$ref": f"#/$defs/{kind}.{name}"})
    return {"oneOf": choices, "description": f"The {kind}, chosen by its type."}


def _hoisted(options: type[BaseModel], prefix: str, shared: dict[str, Any]) -> dict[str, Any]:
    """The schema of one class; those that it refers to go into `shared`, named so that no two can meet."""
    found = options.model_json_schema(ref_template=f"#/$defs/{prefix}.{{model}}")
    shared |= {f"{prefix}.{model}": nested for model, nested in found.pop("$defs", {}).items()}
    return found
