"""Which sequences of labels are well-formed, as a pipeline file says."""

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from .errors import Mistake


class Allowed(NamedTuple):
    """True where a label may be first `[K]`, last `[K]`, and where label j may follow label i `[K, K]`."""

    first: Any
    last: Any
    pairs: Any


def chain(text: str) -> list[str]:
    """The names in `a > b > c`.

    Raises `ValueError` where one is missing.
    """
    names = [part.strip() for part in re.split(r"\s>(?=\s)", f" {text} ")]
    if not all(names):
        raise ValueError(f"a label is missing in '{text}'")
    return names


def allowed(
    labels: Sequence[str], transitions: Mapping[str, Sequence[str]], first: Sequence[str], last: Sequence[str]
) -> Allowed:
    """What may follow what: of a chain each label the one before it, and its last label any of its list.

    A label that stands before no other may be followed by any; where no first or last ones are given, any may be. A
    name may have `*` for any letters. Raises `Mistake` with a line for each name that no label has.
    """
    wrong: dict[str, None] = {}

    def places(option: str, names: Sequence[str]) -> list[int]:
        found = {name: [place for place, label in enumerate(labels) if _means(name, label)] for name in names}
        there = f"the training records have: {', '.join(labels)}"
        wrong.update({f"head.{option}: no label '{name}'; {there}": None for name in names if not found[name]})
        return [place for name in names for place in found[name]]

    pairs = np.zeros((len(labels), len(labels)), bool)
    bound: set[int] = set()
    for text, after in transitions.items():
        path = [places("transitions", [name]) for name in chain(text)]
        for before, follows in pairwise([*path, places("transitions", after)]):
            pairs[np.ix_(before, follows)] = True
            bound.update(before)
    pairs[[place for place in range(len(labels)) if place not in bound]] = True
    every = range(len(labels))
    begins, ends = (places(*edge) if edge[1] else every for edge in (("first", first), ("last", last)))
    if wrong:
        raise Mistake(*wrong)
    return Allowed(np.isin(every, begins), np.isin(every, ends), pairs)


def _means(name: str, label: str) -> bool:
    pattern = ".*".join(map(re.escape, name.split("*")))
    return name == label or re.fullmatch(pattern, label) is not None


def fault(numbers: Any, labels: Sequence[str], rules: Allowed) -> str | None:
    """Why labels `[T]` are not well-formed, whatever those stand for that are unknown (-1); None where they may be.

    A sequence whose first label is unknown may have begun before, one whose last is unknown may go on.
    """
    known = np.flatnonzero(numbers >= 0)
    if not len(known):
        return None if _power(rules.pairs, len(numbers) - 1).any() else "no labels of so many steps are well-formed"
    (begin, end), (first, last) = known[[0, -1]].tolist(), numbers[known[[0, -1]]]
    after = len(numbers) - 1 - end
    if not (_power(rules.pairs, begin).any(0) if begin else rules.first)[first]:
        return f"'{labels[first]}' at step {begin + 1} cannot {'come after anything' if begin else 'be first'}"
    if not (_power(rules.pairs, after).any(1) if after else rules.last)[last]:
        return f"'{labels[last]}' at step {end + 1} cannot {'come before anything' if after else 'be last'}"
    gaps = np.diff(known)
    fits = np.ones(len(gaps), bool)
    for gap in np.unique(gaps).tolist():
        here = gaps == gap
        fits[here] = _power(rules.pairs, gap)[numbers[known[:-1][here]], numbers[known[1:][here]]]
    if fits.all():
        return None
    step, other = known[fits.argmin() :][:2].tolist()
    return f"'{labels[numbers[other]]}' at step {other + 1} cannot follow '{labels[numbers[step]]}' at step {step + 1}"


def _power(pairs: Any, steps: int) -> Any:
    """`[K, K]` whether one label may stand so many steps after another."""
    found, square = np.eye(len(pairs), dtype=bool), pairs
    while steps:
        if steps & 1:
            found = found @ square
        square, steps = square @ square, steps >> 1
    return found
