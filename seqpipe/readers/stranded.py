"""Sequences that have another strand, with labels that change with it."""

from collections.abc import Sequence
from random import Random

from ..coded import Coded
from ..letters import Letters
from ..reader import Reader, Record


class Stranded(Reader):
    """Reads letters; its option `reverse_complement` says whether either strand is learned from, by chance."""

    input: Letters

    def reverse(self, record: Record) -> Record | None:
        """The reverse complement, its labels turned round and mirrored, as no file has it; None for a protein."""
        if self.options.alphabet == "protein":
            return None
        target = record.target
        if isinstance(target, str):
            target = self.mirror(target)
        elif target is not None:
            labels = Coded.of(target)
            target = Coded(labels.codes[::-1], [self.mirror(label) for label in labels.symbols])
        return Record(record.id, self.input.reverse_complement(str(record.input)), target, record.where)

    def fit(self, records: Sequence[Record]) -> None:
        """With `reverse_complement`, labels that only the other strands have are learned too."""
        super().fit(records)
        if self.options.reverse_complement and self.target is not None:
            known = self.target.state()["symbols"]
            self.target.restore(self.target.state() | {"symbols": sorted({*known, *map(self.mirror, known)})})

    def augment(self, records: Sequence[Record], chance: Random) -> Sequence[Record]:
        """With `reverse_complement`, each record or its reverse complement by the toss of a coin."""
        if not self.options.reverse_complement:
            return records
        return [(chance.random() < 0.5 and self.reverse(record)) or record for record in records]
