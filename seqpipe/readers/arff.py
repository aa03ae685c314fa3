"""ARFF, the tables of Weka: columns named one by one in a preamble, then a row a line."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

from ..errors import Mistake
from ..lines import lines
from .rows import Cells

_ATTRIBUTE = re.compile(r"""@attribute\s+(?:'([^']*)'|"([^"]*)"|(\S+))""", re.IGNORECASE)


def delimited(path: Path) -> Iterator[tuple[str, Cells | str]]:
    """Each row's place with its cells by the names of the attributes, or with what is wrong with it.

    Raises `Mistake` where two attributes have one name, or there is no `@data`.
    """
    numbered = ((number, text.strip()) for number, text in lines(path))
    content = ((number, text) for number, text in numbered if text and not text.startswith("%"))
    names = _names(path, content)
    for number, text in content:
        where = f"{path}:{number}"
        cells = next(csv.reader([text], quotechar='"' if '"' in text else "'", skipinitialspace=True))
        if text.startswith("{"):
            yield where, "a sparse row; write all of its cells out"
        elif len(cells) != len(names):
            yield where, f"{len(cells)} cells where {len(names)} are needed, one for each @attribute"
        else:
            yield where, dict(zip(names, cells, strict=True))


def _names(path: Path, content: Iterator[tuple[int, str]]) -> list[str]:
    """The attributes, in order; read up to `@data`."""
    names: list[str] = []
    for number, text in content:
        if text.lower() == "@data":
            return names
        if found := _ATTRIBUTE.match(text):
            name = next(one for one in found.groups() if one is not None)
            if name in names:
                raise Mistake(f"{path}:{number}: a second attribute named '{name}'; rename one")
            names.append(name)
    raise Mistake(f"{path}: no line '@data', which the rows of an ARFF file come after; is it the right file?")
