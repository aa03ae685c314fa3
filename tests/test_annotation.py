"""Labels of features: by example, and against a rule that is applied base by base."""

from dataclasses import replace
from typing import Any

import pytest
from Bio.Seq import reverse_complement, reverse_complement_rna
from hypothesis import given
from hypothesis import strategies as st

from seqpipe.annotation import annotate, whole
from seqpipe.feature import Feature
from seqpipe.labelling import Labelling, LabelOptions


def labelled(features: list[Feature], sequence: str = "A" * 24, **options: Any) -> list[str | None]:
    return list(annotate(features, sequence, Labelling(LabelOptions(**options))))


def cds(*parts: tuple[int, int], strand: int = 1, **more: Any) -> Feature:
    return Feature("CDS", parts, strand, **more)


def shown(features: list[Feature], sequence: str = "A" * 24, **options: Any) -> str:
    """Labels of codons as letters: s for start, 1 to 3 for codons, e for stop, - for other, i for introns."""
    letters = {"start": "s", "stop": "e", "CDS": "", "intron": "i", "other": "-", "tRNA": "t"}
    found = labelled(features, sequence, **{"labels": {"CDS": "CDS", "tRNA": "tRNA"}, "phase": True, **options})
    return "".join(
        next((sign if sign else one[-1]) for name, sign in letters.items() if name in one) if one else "?"
        for one in found
    )


def test_features_have_the_label_of_their_type_and_strand() -> None:
    features = [cds((1, 4)), Feature("tRNA", ((5, 7),), -1), Feature("gene", ((0, 9),)), Feature("rRNA", ((8, 9),), 0)]
    assert labelled(features, "A" * 10) == ["other", *["+CDS"] * 3, "other", *["-tRNA"] * 2, "other", "+rRNA", "other"]
    assert labelled(features, "A" * 10, strands=False)[3:7] == ["CDS", "other", "tRNA", "tRNA"]
    assert set(labelled([], "ACGT")) == {"other"}
    assert labelled([], "") == []
    options: dict[str, Any] = {"labels": {"tRNA": "RNA", "rRNA": "RNA"}}
    assert labelled(features, "A" * 10, **options)[5:] == ["-RNA", "-RNA", "other", "+RNA", "other"]


def test_codons_go_on_over_parts_on_either_strand() -> None:
    assert shown([cds((1, 5), (8, 10), (12, 15))]) == "-1231---23--123---------"
    assert shown([cds((1, 5), (8, 10), (12, 15), strand=-1)]) == "-3213---21--321---------"
    assert shown([cds((1, 8), phase=1)]) == "-3123123----------------"
    assert shown([cds((1, 8), strand=-1, phase=2)]) == "-2132132" + "-" * 16
    assert shown([cds((20, 28))]) == "2312" + "-" * 16 + "1231"
    assert shown([cds((20, 28), strand=-1)]) == "1321" + "-" * 16 + "2132"


def test_a_base_that_is_read_twice_has_its_first_place() -> None:
    assert shown([cds((0, 4), (3, 6))]) == "123131" + "-" * 18
    assert shown([cds((0, 4), (3, 6), strand=-1)]) == "132321" + "-" * 18


def test_start_and_stop_codons_have_labels_of_their_own() -> None:
    gene = "CC" + "GTGAAATGA" + "CCC"
    assert shown([cds((2, 11))], gene, edges=True) == "--sss123eee---"
    assert shown([cds((2, 11), table=4)], gene, edges=True) == "--sss123123---"
    assert shown([cds((2, 11))], gene, edges=True, transl_table=4) == "--sss123123---"
    assert shown([cds((2, 11), open=(True, False))], gene, edges=True) == "--123123eee---"
    assert shown([cds((2, 11), open=(False, True))], gene, edges=True) == "--sss123123---"
    assert shown([cds((3, 11), phase=2)], gene, edges=True) == "---23123eee---"
    assert shown([cds((2, 10))], gene, edges=True) == "--sss12312----"
    assert shown([cds((3, 12), strand=-1)], reverse_complement(gene), edges=True) == "---eee321sss--"
    assert shown([cds((2, 3), (5, 9), (12, 16))], "CCACCTGAACCCATAACC", edges=True) == "--s--ss12---3eee--"
    assert shown([cds((0, 4), (8, 9), (11, 12))], "ATGTCCCCAGGACCC", edges=True) == "ssse----e--e---"
    assert shown([cds((2, 5))], gene, edges=True) == "--sss---------"


@pytest.mark.parametrize("strand", [1, -1])
def test_lower_case_rna_and_the_origin_do_not_hide_a_stop_codon(strand: int) -> None:
    gene = "augaaauga"
    sequence = gene[4:] + "c" + gene[:4]
    feature = cds((6, 15) if strand > 0 else (5, 14), strand=strand)
    assert whole(feature, sequence if strand > 0 else reverse_complement_rna(sequence), 1) == (True, True)
    assert whole(replace(feature, table=4), sequence if strand > 0 else reverse_complement_rna(sequence), 1)[1] is False


def test_introns_are_labelled_where_nothing_else_is() -> None:
    features = [cds((1, 4), (10, 13)), Feature("tRNA", ((6, 8),))]
    assert shown(features, introns=True) == "-123iittii123" + "-" * 11
    assert shown([cds((20, 22), (25, 28))], introns=True) == "i312" + "-" * 16 + "12ii"
    assert labelled([cds((0, 1), (2, 3))], "AAA", strands=False, introns=True) == ["CDS", "intron", "CDS"]


def test_pseudo_genes_are_what_the_option_says() -> None:
    features = [cds((1, 4)), cds((6, 9), pseudo=True)]
    assert shown(features) == "-123" + "-" * 20
    assert shown(features, pseudo="same") == "-123--123" + "-" * 15
    assert shown(features, pseudo="unknown") == "-123--???" + "-" * 15
    assert annotate(features, "A" * 24, Labelling(LabelOptions(pseudo="unknown")))[6] is None


FEATURES = st.builds(
    lambda kind, strand, start, length: Feature(kind, ((start, start + length),), strand),
    st.sampled_from(["CDS", "tRNA"]),
    st.sampled_from([1, -1]),
    st.integers(0, 30),
    st.integers(1, 10),
)


def seen(features: list[Feature], base: int) -> str:
    """The rule of `LabelOptions.labels`, word for word."""
    for kind in ("CDS", "tRNA"):
        here = [one for one in features if one.kind == kind and one.start <= base < one.stop]
        if here:
            last = [
                max(
                    (one for one in here if one.strand == strand),
                    key=lambda one: (one.start if one.strand > 0 else -one.stop, len(one)),
                    default=None,
                )
                for strand in (1, -1)
            ]
            one = min((one for one in last if one), key=lambda one: (len(one), -one.strand))
            place = base - one.start if one.strand > 0 else one.stop - 1 - base
            return ("+" if one.strand > 0 else "-") + (kind if kind != "CDS" else f"CDS{place % 3 + 1}")
    return "other"


@given(st.lists(FEATURES, max_size=8))
def test_of_features_that_overlap_the_one_of_the_rule_is_seen(features: list[Feature]) -> None:
    found = labelled(features, "A" * 40, phase=True)
    assert found == [seen(features, base) for base in range(40)]


@given(st.lists(FEATURES, max_size=8), st.integers(0, 39))
def test_the_origin_may_be_anywhere(features: list[Feature], turn: int) -> None:
    starts = [(one.start - turn) % 40 for one in features]
    turned = [replace(one, parts=((at, at + len(one)),)) for one, at in zip(features, starts, strict=True)]
    found = labelled(features, "A" * 40, phase=True)
    assert labelled(turned, "A" * 40, phase=True) == found[turn:] + found[:turn]
