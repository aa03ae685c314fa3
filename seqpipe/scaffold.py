"""Writes a new plugin: the template of its kind, with its own name in place of the template's."""

import importlib.util
import keyword
import re
from collections.abc import Iterator
from pathlib import Path

from .errors import Mistake
from .plugins import Plugins

KINDS = ("reader", "encoder", "head")
"""What a new plugin can add."""

_TEMPLATES = Path(__file__).with_name("templates")
_SHARED = "common"
_NAME = "placeholder"
"""What a template is called, everywhere in it."""


def new_plugin(name: str, kind: str, folder: Path, plugins: Plugins) -> Path:
    """Write the plugin `seqpipe-NAME` into `folder`, with one part of that kind and name; gives its own folder.

    Raises `Mistake` where the name cannot be used or is taken, or the folder cannot be written.
    """
    name = name.removeprefix("seqpipe-").replace("-", "_")
    _check(name, kind, plugins)
    made = folder / f"seqpipe-{name.replace('_', '-')}"
    if made.exists():
        raise Mistake(f"{made}: is there already; choose another name, or another folder by --out")
    try:
        for path, text in _files(kind):
            target = made / _named(path, name)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(_named(text, name), encoding="utf-8", newline="\n")
    except OSError as error:
        raise Mistake(f"{made}: cannot be written ({error.strerror}); --out names another folder") from None
    return made


def _check(name: str, kind: str, plugins: Plugins) -> None:
    where = f"new-plugin {name}"
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name) or keyword.iskeyword(name):
        raise Mistake(f"{where}: not a name for a Python module; take small letters, digits and single dashes")
    if name in plugins.names(kind):
        raise Mistake(f"{where}: {plugins.giver(kind, name)} gives a {kind} of this name already; choose another")
    if importlib.util.find_spec(f"seqpipe_{name}"):
        raise Mistake(f"{where}: a package seqpipe_{name} is installed already; choose another name")


def _files(kind: str) -> Iterator[tuple[str, str]]:
    """Path and text of each file of a template."""
    for root in (_TEMPLATES / _SHARED, _TEMPLATES / kind):
        for path in sorted(root.rglob("*")):
            # Installers leave compiled Python beside the templates.
            if path.is_file() and "__pycache__" not in path.parts:
                yield path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")


def _named(text: str, name: str) -> str:
    """A text, or a path, with the plugin's name in place of the template's: of classes, distribution and modules."""
    camel = "".join(part.capitalize() for part in name.split("_"))
    text = text.replace(_NAME.capitalize(), camel).replace(f"seqpipe-{_NAME}", f"seqpipe-{name.replace('_', '-')}")
    return text.replace(_NAME, name)
