"""Parts of features that follow each other, over the origin too, and what lies in a part of a sequence."""

from dataclasses import replace

import pytest

from seqpipe.feature import Feature, Molecule, Part, Stream, clipped, cut, streams


def one(strand: int, *stretches: tuple[int, int]) -> Stream:
    return Stream(strand, stretches, 0, True, True)


@pytest.mark.parametrize(
    ("parts", "circular", "expected"),
    [
        ([(5, 9)], False, one(1, (5, 9))),
        ([(5, 9), (20, 30)], False, one(1, (5, 9), (20, 30))),
        ([(5, 9), (9, 30)], False, one(1, (5, 30))),
        ([(5, 9), (8, 30)], False, one(1, (5, 9), (8, 30))),
        ([(90, 100), (0, 7)], True, one(1, (90, 107))),
        ([(80, 85), (90, 100), (0, 7), (9, 12)], True, one(1, (80, 85), (90, 107), (109, 112))),
        ([(90, 95), (2, 7)], True, one(1, (90, 95), (102, 107))),
        ([(90, 107)], True, one(1, (90, 107))),
    ],
)
def test_parts_that_follow_each_other_are_one_feature_on_either_strand(
    parts: list[tuple[int, int]], circular: bool, expected: Stream
) -> None:
    assert streams([Part(*part, 1) for part in parts], 100, circular, 20) == [expected]
    mirrored = [Part(100 - stop, 100 - start, -1) for start, stop in parts]
    other = [(100 - stop, 100 - start) for start, stop in reversed(expected.stretches)]
    turn = 100 if other[0][0] < 0 else 0
    found = streams(mirrored, 100, circular, 20)
    assert found == [one(-1, *((start + turn, stop + turn) for start, stop in other))]


def test_what_is_trans_spliced_is_cut_where_it_does_not_go_on() -> None:
    parts = [Part(60, 70, -1), Part(10, 21, 1), Part(30, 35, 1)]
    assert streams(parts, 100, True, 20) == [
        Stream(-1, ((60, 70),), 0, True, False),
        Stream(1, ((10, 21), (30, 35)), 10, False, True),
    ]
    out_of_order = streams([Part(60, 70, 1), Part(10, 21, 1)], 100, False, 99)
    assert [stream.stretches for stream in out_of_order] == [((60, 70),), ((10, 21),)]
    too_far = streams([Part(0, 5, 1), Part(26, 30, 1)], 100, False, 20)
    assert [stream.stretches for stream in too_far] == [((0, 5),), ((26, 30),)]
    once_round = streams([Part(50, 90, 1), Part(0, 40, 1), Part(45, 60, 1)], 100, True, 20)
    assert [stream.stretches for stream in once_round] == [((50, 90), (100, 140)), ((45, 60),)]


def test_stretches_over_the_origin_are_cut_in_two() -> None:
    assert list(cut([(80, 85), (90, 107), (109, 112)], 100)) == [(80, 85), (90, 100), (0, 7), (9, 12)]


@pytest.mark.parametrize("strand", [1, -1])
def test_a_part_of_a_sequence_has_what_is_there_of_each_feature(strand: int) -> None:
    gene = Feature("CDS", ((10, 20), (30, 45)), strand, 0, (False, False), 4)
    assert clipped(gene, 5, 50) == replace(gene, parts=((5, 15), (25, 40)))
    assert clipped(gene, 20, 30) is None
    # 4 of its first bases are lost, or 6 of its last ones, as the strand has it.
    phase, ends = ((-4) % 3, (True, True)) if strand > 0 else ((-6) % 3, (True, True))
    assert clipped(gene, 14, 39) == replace(gene, parts=((0, 6), (16, 25)), phase=phase, open=ends)
    kept = clipped(gene, 14, 45)
    assert kept is not None
    assert kept.open == ((True, False) if strand > 0 else (False, True))
    assert kept.phase == (2 if strand > 0 else 0)


def test_what_lies_over_the_origin_stands_at_both_ends() -> None:
    whole = Molecule("x", "ACGT" * 25, (Feature("tRNA", ((90, 107),)),), circular=True)
    assert whole.part(0, 50) == Molecule(
        "x:0-50", whole.sequence[:50], (Feature("tRNA", ((0, 7),), open=(True, False)),)
    )
    assert whole.part(95, 100).features == (Feature("tRNA", ((0, 5),), open=(True, True)),)
    assert whole.part(20, 30).features == ()
    assert Molecule("x", "ACGT").part(1, 3) == Molecule("x:1-3", "CG")


def test_the_genetic_code_is_that_of_most() -> None:
    genes = [Feature("CDS", ((0, 9),), table=table) for table in (11, 4, None, 4)]
    assert Molecule("x", "A" * 9, tuple(genes)).table == 4
    assert Molecule("x", "A" * 9, ()).table is None
    assert Molecule("x", "A" * 9).table is None
