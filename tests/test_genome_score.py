"""What the reader of genomes scores: features of predicted labels against those of the file."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqpipe.coded import Coded
from seqpipe.reader import Record
from seqpipe.readers.genome import Genome

GENE = "ATGAAACCCTAA"
SEQUENCE = f"CC{GENE}CC{GENE}CC{GENE}CC"
ANNOTATION = f"""\
##gff-version 3
chr\t.\tCDS\t3\t14\t.\t+\t0\tID=a
chr\t.\tCDS\t17\t28\t.\t+\t0\tID=b
chr\t.\tCDS\t31\t42\t.\t+\t0\tID=c;pseudo=true
##FASTA
>chr
{SEQUENCE}
"""


@pytest.fixture
def read(file: Callable[..., Path]) -> Callable[..., tuple[Genome, Record]]:
    def made(**options: Any) -> tuple[Genome, Record]:
        reader = Genome(Genome.Options(**{"phase": True, "edges": True, **options}))
        (record,) = reader.read(file(ANNOTATION, "a.gff3"))
        return reader, record

    return made


def test_true_features_found_again_are_all_right(read: Callable[..., tuple[Genome, Record]]) -> None:
    for options in ({}, {"pseudo": "same"}, {"pseudo": "unknown"}, {"phase": False, "edges": False}):
        reader, record = read(**options)
        found = reader.score([record], [record])
        support = 3 if options.get("pseudo") == "same" else 2
        perfect = {"precision": 1, "recall": 1, "f1": 1, "support": support}
        assert found["segments"] == found["overlaps"] == {"CDS": perfect}
        assert ("genes" in found) == options.get("phase", True)
        for row in found.get("genes", {}).values():
            assert row == {**perfect, "found": support}


def test_a_gene_with_another_start_is_right_by_its_end(read: Callable[..., tuple[Genome, Record]]) -> None:
    reader, record = read()
    labels = list(record.target)
    labels[16:19] = ["other"] * 3
    labels[19:22] = ["+start1", "+start2", "+start3"]
    found = reader.score([record], [replace(record, target=labels)])
    assert found["genes"]["3' end"]["recall"] == found["overlaps"]["CDS"]["recall"] == 1
    assert found["genes"]["both ends"]["recall"] == found["segments"]["CDS"]["recall"] == 0.5
    assert found["genes"]["both ends"]["precision"] == 0.5


@pytest.mark.parametrize("pseudo", ["other", "unknown"])
def test_a_pseudo_gene_that_is_found_is_wrong_unless_it_counts_as_unknown(
    read: Callable[..., tuple[Genome, Record]], pseudo: str
) -> None:
    reader, record = read(pseudo=pseudo)
    _, all_found = read(pseudo="same")
    row = reader.score([record], [all_found])["genes"]["3' end"]
    assert row["precision"] == pytest.approx(1 if pseudo == "unknown" else 2 / 3)
    assert row["support"] == 2


def test_a_part_of_a_sequence_has_what_its_labels_tell(read: Callable[..., tuple[Genome, Record]]) -> None:
    reader, record = read()
    part = reader.part(record, 5, 30)
    found = reader.score([part], [part])["genes"]
    assert (found["3' end"]["support"], found["3' end"]["recall"]) == (2, 1)
    assert (found["both ends"]["support"], found["both ends"]["recall"]) == (1, 1)


def test_labels_of_real_genomes_give_back_the_genes(real_data: Callable[[str], Path]) -> None:
    (path,) = real_data("genomes").glob("mycoplasma_gallisepticum*")
    reader = Genome(Genome.Options(labels={"CDS": "CDS"}, phase=True, edges=True, pseudo="unknown", transl_table=4))
    (record,) = reader.read(path)
    genes = reader.score([record], [record])["genes"]
    assert genes["3' end"]["support"] == 718
    assert genes["3' end"]["precision"] == 1
    assert genes["both ends"]["recall"] > 0.98
    nothing = Coded(np.zeros(len(record.input), np.int8), ["other"])
    assert reader.score([record], [replace(record, target=nothing)])["genes"]["3' end"]["found"] == 0
