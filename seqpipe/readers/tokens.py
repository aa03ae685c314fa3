"""All that needs spaCy: texts cut into tokens and sentences, and files of spaCy's binary form.

Only `installed.tokenizer` imports this module, by name and when a reader first reads: checking a pipeline file does not
wait for spaCy.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import spacy
from spacy.tokens import Doc, DocBin
from spacy.util import get_words_and_spaces

from ..errors import Mistake
from ..lines import opened
from ..tags import Span
from .documents import Document, Offsets, check

_BORDERS = ("token.is_sent_start", "doc.sents")
_FEATURES = ("tok2vec", "transformer", "curated_transformer")


class Cut(NamedTuple):
    """Where the tokens of a text stand, white space left out, and which of them begin a sentence."""

    offsets: Offsets
    firsts: list[int]


class Tokenizer:
    """A spaCy pipeline, of which only what cuts texts is used."""

    def __init__(self, pipeline: str, sentences: bool) -> None:
        blank, name = pipeline.startswith("blank:"), pipeline.removeprefix("blank:")
        try:
            self.nlp = spacy.blank(name) if blank else spacy.load(name)
        except (OSError, ImportError, ValueError) as error:
            reason = str(error).split("\n")[0]
            raise Mistake(f"reader.pipeline: spaCy cannot load '{pipeline}': {reason}") from None
        pipes = self.nlp.pipeline if sentences else []
        if sentences and not any(self._borders(name) for name, _ in pipes):
            pipes = [("sentencizer", self.nlp.add_pipe("sentencizer"))]
        self.pipes = [pipe for name, pipe in pipes if self._borders(name) or name in _FEATURES]

    def _borders(self, name: str) -> bool:
        return any(what in _BORDERS for what in self.nlp.get_pipe_meta(name).assigns)

    def cut(self, text: str) -> Cut:
        """Tokens of a text, and its sentences where they are wanted."""
        return self._cut(self.nlp.tokenizer(text))

    def _cut(self, doc: Doc) -> Cut:
        if self.pipes and not doc.has_annotation("SENT_START"):
            for pipe in self.pipes:
                doc = pipe(doc)
        offsets: list[tuple[int, int]] = []
        firsts: list[int] = []
        for token in doc:
            # White space may begin a sentence; then the word after it does.
            if self.pipes and token.is_sent_start and firsts[-1:] != [len(offsets)]:
                firsts.append(len(offsets))
            if not token.is_space:
                offsets.append((token.idx, token.idx + len(token)))
        return Cut(offsets, [first for first in firsts if first < len(offsets)])

    def docs(self, path: Path) -> Iterator[tuple[int, Doc]]:
        """The documents of a DocBin, numbered from 1."""
        with opened(path) as file:
            data = file.read()
        try:
            yield from enumerate(DocBin().from_bytes(data).get_docs(self.nlp.vocab), 1)
        # What a damaged file raises depends on where the damage is: zlib, msgpack, numpy and spaCy have errors each.
        except Exception as error:
            reason = f"{type(error).__name__}: {error}".split("\n")[0]
            raise Mistake(f"{path}: no DocBin that spaCy can read ({reason}); write it anew with spaCy") from None

    def document(self, doc: Doc, where: str) -> tuple[Document, Cut]:
        """A document with its own tokens, and its entities where it has been labelled."""
        check(doc.text, where)
        labelled = doc.has_annotation("ENT_IOB") or not len(doc)
        missing = sum(token.ent_iob == 0 for token in doc)
        if labelled and missing:
            what = f"{missing} of {len(doc)} tokens have no entity annotation, others have"
            raise Mistake(f"{where}: {what}; label them all, with doc.set_ents(..., default='outside')")
        spans = [(ent.start_char, ent.end_char, ent.label_) for ent in doc.ents] if labelled else None
        return Document(doc.text, spans, where, {"text": doc.text}), self._cut(doc)

    def pack(self, texts: Iterable[tuple[str, Offsets, list[Span] | None]]) -> bytes:
        """A DocBin of texts, their tokens, and their entities where there are any to set."""
        packed = DocBin(attrs=["ORTH", "SPACY", "ENT_IOB", "ENT_TYPE"])
        for text, offsets, spans in texts:
            words, spaces = get_words_and_spaces([text[start:end] for start, end in offsets], text)
            doc = Doc(self.nlp.vocab, words=words, spaces=spaces)
            if spans is not None:
                found = [doc.char_span(start, end, label=kind) for start, end, kind in spans]
                doc.set_ents([span for span in found if span is not None], default="outside")
            packed.add(doc)
        return bytes(packed.to_bytes())
