"""Tables: a text and its label, or its target text, in each row of a CSV, TSV, JSONL or Parquet file."""

import importlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from ..codec import Codec, Label, WordOptions, Words
from ..errors import Mistake
from ..lines import gathered, written
from ..options import Options
from ..reader import Reader, Record
from ..subwords import Subwords, library
from ..suggest import nearest, suggest
from ..vocabulary import Vocabulary, VocabularyOptions
from . import rows
from .documents import check
from .installed import installed, tokenizer
from .rows import Cells, Key, Row

if TYPE_CHECKING:
    from .tokens import Tokenizer

_SEPARATORS = {".csv": ",", ".tsv": "\t"}
_ELSEWHERE = (".jsonl", ".parquet")
_CONFIDENCE = "confidence"


def _one(column: Any) -> Any:
    if isinstance(column, list | dict):
        raise ValueError("names several columns, but a record has one text and one target; name one column")
    return column


def _ascii_like(encoding: str) -> str:
    signs = '\t\n\r ",;0aZ{}'
    try:
        if signs.encode(encoding) == signs.encode():
            return encoding
    except (LookupError, UnicodeError):
        raise ValueError(f"no text encoding named '{encoding}'; try utf-8 or latin-1") from None
    raise ValueError(f"'{encoding}' writes line ends in a way of its own; save the file as UTF-8")


def _subwords(units: int) -> int:
    library()
    return units


Column = Annotated[str | Annotated[int, Field(ge=0)], BeforeValidator(_one)]


class Columns(Options):
    """Which column is which: a name, or a number from 0."""

    text: Column = "text"
    """Column of the text."""
    label: Annotated[Column | None, BeforeValidator(_one)] = "label"
    """Column of the label; null where there is none. A file without it is unlabelled."""
    target: Annotated[Column | None, BeforeValidator(_one)] = None
    """Column of a text that is to be made of the text, such as its translation, in place of a label."""

    @model_validator(mode="before")
    @classmethod
    def _target_for_label(cls, given: Any) -> Any:
        """A target given takes the place of the label's default."""
        if isinstance(given, dict) and given.get("target") is not None:
            return {"label": None} | given
        return given

    @model_validator(mode="after")
    def _one_goal(self) -> Self:
        if self.label is not None and self.target is not None:
            raise ValueError("a record has either a label or a target text; name one of the two columns")
        return self

    @property
    def goal(self) -> str | int | None:
        """The column of what is to be learned."""
        return self.label if self.target is None else self.target


@dataclass(frozen=True, slots=True)
class Cell:
    """The row that a record was read from, and which of its cells are text and target."""

    cells: Cells
    text: Key
    goal: Key | None


class Table(Reader):
    """A text and its label, or its target text, in each row: `.csv`, `.tsv`, `.jsonl`, `.parquet`, or other files by
    their separator.

    `.txt` has a text a line, unlabelled. All but Parquet also as `.gz`. An empty label or target is an unknown one.
    """

    suffixes = (*_SEPARATORS, *_ELSEWHERE, ".gz")

    class Options(Options):
        columns: Columns = Columns()
        """Which column holds the text, which the label or the target text."""
        header: bool = True
        """Whether the first line names the columns; without, they are numbers."""
        separator: str | None = Field(None, min_length=1, max_length=1, pattern=r'[^"\r\n]')
        """What parts the columns; null for a comma in `.csv` and a tab in `.tsv`."""
        once: bool = False
        """Whether a line is parted at its first separator only, as in `label text of many words`; no quotes then."""
        quoting: bool = True
        """Whether a cell may stand in double quotes; without, a quote is a sign like any other."""
        encoding: Annotated[str, AfterValidator(_ascii_like)] = "utf-8"
        """Encoding of `.csv`, `.tsv`, `.txt` and other parted lines."""
        pipeline: Annotated[str, AfterValidator(installed)] | None = None
        """What cuts texts into tokens, as in the reader spacy, such as `blank:en`; null for white space."""
        target_pipeline: Annotated[str, AfterValidator(installed)] | None = None
        """What cuts target texts into tokens; null for white space."""
        subwords: Annotated[int, AfterValidator(_subwords)] | None = Field(None, ge=300)
        """Sub-word units to learn for the text, and for its target text, in place of tokens (extra `subwords`)."""
        subword_dropout: float = Field(0.0, ge=0, lt=1)
        """In training, how often a merge of sub-words is left out, anew for each epoch (Provilkov et al. 2020)."""
        max_length: int = Field(10_000, ge=1)
        """Tokens in a text; a longer one is refused."""
        words: WordOptions = WordOptions()
        """Which words of the text count as the same, and which as known."""
        target_words: VocabularyOptions = VocabularyOptions()
        """Which words of the target text are known."""

        @model_validator(mode="after")
        def _fitting(self) -> Self:
            if self.columns.text == self.columns.goal:
                goal = "label" if self.columns.target is None else "target"
                raise ValueError(f"text and {goal} are the same column; see columns")
            if not self.header and any(isinstance(one, str) for one in (self.columns.text, self.columns.goal)):
                raise ValueError("header: false leaves columns without names; give numbers, as in {text: 1, label: 0}")
            if self.subword_dropout and not self.subwords:
                raise ValueError("subword_dropout is of sub-words; give subwords, or leave it out")
            if self.subwords and self.pipeline:
                raise ValueError("subwords take the place of the pipeline's tokens; give one of the two")
            if self.subwords and (self.words != WordOptions() or self.target_words != VocabularyOptions()):
                raise ValueError("subwords leave no word unknown; leave out words and target_words, or subwords")
            if self.target_pipeline and (self.subwords or self.columns.target is None):
                raise ValueError("target_pipeline cuts target texts into words: it needs columns.target, no subwords")
            if self.once and (self.separator is None or self.header):
                raise ValueError("once: true needs header: false, and a separator such as separator: ' '")
            return self

    def __init__(self, options: Any) -> None:
        super().__init__(options)
        self.input: Codec = Subwords(options.subwords) if options.subwords else Words(options.words)
        self.target: Codec = Label()
        if options.columns.target is not None:
            self.target = Subwords(options.subwords) if options.subwords else Vocabulary(options.target_words)

    @cached_property
    def tokenizer(self) -> "Tokenizer":
        """The spaCy pipeline, loaded when the first text is read."""
        return tokenizer(self.options.pipeline)

    @cached_property
    def target_tokenizer(self) -> "Tokenizer":
        """The spaCy pipeline for target texts, loaded when the first of them is read."""
        return tokenizer(self.options.target_pipeline)

    def augment(self, records: Sequence[Record], chance: Random) -> Sequence[Record]:
        """With `subword_dropout`, texts cut into other sub-words in every epoch."""
        dropout = self.options.subword_dropout
        if not dropout:
            return records
        assert isinstance(self.input, Subwords)
        texts = self.input.sample([str(record.input) for record in records], dropout, chance.getrandbits(31))
        if not isinstance(self.target, Subwords):
            return [replace(record, input=text) for record, text in zip(records, texts, strict=True)]
        goals = self.target.sample([str(record.target) for record in records], dropout, chance.getrandbits(31))
        both = zip(records, texts, goals, strict=True)
        return [replace(record, input=text, target=goal) for record, text, goal in both]

    def read(self, path: Path) -> Iterator[Record]:
        """The rows in order; one with an empty text gives an empty record, so that nothing shifts.

        Raises `Mistake` with all wrong rows of the file.
        """
        path, number = Path(path), 0
        items, made = self._items(path)
        for number, record in enumerate(gathered(items, lambda item: self._record(made(item)), path), 1):
            yield replace(record, id=str(number))
        if not number:
            raise Mistake(f"{path}: no row in it; is it the right file?")

    def _items(self, path: Path) -> tuple[Iterator[Any], Any]:
        suffix, options = _suffix(path), self.options
        if suffix == ".jsonl":
            return rows.objects(path), rows.parsed
        if suffix == ".parquet":
            return _parquet(path).read(path), lambda item: Row(*item)
        if suffix == ".txt":
            return rows.plain(path, options, options.columns.text), lambda row: row
        separator = options.separator or _SEPARATORS.get(suffix)
        if separator is None:
            raise Mistake(
                f"{path}: what parts its columns? say so by reader.separator, "
                f"or name the file {', '.join([*_SEPARATORS, *_ELSEWHERE])} or .txt"
            )
        return rows.delimited(path, options, separator, self._keys), rows.settled

    def _keys(self, names: Sequence[Key], where: str) -> tuple[Key, Key | None]:
        """The columns of text and goal among `names`. Raises `Mistake` where the text is not there."""
        columns = self.options.columns
        if list(names) == [columns.text]:
            return columns.text, None
        text, goal = (
            names[one] if isinstance(one, int) and one < len(names) else one for one in (columns.text, columns.goal)
        )
        if text not in names:
            what = f"column {text}, counted from 0" if isinstance(text, int) else f"column named '{text}'"
            raise Mistake(f"{where}: no {what}{suggest(str(text), map(str, names))}; see reader.columns")
        if goal in names:
            return text, goal
        # Without labels is how files to predict are; but not with a slip of the pen.
        others = [name for name in names if isinstance(name, str) and name != text]
        if isinstance(goal, str) and (near := nearest(goal, others)):
            option = "label" if columns.target is None else "target"
            advice = f"did you mean '{near}'? if not, set reader.columns.{option}: null"
            raise Mistake(f"{where}: no column named '{goal}'; {advice}")
        return text, None

    def _record(self, row: Row) -> Record:
        text, goal = self._keys(list(row.cells), row.where)
        words = self._words(row.cells[text], row.where, self.options.pipeline and self.tokenizer)
        target = None if goal is None else self._goal(row.cells[goal], row.where)
        return Record("", words, target, row.where, origin=Cell(row.cells, text, goal))

    def _goal(self, value: Any, where: str) -> Any:
        if self.options.columns.target is None:
            return rows.label(value, where)
        if value is None or value == "":
            return None
        return self._words(value, where, self.options.target_pipeline and self.target_tokenizer) or None

    def _words(self, text: Any, where: str, tokenizer: "Tokenizer | None") -> Sequence[str]:
        """The tokens of a text; for sub-words the text itself, which its codec cuts."""
        if not isinstance(text, str):
            raise Mistake(f"{where}: the text is no text, but {text!r:.40}; see reader.columns")
        check(text, where)
        words = [text[start:end] for start, end in tokenizer.cut(text).offsets] if tokenizer else text.split()
        if len(words) > self.options.max_length:
            limit = f"reader.max_length is {self.options.max_length}"
            raise Mistake(f"{where}: {len(words)} tokens where {limit}; is a quote missing? if not, raise it")
        return words if not self.options.subwords else text.strip()

    def text(self, record: Record) -> str:
        """The text as it stands in the file."""
        return str(record.origin.cells[record.origin.text]) if isinstance(record.origin, Cell) else super().text(record)

    def write(self, records: Iterable[Record], path: Path) -> None:
        """Write the rows with their targets filled in or added, and a column `confidence`; by the suffix of `path`.

        JSON and Parquet also have the n best where there are any. With `once`, files of other suffixes have label and
        text alone.
        """
        path, options = Path(path), self.options
        suffix = _suffix(path)
        labelled = (self._labelled(record, named=suffix in _ELSEWHERE) for record in records)
        separator = _SEPARATORS.get(suffix) if options.once else options.separator or _SEPARATORS.get(suffix)
        if suffix not in _ELSEWHERE and not (separator or options.once):
            raise Mistake(f"{path}: the reader table writes {', '.join([*_SEPARATORS, *_ELSEWHERE])}")
        with written(path) as file:
            if suffix == ".jsonl":
                rows.write_objects(labelled, file)
            elif suffix == ".parquet":
                _parquet(path).write((row.cells for row in labelled), file)
            elif separator:
                rows.write_delimited(labelled, file, options, separator)
            else:
                rows.write_once(labelled, file, options, options.separator)

    def _labelled(self, record: Record, named: bool) -> Row:
        origin: Cell = record.origin
        cells = dict(origin.cells)
        named_columns = all(isinstance(name, str) for name in cells)
        name = "label" if self.options.columns.target is None else "target"
        goal = origin.goal if origin.goal is not None else self._new(cells, self.options.columns.goal, name)
        cells[goal] = _joined(record.target)
        sure = self._new(cells, None, _CONFIDENCE)
        cells[sure] = None if record.confidence is None else round(float(record.confidence), 6)
        if not named:
            return Row(record.where, cells)
        own = {origin.text: "text", goal: name, sure: _CONFIDENCE}
        cells = {str(name) if named_columns else own.get(name, str(name)): value for name, value in cells.items()}
        ranked = [{name: _joined(one), "probability": round(chance, 6)} for one, chance in record.alternatives]
        return Row(record.where, cells | ({"alternatives": ranked} if ranked else {}))

    @staticmethod
    def _new(cells: Cells, wanted: Key | None, name: str) -> Key:
        """The key of a column to add: a name where there are names, else a number that is free."""
        numbers = [one for one in cells if isinstance(one, int)]
        if not numbers:
            return wanted if isinstance(wanted, str) else name
        return wanted if isinstance(wanted, int) and wanted not in cells else max(numbers) + 1

    def render(self, record: Record) -> str:
        """Label, confidence where there is one, and text, or text and target text, in a line."""
        if self.options.columns.target is not None:
            return f"{' '.join(self.text(record).split())} -> {_joined(record.target)}"
        sure = "" if record.confidence is None else f" {record.confidence:.2f}"
        return f"[{'' if record.target is None else record.target}{sure}] {' '.join(self.text(record).split())}"


def _joined(target: Any) -> Any:
    """A target text as it is written."""
    return " ".join(target) if isinstance(target, list) else target


def _suffix(path: Path) -> str:
    return Path(path.name.removesuffix(".gz")).suffix


def _parquet(path: Path) -> Any:
    try:
        return importlib.import_module("seqpipe.readers.parquet")
    except ModuleNotFoundError:
        raise Mistake(f"{path}: Parquet needs pyarrow; run: pip install 'seqpipe[parquet]'") from None
