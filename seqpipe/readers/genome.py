"""Genomes: sequences with annotated features, which become a label for each base."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from random import Random
from typing import Any, Literal, Self

import numpy as np
from pydantic import model_validator

from ..annotation import annotate
from ..codec import Tags
from ..coded import Coded
from ..errors import Mistake
from ..feature import Feature, Molecule
from ..joining import features
from ..labelling import CODES, Labelling
from ..letters import Letters
from ..lines import gathered, written
from ..reader import Record
from ..recoding import RecodeOptions, Recoding
from ..segments import Judged, genes, segments
from .bases import HEAD, bases
from .flat import Flat
from .flat_write import flat
from .molecules import FormatOptions, Make, molecules
from .stranded import Stranded
from .tracks import bed, gff3

WRITTEN = (".gff3", ".bed", ".gb", ".gbk", ".gbff", ".embl", ".tsv", ".gff")
"""Endings of the files that can be written; `.gff` is GFF3 too."""

_RESIDUES = set("EFILPQ")
"""Letters of proteins that are none of DNA and RNA."""


class Genome(Stranded):
    """Annotated sequences in GenBank, EMBL or GFF3 with FASTA, or sequences alone in FASTA; all also as `.gz`.

    A record is a sequence, its target a label for each base: by the options, those of its features. FASTA has none, and
    GenBank and EMBL have no lower case. Coordinates are those of the file throughout, over the origin of circular
    sequences too.
    """

    suffixes = tuple(one + packed for packed in ("", ".gz") for one in WRITTEN)

    class Options(FormatOptions):
        alphabet: Literal["dna", "rna"] = "dna"
        """Which letters there are, with the codes for several of them, such as N."""
        soft_masking: bool = False
        """Whether lower case tells something (as a rule, that a stretch is repeated); else it is upper case."""
        reverse_complement: bool = False
        """Whether in each epoch of training every record is read from its other strand with chance 1/2."""
        recode: RecodeOptions = RecodeOptions()
        """What in each epoch of training is replaced by other letters that may mean the same."""
        on_error: Literal["stop", "skip"] = "stop"
        """Whether a record that cannot be read stops the reading, or is left out, counted and reported."""

        @model_validator(mode="after")
        def _codons_that_are_known(self) -> Self:
            if (self.recode.codons or self.recode.residues) and not self.phase:
                raise ValueError("recode: only labels with phase tell codons; give phase: true")
            if self.recode.starts and not self.edges:
                raise ValueError("recode.starts: only labels with edges tell start codons; give edges: true")
            return self

    def __init__(self, options: Any) -> None:
        super().__init__(options)
        self.input = Letters(options.alphabet, options.soft_masking)
        self.target = Tags(spans=False)
        self.labelling = Labelling(options)
        self.recoding = Recoding(options.recode, self.labelling, self.input.letters[:4])
        self.skipped = [] if options.on_error == "skip" else None

    def read(self, path: Path) -> Iterator[Record]:
        """The sequences of a file in order, read as they are needed.

        Raises `Mistake` where the file or a record of it cannot be read; with `on_error: skip`, only where there is no
        such file, or no sequence and no fault in it.
        """
        path, names, found = Path(path), set[str](), 0
        before = len(self.skipped or ())

        def made(make: Make) -> Record:
            molecule = self._made(make)
            if molecule.id in names:
                raise Mistake(f"{molecule.where}: record {molecule.id}: its name stands twice; give each its own")
            names.add(molecule.id)
            return self._record(molecule)

        for record in gathered(molecules(path, self.options), made, path, self.skipped):
            found += 1
            yield record
        if not found and len(self.skipped or ()) == before:
            raise Mistake(f"{path}: no sequence in it; is it the right file?")

    def _made(self, make: Make) -> Molecule:
        try:
            return make()
        except Mistake as mistake:
            first, *more = mistake.lines
            if self.skipped is None or not more:
                raise
            raise Mistake(f"{first} (and {len(more)} more of this sequence)") from None

    def _record(self, molecule: Molecule) -> Record:
        place = f"{molecule.where}: record {molecule.id}"
        if not molecule.id:
            raise Mistake(f"{molecule.where}: a sequence without a name; give it one")
        if not molecule.sequence:
            raise Mistake(f"{place}: has no sequence; leave it out")
        wrong = self.input.unknown(molecule.sequence)
        if wrong is not None:
            raise Mistake(f"{place}: {self._unknown(molecule.sequence, wrong)}")
        target = None
        if molecule.features is not None:
            for feature in molecule.features:
                if feature.table not in (None, *CODES):
                    raise Mistake(f"{place}: names a genetic code {feature.table}, which NCBI does not have; mend it")
            target = annotate(molecule.features, molecule.sequence, self.labelling)
        return Record(molecule.id, molecule.sequence, target, molecule.where, origin=molecule)

    def _unknown(self, sequence: str, place: int) -> str:
        letter, alphabet = sequence[place], self.input.alphabet.upper()
        what = f"letter {place + 1} of {len(sequence)}, {letter!r}, is none of {alphabet}"
        if letter in "-.*":
            return f"{what}; take gaps out"
        if letter in "TtUu":
            return f"{what}; set reader.alphabet: {'rna' if letter in 'Uu' else 'dna'}"
        if len(_RESIDUES.intersection(sequence.upper())) > 2:
            return f"{what}; this looks like a protein, and the reader genome takes {alphabet}"
        return f"{what}; mend it, or write N for a base that is not known"

    def augment(self, records: Sequence[Record], chance: Random) -> Sequence[Record]:
        """By the options `recode` and `reverse_complement`."""
        if self.options.recode != RecodeOptions():
            records = [self._recoded(record, chance) for record in records]
        return super().augment(records, chance)

    def _recoded(self, record: Record, chance: Random) -> Record:
        table = record.origin.table or self.options.transl_table
        return replace(record, input=self.recoding(str(record.input), Coded.of(record.target), table, chance))

    def mirror(self, tag: str) -> str:
        return self.labelling.mirror(tag)

    def part(self, record: Record, start: int, stop: int) -> Record:
        """Bases in a row, with their labels and what is there of each feature; linear."""
        return replace(super().part(record, start, stop), origin=record.origin and record.origin.part(start, stop))

    def features(self, record: Record) -> list[Feature]:
        """The features that the labels of a record tell of, with the mean confidence of their bases as score."""
        molecule: Molecule = record.origin
        return features(
            Coded.of(record.target),
            self.labelling,
            str(record.input),
            record.confidence,
            molecule.circular,
            molecule.table,
        )

    def score(self, gold: Sequence[Record], predicted: Sequence[Record]) -> dict[str, Any]:
        """Of features, exact and by overlap, and where labels tell codons, of genes by their ends; true is the file."""
        pairs = zip(gold, predicted, strict=True)
        cases = [self.judged(one, self.features(other)) for one, other in pairs]
        return segments(cases) | (genes(cases) if self.options.phase else {})

    def judged(self, gold: Record, found: Sequence[Feature]) -> Judged:
        """What was found in a sequence, by whatever means, beside the features of its file that have labels."""
        unknown = np.asarray(Coded.of(gold.target).codes) < 0
        molecule: Molecule = gold.origin
        if molecule.features is None:
            return Judged(self.features(gold), found, unknown)
        kinds, strands = self.labelling.kind, self.options.strands
        true = [
            replace(one, kind=kinds[one.kind], strand=(one.strand or 1) if strands else 0)
            for one in molecule.features
            if one.kind in kinds and (self.options.pseudo == "same" or not one.pseudo)
        ]
        return Judged(true, found, unknown)

    def write(self, records: Iterable[Record], path: Path) -> None:
        """Write the features that labels tell of as GFF3, BED, GenBank or EMBL, or a line for each base as TSV."""
        path = Path(path)
        if not path.name.endswith(self.suffixes):
            raise Mistake(f"{path}: the reader genome writes {', '.join(self.suffixes)}")
        with written(path) as file:
            for text in self._texts(records, path.name.removesuffix(".gz").rpartition(".")[2]):
                file.write(text.encode())

    def _texts(self, records: Iterable[Record], suffix: str) -> Iterator[str]:
        if suffix == "tsv":
            yield HEAD
            yield from chain.from_iterable(map(bases, records))
            return
        found = ((record.origin, [] if record.target is None else self.features(record)) for record in records)
        if suffix in ("gff3", "gff"):
            yield from gff3(found)
        elif suffix == "bed":
            yield from bed(found)
        else:
            kind: Flat = "embl" if suffix == "embl" else "genbank"
            for molecule, features in found:
                yield flat(molecule, features, kind, self.input.alphabet)

    def text(self, record: Record) -> str:
        """The letters."""
        return str(record.input)

    def render(self, record: Record) -> str:
        """The sequence's name and length, and how many features of each type it has."""
        shown = f"{record.id}: {len(record.input):,} bases"
        if record.target is None:
            return shown
        counts = Counter(feature.kind for feature in self.features(record))
        return f"{shown}: {', '.join(f'{count} {kind}' for kind, count in counts.most_common()) or 'no feature'}"
