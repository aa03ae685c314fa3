"""Finds plugins, and the classes behind the names they give. Nothing is imported but the plugins' own hooks."""

import importlib
import importlib.util
import inspect
import pkgutil
import re
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from pluggy import PluginManager, PluginValidationError

from . import __api__, __version__, builtin, hooks
from .errors import Mistake
from .suggest import suggest

KINDS = {
    "reader": ("seqpipe_readers", "seqpipe.reader:Reader"),
    "encoder": ("seqpipe_encoders", "seqpipe.encoder:Encoder"),
    "head": ("seqpipe_heads", "seqpipe.head:Head"),
    "dataset": ("seqpipe_datasets", "seqpipe.datasets:Dataset"),
}
"""Each kind of thing a plugin can add: its hook, and what it must be."""

_BROKEN = (Exception, SystemExit)


@dataclass(frozen=True, slots=True)
class Plugin:
    """One plugin and what it adds."""

    name: str
    """Name of its distribution, or its file."""
    version: str
    source: str
    """Its entry point, or its file."""
    adds: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By kind and name, `"module:attribute"`."""
    api: str = ""
    """The version of the plugin API that it says it was written for; empty where it says nothing."""
    error: str = ""
    """Why it did not load; it then adds nothing."""
    seconds: float = 0.0
    """How long it took to load its hooks."""

    def __str__(self) -> str:
        return f"{self.name} {self.version}".strip()


@dataclass(frozen=True, slots=True)
class Plugins:
    """All plugins that were found, in the order in which they were."""

    found: tuple[Plugin, ...]
    seconds: float
    """How long it took to find them."""

    def names(self, kind: str) -> list[str]:
        """The names of one kind, sorted."""
        return sorted({name for plugin in self.found for name in plugin.adds.get(kind, ())})

    def giver(self, kind: str, name: str) -> Plugin:
        """The plugin that gives a name. Raises `Mistake`, without a place, where none or more than one does."""
        givers = [plugin for plugin in self.found if name in plugin.adds.get(kind, ())]
        if len(givers) > 1:
            raise Mistake(_clash(kind, name, givers))
        if not givers:
            broken = "".join(
                f" (plugin {plugin} did not load: {plugin.error})" for plugin in self.found if plugin.error
            )
            raise Mistake(f"no {kind} named '{name}'{suggest(name, self.names(kind))}{broken}")
        return givers[0]

    def load(self, kind: str, name: str) -> Any:
        """The class (or data set) behind a name. Raises `Mistake`, without a place, where none is or it is broken."""
        plugin = self.giver(kind, name)
        where = plugin.adds[kind][name]
        try:
            thing = pkgutil.resolve_name(where)
            fault = _fault(thing, kind)
        except _BROKEN as error:
            fault = _line(error)
        if fault:
            raise Mistake(f"{kind} '{name}' of plugin {plugin} cannot be used: {where}: {fault}")
        return thing

    def clashes(self) -> list[str]:
        """A line for each name that two plugins give."""
        return [
            _clash(kind, name, givers)
            for kind in KINDS
            for name in self.names(kind)
            if len(givers := [plugin for plugin in self.found if name in plugin.adds.get(kind, ())]) > 1
        ]


def discover(files: Sequence[Path] = ()) -> Plugins:
    """What ships with seqpipe, what is installed beside it, and the plugins in `files`.

    An installed plugin that does not load is kept with its error. Raises `Mistake` where one of `files` does not load.
    """
    start = time.perf_counter()
    found = [_plugin(lambda: builtin, "seqpipe", __version__, builtin.__name__)]
    found += [_installed(point) for point in sorted(entry_points(group="seqpipe"), key=_order)]
    loose = [_plugin(partial(_module, path), path.name, "", str(path)) for path in dict.fromkeys(files)]
    broken = [f"--plugin {plugin.source}: {plugin.error}" for plugin in loose if plugin.error]
    if broken:
        raise Mistake(*broken)
    return Plugins((*found, *loose), time.perf_counter() - start)


def _order(point: EntryPoint) -> tuple[str, str]:
    return ((point.dist and point.dist.name) or "", point.name)


def _installed(point: EntryPoint) -> Plugin:
    name = (point.dist and point.dist.name) or point.name
    version = (point.dist and point.dist.version) or ""
    return _plugin(point.load, name, version, point.value)


def _plugin(load: Callable[[], Any], name: str, version: str, source: str) -> Plugin:
    start, adds, api, error = time.perf_counter(), {}, "", ""
    try:
        module = load()
        api = getattr(module, "seqpipe_api", "")
        adds = hooks_of(module)
    except _BROKEN as caught:
        error = _line(caught)
    return Plugin(name, version, source, adds, api if isinstance(api, str) else "", error, time.perf_counter() - start)


def _module(path: Path) -> ModuleType:
    name = path.stem
    if path.suffix != ".py" or not name.isidentifier():
        raise _Fault("not a Python file with a plain name, such as my_plugin.py")
    if not path.is_file():
        raise _Fault("no such file")
    there = sys.modules.get(name)
    spec = there.__spec__ if there else importlib.util.find_spec(name)
    if (there or spec) and not (spec and spec.origin and Path(spec.origin).exists() and path.samefile(spec.origin)):
        raise _Fault(f"its name would hide the module '{name}'; rename the file")
    if there:
        return there
    spec = importlib.util.spec_from_file_location(name, path.absolute())
    assert spec
    assert spec.loader
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def hooks_of(module: Any) -> dict[str, dict[str, str]]:
    """What the hooks in a module give, by kind and name. Raises an exception that says so where it is no plugin.

    Each plugin gets a manager of its own, so that none can see, wrap or break another's hooks.
    """
    if unfit := _unfit(getattr(module, "seqpipe_api", __api__)):
        raise _Fault(unfit)
    manager = PluginManager("seqpipe")
    manager.add_hookspecs(hooks)
    manager.register(module)
    try:
        manager.check_pending()
    except PluginValidationError as error:
        text = str(error).partition(" in plugin ")[0]
        specs = [hook for hook, _ in KINDS.values()]
        raise _Fault(text + suggest(text.rpartition(" ")[2].strip("'"), specs)) from None
    if not manager.get_hookcallers(module):
        raise _Fault("no function in it is marked with seqpipe.hookimpl")
    return {kind: _checked(getattr(manager.hook, hook)(), hook) for kind, (hook, _) in KINDS.items()}


def _unfit(api: Any) -> str:
    """Why a plugin for that version of the plugin API cannot be used by this seqpipe; empty where it can.

    Another first number is another interface; a greater second number has what ours lacks.
    """
    if not isinstance(api, str) or not re.fullmatch(r"\d+\.\d+", api):
        return f"seqpipe_api is {_short(api)}, not a text such as '{__api__}'"
    (theirs, least), (ours, most) = (map(int, version.split(".")) for version in (api, __api__))
    if theirs == ours and least <= most:
        return ""
    what = f"written for plugin API {api}, but seqpipe {__version__} has {__api__}"
    return f"{what}; install a {'newer version of the plugin' if theirs < ours else 'seqpipe that has it'}"


def _checked(given: list[Any], hook: str) -> dict[str, str]:
    table: dict[str, str] = {}
    for names in given:
        if not isinstance(names, dict):
            raise _Fault(f"{hook} gives {_short(names)}, not a dict of names")
        for name, where in names.items():
            if not isinstance(name, str) or not re.fullmatch(
                r"[^\s:]+:[^\s:]+", where if isinstance(where, str) else ""
            ):
                raise _Fault(f"{hook} gives {_short(name)}: {_short(where)}, not a name and 'module:attribute'")
            table[name] = where
    return table


class _Fault(Exception):
    """What is wrong with a plugin, in our own words."""


def _fault(thing: Any, kind: str) -> str:
    """Why something cannot be what its kind is; empty where it can."""
    base: Any = pkgutil.resolve_name(KINDS[kind][1])
    if kind == "dataset":
        return "" if isinstance(thing, base) else "not a seqpipe.Dataset"
    if not inspect.isclass(thing) or not issubclass(thing, base):
        return f"not a subclass of seqpipe.{base.__name__}"
    lacking: Iterable[str] = sorted(getattr(thing, "__abstractmethods__", ()))
    if kind == "head" and not hasattr(thing, "target"):
        lacking = [*lacking, "target"]
    if lacking:
        return f"lacks {', '.join(lacking)}"
    options: Any = getattr(thing, "Options", None)
    if not issubclass(options, pkgutil.resolve_name("seqpipe.options:Options")):
        return "its Options are not a subclass of seqpipe.Options"
    return "an option cannot be named 'type'" if "type" in options.model_fields else ""


def _clash(kind: str, name: str, givers: Sequence[Plugin]) -> str:
    return f"{len(givers)} plugins give a {kind} named '{name}': {' and '.join(map(str, givers))}; keep one of them"


def _line(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return text if isinstance(error, _Fault) else f"{type(error).__name__}: {text}".removesuffix(": ")


def _short(value: Any) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else f"{text[:60]}..."
