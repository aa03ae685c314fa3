"""Training records as numbers, as the reader has them in each epoch."""

from collections.abc import Sequence
from random import Random

from torch.utils.data import Dataset

from .batch import Batch, pad
from .chunks import Chunk, cut
from .errors import Mistake
from .reader import Reader, Record


class TrainingRecords(Dataset[Batch]):
    """Training records as numbers; indexed by what makes a batch."""

    def __init__(self, reader: Reader, records: Sequence[Record]) -> None:
        self.reader, self.records, self.varied = reader, records, records
        self._encode()
        self.lengths = [len(row) for row in self.inputs.rows]
        if self.targets is not None and self.targets.rows[0].ndim:
            # Where a target has steps of its own, both make work.
            self.lengths = [max(pair) for pair in zip(self.lengths, map(len, self.targets.rows), strict=True)]

    def _encode(self) -> None:
        reader, records = self.reader, self.varied
        self.inputs = reader.input.encode([record.input for record in records])
        self.targets = reader.target.encode([record.target for record in records]) if reader.target else None

    def vary(self, chance: Random, chunked: bool) -> None:
        """Take the records as the reader has them in one epoch. `lengths` stay, so that batches are the same."""
        varied = self.reader.augment(self.records, chance)
        if varied is self.varied:
            return
        self.varied = varied
        self._encode()
        if chunked and self.lengths != [len(row) for row in self.inputs.rows]:
            raise Mistake(
                "train.bptt: the reader varies how long records are, so that chunks have no borders; give null"
            )

    def __getitem__(self, wanted: list[int] | Chunk) -> Batch:
        inputs, targets = self.inputs, self.targets
        if not isinstance(wanted, Chunk):
            return Batch(pad(inputs, wanted), None if targets is None else pad(targets, wanted))
        goal = None if targets is None else pad(cut(targets, wanted.spans))
        return Batch(pad(cut(inputs, wanted.spans)), goal, wanted.goes_on, wanted.more)
