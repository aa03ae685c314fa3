"""Lines of columns: which kind a line is, where its columns are, and a tag put into one of them."""

import re
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from ..errors import Mistake
from ..suggest import suggest
from ..tags import LETTERS, known

CONLLU = ("ID", "FORM", "LEMMA", "UPOS", "XPOS", "FEATS", "HEAD", "DEPREL", "DEPS", "MISC")
"""The columns of every CoNLL-U file."""

BLANKS = " \t\r\n\v\f"
"""What a blank line may hold. Other white space of Unicode may be a token."""

_VALUES = ("FEATS", "DEPS", "MISC")  # columns where `_` says "none" and not "unknown"
_NO_WORD = re.compile(r"\d+(-|\.)\d+\Z")  # the number of a multiword range or of an empty node
_NAMES = re.compile(r"#\s*global\.columns\s*=\s*(.*)")


class Named(Protocol):
    """The options that say where token and tag are: a number or a name each."""

    @property
    def token(self) -> int | str: ...
    @property
    def tag(self) -> int | str: ...


class Line(NamedTuple):
    """A line as it stands in the file, with its end, and `file:line`."""

    where: str
    text: str


def plain(words: Sequence[str], tags: Sequence[str] | None, where: str) -> str:
    """A sentence as lines of word, tab and tag (of words alone, without tags), and a blank line after them."""
    for what, cells in (("token", words), ("tag", tags or ())):
        for cell in cells:
            if set(cell) & set("\t\n\r"):
                raise Mistake(f"{where}: the {what} {cell!r} holds a tab or a line end, which columns cannot hold")
    return (
        "".join(f"{line}\n" for line in (words if tags is None else map("\t".join, zip(words, tags, strict=True))))
        + "\n"
    )


def cells(text: str, tabs: bool = False) -> list[str]:
    """The columns of a line: between tabs where it has one (or must), else between runs of blanks."""
    text = text.rstrip("\r\n")
    return text.split("\t") if tabs or "\t" in text else [cell for cell in text.split(" ") if cell]


def with_tag(text: str, column: int | None, tag: str) -> str:
    """The line with `tag` in a column, all else as it was; None adds a last column."""
    body = text.rstrip("\r\n")
    end = text[len(body) :]
    tabs = "\t" in body
    if column is None:
        body = body if tabs else body.strip(" ")
        return body + (" " if " " in body and not tabs else "\t") + tag + end
    parts = re.split("(\t)" if tabs else "( +)", body)
    # Every other part is a separator; blanks before the first column make an empty part of their own.
    parts[2 * column + (0 if tabs or parts[0] else 2)] = tag
    return "".join(parts) + end


class Layout:
    """Which column of one file is which; its names and its first line of columns settle that."""

    def __init__(self, columns: Named, names: list[str], scheme: str, comment: str | None, conllu: bool) -> None:
        self.columns, self.scheme, self.comment = columns, scheme, comment
        self.names = CONLLU if conllu else tuple(names)
        self.own = conllu
        self.width = self.token = 0
        self.tag: int | None = None

    def is_comment(self, text: str) -> bool:
        """Whether the line would be a comment between sentences; the names that it gives to columns are taken over."""
        if found := _NAMES.match(text):
            self.names, self.own = tuple(found[1].split()), True
        if self.own:
            return text.startswith("#")
        return self.comment is not None and text.startswith(self.comment) and "\t" not in text

    def is_word(self, row: list[str]) -> bool:
        """Whether the line is a step of its own, and no multiword range or empty node."""
        return not (self.own and self.names[:1] == ("ID",) and _NO_WORD.match(row[0]))

    def settle(self, first: Line) -> None:
        """Find token and tag in the first line of columns; without a column after the token there are no tags."""
        self.width = len(cells(first.text, self.own))
        if self.own and self.width != len(self.names):
            raise Mistake(
                f"{first.where}: {_columns(self.width)} where {len(self.names)} are needed: {', '.join(self.names)}"
            )
        token, tag = self._place("token", first.where), self._place("tag", first.where)
        needed = max(place + 1 if place >= 0 else -place for place in (token, tag))
        token, tag = (place if place >= 0 else self.width + place for place in (token, tag))
        bare = token == self.width - 1 and (tag >= self.width or tag == token)
        if not bare and self.width < needed:
            raise Mistake(f"{first.where}: {_columns(self.width)} where {needed} are needed; see reader.columns")
        if not bare and token == tag:
            raise Mistake(f"{first.where}: token and tag are the same column; see reader.columns")
        if self.own and self.names[token] == "ID":
            raise Mistake(
                f"{first.where}: the token column is ID, a number; "
                "say reader.columns: {token: FORM, tag: UPOS}, or another name"
            )
        self.token, self.tag = token, None if bare else tag

    def _place(self, option: str, where: str) -> int:
        name = getattr(self.columns, option)
        if isinstance(name, int):
            return name
        if not self.names:
            raise Mistake(
                f"{where}: the file does not name its columns, so none is '{name}'; name them in reader.fields"
            )
        if name not in self.names:
            raise Mistake(f"{where}: no column named '{name}'{suggest(name, self.names)}")
        return self.names.index(name)

    def check(self, row: list[str], where: str) -> str | None:
        """What is wrong with the columns of a line."""
        if len(row) != self.width:
            return (
                f"{where}: {_columns(len(row))} where {self.width} are needed, as many as in the first line of columns"
            )
        if not row[self.token]:
            return f"{where}: the token is empty"
        tag = self.tag_of(row)
        if tag == "":
            return f"{where}: the tag is empty"
        if tag is not None and self.scheme in LETTERS and not known(tag, self.scheme):
            forms = ", ".join(["O", *(f"{letter}-type" for letter in LETTERS[self.scheme])])
            return (
                f"{where}: '{tag}' is no tag of the scheme {self.scheme} ({forms}); "
                "is reader.columns.tag right, and reader.scheme?"
            )
        return None

    def check_comment(self, text: str, where: str) -> str | None:
        """What is wrong where a line was taken for a comment and looks like a token and its tag."""
        if self.own or self.tag is None or self.scheme not in LETTERS or not self.is_comment(text):
            return None
        row = cells(text)
        if len(row) != self.width or not known(row[self.tag], self.scheme):
            return None
        return (
            f"{where}: read as a comment, yet it looks like a token and its tag; set reader.comment (null: no comments)"
        )

    def tag_of(self, row: list[str]) -> str | None:
        """The tag of a line; None where it is not known."""
        if self.tag is None or (self.own and row[self.tag] == "_" and self.names[self.tag] not in _VALUES):
            return None
        return row[self.tag]


def _columns(count: int) -> str:
    return "1 column" if count == 1 else f"{count} columns"
