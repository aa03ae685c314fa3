"""Tagging schemes: spans of steps written as one tag a step.

Inside seqpipe tags are BIO (`B-x` opens a span of type x, `I-x` continues it, `O` is outside); files may hold IOB1,
BIOES or BILOU as well. A type may hold hyphens: it is all that follows the first one.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise

Span = tuple[int, int, str]
"""First step, the step after the last, and type."""

LETTERS = {"iob1": "BI", "bio": "BI", "bioes": "BIES", "bilou": "BILU"}
"""The letters that may stand before a type in each scheme."""

_BIO = {"B": "B", "I": "I", "E": "I", "S": "B"}
_BILOU = {"B": "B", "I": "I", "E": "L", "S": "U"}


def known(tag: str, scheme: str) -> bool:
    """Whether `tag` can stand in a file of this scheme at all."""
    return tag == "O" or (len(tag) > 2 and tag[0] in LETTERS[scheme] and tag[1] == "-")


def bioes(tags: Sequence[str]) -> list[str]:
    """BIOES from BIO, step by step; `bio` undoes it whatever the tags are, malformed ones too."""
    last = (tag != "O" and after != f"I-{tag[2:]}" for tag, after in pairwise([*tags, "O"]))
    return [("S" if tag[0] == "B" else "E") + tag[1:] if end else tag for tag, end in zip(tags, last, strict=True)]


def bioes_known(tags: Sequence[str | None]) -> list[str | None]:
    """BIOES from BIO of which some is unknown (None): a tag is, too, that may end its span or not for what follows."""
    sure = bioes(["O" if tag is None else tag for tag in tags])
    pairs = zip(sure, pairwise([*tags, "O"]), strict=True)
    return [None if tag is None or (after is None and tag != "O") else found for found, (tag, after) in pairs]


def bio(tags: Sequence[str]) -> list[str]:
    """BIO from BIOES, step by step: nothing is repaired, so malformed predictions stay visible to strict scores."""
    return [tag if tag == "O" else _BIO[tag[0]] + tag[1:] for tag in tags]


def spans(tags: Sequence[str], lenient: bool = False) -> list[Span]:
    """The spans of a tag sequence, in order.

    Strict: a span is a `B-x` and the `I-x` that follow it without a gap; every other `I` counts for nothing. Lenient,
    as the CoNLL script conlleval reads (any scheme): an `I-x` that continues nothing opens a span.
    """
    found: list[Span] = []
    before = "O"
    for place, tag in enumerate(tags):
        if tag != "O" and _opens(before, tag):
            if lenient or tag[0] == "B":
                found.append((place, place + 1, tag[2:]))
        elif tag != "O" and found and found[-1][1] == place:
            found[-1] = (found[-1][0], place + 1, tag[2:])
        before = tag
    return found


def _opens(before: str, tag: str) -> bool:
    return tag[0] in "BSU" or before[0] in "OELSU" or before[2:] != tag[2:]


def tagged(found: Iterable[Span], steps: int) -> list[str]:
    """BIO tags of so many steps from spans that do not overlap."""
    tags = ["O"] * steps
    for start, end, kind in found:
        tags[start:end] = [f"B-{kind}", *[f"I-{kind}"] * (end - start - 1)]
    return tags


def normal(tags: Sequence[str], scheme: str) -> tuple[list[str], list[int]]:
    """BIO from any scheme, read leniently, and the steps whose tag the scheme would not have put there."""
    read = tagged(spans(tags, lenient=True), len(tags))
    return read, [place for place, tag in enumerate(written(read, scheme)) if tag != tags[place]]


def written(tags: Sequence[str], scheme: str) -> list[str]:
    """Any scheme from BIO, step by step; `normal` undoes it where the tags are well-formed."""
    if scheme == "bioes":
        return bioes(tags)
    if scheme == "bilou":
        return [tag if tag == "O" else _BILOU[tag[0]] + tag[1:] for tag in bioes(tags)]
    if scheme == "iob1":
        return [
            f"I-{tag[2:]}" if tag[0] == "B" and before[2:] != tag[2:] else tag for before, tag in pairwise(["O", *tags])
        ]
    return list(tags)


def transitions(symbols: Sequence[str]) -> tuple[list[bool], list[bool], list[list[bool]]]:
    """Which BIOES symbols may come first `[N]`, which last `[N]`, and which second after which first `[N][N]`."""
    start = [symbol[0] in "OBS" for symbol in symbols]
    end = [symbol[0] in "OES" for symbol in symbols]
    pairs = [
        [
            opens if closed else not opens and after[2:] == before[2:]
            for after, opens in zip(symbols, start, strict=True)
        ]
        for before, closed in zip(symbols, end, strict=True)
    ]
    return start, end, pairs
