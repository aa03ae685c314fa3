"""Sequences of DNA, RNA or protein with one label each, or with a label for each letter."""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, Self, get_args

from pydantic import Field, model_validator

from ..codec import Label, Tags
from ..errors import Mistake
from ..letters import Alphabet, Letters
from ..lines import gathered
from ..options import Options
from ..reader import Record
from ..segments import of_labels, segments
from . import labelled, marked, rows, structure
from .fields import Fields
from .headers import InHeader
from .items import Item, Origin, beside, items
from .stranded import Stranded


class Sequences(Stranded):
    """DNA, RNA or protein with one label for each sequence, or with one for each letter.

    FASTA with the label in the header, with the letters' labels in a third line, or in another FASTA beside it; `.csv`
    and `.tsv` with a column for each; `.arff`. All also as `.gz`.
    """

    class Options(Options):
        alphabet: Alphabet = "dna"
        """Which letters there are; codes of IUPAC that stand for several are among them."""
        soft_masking: bool = False
        """Whether small letters differ from capitals, as where repeats are masked so."""
        target: Literal["label", "tags"] = "label"
        """What is to be learned: one label for the whole sequence, or a tag for each letter."""
        columns: Fields = Fields()
        """Which column of a table is which."""
        header: bool = True
        """Whether the first line of a table names the columns; without, they are numbers."""
        label_in_header: InHeader = InHeader()
        """Where in the headers of FASTA the label of the whole sequence stands."""
        label_line: bool = False
        """Whether a FASTA record is three lines: its header, all of its letters, and their labels."""
        label_file: str | None = None
        """FASTA of the letters' labels, beside that of the letters: a name, where `*` is the other's without ending."""
        mask_file: str | None = None
        """FASTA of a 1 for each letter whose label is known and a 0 for each other, named in the same way."""
        unknown: str = Field("?", min_length=1, pattern=r"^\S+$")
        """What stands for the label of a letter where it is not known."""
        reverse_complement: bool = False
        """Whether, in training, half of the records are their reverse complements, drawn anew for each epoch."""
        mirror: dict[str, str] = Field(default_factory=dict)
        """Labels that change places in a reverse complement, as in {'+': '-'}."""
        on_error: Literal["stop", "skip"] = "stop"
        """Whether a record that is not as it should be stops everything, or is left out and told at the end."""

        @model_validator(mode="after")
        def _fitting(self) -> Self:
            if self.target == "label" and (self.label_line or self.label_file or self.mask_file):
                raise ValueError("label_line, label_file and mask_file are of labels of letters; set target: tags")
            if self.label_line and self.label_file:
                raise ValueError("labels stand either in a line (label_line) or in a file (label_file); give one")
            if self.mask_file and not self.label_file:
                raise ValueError("mask_file hides labels of a label_file; give that too")
            if self.alphabet == "protein" and self.reverse_complement:
                raise ValueError("a protein has no reverse complement; leave reverse_complement out")
            if any(self.mirrored[other] != one for one, other in self.mirrored.items()):
                raise ValueError("mirror has a label in two pairs; two labels change places with each other")
            return self

        @property
        def mirrored(self) -> dict[str, str]:
            """What each label of `mirror` becomes, both ways."""
            return self.mirror | {other: one for one, other in self.mirror.items()}

    def __init__(self, options: Any) -> None:
        super().__init__(options)
        self.input: Letters = Letters(options.alphabet, options.soft_masking)
        self.target = Label() if options.target == "label" else Tags(spans=False)
        self.suffixes = labelled.suffixes(tags=options.target == "tags")
        self.skipped = [] if options.on_error == "skip" else None
        self.mirrored: dict[str, str] = options.mirrored

    def read(self, path: Path) -> Iterator[Record]:
        """The records in order, one at a time; those that are not as they should be are skipped, where options say so.

        Raises `Mistake` with all wrong records of the file, but in one line where it is of another alphabet.
        """
        path, places, before = Path(path), dict[str, str](), len(self.skipped or ())
        found = (self._of_this_kind(item) for item in items(path, self.options))
        yield from gathered(found, lambda item: self._record(item, places), path, self.skipped)
        if not places and len(self.skipped or ()) == before:
            raise Mistake(f"{path}: no record in it; is it the right file?")

    def _of_this_kind(self, item: Item) -> Item:
        if self.skipped is None and (what := self._other_kind(item)):
            raise Mistake(what)
        return item

    def _other_kind(self, item: Item) -> str | None:
        """What is wrong where letters are of another alphabet, more than can be slips of the pen."""
        start = re.sub(r"[\s.*-]", "", item.letters[:2000]).upper()
        if self.input.unknown(start) is None:
            return None
        strange = [letter for letter in start if letter not in self.input.letters]
        other = next((kind for kind in get_args(Alphabet) if Letters(kind).unknown(start) is None), None)
        if other is None or len(strange) < len(start) / 10:
            return None
        what = f"looks like {other}, for it has '{strange[0]}', and reader.alphabet is {self.options.alphabet}"
        return f"{item.where}: record '{item.id}' {what}; set that, or name another file"

    def _record(self, item: Item, places: dict[str, str]) -> Record:
        name = f"{item.where}: record '{item.id}'"
        if not item.id:
            raise Mistake(f"{item.where}: a record without a name; give it one behind the '>'")
        if item.fault:
            raise Mistake(f"{name}: {item.fault}")
        if item.id in places:
            raise Mistake(f"{name}: is there already at {places[item.id]}; each record needs a name of its own")
        places[item.id] = item.where
        letters = "".join(item.letters.split())
        self._check(letters, item, name)
        target: Any = None
        if self.options.target == "label":
            target = rows.label(item.label, name)
        elif item.label:
            target = marked.coded(item.label, item.mask, len(letters), self.options.unknown, name)
        return Record(item.id, letters, target, item.where, origin=item.origin)

    def _check(self, letters: str, item: Item, name: str) -> None:
        if not letters:
            raise Mistake(f"{name}: has no sequence; remove it")
        place = self.input.unknown(letters)
        if place is None:
            return
        if what := self._other_kind(item):
            raise Mistake(what)
        advice = "take the gaps out" if letters[place] in "-." else "mend or remove it"
        what = f"letter {place + 1} is '{letters[place]}', which {self.options.alphabet} does not have"
        raise Mistake(f"{name}: {what}; {advice}")

    def mirror(self, tag: str) -> str:
        """The label that takes the place of another on the other strand."""
        return self.mirrored.get(tag, tag)

    def score(self, gold: Sequence[Record], predicted: Sequence[Record]) -> dict[str, Any]:
        """Of labels of letters: stretches of one label, exact and by overlap; of secondary structure also Q8 and Q3."""
        if self.options.target != "tags":
            return {}
        pairs = [(one.target, other.target) for one, other in zip(gold, predicted, strict=True)]
        found = segments(of_labels(*pair) for pair in pairs)
        return structure.score(pairs) | found if self.options.alphabet == "protein" else found

    def heading(self, record: Record) -> str:
        """The headers of FASTA, or `column=cell` for each further column of a table."""
        return record.origin.heading if isinstance(record.origin, Origin) else super().heading(record)

    def beside(self, path: Path) -> list[Path]:
        """The files of labels and mask, where they are there."""
        return [one for one in beside(path, self.options) if one]

    def write(self, records: Iterable[Record], path: Path) -> None:
        """By the end of the name: a table, FASTA with labels, FASTA of the labels alone, or a row for each letter."""
        labelled.write(records, Path(path), self.options)

    def render(self, record: Record) -> str:
        """Label, confidence where there is one, name and letters; or name, letters and their labels."""
        letters = f"{record.input[:60]}{'...' if len(record.input) > 60 else ''}"
        if self.options.target == "label":
            sure = "" if record.confidence is None else f" {record.confidence:.2f}"
            return f"[{record.target or ''}{sure}] {record.id} {letters}"
        labels = "" if record.target is None else marked.joined(record.target[:60], self.options.unknown)
        return f"{record.id} {letters} -> {labels}"
