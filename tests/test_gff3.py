"""GFF3 as it is found: parts by id and by transcript, exons, phases, circular sequences, escaped names."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seqpipe.feature import Feature
from seqpipe.readers.genome import Genome

FASTA = "##FASTA\n>chr\n" + "ACGT" * 25 + "\n"


@pytest.fixture
def features(file: Callable[..., Path]) -> Callable[..., list[Feature]]:
    """The features of GFF3 rows: type, start, end, strand, phase, attributes, parted by blanks."""

    def read(*rows: str, **options: Any) -> list[Feature]:
        lines = []
        for row in rows:
            kind, start, stop, strand, phase, *notes = row.split(" ")
            lines.append("\t".join(["chr", "x", kind, start, stop, ".", strand, phase, *notes]))
        path = file("\n".join(["##gff-version 3", *lines, FASTA]), "a.gff3")
        labels = {"CDS": "CDS", "tRNA": "tRNA", "mRNA": "mRNA"}
        (record,) = Genome(Genome.Options(**{"labels": labels, **options})).read(path)
        return list(record.origin.features)

    return read


def test_lines_of_one_id_are_parts_of_one_feature(features: Callable[..., list[Feature]]) -> None:
    assert features("CDS 11 20 + 0 ID=a;Parent=g", "CDS 31 40 + 2 ID=a;Parent=g", "gene 1 50 + . ID=g") == [
        Feature("CDS", ((10, 20), (30, 40)), 1, 0)
    ]
    # The phase that counts is that of the 5' end, wherever its line stands.
    assert features("CDS 11 20 - 1 ID=a", "CDS 31 40 - 2 ID=a") == [Feature("CDS", ((10, 20), (30, 40)), -1, 2)]
    assert features("CDS 31 40 + 1 ID=a", "CDS 11 20 + 0 ID=a") == [Feature("CDS", ((10, 20), (30, 40)), 1, 0)]


def test_a_cds_is_the_parts_of_its_transcript_whatever_their_ids(features: Callable[..., list[Feature]]) -> None:
    rows = [
        "gene 1 50 + . ID=g",
        "mRNA 1 50 + . ID=m;Parent=g",
        "CDS 5 9 + 0 ID=a;Parent=m",
        "CDS 20 29 + 1 ID=b;Parent=m",
    ]
    assert features(*rows, labels={"CDS": "CDS"}) == [Feature("CDS", ((4, 9), (19, 29)))]
    assert features(*reversed(rows), labels={"CDS": "CDS"}) == [Feature("CDS", ((4, 9), (19, 29)))]
    # Of one gene there may be several, and several transcripts may share a line.
    two = ["gene 1 50 + . ID=g", "CDS 5 9 + 0 ID=a;Parent=g", "CDS 20 28 + 0 ID=b;Parent=g"]
    assert features(*two) == [Feature("CDS", ((4, 9),)), Feature("CDS", ((19, 28),))]
    shared = ["CDS 5 9 + 0 Parent=m,n", "CDS 20 29 + 1 Parent=m", "CDS 40 49 + 1 Parent=n"]
    assert features(*shared) == [Feature("CDS", ((4, 9), (19, 29))), Feature("CDS", ((4, 9), (39, 49)))]


def test_lines_without_id_or_parent_are_features_of_their_own(features: Callable[..., list[Feature]]) -> None:
    assert features("CDS 5 9 + 0 x=1", "CDS 20 29 . . x=1") == [
        Feature("CDS", ((4, 9),)),
        Feature("CDS", ((19, 29),), 0),
    ]


def test_what_has_exons_is_where_they_are(features: Callable[..., list[Feature]]) -> None:
    rows = ["tRNA 5 40 - . ID=t", "exon 5 10 - . Parent=t", "exon 31 40 - . Parent=t", "tRNA 50 60 + . ID=u"]
    assert features(*rows) == [Feature("tRNA", ((4, 10), (30, 40)), -1), Feature("tRNA", ((49, 60),))]
    assert features(*rows, labels={"exon": "exon"}) == [
        Feature("exon", ((4, 10),), -1),
        Feature("exon", ((30, 40),), -1),
    ]


@pytest.mark.parametrize("strand", ["+", "-"])
def test_circular_sequences_have_features_over_their_origin(
    strand: str, features: Callable[..., list[Feature]]
) -> None:
    ring = "region 1 100 + . ID=chr;Is_circular=true"
    sign = 1 if strand == "+" else -1
    assert features(ring, f"CDS 91 109 {strand} 0 ID=a") == [Feature("CDS", ((90, 109),), sign)]
    # Written in two lines, in either order, and with an intron.
    assert features(ring, f"CDS 1 9 {strand} 0 ID=a", f"CDS 91 100 {strand} 0 ID=a") == [
        Feature("CDS", ((90, 109),), sign)
    ]
    parts = [f"CDS {part} {strand} 0 ID=a" for part in ("1 9", "20 29", "91 100", "75 80")]
    assert features(ring, *parts) == [Feature("CDS", ((74, 80), (90, 109), (119, 129)), sign)]


def test_ends_codes_and_pseudo_genes_are_read_as_ncbi_writes_them(features: Callable[..., list[Feature]]) -> None:
    rows = [
        "pseudogene 1 9 + . ID=p",
        "CDS 1 9 + 0 ID=a;Parent=p",
        "CDS 11 19 - 0 ID=b;pseudo=true;transl_table=4",
        "CDS 21 29 + 0 ID=c;pseudo=false;partial=true;start_range=.,21",
        "CDS 31 39 - 0 ID=d;partial=true;start_range=.,31",
        "CDS 41 49 + 0 ID=e;end_range=49,.",
    ]
    assert features(*rows) == [
        Feature("CDS", ((0, 9),), pseudo=True),
        Feature("CDS", ((10, 19),), -1, table=4, pseudo=True),
        Feature("CDS", ((20, 29),), open=(True, False)),
        Feature("CDS", ((30, 39),), -1, open=(False, True)),
        Feature("CDS", ((40, 49),), open=(False, True)),
    ]


def test_trans_spliced_parts_go_by_the_order_of_their_lines(features: Callable[..., list[Feature]]) -> None:
    assert features("CDS 61 70 - 0 ID=a", "CDS 11 21 + 2 ID=a") == [
        Feature("CDS", ((60, 70),), -1, 0, (False, True)),
        Feature("CDS", ((10, 21),), 1, 2, (True, False)),
    ]


def test_names_are_decoded_and_comments_passed_over(file: Callable[..., Path]) -> None:
    rows = [
        "#!note",
        "",
        "el%73e\tx\tC%44S\t1\t9\t.\t+\t0\tID=a%2Cb",
        "###",
        "# x",
        "else\tx\tCDS\t11\t19\t.\t+\t0\tID=a%2Cb",
    ]
    path = file("\n".join(["##gff-version 3", *rows, ">else", "ACGT" * 10, ""]), "a.gff3")
    (record,) = Genome(Genome.Options()).read(path)
    assert record.origin.features == (Feature("CDS", ((0, 9), (10, 19))),)
