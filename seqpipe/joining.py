"""From a label for each base to features: runs joined where their ends say so."""

from collections import defaultdict, deque
from typing import Any

from .beneath import FARTHEST, Beneath
from .coded import Coded
from .drafts import Draft, drafts
from .feature import CODING, SLIP, Feature, Stretch
from .labelling import Labelling, Sign
from .runs import runs

WAITING = 8
"""How many features of one kind may be interrupted by one another."""


def features(
    labels: Coded,
    labelling: Labelling,
    sequence: str = "",
    confidence: Any = None,
    circular: bool = False,
    table: int | None = None,
) -> list[Feature]:
    """The features that labels tell of, ascending, as far as labels tell.

    Bases in a row are one feature as long as codons go on from base to base, also over the origin of what is circular.
    With `introns` or `edges`, runs on one strand are joined where the one is not at its end, the other not at its
    beginning, codons go on, and no more than `longest_gap` bases lie between; a step back in phase is a slip of the
    ribosome, where the bases read before it are more than those read again. What other features hide goes on there if
    no stop codon is in it; with `edges` and the sequence, a CDS whose end is hidden has it at the next stop codon
    there, by the genetic code `table` or that of the options. The score of a feature is the mean of `confidence` `[T]`
    over the bases that it was made of.

    So what `annotate` labelled comes back: with `edges` and `introns` every feature that neither touches nor overlaps
    another; with `edges`, of whole genes without introns that overlap, every one whose start codon is seen. Ends of
    which only a CDS has labels come back for a CDS alone, and so do phases.
    """
    table = table or labelling.options.transl_table
    made = drafts(runs(labels, labelling, confidence), labelling, len(labels), circular)
    hidden = Beneath(labels, labelling, sequence, circular, table)
    joined = _Joiner(labelling, hidden, len(labels)).join(made, circular)
    found = [_feature(draft, labelling, hidden, confidence is not None, table) for draft in joined]
    return sorted(found, key=lambda feature: (feature.start, feature.stop))


class _Joiner:
    """Puts drafts together, from left to right."""

    def __init__(self, labelling: Labelling, hidden: Beneath, length: int) -> None:
        self.labelling = labelling
        self.hidden = hidden
        self.length = length
        self.waiting: dict[tuple[str, int], deque[Draft]] = defaultdict(lambda: deque(maxlen=WAITING))

    def join(self, made: list[Draft], circular: bool) -> list[Draft]:
        """The drafts that are left, each with all that went to its right end."""
        left = [draft for draft in made if not self._joined(draft, 0)]
        if circular:
            reach = max(self.labelling.options.longest_gap, FARTHEST)
            gone = {draft for draft in left if draft.start <= reach and self._joined(draft, self.length)}
            left = [draft for draft in left if draft not in gone]
        return left

    def _joined(self, draft: Draft, turn: int) -> bool:
        """Whether the draft, moved on by so many bases, went to the right end of another; otherwise it waits."""
        sign = self.labelling.signs[draft.first]
        waiting = self.waiting[sign.kind, sign.strand]
        if self._goes_on(draft.first, draft.before, leftwards=True):
            for other in reversed(waiting):
                if other is not draft and self._put(other, draft, turn):
                    waiting.remove(other)
                    if draft in waiting:
                        waiting.remove(draft)
                    self._wait(other)
                    return True
        if not turn:
            self._wait(draft)
        return False

    def _wait(self, draft: Draft) -> None:
        sign = self.labelling.signs[draft.last]
        if self._goes_on(draft.last, draft.after, leftwards=False):
            self.waiting[sign.kind, sign.strand].append(draft)

    def _goes_on(self, end: int, beside: int, leftwards: bool) -> bool:
        """Whether a feature with this code at its end has more of it further on."""
        options, sign = self.labelling.options, self.labelling.signs[end]
        between = self.labelling.signs[beside] == Sign("", sign.strand, "intron")
        if not (sign.role and options.edges):
            return between
        begins = leftwards == (sign.strand > 0)
        at_end = (sign.role, sign.place) == (("start", 1) if begins else ("stop", 3))
        return not at_end and (between or self.labelling.hides(beside, end) or not options.introns)

    def _put(self, left: Draft, right: Draft, turn: int) -> bool:
        """Put the right one to the left one's end, where it fits."""
        start, stop = right.start + turn, right.stop + turn
        gap = start - left.stop
        if gap < 0 or stop - left.start > self.length:
            return False
        one, other = self.labelling.signs[left.last], self.labelling.signs[right.first]
        moved = [(begin + turn, end + turn) for begin, end in right.stretches]
        slip = _step(one, other)
        if slip == gap % 3 and left.stop >= right.bare + turn and self._beneath(left, right, gap):
            left.stretches[-1:] = [(left.stretches[-1][0], moved[0][1]), *moved[1:]]
        elif gap == 0 and 0 < slip <= SLIP and other.strand > 0 and left.stretches[-1][0] < start - slip:
            left.stretches += [(start - slip, moved[0][1]), *moved[1:]]
        elif gap == 0 and 0 < slip <= SLIP and other.strand < 0 and left.stop + slip < moved[0][1]:
            left.stretches[-1] = (left.stretches[-1][0], left.stop + slip)
            left.stretches += moved
        elif gap <= self.labelling.options.longest_gap and self._spliced(left, right):
            left.stretches += moved
        else:
            return False
        left.absorb(right)
        return True

    def _beneath(self, left: Draft, right: Draft, gap: int) -> bool:
        """Whether codons go on through a gap that other features hide, with no stop codon in it."""
        sign = self.labelling.signs[left.last]
        if not (0 < gap <= FARTHEST and sign.role):
            return False
        end = (left.last, left.stop - 1) if sign.strand > 0 else (right.first, right.start)
        return not 0 < self.hidden.ending(*end) <= gap

    def _spliced(self, left: Draft, right: Draft) -> bool:
        """Whether codons go on over a gap that is seen on one side at least: two hidden ends meet by chance."""
        hides = self.labelling.hides
        hidden = hides(left.after, left.last) and hides(right.before, right.first)
        return not hidden and bool(self.labelling.follows[left.last, right.first])


def _step(left: Sign, right: Sign) -> int:
    """How many places in codons, from 0 to 2, are left out between two bases."""
    earlier, later = (left, right) if left.strand >= 0 else (right, left)
    return (later.place - earlier.place - 1) % 3


def _feature(draft: Draft, labelling: Labelling, hidden: Beneath, scored: bool, table: int) -> Feature:
    """What a draft has become, with what is hidden of its ends."""
    signs = labelling.signs
    left, right = (draft.first, draft.before, draft.start), (draft.last, draft.after, draft.stop - 1)
    first, last = (left, right) if signs[draft.first].strand >= 0 else (right, left)
    five, three = signs[first[0]], signs[last[0]]
    more = (
        hidden.beginning(first[0]) if labelling.hides(first[1], first[0]) else 0,
        hidden.ending(last[0], last[2]) if labelling.hides(last[1], last[0]) else 0,
    )
    begins = five.role == "start" and (five.place == 1 or more[0] > 0)
    ends = three.role == "stop" and three.place == 3
    edges = labelling.options.edges and five.role
    return Feature(
        five.kind,
        _lengthened(draft, more if five.strand >= 0 else more[::-1], len(hidden.codes)),
        five.strand,
        0 if begins or not five.role else (1 - five.place) % 3,
        (not begins, not (ends or more[1] > 0)) if edges else (False, False),
        table if labelling.kind.get(CODING) == five.kind else None,
        score=draft.sure / draft.seen if scored else None,
    )


def _lengthened(draft: Draft, more: tuple[int, int], length: int) -> tuple[Stretch, ...]:
    """The stretches with so many more bases to the left and to the right."""
    found = list(draft.stretches)
    found[0] = found[0][0] - more[0], found[0][1]
    found[-1] = found[-1][0], found[-1][1] + more[1]
    turn = length if found[0][0] < 0 else 0
    return tuple((start + turn, stop + turn) for start, stop in found)
