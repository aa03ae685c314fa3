"""What the most frequent label and Markov chains of order 5 reach on a pipeline that labels bases, on its own splits.

`python benchmarks/plastid_baselines.py pipelines/plastid.yaml` learns from the training records and scores the test
records. The chains are a hidden Markov model: in each label a base follows from the 5 before it, labels follow each
other, and the best labels of a record are found by Viterbi. Everything is counted in the training records, on both
strands; no choice is made on dev or test. With `--run runs/plastid` the scores of a run of the pipeline stand beside.
Labels are scored without what they tell of codons, and those of tRNA and rRNA without their strand.
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch

from seqpipe import artifact, pipeline, scores, splits
from seqpipe.coded import Coded
from seqpipe.crf import Chain
from seqpipe.evaluate import evaluate
from seqpipe.reader import Reader, Record
from seqpipe.viterbi import best_paths

ORDER = 5
PRIOR = 10.0
"""How many bases the chain of the next lower order counts for, where a context was seen seldom."""


class Markov:
    """A chain for each label, and one of the labels."""

    def __init__(self, reader: Reader, records: Sequence[Record]) -> None:
        self.reader = reader
        count = len(reader.target)
        self.bases = np.zeros((count, 4**ORDER, 4))
        self.follows = np.zeros((count, count))
        for record in self.strands(records):
            (labels,) = reader.target.encode([record.target]).rows
            bases, contexts = self.numbers(record)
            known = (labels >= 0) & (bases < 4) & (contexts >= 0)
            np.add.at(self.bases, (labels[known], contexts[known], bases[known]), 1)
            pairs = (labels[1:] >= 0) & (labels[:-1] >= 0)
            np.add.at(self.follows, (labels[:-1][pairs], labels[1:][pairs]), 1)

    def strands(self, records: Sequence[Record]) -> Iterator[Record]:
        """The records as they are, and from the other strand."""
        for record in records:
            yield from filter(None, (record, self.reader.reverse(record)))

    def numbers(self, record: Record) -> tuple[np.ndarray, np.ndarray]:
        """The code of each base and of the 5 before it, as a number in base 4; -1 where one of those is not known."""
        (codes,) = self.reader.input.encode([record.input]).rows
        bases = np.minimum(codes.astype(np.int64), 4)
        padded = np.concatenate([np.full(ORDER, 4), bases])
        before = np.stack([padded[at : at + len(bases)] for at in range(ORDER)])
        contexts = (before.T * 4 ** np.arange(ORDER - 1, -1, -1)).sum(1)
        return bases, np.where((before < 4).all(0), contexts, -1)

    def chances(self) -> np.ndarray:
        """`[labels, contexts, 4]` the chance of each base, smoothed by the chains of lower order."""
        found = np.full((len(self.bases), 1, 4), 1 / 4)
        for order in range(ORDER + 1):
            counts = self.bases.reshape(len(self.bases), -1, 4**order, 4).sum(1)
            lower = np.tile(found, (1, len(counts[0]) // len(found[0]), 1))
            found = (counts + PRIOR * lower) / (counts.sum(2, keepdims=True) + PRIOR)
        return found

    def predict(self, record: Record) -> Coded:
        """The best labels of a record."""
        bases, contexts = self.numbers(record)
        known = (bases < 4) & (contexts >= 0)
        emissions = np.zeros((len(bases), len(self.bases)))
        emissions[known] = np.log(self.chances()[:, contexts[known], bases[known]].T)
        with np.errstate(divide="ignore"):
            pairs = torch.from_numpy(np.log(self.follows / self.follows.sum(1, keepdims=True)))
            start = torch.from_numpy(np.log(self.follows.sum(1) / self.follows.sum()))
        chain = Chain(start, torch.zeros(len(start), dtype=torch.double), pairs)
        paths, _ = best_paths(torch.from_numpy(emissions)[None], torch.tensor([len(bases)]), chain)
        return Coded(paths[0, 0].numpy(), self.reader.target.symbols)


def majority(reader: Reader, train: Sequence[Record], record: Record) -> Coded:
    """The label that most training bases have, throughout."""
    rows = np.concatenate(reader.target.encode([one.target for one in train]).rows)
    return Coded(np.full(len(record.input), np.bincount(rows[rows >= 0]).argmax()), reader.target.symbols)


def folded(labels: Coded) -> Coded:
    """The labels with one for RNA of both strands, and one for all bases of codons on a strand."""
    return Coded(
        labels.codes, [one.lstrip("+-") if one.endswith("RNA") else one.rstrip("123") for one in labels.symbols]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pipeline", type=Path)
    parser.add_argument("--run", type=Path, help="folder of a finished run of the pipeline")
    given = parser.parse_args()
    made = pipeline.load(given.pipeline)
    reader = made.new_reader()
    train, test = (list(splits.read(made, reader, one, splits.sources(made, one))) for one in ("train", "test"))
    reader.fit(train)
    markov = Markov(reader, train)
    found = {
        "majority": [majority(reader, train, one) for one in test],
        f"Markov, order {ORDER}": [markov.predict(one) for one in test],
    }
    if given.run:
        run = artifact.load(given.run)
        found["seqpipe"] = [one.target for one in evaluate(run.model, run.reader, test).predicted]
    columns = {
        name: scores.steps(
            (folded(one.target), folded(Coded.of(labels))) for one, labels in zip(test, side, strict=True)
        )
        for name, side in found.items()
    }
    print(f"| test | {' | '.join(columns)} |\n|---|{'---|' * len(columns)}")
    for name in ("accuracy", "macro_f1", "mcc"):
        print(f"| {name} | {' | '.join(f'{column[name]:.4f}' for column in columns.values())} |")
    for label in sorted({label for column in columns.values() for label in column["labels"]}):
        rates = (column["labels"].get(label, {"f1": 0.0})["f1"] for column in columns.values())
        print(f"| F1 of {label} | {' | '.join(f'{rate:.4f}' for rate in rates)} |")


if __name__ == "__main__":
    main()
