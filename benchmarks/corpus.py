"""Data sets for the benchmarks: records as seqpipe reads them."""

from seqpipe import datasets, fetch
from seqpipe.reader import Record
from seqpipe.readers.conll import Conll

KNOWN = {dataset.name: dataset for dataset in (datasets.wnut17, datasets.ncbi_disease)}


def records(name: str, split: str) -> list[Record]:
    """The sentences of one split with BIO tags, from SEQPIPE_DATA, the cache or the network."""
    reader = Conll(Conll.Options())
    return [record for path in fetch.locate(KNOWN[name], split) for record in reader.read(path)]
