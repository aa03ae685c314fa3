"""Labels of letters as files write them: signs in a row, or words between blanks, and a mask that hides some."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..coded import Coded
from ..errors import Mistake

_MASK = {"0": False, "0.0": False, "1": True, "1.0": True}


def coded(labels: str, mask: str | None, steps: int, unknown: str, name: str) -> Coded:
    """A label for each of so many letters, None where it is the sign `unknown` or the mask has a 0.

    Raises `Mistake`, which begins with `name`, where there are more or fewer, or a mask has other signs.
    """
    signs = _signs(labels, steps, f"{name}: {{}} labels for {steps} letters; each letter needs one")
    symbols, codes = _numbered(signs)
    hidden = np.isin(codes, [number for number, symbol in enumerate(symbols) if symbol == unknown])
    if mask is not None:
        known, kinds = _numbered(_signs(mask, steps, f"{name}: a mask of {{}} signs for {steps} letters"))
        if wrong := [sign for sign in known if sign not in _MASK]:
            raise Mistake(f"{name}: '{wrong[0]:.20}' in the mask; it has a 1 where the label is known, a 0 elsewhere")
        hidden |= ~np.array([_MASK[sign] for sign in known])[kinds]
    return Coded(np.where(hidden, -1, codes).astype(np.int16), symbols)


def _signs(text: str, steps: int, fault: str) -> str | list[str]:
    """So many signs: words, where blanks part so many, or else single ones. Raises `Mistake` where there are not."""
    words = text.split()
    joined = "".join(words)
    for signs in (words, text, joined):
        if len(signs) == steps:
            return signs
    raise Mistake(fault.format(len(joined)))


def _numbered(signs: str | list[str]) -> tuple[list[str], Any]:
    """The distinct signs, and the number of each step's."""
    if isinstance(signs, str):
        points, codes = np.unique(np.frombuffer(signs.encode("utf-32-le"), np.uint32), return_inverse=True)
        return [chr(point) for point in points], codes
    distinct, codes = np.unique(np.array(signs), return_inverse=True)
    return distinct.tolist(), codes


def joined(labels: Sequence[str | None], unknown: str) -> str:
    """Labels in a row, parted by blanks where some have more than one sign."""
    signs = [unknown if label is None else label for label in labels]
    return ("" if all(len(sign) == 1 for sign in signs) else " ").join(signs)
