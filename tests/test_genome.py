"""The reader of genomes: the same sequence in every format, and what readers promise."""

import gzip
from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from random import Random
from typing import Any

import pytest

from seqpipe.codec import Tags
from seqpipe.coded import Coded
from seqpipe.feature import Feature
from seqpipe.letters import Letters
from seqpipe.reader import Record
from seqpipe.readers.genome import Genome

SEQUENCE = "GATAACC" + "ATGGCCTGA" + "CC" + "AGCTTGAC" + "TTTT" + "GATC" + "CC" + "TCAGGCCAT" + "CCCAT"
FEATURES = (
    Feature("CDS", ((46, 55),), 1, 0, (False, False), 11),
    Feature("CDS", ((7, 16),), 1, 0, (False, False), 11),
    Feature("tRNA", ((18, 26), (30, 34)), 1),
    Feature("CDS", ((36, 45),), -1, 0, (False, False), 11),
)
GENBANK = f"""\
LOCUS       chr                       50 bp    DNA     circular UNK 01-JAN-1980
DEFINITION  made up.
ACCESSION   chr
VERSION     chr
FEATURES             Location/Qualifiers
     source          1..50
     CDS             join(47..50,1..5)
                     /codon_start=1
                     /transl_table=11
     gene            8..16
     CDS             8..16
                     /transl_table=11
     tRNA            join(19..26,31..34)
     CDS             complement(37..45)
                     /transl_table=11
ORIGIN
        1 {SEQUENCE[:50].lower()}
//
"""
EMBL = f"""\
ID   chr; SV 0; circular; DNA; STD; UNC; 50 BP.
XX
AC   chr;
XX
DE   made up
XX
FH   Key             Location/Qualifiers
FH
FT   CDS             join(47..50,1..5)
FT                   /transl_table=11
FT   CDS             8..16
FT                   /transl_table=11
FT   tRNA            join(19..26,31..34)
FT   CDS             complement(37..45)
FT                   /transl_table=11
XX
SQ   Sequence 50 BP;
     {SEQUENCE[:50].lower()}        50
//
"""
GFF3 = """\
##gff-version 3
##sequence-region chr 1 50
chr\t.\tregion\t1\t50\t.\t+\t.\tID=chr;Is_circular=true
chr\t.\tCDS\t47\t55\t.\t+\t0\tID=a;transl_table=11
chr\t.\tCDS\t8\t16\t.\t+\t0\tID=b;transl_table=11
chr\t.\ttRNA\t19\t34\t.\t+\t.\tID=c
chr\t.\texon\t19\t26\t.\t+\t.\tParent=c
chr\t.\texon\t31\t34\t.\t+\t.\tParent=c
chr\t.\tCDS\t37\t45\t.\t-\t0\tID=d;transl_table=11
"""
FASTA = f">chr made up\n{SEQUENCE[:25]}\n{SEQUENCE[25:50]}\n"
ALL = {"phase": True, "edges": True, "introns": True}


def reader(**options: Any) -> Genome:
    return Genome(Genome.Options(**{**ALL, **options}))


@pytest.fixture
def genome(file: Callable[..., Path]) -> Record:
    (record,) = reader().read(file(GENBANK, "a.gb"))
    return record


def test_a_record_is_a_sequence_and_a_label_for_each_base(genome: Record, file: Callable[..., Path]) -> None:
    assert genome.id == "chr"
    assert genome.input == SEQUENCE[:50]
    assert isinstance(genome.target, Coded)
    assert genome.where == f"{file(GENBANK, 'a.gb')}:1"
    assert genome.origin.features == FEATURES
    assert genome.origin.circular
    assert list(genome.target[:7]) == ["+CDS2", "+CDS3", "+stop1", "+stop2", "+stop3", "other", "other"]
    assert list(genome.target[46:]) == ["+start1", "+start2", "+start3", "+CDS1"]
    assert reader().features(genome) == sorted(FEATURES, key=lambda one: one.start)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(("name", "text"), [("b.embl", EMBL), ("b.gff3", GFF3), ("b.gff", GFF3 + "##FASTA\n" + FASTA)])
def test_every_format_gives_the_same_record(
    name: str, text: str, packed: bool, genome: Record, file: Callable[..., Path]
) -> None:
    if name == "b.gff3":
        file(gzip.compress(FASTA.encode()) if packed else FASTA, "b.fasta.gz" if packed else "b.fasta")
    content = gzip.compress(text.encode()) if packed else text
    (record,) = reader().read(file(content, name + ".gz" if packed else name))
    assert (record.id.partition(".")[0], record.input, record.target) == (genome.id, genome.input, genome.target)
    assert record.origin.features == FEATURES
    assert record.origin.circular
    assert record.origin.description.rstrip(".") == "made up"


def test_fasta_alone_has_no_labels(file: Callable[..., Path]) -> None:
    records = list(reader().read(file(FASTA + ">two\nacgtn\n\n", "a.fa")))
    assert [(one.id, one.input, one.target) for one in records] == [
        ("chr", SEQUENCE[:50], None),
        ("two", "acgtn", None),
    ]
    assert records[1].where.endswith("a.fa:4")
    assert reader().render(records[1]) == "two: 5 bases"


def test_a_name_ends_at_any_blank(file: Callable[..., Path]) -> None:
    records = list(reader().read(file(">one\ttwo\nAC\n> three four\nAC\n", "blanks.fa")))
    assert [(record.id, record.origin.description) for record in records] == [("one", "two"), ("three", "four")]


def test_another_fasta_file_can_be_named(file: Callable[..., Path]) -> None:
    fasta = file(">other\nAC\n" + FASTA, "else.txt")
    records = list(reader(fasta=str(fasta)).read(file(GFF3, "a.gff3")))
    assert [one.id for one in records] == ["other", "chr"]
    assert set(records[0].target) == {"other"}
    assert records[1].origin.features == FEATURES


def test_line_ends_may_be_mixed(genome: Record, file: Callable[..., Path]) -> None:
    for text, name in ((GENBANK, "m.gb"), (EMBL, "m.embl"), (GFF3 + "##FASTA\n" + FASTA, "m.gff3")):
        ends = cycle(["\r", "\r\n", "\n"])
        mixed = "".join(line + end for line, end in zip(text.splitlines(), ends, strict=False))
        (record,) = reader().read(file(mixed, name))
        assert record.target == genome.target, name
        assert record.input == genome.input, name


def test_the_format_can_be_said(file: Callable[..., Path]) -> None:
    path = file("Release 9 of a data base\n\n" + GENBANK, "release.seq")
    assert [one.id for one in reader(format="genbank").read(path)] == ["chr"]


def test_codecs_are_those_of_letters_and_labels(genome: Record) -> None:
    one = reader(soft_masking=True, alphabet="dna")
    assert isinstance(one.input, Letters)
    assert one.input.soft_masking
    assert isinstance(one.target, Tags)
    one.fit([genome])
    assert one.target.symbols == sorted(genome.target.used())
    (codes,) = one.target.encode([genome.target]).rows
    assert one.target.decode(codes.tolist()) == list(genome.target)


def test_the_other_strand_is_what_its_file_would_give(genome: Record) -> None:
    one = reader()
    other = one.reverse(genome)
    assert other.input == "ATGGG" + "ATGGCCTGA" + "GG" + "GATC" + "AAAA" + "GTCAAGCT" + "GG" + "TCAGGCCAT" + "GGTTATC"
    assert list(other.target[5:8]) == ["+start1", "+start2", "+start3"]
    assert list(other.target[:5]) == ["-CDS1", "-start3", "-start2", "-start1", "other"]
    assert one.reverse(other).target == genome.target
    assert one.reverse(Record("x", "AACN")).input == "NGTT"
    assert one.reverse(Record("x", "AACN")).target is None


def test_augmenting_turns_about_half_of_the_records_each_epoch(genome: Record) -> None:
    records = [genome] * 200
    assert reader().augment(records, Random(1)) is records
    one = reader(reverse_complement=True)
    first, second = (list(one.augment(records, Random(seed))) for seed in (1, 2))
    turned = [found.input != genome.input for found in first]
    assert 70 < sum(turned) < 130
    assert turned != [found.input != genome.input for found in second]
    assert all((found.target == genome.target) != flag for found, flag in zip(first, turned, strict=True))


def test_labels_of_the_other_strand_alone_are_learned_where_it_is_read_too(file: Callable[..., Path]) -> None:
    rows = "c\t.\ttRNA\t2\t4\t.\t+\t.\tID=t"
    path = file(f"##gff-version 3\n{rows}\n##FASTA\n>c\nACGTAC\n", "one.gff3")
    for both, learned in ((False, ["+tRNA", "other"]), (True, ["+tRNA", "-tRNA", "other"])):
        made = reader(reverse_complement=both)
        made.fit(list(made.read(path)))
        assert made.target.symbols == learned


def test_a_part_has_the_features_that_are_there(genome: Record) -> None:
    one = reader()
    part = one.part(genome, 5, 40)
    assert (part.id, part.input, list(part.target)) == ("chr:5-40", genome.input[5:40], list(genome.target[5:40]))
    assert [feature.parts for feature in part.origin.features] == [((2, 11),), ((13, 21), (25, 29)), ((31, 35),)]
    assert one.features(part) == list(part.origin.features)


def test_a_record_is_shown_by_what_it_has(genome: Record) -> None:
    assert reader().render(genome) == "chr: 50 bases: 3 CDS, 1 tRNA"
    assert reader(labels={"rRNA": "rRNA"}, phase=False, edges=False).text(genome) == SEQUENCE[:50]
    empty = reader(labels={"rRNA": "rRNA"}, phase=False, edges=False)
    (record,) = [empty._record(genome.origin)]
    assert empty.render(record) == "chr: 50 bases: no feature"
