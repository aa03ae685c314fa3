"""Segments and genes against counts base by base, and by hand."""

from collections.abc import Sequence
from itertools import groupby, permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqpipe.coded import Coded
from seqpipe.feature import Feature
from seqpipe.segments import Judged, genes, of_labels, segments, stretches

LENGTH = 20
LABELS = st.lists(st.sampled_from(["helix", "strand", None]), max_size=12)


def feature(start: int, stop: int, strand: int = 1, kind: str = "CDS", **more: Any) -> Feature:
    return Feature(kind, ((start, stop),), strand, **more)


def judged(true: Sequence[Feature], found: Sequence[Feature], unknown: Sequence[int] = ()) -> Judged:
    return Judged(true, found, np.isin(np.arange(LENGTH), unknown))


@st.composite
def drawn(draw: st.DrawFn) -> Judged:
    """Features of one or two parts, truth and findings often the same, some bases unknown."""
    kinds, strands = st.sampled_from(["CDS", "tRNA"]), st.sampled_from([1, -1])
    borders = st.lists(st.integers(0, LENGTH), min_size=2, max_size=4, unique=True).map(sorted)
    parts = borders.map(lambda found: tuple(zip(found[::2], found[1::2], strict=False)))
    one = st.builds(Feature, kinds, parts, strands)
    common, true, found = (draw(st.lists(one, max_size=4)) for _ in range(3))
    unknown = draw(st.lists(st.integers(0, LENGTH - 1), max_size=10))
    return judged(common + true, found + common, unknown)


def bases(one: Feature) -> set[int]:
    return {place for start, stop in one.parts for place in range(start, stop)}


def counted(case: Judged) -> list[Feature]:
    unknown = set(np.flatnonzero(case.unknown).tolist())
    return [one for one in set(case.found) if len(bases(one) & unknown) * 2 <= len(bases(one))]


@given(LABELS)
def test_stretches_are_runs_of_one_label(labels: list[str | None]) -> None:
    wanted, place = [], 0
    for label, run in groupby(labels):
        steps = len([*run])
        if label is not None:
            wanted.append(Feature(label, ((place, place + steps),), 0))
        place += steps
    assert stretches(labels) == stretches(Coded.of(labels)) == wanted


@given(st.lists(st.tuples(st.sampled_from("HEC") | st.none(), st.sampled_from("HEC")), max_size=12))
def test_labels_of_one_record_are_judged_by_their_stretches(pairs: list[tuple[str | None, str]]) -> None:
    true, found = ([pair[side] for pair in pairs] for side in (0, 1))
    scores = segments([of_labels(true, found)])["segments"]
    assert sum(row["support"] for row in scores.values()) == len(stretches(true))
    if None not in true:
        perfect = segments([of_labels(true, true)])
        assert all(row["f1"] == 1 for table in perfect.values() for row in table.values())


@given(st.lists(drawn(), min_size=1, max_size=3))
def test_exact_segments_are_those_of_the_same_bases_kind_and_strand(cases: list[Judged]) -> None:
    right = {kind: sum(len({*case.true} & {*counted(case)} & of(kind, case)) for case in cases) for kind in KINDS}
    for kind, row in segments(cases)["segments"].items():
        found = sum(len({*counted(case)} & of(kind, case)) for case in cases)
        true = sum(len({*case.true} & of(kind, case)) for case in cases)
        assert row["support"] == true
        assert row["recall"] == (right[kind] / true if true else 0)
        assert row["precision"] == (right[kind] / found if found else 0)


KINDS = ("CDS", "tRNA")


def of(kind: str, case: Judged) -> set[Feature]:
    return {one for one in [*case.true, *case.found] if one.kind == kind}


def most_pairs(true: Sequence[Feature], found: Sequence[Feature]) -> int:
    """How many can be matched one to one, by trying all ways."""
    few, many = sorted((true, found), key=len)
    return max(sum(alike(a, b) for a, b in zip(few, order, strict=True)) for order in permutations(many, len(few)))


def alike(one: Feature, other: Feature) -> bool:
    both = bases(one) & bases(other)
    same = (one.kind, one.strand) == (other.kind, other.strand)
    return same and len(both) > len(bases(one) | bases(other)) / 2


def apart(features: Sequence[Feature]) -> list[Feature]:
    """Those that overlap none before them."""
    kept: list[Feature] = []
    for one in features:
        if all(bases(one).isdisjoint(bases(other)) for other in kept):
            kept.append(one)
    return kept


@given(drawn())
def test_overlaps_are_matched_one_to_one(case: Judged) -> None:
    case = Judged(apart(case.true), apart(case.found), case.unknown)
    for kind, row in segments([case])["overlaps"].items():
        true, found = ([one for one in side if one.kind == kind] for side in (case.true, counted(case)))
        right = most_pairs(true, found)
        assert row["recall"] == (right / len(true) if true else 0)
        assert row["precision"] == (right / len(found) if found else 0)


@given(drawn())
def test_exact_ones_overlap_too(case: Judged) -> None:
    found = segments([case])
    assert found["segments"].keys() == found["overlaps"].keys()
    for kind, row in found["segments"].items():
        assert row["f1"] <= found["overlaps"][kind]["f1"]


def test_segments_by_hand() -> None:
    true = [feature(0, 4), feature(6, 10), feature(12, 15, -1), feature(16, 20, kind="tRNA")]
    found = [feature(0, 4), feature(6, 9), feature(12, 15), feature(10, 11)]
    scores = segments([judged(true, found)])
    assert scores["segments"]["CDS"] == pytest.approx({"precision": 1 / 4, "recall": 1 / 3, "f1": 2 / 7, "support": 3})
    assert scores["overlaps"]["CDS"] == pytest.approx({"precision": 2 / 4, "recall": 2 / 3, "f1": 4 / 7, "support": 3})
    assert scores["segments"]["tRNA"] == {"precision": 0, "recall": 0, "f1": 0, "support": 1}


def test_half_is_not_more_than_half() -> None:
    assert segments([judged([feature(0, 6)], [feature(0, 3)])])["overlaps"]["CDS"]["recall"] == 0
    assert segments([judged([feature(0, 6)], [feature(0, 4)])])["overlaps"]["CDS"]["recall"] == 1
    spliced = Feature("CDS", ((0, 3), (9, 12)))
    assert segments([judged([spliced], [feature(0, 12)])])["overlaps"]["CDS"]["recall"] == 0


def test_genes_by_their_ends() -> None:
    true = [feature(0, 6), feature(8, 12, -1), feature(13, 19)]
    found = [feature(3, 6), feature(8, 12, -1), feature(13, 16), feature(13, 19, -1), feature(0, 6, kind="tRNA")]
    scores = genes([judged(true, found)])["genes"]
    assert scores["3' end"] == pytest.approx({"precision": 0.5, "recall": 2 / 3, "f1": 4 / 7, "support": 3, "found": 4})
    assert scores["both ends"]["recall"] == pytest.approx(1 / 3)
    assert scores["both ends"]["precision"] == pytest.approx(1 / 4)


@given(st.lists(drawn(), min_size=1, max_size=3))
def test_genes_of_all_records_together(cases: list[Judged]) -> None:
    def ends(one: Feature) -> tuple[int, int]:
        return one.strand, min(bases(one)) if one.strand < 0 else max(bases(one))

    true, found = (
        {(place, *ends(one)) for place, case in enumerate(cases) for one in side(case) if one.kind == "CDS"}
        for side in (lambda case: case.true, counted)
    )
    row = genes(cases)["genes"]["3' end"]
    assert (row["support"], row["found"]) == (len(true), len(found))
    assert row["recall"] == (len(true & found) / len(true) if true else 0)


def test_what_is_found_where_nothing_is_known_is_not_counted() -> None:
    case = judged([feature(0, 6)], [feature(0, 6), feature(10, 16), feature(8, 14)], range(10, 20))
    assert genes([case])["genes"]["3' end"]["found"] == 1
    assert segments([case])["segments"]["CDS"]["precision"] == 1
    half = judged([], [feature(7, 13)], range(10, 20))
    assert genes([half])["genes"]["3' end"]["found"] == 1


def test_an_end_beyond_the_record_counts_nowhere() -> None:
    true = [
        feature(0, 4, open=(True, False)),
        feature(16, 20, open=(False, True)),
        feature(6, 9, -1, open=(True, False)),
    ]
    scores = genes([judged(true, true)])["genes"]
    assert scores["3' end"]["support"] == scores["3' end"]["found"] == 2
    assert scores["both ends"]["support"] == 0


def test_a_gene_over_the_origin_ends_behind_it() -> None:
    true, found = feature(17, 23), feature(0, 3)
    assert genes([judged([true], [found])])["genes"]["3' end"]["recall"] == 1
    assert genes([judged([true], [true], range(3))])["genes"]["both ends"]["recall"] == 1
    assert genes([judged([true], [true], [17, 18, 19, 0])])["genes"]["both ends"]["found"] == 0


def test_nothing_at_all() -> None:
    nothing = {"precision": 0, "recall": 0, "f1": 0, "support": 0, "found": 0}
    assert genes([]) == {"genes": {"3' end": nothing, "both ends": nothing}}
    assert segments([judged([], [])]) == {"segments": {}, "overlaps": {}}
