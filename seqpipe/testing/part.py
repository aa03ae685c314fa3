"""The part that is to be checked, found as a pipeline finds it, and what holds for parts of every kind."""

import inspect
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from ..fitting import Part
from ..plugins import Plugin, Plugins, discover
from ..problems import models_in, problems

Subject = TypeVar("Subject")
Check = Callable[[Subject], Iterator[str]]
"""Yields a line for each thing that is wrong: what, and where to look. Its docstring is what holds otherwise."""

_IMPORTS = """
import sys
from pkgutil import resolve_name
from seqpipe.plugins import hooks_of
before = set(sys.modules)
hooks_of(resolve_name(sys.argv[1]))
print(*{name.partition(".")[0] for name in set(sys.modules) - before} - sys.stdlib_module_names)
"""


@dataclass(frozen=True, slots=True)
class Found:
    """A part as its plugin gives it."""

    kind: str
    part: Part
    plugin: Plugin
    plugins: Plugins

    def __str__(self) -> str:
        return f"{self.kind} {self.part.type}"


def find(kind: str, name: str, options: Mapping[str, Any] | None, plugin: str | os.PathLike[str] | None) -> Found:
    """The part of that name, with options as a pipeline file would give them; `plugin` is a plugin in one file.

    Raises `Mistake` where no plugin gives the part or it is broken, `AssertionError` where it refuses the options.
    """
    plugins = discover([Path(plugin)] if plugin is not None else [])
    cls, given = plugins.load(kind, name), dict(options or {})
    try:
        chosen = cls.Options.model_validate_json(json.dumps(given))
    except ValidationError as error:
        wrong = [
            f"{kind} {name}: {'.'.join(map(str, key))}: {what}" for key, what in problems(error, cls.Options, given)
        ]
        raise AssertionError("\n".join(wrong)) from None
    return Found(kind, Part(name, cls, chosen), plugins.giver(kind, name), plugins)


def hold(checks: Sequence[Check[Subject]], subject: Subject) -> None:
    """Go through the checks, up to the first that finds something: what comes later would only say it again.

    Raises `AssertionError` with a line for each thing that is wrong. What the part itself raises goes through, with a
    note on what was being checked.
    """
    for check in checks:
        try:
            wrong = list(check(subject))
        except Exception as error:
            error.add_note(f"{subject}: raised while this was checked: {check.__doc__}")
            raise
        if wrong:
            raise AssertionError("\n".join(f"{subject}: {one}" for one in wrong))


def described(found: Found) -> Iterator[str]:
    """The part and each of its options say what they are, in a docstring."""
    if not inspect.cleandoc(found.part.cls.__doc__ or ""):
        yield f"no docstring in the class {found.part.cls.__name__}; `seqpipe show {found}` shows it"
    for name in _undescribed(found.part.cls.Options):
        yield f"the option {name} has no docstring under it; `seqpipe show {found}` shows it"


def _undescribed(options: type[BaseModel], prefix: str = "") -> Iterator[str]:
    for name, option in options.model_fields.items():
        if not option.description:
            yield prefix + name
        for model in models_in(option.annotation):
            yield from _undescribed(model, f"{prefix}{name}.")


def written_down(found: Found) -> Iterator[str]:
    """The options are the same after a run folder has written them down as JSON knows values."""
    options = found.part.options
    try:
        again = type(options).model_validate_json(json.dumps(options.model_dump(mode="json")))
    except (ValidationError, TypeError) as error:
        yield f"its options cannot be read back as a run folder writes them: {' '.join(str(error).split())}"
        return
    if again != options:
        yield f"its options are others when a run folder is read: {again!r}, written were {options!r}; see Options"


def lightly_found(found: Found) -> Iterator[str]:
    """Finding the plugin imports nothing but its own hooks, so that every command stays quick."""
    if not found.plugin.version:
        return  # One file of its own has hooks and part in one.
    source = found.plugin.source
    path = os.pathsep.join(filter(None, sys.path))
    done = subprocess.run(
        [sys.executable, "-c", _IMPORTS, source],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        yield f"finding its plugin fails in a new process: {done.stderr.strip().splitlines()[-1]}"
    heavy = sorted(set(done.stdout.split()) - {source.partition(".")[0], "seqpipe"})
    if heavy:
        yield f"finding its plugin imports {', '.join(heavy)}; keep the hooks in a module ({source}) of their own"


COMMON = (described, written_down, lightly_found)
"""What holds for parts of every kind."""
