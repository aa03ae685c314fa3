"""Features in the making: the runs that stand for something, and what stands beside them."""

from collections.abc import Iterable
from dataclasses import dataclass

from .feature import Stretch
from .labelling import Labelling
from .runs import Run


@dataclass(eq=False)
class Draft:
    """A feature in the making. Left and right are those of the sequence, on either strand."""

    stretches: list[Stretch]
    """Ascending, as `Feature.parts`."""
    first: int
    """Code of its first base, from the left."""
    last: int
    """Code of its last base."""
    before: int
    """Code of the base to the left of it."""
    after: int
    """Code of the base to the right of it."""
    bare: int
    """Where the last base before it is that cannot hide any of it, and one more."""
    sure: float
    """Sum of the confidences of the bases that it was made of."""
    seen: int
    """How many these are."""

    @property
    def start(self) -> int:
        return self.stretches[0][0]

    @property
    def stop(self) -> int:
        return self.stretches[-1][1]

    def absorb(self, other: "Draft") -> None:
        """Take over the right end of another, which stands to the right; stretches are the caller's."""
        self.last, self.after = other.last, other.after
        self.sure += other.sure
        self.seen += other.seen


def drafts(found: Iterable[Run], labelling: Labelling, length: int, circular: bool) -> list[Draft]:
    """A draft for each run within a feature; the one over the origin of a circular sequence is the last."""
    signs, made = labelling.signs, list[Draft]()
    bare = [0] * (max(labelling.rank) + 1)
    before = 0
    ends: list[Run] = []
    for run in found:
        ends = [*ends[:1], run]
        if made and made[-1].stop == run.start:
            made[-1].after = run.first
        if signs[run.first].within:
            hidden, seen = bare[labelling.rank[run.first]], run.stop - run.start
            made.append(Draft([(run.start, run.stop)], run.first, run.last, before, 0, hidden, run.sure, seen))
        bare[: labelling.rank[run.first]] = [run.stop] * labelling.rank[run.first]
        before = run.last
    if circular and len(ends) == 2:
        _close(made, labelling, length, bare, (ends[0].first, ends[1].last))
    return made


def _close(made: list[Draft], labelling: Labelling, length: int, bare: list[int], ends: tuple[int, int]) -> None:
    """Let the last base of a circular sequence stand beside its first; `ends` are the codes of its first and last."""
    for draft in made:
        if draft.bare == 0:
            draft.bare = bare[labelling.rank[draft.first]] - length
    if made and made[0].start == 0:
        made[0].before = ends[1]
    if made and made[-1].stop == length:
        made[-1].after = ends[0]
    if len(made) > 1 and made[0].start == 0 and made[-1].stop == length:
        first, last = made[0], made[-1]
        if labelling.follows[last.last, first.first]:
            last.stretches = [(last.start, length + first.stop)]
            last.absorb(first)
            del made[0]
