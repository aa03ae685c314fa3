"""Plain text as one long sequence of characters or words, or as one sequence a line."""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import model_validator

from ..codec import Symbols
from ..errors import Mistake
from ..lines import lines, written
from ..options import Options
from ..reader import Reader, Record
from ..vocabulary import Vocabulary, VocabularyOptions

_SHOWN = 60
"""Characters of a text, its last, that are shown before what follows it."""


class Text(Reader):
    """Plain text, UTF-8, of any suffix, also as `.gz`; it has no targets. Line ends are as they are in the file.

    A word is what white space parts; a line end is a word of its own.
    """

    suffixes = (".txt", ".gz")

    class Options(Options):
        unit: Literal["character", "word"] = "character"
        """What a step is."""
        records: Literal["file", "line", "prompt"] = "file"
        """One record a file; one a line, with its line end, as for lists; or one a line, without it, to go on with."""
        lowercase: bool = False
        """Whether capitals are small letters."""
        words: VocabularyOptions = VocabularyOptions()
        """Which words are known, with unit: word; of characters, all that were seen are."""

        @model_validator(mode="after")
        def _of_words(self) -> Self:
            if self.unit == "character" and self.words != VocabularyOptions():
                raise ValueError("words are known or not with unit: word only; give unit: word, or leave words out")
            return self

    def __init__(self, options: Any) -> None:
        super().__init__(options)
        self.input = Symbols() if options.unit == "character" else Vocabulary(options.words)
        self.target = None

    def read(self, path: Path) -> Iterator[Record]:
        path = Path(path)
        numbered = lines(path)
        if self.options.records == "file":
            yield Record("1", self._cut("".join(line for _, line in numbered)), where=str(path))
            return
        for number, line in numbered:
            text = line if self.options.records == "line" else line.rstrip("\r\n")
            yield Record(str(number), self._cut(text), where=f"{path}:{number}")

    def _cut(self, text: str) -> Sequence[str]:
        text = text.lower() if self.options.lowercase else text
        return text if self.options.unit == "character" else re.findall(r"\n|\S+", text)

    def text(self, record: Record) -> str:
        """The text; of words, with one blank between them."""
        return self._joined(record.input)

    def _joined(self, symbols: Sequence[str]) -> str:
        if self.options.unit == "character":
            return "".join(symbols)
        return re.sub(r" ?\n ?", "\n", " ".join(symbols))

    def write(self, records: Iterable[Record], path: Path) -> None:
        """Write each text and, where there is one, what follows it; of prompts, an empty line between them."""
        path = Path(path)
        if not path.name.endswith(self.suffixes):
            raise Mistake(f"{path}: the reader text writes {', '.join(self.suffixes)}")
        with written(path) as file:
            for number, record in enumerate(records):
                if number and self.options.records == "prompt":
                    file.write(b"\n\n")
                file.write(self._joined([*record.input, *(record.target or [])]).encode())

    def render(self, record: Record) -> str:
        """The end of the text, a bar and what follows, line ends as `\\\\n`."""
        shown = self.text(record)[-_SHOWN:], self._joined(record.target or [])
        return " | ".join(shown).replace("\n", "\\n").replace("\r", "\\r")
