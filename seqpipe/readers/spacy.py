"""Running text with labelled spans of characters, cut into tokens by spaCy."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, Field

from .. import tags
from ..codec import Tags, WordOptions, Words
from ..errors import Mistake
from ..lines import gathered, lines, written
from ..options import Options
from ..reader import Reader, Record
from ..tags import Span
from .columns import plain
from .documents import Document, Offsets, align, from_inline, from_json, from_text
from .inline import marked, of_words
from .installed import installed, tokenizer

if TYPE_CHECKING:
    from .tokens import Cut, Tokenizer

_LINES: dict[str, Callable[[str, str], Document]] = {".txt": from_text, ".jsonl": from_json, ".inline": from_inline}
_WRITTEN = (".jsonl", ".spacy", ".inline", ".conll")


@dataclass(frozen=True, slots=True)
class Piece:
    """What a record's steps are in the text that it came from."""

    document: Document
    offsets: Offsets


class Spacy(Reader):
    """Running text, cut into tokens by a spaCy pipeline, with spans of characters as BIO tags.

    Reads `.txt` (a text a line, unlabelled), `.jsonl` (a document a line, with spans as Prodigy or Doccano write them),
    `.inline` (a text a line, spans marked `[text](label)`) and `.spacy` (DocBin, with its own tokens); also as `.gz`.
    """

    suffixes = (*_WRITTEN, ".gz")

    class Options(Options):
        pipeline: Annotated[str, AfterValidator(installed)] = "blank:en"
        """What cuts texts into tokens: `blank:` and a language, an installed spaCy pipeline, or a folder with one."""
        sentences: bool = False
        """Whether each sentence is a record of its own; the pipeline's own borders, or else after . ! and ?"""
        max_length: int = Field(10_000, ge=1)
        """Tokens in a record; a longer one is refused."""
        words: WordOptions = WordOptions()
        """Which words count as the same, and which as known."""

    def __init__(self, options: Any) -> None:
        super().__init__(options)
        self.input = Words(options.words)
        self.target = Tags(spans=True)

    @cached_property
    def tokenizer(self) -> "Tokenizer":
        """The spaCy pipeline, loaded when the first text is read or written."""
        return tokenizer(self.options.pipeline, self.options.sentences)

    def read(self, path: Path) -> Iterator[Record]:
        """The texts (or their sentences) in order; an empty text gives an empty record, so that nothing shifts.

        Raises `Mistake` with all wrong lines of the file.
        """
        path, number = Path(path), 0
        items, cut = self._documents(path)
        for number, records in enumerate(gathered(items, lambda item: self._records(*cut(item)), path), 1):
            for place, record in enumerate(records, 1):
                yield replace(record, id=f"{number}.{place}" if self.options.sentences else str(number))
        if not number:
            raise Mistake(f"{path}: no text in it; is it the right file?")

    def _documents(self, path: Path) -> tuple[Iterator[Any], "Callable[[Any], tuple[Document, Cut]]"]:
        tokenizer, suffix = self.tokenizer, _suffix(path)
        if suffix == ".spacy":
            return tokenizer.docs(path), lambda item: tokenizer.document(item[1], f"{path}: document {item[0]}")
        if suffix not in _LINES:
            raise Mistake(
                f"{path}: the reader spacy cannot read '{suffix}' files; it reads {', '.join(_LINES)}, .spacy"
            )
        parse = _LINES[suffix]

        def cut(item: tuple[int, str]) -> "tuple[Document, Cut]":
            document = parse(item[1].rstrip("\r\n"), f"{path}:{item[0]}")
            return document, tokenizer.cut(document.text)

        # A blank line is an empty text, but no JSON.
        return (item for item in lines(path) if suffix != ".jsonl" or item[1].strip()), cut

    def _records(self, document: Document, cut: "Cut") -> list[Record]:
        target = align(document, cut.offsets)
        # A span across a border keeps the sentences on both sides together.
        firsts = [step for step in cut.firsts if step and not (target and target[step][0] == "I")]
        records = []
        for start, end in pairwise([0, *firsts, len(cut.offsets)]):
            if end - start > self.options.max_length:
                advice = "raise reader.max_length" if self.options.sentences else "set reader.sentences: true"
                limit = f"reader.max_length is {self.options.max_length}"
                raise Mistake(f"{document.where}: {end - start} tokens where {limit}; {advice}")
            offsets = cut.offsets[start:end]
            words = [document.text[first:last] for first, last in offsets]
            own = None if target is None else target[start:end]
            records.append(Record("", words, own, document.where, origin=Piece(document, offsets)))
        return records

    def write(self, records: Iterable[Record], path: Path) -> None:
        """Write texts with their spans: `.jsonl`, `.inline`, `.spacy` (DocBin) or `.conll`.

        Sentences of one document are put together again. JSON has each span's text and confidence, the n best readings
        where there are any, and whatever other keys its document had.
        """
        path = Path(path)
        suffix = _suffix(path)
        if suffix not in _WRITTEN:
            raise Mistake(f"{path}: the reader spacy cannot write '{suffix}' files; it writes {', '.join(_WRITTEN)}")
        with written(path) as file:
            if suffix == ".conll":
                for record in records:
                    file.write(plain(record.input, record.target, record.where).encode())
                return
            documents = (list(group) for _, group in groupby(records, lambda record: record.origin.document))
            if suffix == ".spacy":
                file.write(self.tokenizer.pack(map(_entities, documents)))
            else:
                line = _json if suffix == ".jsonl" else _inline
                for group in documents:
                    # What JSON could escape and UTF-8 cannot hold is escaped again.
                    file.write(line(group).encode(errors="backslashreplace") + b"\n")

    def render(self, record: Record) -> str:
        """The words, joined by blanks, with `[span](label)` marks; of a record that was read, its text as it stands."""
        if not isinstance(record.origin, Piece):
            return of_words(record.input, tags.spans(record.target or ()))
        if not record.input:
            return ""
        start, end = record.origin.offsets[0][0], record.origin.offsets[-1][1]
        found = [(first - start, last - start, kind) for first, last, kind in _spans(record)]
        return marked(record.origin.document.text[start:end], found)


def _suffix(path: Path) -> str:
    return Path(path.name.removesuffix(".gz")).suffix


def _spans(record: Record) -> list[Span]:
    offsets = record.origin.offsets
    return [(offsets[start][0], offsets[end - 1][1], kind) for start, end, kind in tags.spans(record.target or ())]


def _entities(group: list[Record]) -> tuple[str, Offsets, list[Span] | None]:
    offsets = [pair for record in group for pair in record.origin.offsets]
    known = all(record.target is not None for record in group)
    return group[0].origin.document.text, offsets, [span for one in group for span in _spans(one)] if known else None


def _inline(group: list[Record]) -> str:
    text, _, spans = _entities(group)
    return marked(text, spans or [])


def _json(group: list[Record]) -> str:
    document = group[0].origin.document
    if any(record.target is None for record in group):
        return json.dumps(document.keys, ensure_ascii=False)
    keys = document.keys | {"spans": [span for record in group for span in _json_spans(record)]}
    ranked = [one for record in group for one in _json_alternatives(record)]
    return json.dumps(keys | ({"alternatives": ranked} if ranked else {}), ensure_ascii=False)


def _json_spans(record: Record) -> Iterator[dict[str, Any]]:
    text = record.origin.document.text
    for (start, end, kind), (step, _, _) in zip(_spans(record), tags.spans(record.target), strict=True):
        span = {"start": start, "end": end, "label": kind, "text": text[start:end]}
        yield span if record.confidence is None else span | {"confidence": round(float(record.confidence[step]), 6)}


def _json_alternatives(record: Record) -> Iterator[dict[str, Any]]:
    """The n best readings of a record, and of which piece of the text they are."""
    for target, chance in record.alternatives:
        first, last = record.origin.offsets[0][0], record.origin.offsets[-1][1]
        spans = list(_json_spans(replace(record, target=target, confidence=None)))
        yield {"start": first, "end": last, "probability": round(chance, 6), "spans": spans}
