"""Genes that pyrodigal finds, beside those that a run of seqpipe finds in the same genomes.

`python benchmarks/genes_against_pyrodigal.py runs/genes` scores both on the test files of a finished run of
`pipelines/genes.yaml`, by the annotation as the run's reader takes it: a CDS is a gene to be found; one marked as a
pseudo gene is not, and what is found in it, for more than half of its bases, is not counted for either. Genes that the
ends of a sequence cut are counted by the ends that are there.
"""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

from pyrodigal import Gene, GeneFinder
from pyrodigal import __version__ as version

from seqpipe import artifact, splits
from seqpipe.evaluate import evaluate
from seqpipe.feature import Feature
from seqpipe.reader import Record
from seqpipe.segments import genes

Finder = Callable[[Record], Sequence[Feature]]


def feature(gene: Gene) -> Feature:
    """What pyrodigal found, as seqpipe has it."""
    cut = gene.partial_begin, gene.partial_end
    return Feature("CDS", ((gene.begin - 1, gene.end),), gene.strand, open=cut if gene.strand > 0 else cut[::-1])


def pyrodigal(records: Sequence[Record] | None, table: int) -> Finder:
    """Pyrodigal trained on genomes without their annotation, or with the models that it ships for any genome."""
    finder = GeneFinder(meta=records is None)
    if records is not None:
        finder.train(*(record.input.encode() for record in records), translation_table=table)
    return lambda record: [feature(gene) for gene in finder.find_genes(record.input.encode())]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="folder of a run whose reader is genome, with labels of phase")
    run = artifact.load(parser.parse_args().run)
    table = run.reader.options.transl_table
    # Pyrodigal learns from letters alone and gets whole genomes, what is held out as dev included.
    paths = splits.sources(run.pipeline, "train")
    train = [record for path in paths for record in run.reader.read(path)]
    test = list(splits.read(run.pipeline, run.reader, "test", splits.sources(run.pipeline, "test")))
    found = {record.id: run.reader.features(record) for record in evaluate(run.model, run.reader, test).predicted}
    finders: dict[str, Finder] = {
        "seqpipe": lambda record: found[record.id],
        f"pyrodigal {version}, trained on the training genomes": pyrodigal(train, table),
        f"pyrodigal {version}, trained on the test genomes": pyrodigal(test, table),
        f"pyrodigal {version}, its own models (meta)": pyrodigal(None, table),
    }
    print("| | genes | found | 3' end: sensitivity | precision | both ends: sensitivity | precision |")
    print("|---|---|---|---|---|---|---|")
    for name, find in finders.items():
        scores = genes(run.reader.judged(record, find(record)) for record in test)["genes"]
        one = scores["3' end"]
        rates = (f"{row[rate]:.4f}" for row in scores.values() for rate in ("recall", "precision"))
        print(f"| {name} | {one['support']} | {one['found']} | {' | '.join(rates)} |")


if __name__ == "__main__":
    main()
