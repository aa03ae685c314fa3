"""Files of one token a line with its tags in columns, as the CoNLL tasks had them; CoNLL-U and CoNLL-U Plus too."""

import logging
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, NamedTuple, Self

from pydantic import Field, model_validator

from .. import tags
from ..codec import Tags, WordOptions, Words
from ..errors import Mistake
from ..lines import gathered, lines, written
from ..options import Options
from ..reader import Reader, Record
from .columns import BLANKS, Layout, Line, cells, with_tag
from .inline import of_words

_SENT_ID = re.compile(r"#\s*sent_id\s*=\s*(\S+)")


class Columns(Options):
    """Which column is which: a number from 0, from -1 backwards, or a name."""

    token: int | str = 0
    """Column of the token."""
    tag: int | str = -1
    """Column of the tag; a file that ends with the token column is unlabelled."""

    @model_validator(mode="after")
    def _two(self) -> Self:
        if self.token == self.tag:
            raise ValueError("token and tag are the same column")
        return self


class Block(NamedTuple):
    """A sentence's lines with what stands before it, and after it where it is the last."""

    before: list[Line]
    lines: list[Line]
    after: list[Line]


@dataclass(frozen=True, slots=True)
class Source:
    """Where a record's tags go: the lines it was read from, which of them are steps, and the tag column."""

    block: Block
    steps: list[int]
    column: int | None


@dataclass(slots=True)
class Repairs:
    """Tags of a file that its scheme would not have put there."""

    first: str = ""
    count: int = 0


class Conll(Reader):
    """One token a line, sentences apart by blank lines; columns apart by tabs, or by blanks where a line has no tab."""

    suffixes = (".conll", ".conllu", ".conllup", ".tsv", ".txt", ".iob", ".bio", ".iob2", ".gz")

    class Options(Options):
        columns: Columns = Columns()
        """Which column holds the token, which the tag."""
        fields: list[str] = Field(default_factory=list)
        """Names of the columns, for files that do not name their own (CoNLL-U files do)."""
        scheme: Literal["iob1", "bio", "bioes", "bilou", "none"] = "bio"
        """How the file's tags mark spans; none for plain tags, such as parts of speech."""
        comment: str | None = Field("# ", min_length=1)
        """How comment lines begin, between sentences and without a tab; null where there are none."""
        max_length: int = Field(10_000, ge=1)
        """Lines in a sentence; a longer one is refused, because a blank line is probably missing."""
        words: WordOptions = WordOptions()
        """Which words count as the same, and which as known."""

    def __init__(self, options: Any) -> None:
        super().__init__(options)
        self.input = Words(options.words)
        self.target = Tags(spans=options.scheme != "none")

    def read(self, path: Path) -> Iterator[Record]:
        """The sentences in order, with BIO tags (plain ones with the scheme none); without a tag column, unlabelled.

        Malformed spans are read as the CoNLL script conlleval does, with one warning a file. Raises `Mistake` with all
        wrong lines of the file.
        """
        path, repairs, ids = Path(path), Repairs(), set[str]()
        conllu = path.name.removesuffix(".gz").endswith((".conllu", ".conllup"))
        options = self.options
        layout = Layout(options.columns, options.fields, options.scheme, options.comment, conllu)
        blocks = self._blocks(path, layout)
        for number, record in enumerate(gathered(blocks, lambda block: self._record(block, layout, repairs), path), 1):
            name = record.id or str(number)
            ids.add(name := f"{name}~{number}" if name in ids else name)
            yield replace(record, id=name)
        if repairs.count:
            logging.getLogger("seqpipe").warning(
                f"{repairs.first} does not fit the scheme {options.scheme}; {repairs.count} such tags of this file "
                "are read as conlleval reads them"
            )

    def _blocks(self, path: Path, layout: Layout) -> Iterator[Block]:
        before: list[Line] = []
        sentence: list[Line] = []
        gap: list[Line] = []
        for number, text in lines(path):
            line = Line(f"{path}:{number}", text)
            inside = bool(sentence) and not gap
            if _is_border(text) or _is_comment(line, layout, inside):
                gap.append(line)
                continue
            if not layout.width:
                layout.settle(line)
            if gap and sentence:
                yield Block(before, sentence, [])
                sentence = []
            if gap or not sentence:
                before, gap = gap, []
            sentence.append(line)
            if len(sentence) > self.options.max_length:
                raise Mistake(
                    f"{sentence[0].where}: the sentence that begins here has over {self.options.max_length} lines; "
                    "is a blank line missing? if not, raise reader.max_length"
                )
        if not sentence:
            raise Mistake(f"{path}: no sentence in it; is it the right file?")
        yield Block(before, sentence, gap)

    def _record(self, block: Block, layout: Layout, repairs: Repairs) -> Record:
        rows = [cells(line.text, layout.own) for line in block.lines]
        wrong = [layout.check(row, line.where) for row, line in zip(rows, block.lines, strict=True)]
        wrong += [layout.check_comment(line.text, line.where) for line in block.before]
        if found := [one for one in wrong if one]:
            raise Mistake(*found)
        steps = [place for place, row in enumerate(rows) if layout.is_word(row)]
        target = self._target([(block.lines[step].where, layout.tag_of(rows[step])) for step in steps], repairs)
        names = [match[1] for line in block.before if (match := _SENT_ID.match(line.text))]
        return Record(
            id=names[-1] if names else "",
            input=[rows[step][layout.token] for step in steps],
            target=target if layout.tag is not None else None,
            where=block.lines[0].where,
            origin=Source(block, steps, layout.tag),
        )

    def _target(self, read: list[tuple[str, str | None]], repairs: Repairs) -> list[str] | None:
        known = [tag for _, tag in read if tag is not None]
        if len(known) < len(read):
            if not known:
                return None
            where = next(where for where, tag in read if tag is None)
            raise Mistake(f"{where}: the tag is '_', unknown, while other tokens of the sentence have one")
        if self.options.scheme == "none":
            return known
        target, repaired = tags.normal(known, self.options.scheme)
        if repaired and not repairs.count:
            repairs.first = f"{read[repaired[0]][0]}: '{known[repaired[0]]}'"
        repairs.count += len(repaired)
        return target

    def write(self, records: Iterable[Record], path: Path) -> None:
        """Every line of the files that the records were read from, their tags in the tag column, in the files' scheme.

        Where there was no tag column, it becomes the last; a record without a target is written as it was.
        """
        path = Path(path)
        with written(path) as file:
            last = ""
            for record in records:
                block: Block = record.origin.block
                if last and not any(_is_border(line.text) for line in block.before):
                    file.write(b"\n" if last.endswith("\n") else b"\n\n")
                text = self._text(record)
                file.write(text.encode())
                last = "" if any(_is_border(line.text) for line in block.after) else text

    def _text(self, record: Record) -> str:
        before, own, after = ([line.text for line in part] for part in record.origin.block)
        if record.target is not None:
            found = tags.written(record.target, self.options.scheme)
            for step, tag in zip(record.origin.steps, found, strict=True):
                own[step] = with_tag(own[step], record.origin.column, tag)
        return "".join([*before, *own, *after])

    def render(self, record: Record) -> str:
        """The words, joined by blanks, with `[span](label)` marks; with the scheme none, a tag after each word."""
        if self.options.scheme == "none":
            return " ".join(f"{word}/{tag}" for word, tag in zip(record.input, record.target or (), strict=True))
        return of_words(record.input, tags.spans(record.target or ()))


def _is_border(text: str) -> bool:
    return not text.strip(BLANKS) or text.startswith("-DOCSTART-")


def _is_comment(line: Line, layout: Layout, inside: bool) -> bool:
    if "\r" in line.text.rstrip("\r\n"):
        raise Mistake(f"{line.where}: a carriage return inside the line; let lines end in \\n or \\r\\n")
    if (inside and not layout.own) or not layout.is_comment(line.text):
        return False
    if inside:
        raise Mistake(f"{line.where}: a comment inside a sentence; is a blank line missing before it?")
    return True
