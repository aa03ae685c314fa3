"""The baselines of bases: chains counted base by base, and labels that are plain to see."""

import importlib.util
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from types import ModuleType

import numpy as np
import pytest

from seqpipe.coded import Coded
from seqpipe.reader import Record
from seqpipe.readers.genome import Genome

SCRIPT = Path(__file__).parent.parent / "benchmarks" / "plastid_baselines.py"
Read = Callable[[], tuple[Genome, Record]]


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("plastid_baselines", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def read(file: Callable[..., Path]) -> Read:
    """Genes of one kind of bases between stretches of another, with an ambiguous base."""
    chance = Random(1)
    text, lines = "", []
    for number in range(20):
        text += "".join(chance.choices("ACGT", (4, 1, 1, 4), k=300)) + ("N" if number == 3 else "")
        lines.append(f"x\t.\tCDS\t{len(text) + 1}\t{len(text) + 300}\t.\t{'+-'[number % 2]}\t0\tID=g{number}")
        text += "".join(chance.choices("ACGT", (1, 1, 7, 1) if number % 2 == 0 else (1, 7, 1, 1), k=300))
    path = file("\n".join(["##gff-version 3", *lines, "##FASTA", ">x", text]) + "\n", "x.gff3")

    def made() -> tuple[Genome, Record]:
        reader = Genome(Genome.Options())
        (record,) = reader.read(path)
        reader.fit([record])
        return reader, record

    return made


def test_chains_are_counted_on_both_strands(script: ModuleType, read: Read) -> None:
    reader, record = read()
    markov = script.Markov(reader, [record])
    wanted: Counter[tuple[str, str, str]] = Counter()
    other = reader.reverse(record)
    for one in (record, other):
        for place in range(5, len(one.input)):
            wanted[one.target[place], one.input[place - 5 : place], one.input[place]] += 1
    found = {
        (label, "".join("ACGT"[context // 4**at % 4] for at in range(4, -1, -1)), base): markov.bases[
            row, context, last
        ]
        for row, label in enumerate(reader.target.symbols)
        for context in range(4**5)
        for last, base in enumerate("ACGT")
    }
    assert {key: count for key, count in found.items() if count} == {
        key: count for key, count in wanted.items() if "N" not in key[1] + key[2]
    }
    np.testing.assert_allclose(markov.chances().sum(2), 1)
    known = markov.bases.sum(2)
    full = known > 100
    counted = markov.bases[full] / known[full][:, None]
    np.testing.assert_allclose(markov.chances()[full], counted, atol=0.1)


def test_labels_that_are_plain_to_see_are_found(script: ModuleType, read: Read) -> None:
    reader, record = read()
    found = script.Markov(reader, [record]).predict(record)
    right = np.mean([one == other for one, other in zip(record.target, found, strict=True)])
    assert right > 0.97
    most = script.majority(reader, [record], record)
    assert set(most) == {"other"}


def test_labels_are_folded(script: ModuleType) -> None:
    labels = Coded(np.arange(6), ["+CDS1", "-CDS", "+tRNA", "-tRNA", "other", "rRNA"])
    assert list(script.folded(labels)) == ["+CDS", "-CDS", "tRNA", "tRNA", "other", "rRNA"]
