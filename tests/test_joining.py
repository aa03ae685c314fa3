"""Features that labels tell of: what was annotated comes back."""

import random
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pytest
from Bio.Seq import reverse_complement
from hypothesis import given
from hypothesis import strategies as st

from seqpipe.annotation import annotate, whole
from seqpipe.coded import Coded
from seqpipe.feature import Feature
from seqpipe.joining import features
from seqpipe.labelling import Labelling, LabelOptions

KINDS = {"CDS": "CDS", "tRNA": "tRNA"}
STOPS = ("TAA", "TAG", "TGA")


def labelling(**options: Any) -> Labelling:
    return Labelling(LabelOptions(**{"labels": KINDS, "longest_gap": 9, **options}))


ALL = labelling(phase=True, edges=True, introns=True)
EDGES = labelling(phase=True, edges=True)


class Case(NamedTuple):
    sequence: str
    features: list[Feature]
    circular: bool


@st.composite
def apart(draw: st.DrawFn) -> Case:
    """Features of one to three parts that neither overlap nor touch, in a sequence whose origin may be in one."""
    chance = random.Random(draw(st.integers(0, 1 << 30)))
    made, at = [], 0
    for _ in range(draw(st.integers(0, 5))):
        at += draw(st.integers(1, 5))
        parts = []
        for _ in range(draw(st.integers(1, 3))):
            parts.append((at, at + draw(st.integers(1, 9))))
            at = parts[-1][1] + draw(st.integers(1, 9))
        at = parts[-1][1]
        kind, strand = draw(st.sampled_from([*KINDS])), draw(st.sampled_from([1, -1]))
        phase, ends = draw(st.sampled_from([0, 0, 1, 2])), (draw(st.booleans()), draw(st.booleans()))
        coding = {"phase": phase, "open": ends, "table": 1} if kind == "CDS" else {}
        made.append(Feature(kind, tuple(parts), strand, **coding))
    length = at + draw(st.integers(1, 5))
    letters = [chance.choice("ACGT") for _ in range(length)]
    for one in made:
        if draw(st.booleans()):
            bases = [base for start, stop in one.parts for base in range(start, stop)]
            codon, places = ("TGA", bases[-3:]) if one.strand > 0 else ("TCA", bases[:3])
            for base, letter in zip(places, codon, strict=False):
                letters[base] = letter
    circular = draw(st.booleans())
    turn = draw(st.integers(0, length - 1)) if circular else 0
    turned = [_turned(one, turn, length) for one in made]
    return Case("".join(letters[turn:] + letters[:turn]), turned, circular)


def _turned(one: Feature, turn: int, length: int) -> Feature:
    back = turn if one.start >= turn else turn - length
    return replace(one, parts=tuple((start - back, stop - back) for start, stop in one.parts))


def seen(one: Feature, sequence: str) -> Feature:
    """What labels tell of a feature: an end of a CDS that is no start or stop codon is open."""
    if one.kind != "CDS":
        return one
    begins, ends = whole(one, sequence, 1)
    return replace(one, open=(not begins, not ends))


def order(found: list[Feature]) -> list[Feature]:
    return sorted(found, key=lambda one: (one.start, one.stop, one.strand))


@given(apart())
def test_features_that_lie_apart_come_back(case: Case) -> None:
    labels = annotate(case.features, case.sequence, ALL)
    found = features(labels, ALL, case.sequence, circular=case.circular)
    assert order(found) == order([seen(one, case.sequence) for one in case.features])


@given(apart())
def test_without_introns_parts_of_a_cds_come_back_and_labels_are_the_same(case: Case) -> None:
    labels = annotate(case.features, case.sequence, EDGES)
    found = features(labels, EDGES, case.sequence, circular=case.circular)
    assert annotate(found, case.sequence, EDGES) == labels
    whole_ones = [one for one in case.features if one.kind == "CDS" and all(whole(one, case.sequence, 1))]
    assert {one.parts for one in whole_ones} <= {one.parts for one in found}


@given(apart(), st.sampled_from([{}, {"phase": True}, {"strands": False}, {"strands": False, "introns": True}]))
def test_with_less_in_the_labels_stretches_come_back(case: Case, options: dict[str, Any]) -> None:
    less = labelling(**options)
    labels = annotate(case.features, case.sequence, less)
    found = features(labels, less, circular=case.circular)
    assert annotate(found, case.sequence, less) == labels
    assert sum(map(len, found)) == sum(map(len, case.features))
    if options.get("introns"):
        assert sorted(one.parts for one in found) == sorted(one.parts for one in case.features)


@st.composite
def genes(draw: st.DrawFn) -> Case:
    """Open reading frames of a random sequence on both strands, as they overlap."""
    chance, length = random.Random(draw(st.integers(0, 1 << 30))), draw(st.integers(30, 400))
    sequence = "".join(chance.choice("ACGT") for _ in range(length))
    circular, share = draw(st.booleans()), draw(st.sampled_from([0.2, 0.5, 1.0]))
    found = []
    for strand in (1, -1):
        for start, stop in frames(sequence if strand > 0 else reverse_complement(sequence), circular):
            if chance.random() < share:
                begin = start if strand > 0 else (length - stop) % length
                found.append(Feature("CDS", ((begin, begin + stop - start),), strand, table=1))
    return Case(sequence, found, circular)


def frames(sequence: str, circular: bool) -> list[tuple[int, int]]:
    """From ATG to the first stop codon in phase, the longest one of each stop codon."""
    text, ends = sequence * (2 if circular else 1), dict[int, tuple[int, int]]()
    for start in range(len(sequence)):
        for at in (
            range(start, min(len(text), start + len(sequence)) - 2, 3) if text[start : start + 3] == "ATG" else ()
        ):
            if text[at : at + 3] in STOPS:
                if 9 <= at + 3 - start < len(sequence):
                    ends.setdefault((at + 3) % len(sequence), (start, at + 3))
                break
    return list(ends.values())


@given(genes())
def test_every_gene_whose_start_is_seen_comes_back_however_genes_overlap(case: Case) -> None:
    labels = annotate(case.features, case.sequence, EDGES)
    found = features(labels, EDGES, case.sequence, circular=case.circular)
    visible = [one for one in case.features if start_codon(one, labels)]
    assert set(visible) <= set(found)
    if len(visible) == len(case.features):
        assert order(found) == order(case.features)


def start_codon(one: Feature, labels: Coded) -> bool:
    places = range(one.start, one.start + 3) if one.strand > 0 else range(one.stop - 1, one.stop - 4, -1)
    sign = "+" if one.strand > 0 else "-"
    return [labels[place % len(labels)] for place in places] == [f"{sign}start{n}" for n in (1, 2, 3)]


GENE = "ATG" + "GCC" * 4 + "TAA"


def there_and_back(made: list[Feature], sequence: str, **options: Any) -> list[Feature]:
    own = labelling(phase=True, edges=True, **options)
    return features(annotate(made, sequence, own), own, sequence)


@pytest.mark.parametrize("strand", [1, -1])
@pytest.mark.parametrize("slip", [1, 2])
def test_a_slip_of_the_ribosome_comes_back(slip: int, strand: int) -> None:
    letters = list("C" * 22)
    stop = slice(17 - slip, 20 - slip) if strand > 0 else slice(2, 5)
    letters[stop] = "TAA" if strand > 0 else "TTA"
    gene = Feature("CDS", ((2, 11), (11 - slip, 20 - slip)), strand, table=1)
    assert there_and_back([gene], "".join(letters)) == [gene]


@pytest.mark.parametrize(("strand", "places"), [(1, (3, 2)), (1, (2, 2, 2)), (-1, (2, 3)), (-1, (2, 2, 2))])
def test_a_slip_does_not_lead_over_the_end_of_the_bases_that_are_there(strand: int, places: tuple[int, ...]) -> None:
    own = labelling(phase=True, edges=True)
    sign = "+" if strand > 0 else "-"
    labels = Coded(np.arange(len(places), dtype=np.int8), [f"{sign}CDS{place}" for place in places])
    found = features(labels, own)
    assert [one.parts for one in found] == [((start, start + 1),) for start in range(len(places))]


def test_a_gene_cut_by_another_goes_on_beneath_it() -> None:
    nested = "CC" + GENE[:6] + reverse_complement(GENE) + GENE[6:] + "CC"
    outer, inner = Feature("CDS", ((2, 2 + 36),), 1, table=1), Feature("CDS", ((8, 26),), -1, table=1)
    # What lies beneath has no stop codon in its frame.
    assert there_and_back([outer, inner], nested) == [outer, inner]


def test_a_stop_codon_that_is_hidden_is_found_by_the_genetic_code() -> None:
    # The last A of the first gene's stop codon is the first base of the other; then four bases are shared.
    for shared, first in ((1, GENE[:-3] + "TAA"), (4, GENE[:-4] + "A" + "TGA")):
        second = "ATGACC" + "GCC" * 3 + "TAG" if shared == 4 else "ATG" + "GCC" * 4 + "TAG"
        sequence = "CC" + first + second[shared:] + "CC"
        one = Feature("CDS", ((2, 20),), 1, table=1)
        other = Feature("CDS", ((20 - shared, 20 - shared + len(second)),), 1, table=1)
        assert there_and_back([one, other], sequence) == [one, other]
        blind = features(annotate([one, other], sequence, EDGES), EDGES)
        assert [gene.stop for gene in blind] == [20 if shared == 1 else 16, other.stop]


def test_another_code_reads_on() -> None:
    sequence = "CC" + "ATGGCCGCCGCATGA" + "CCGCCGCCGCCTAG" + "CC"
    labels = annotate([Feature("CDS", ((2, 17),)), Feature("CDS", ((13, 31),))], sequence, EDGES)
    assert [one.stop for one in features(labels, EDGES, sequence)] == [17, 31]
    assert next(one.stop for one in features(labels, EDGES, sequence, table=4)) != 17


def test_scores_are_mean_confidences_of_the_bases_of_all_parts() -> None:
    made = [Feature("tRNA", ((1, 3), (6, 10)), -1), Feature("tRNA", ((12, 14),))]
    labels = annotate(made, "C" * 15, ALL)
    sure = np.arange(15) / 15
    found = features(labels, ALL, "C" * 15, sure)
    expected = [np.mean([sure[base] for start, stop in one.parts for base in range(start, stop)]) for one in made]
    assert [one.score for one in found] == pytest.approx(expected)
    assert [one.score for one in features(labels, ALL)] == [None, None]


def test_parts_too_far_apart_are_features_of_their_own() -> None:
    made = [Feature("tRNA", ((1, 3), (13, 16)), 1)]
    assert len(there_and_back(made, "C" * 20, introns=True)) == 2
    assert there_and_back(made, "C" * 20, introns=True, longest_gap=10) == made


def test_labels_of_unknown_bases_and_other_alphabets_of_labels_are_taken() -> None:
    labels = Coded.of(["-tRNA", "-tRNA", None, "+tRNA", "other", "what"])
    assert features(labels, ALL) == [Feature("tRNA", ((0, 2),), -1), Feature("tRNA", ((3, 4),), 1)]
    assert features(Coded.of([]), ALL) == []
    assert features(Coded.of(["+tRNA"] * 3), ALL, circular=True) == [Feature("tRNA", ((0, 3),), 1)]


def codons(text: str) -> list[str]:
    """Labels in short: s a start codon, c another and e a stop codon on the + strand; S, C, E on the other; - none."""
    names = {"s": "start", "c": "CDS", "e": "stop"}
    labels: list[str] = []
    for sign in text:
        if sign == "-":
            labels.append("other")
        else:
            places = (1, 2, 3) if sign.islower() else (3, 2, 1)
            labels += [f"{'+' if sign.islower() else '-'}{names[sign.lower()]}{place}" for place in places]
    return labels


def test_two_hidden_ends_do_not_meet_over_a_gap() -> None:
    # The first gene goes on beneath the second, the last one begins beneath the third: they are not one gene.
    labels, far = Coded.of(codons("sccsce-ECScce")), labelling(phase=True, edges=True, longest_gap=30)
    assert [(one.start, one.stop, one.open) for one in features(labels, far)] == [
        (0, 9, (False, True)),
        (9, 18, (False, False)),
        (19, 28, (False, False)),
        (28, 37, (True, False)),
    ]
    # Where the gap is seen, they are.
    assert [one.parts for one in features(Coded.of(codons("scc--ce")), EDGES)] == [((0, 9), (11, 17))]


def test_a_start_codon_that_is_cut_is_known() -> None:
    first = Labelling(LabelOptions(labels={"tRNA": "tRNA", "CDS": "CDS"}, phase=True, edges=True))
    for hidden in (1, 2):
        for strand in (1, -1):
            gene = Feature("CDS", ((5 - hidden, 23 - hidden),) if strand > 0 else ((2 + hidden, 20 + hidden),), strand)
            other = Feature("tRNA", ((1, 5),) if strand > 0 else ((20, 24),))
            letters, end = list("C" * 25), slice(-3, None) if strand > 0 else slice(0, 3)
            bases = range(gene.start, gene.stop)[end]
            letters[bases.start : bases.stop] = "TAA" if strand > 0 else "TTA"
            labels = annotate([gene, other], "".join(letters), first)
            assert replace(gene, table=1) in features(labels, first, "".join(letters))


def test_a_stop_codon_is_looked_for_beneath_what_may_hide_it_only() -> None:
    # A gene without an end, one on the other strand, and a tRNA with TAA in the first one's phase.
    sequence = "ATGGCCGCC" + reverse_complement("ATGGCCTAA") + "GCCTAAGCCGCC"
    made = [Feature("CDS", ((0, 9),)), Feature("CDS", ((9, 18),), -1), Feature("tRNA", ((18, 30),))]
    found = there_and_back(made, sequence)
    assert [(one.parts, one.open) for one in found][:2] == [(((0, 9),), (False, True)), (((9, 18),), (False, False))]
    third = [*made[:2], Feature("CDS", ((18, 30),), -1)]
    assert there_and_back(third, sequence)[0].parts == ((0, 24),)
