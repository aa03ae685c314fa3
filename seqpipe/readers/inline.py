"""Text with its spans marked in line: `Mr [Orrin Pike](person) rose.`

A backslash before `[`, `]`, `(`, `)` or a backslash takes its meaning away; `\\n` and `\\r` stand for line ends.
"""

import re
from collections.abc import Iterable

from ..errors import Mistake
from ..tags import Span

_PIECE = re.compile(
    r"""\[(?P<span>(?:[^\[\]\\]|\\.)+)\]\((?P<kind>(?:[^()\[\]\\]|\\.)+)\)  # [span](label)
      | (?P<plain>(?:[^\[\]\\]|\\.)+)""",
    re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(.)")
_SIGNS = {"n": "\n", "r": "\r", **{sign: sign for sign in r"[]()\\"}}


def parse(line: str, where: str) -> tuple[str, list[Span]]:
    """The text of a line, and the spans by their characters in it.

    Raises `Mistake` where a bracket has no partner or a backslash stands before another character.
    """
    text, found, place = "", [], 0
    while place < len(line):
        piece = _PIECE.match(line, place)
        if not piece:
            around = line[place : place + 20]
            raise Mistake(
                f"{where}: '{around}' is no mark like [text](label); write \\[ \\] \\\\ for the signs themselves"
            )
        start = len(text)
        text += _bare(piece["span"] or piece["plain"], where)
        if piece["kind"]:
            found.append((start, len(text), _bare(piece["kind"], where)))
        place = piece.end()
    return text, found


def _bare(escaped: str, where: str) -> str:
    for sign in _ESCAPE.findall(escaped):
        if sign not in _SIGNS:
            raise Mistake(f"{where}: '\\{sign}' means nothing; write \\\\ for a backslash")
    return _ESCAPE.sub(lambda found: _SIGNS[found[1]], escaped)


def marked(text: str, found: Iterable[Span]) -> str:
    """One line that `parse` reads back to the text and its spans, which must be in order and not overlap."""
    line, place = "", 0
    for start, end, kind in found:
        line += f"{_escaped(text[place:start])}[{_escaped(text[start:end])}]({_escaped(kind, '[]()')})"
        place = end
    return line + _escaped(text[place:])


def _escaped(text: str, signs: str = "[]") -> str:
    for sign in "\\" + signs:
        text = text.replace(sign, f"\\{sign}")
    return text.replace("\n", "\\n").replace("\r", "\\r")


def of_words(words: Iterable[str], found: Iterable[Span]) -> str:
    """Words joined by blanks, spans of words marked."""
    words = list(words)
    starts = [0]
    for word in words:
        starts.append(starts[-1] + len(word) + 1)
    return marked(" ".join(words), [(starts[start], starts[end] - 1, kind) for start, end, kind in found])
