"""What a pipeline was trained with, and what of it is absent where the pipeline is to be used."""

import importlib.metadata
from collections.abc import Iterable, Mapping
from typing import Any

from . import __version__
from .plugins import Plugin, Plugins

_LIBRARIES = ("numpy", "pytorch-lightning", "spacy", "torch")


def versions(plugins: Iterable[Plugin]) -> dict[str, str]:
    """By name: seqpipe, these plugins (of one in a file of its own, the file), and the libraries underneath."""
    return {
        "seqpipe": __version__,
        **{plugin.name: plugin.version or plugin.source for plugin in plugins},
        **{name: importlib.metadata.version(name) for name in _LIBRARIES},
    }


def absent(trained: Mapping[str, Any], plugins: Plugins) -> str:
    """Which plugins a pipeline was trained with that are not found, and how to get them; empty where all are there.

    `trained` is what `versions` gave; the version of a plugin in a file of its own is that file, and it has none here.
    """
    there = {plugin.name: plugin.version for plugin in plugins.found}
    lost = {
        name: str(version)
        for name, version in trained.items()
        if name not in ("seqpipe", *_LIBRARIES) and there.get(name) not in ("", version)
    }
    files = [version for name, version in lost.items() if name.endswith(".py")]
    packages = [(name, version) for name, version in lost.items() if not name.endswith(".py")]
    advice = [f"pip install {' '.join(map('=='.join, packages))}"] if packages else []
    advice += [f"give --plugin {file}" for file in files]
    made = " and ".join([*map(" ".join, packages), *files])
    return f"the pipeline was trained with {made}; {' and '.join(advice)}" if lost else ""
