"""Beam search against an exhaustive one, written without it."""

import math
from itertools import pairwise, product

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from seqpipe.beam import Hypothesis, State, search

SYMBOLS, END = 3, 2
LONGEST = 3


def chances(seed: int, row: int) -> Tensor:
    """Log-probabilities of the next symbol after every two symbols, for one record."""
    generator = torch.Generator().manual_seed(1000 * seed + row)
    return (2 * torch.randn(SYMBOLS, SYMBOLS, SYMBOLS, generator=generator, dtype=torch.double)).log_softmax(2)


def found(seed: int, rows: list[int], beam_size: int, penalty: float, longest: int = LONGEST) -> list[list[Hypothesis]]:
    tables = torch.stack([chances(seed, row) for row in rows])

    def step(symbols: Tensor, state: State, memory: State) -> tuple[Tensor, Tensor, State]:
        (table,), (last,) = memory, state
        return table[torch.arange(len(symbols)), last, symbols], symbols + 10 * last, (symbols,)

    begin = torch.full((len(rows),), END)
    return search(step, (begin,), (tables,), END, END, beam_size, longest, penalty)


def every(seed: int, row: int, penalty: float, longest: int = LONGEST) -> list[tuple[list[int], float, float]]:
    """All sequences that end after at most so many symbols: symbols, log-probability, score; best first."""
    table, ranked = chances(seed, row).tolist(), []
    for length in range(longest + 1):
        for symbols in product(range(END), repeat=length):
            total, past = 0.0, (END, END)
            for symbol in (*symbols, END):
                total += table[past[0]][past[1]][symbol]
                past = (past[1], symbol)
            ranked.append((list(symbols), total, total / (length + 1) ** penalty))
    return sorted(ranked, key=lambda one: -one[2])


@settings(deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.6, 1.0]))
def test_a_wide_beam_finds_every_sequence_in_its_order(seed: int, penalty: float) -> None:
    wide = sum(2**length for length in range(LONGEST + 2))
    for row, ranked in enumerate(found(seed, [0, 1, 2], wide, penalty)):
        wanted = every(seed, row, penalty)
        assert len(ranked) == len(wanted) == 15
        for one, (symbols, total, score) in zip(ranked, wanted, strict=True):
            assert one.symbols == symbols
            assert one.log_probability == pytest.approx(total)
            assert one.score == pytest.approx(score)


@settings(deadline=None)
@given(st.integers(0, 10_000))
def test_a_beam_of_one_is_greedy(seed: int) -> None:
    table, symbols, past = chances(seed, 0), [], (END, END)
    while True:
        symbol = int(table[past].argmax())
        if symbol == END or len(symbols) == 6:
            break
        symbols.append(symbol)
        past = (past[1], symbol)
    assert found(seed, [0], 1, 1.0, 6)[0][0].symbols == symbols


@settings(deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 5), st.sampled_from([0.0, 1.0]))
def test_alone_and_in_a_batch_it_finds_the_same(seed: int, beam_size: int, penalty: float) -> None:
    rows = [3, 1, 4, 2]
    together = found(seed, rows, beam_size, penalty, 5)
    assert together == [found(seed, [row], beam_size, penalty, 5)[0] for row in rows]
    assert all(1 <= len(ranked) <= beam_size for ranked in together)


@settings(deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 6))
def test_probabilities_are_those_of_the_sequences_and_notes_those_of_their_steps(seed: int, beam_size: int) -> None:
    known = {tuple(symbols): total for symbols, total, _ in every(seed, 0, 1.0, 5)}
    for one in found(seed, [0], beam_size, 1.0, 5)[0]:
        before = [END, END, *one.symbols]
        pairs = pairwise(before)
        assert one.notes == [last + 10 * past for past, last in pairs][: len(one.symbols)]
        if len(one.symbols) < 5:
            assert one.log_probability == pytest.approx(known[tuple(one.symbols)])


def test_what_never_ends_is_broken_off() -> None:
    def step(symbols: Tensor, state: State, memory: State) -> tuple[Tensor, Tensor, State]:
        return torch.tensor([[math.log(0.6), math.log(0.4), -math.inf]]).expand(len(symbols), 3), symbols, state

    (ranked,) = search(step, (torch.zeros(1),), (), END, END, 2, 4)
    assert len(ranked) == 2
    assert ranked[0].symbols == [0, 0, 0, 0]
    assert ranked[0].log_probability == pytest.approx(4 * math.log(0.6))
    assert ranked[1].symbols != ranked[0].symbols


def test_sequences_that_are_broken_off_differ_and_have_their_own_probability() -> None:
    table = chances(7, 0).clone()
    table[:, :, END] = -math.inf
    table = table.log_softmax(2)

    def step(symbols: Tensor, state: State, memory: State) -> tuple[Tensor, Tensor, State]:
        (last,) = state
        return table[last, symbols], symbols, (symbols,)

    (ranked,) = search(step, (torch.tensor([END]),), (), END, END, 8, 3, 0.0)
    assert sorted(one.symbols for one in ranked) == [list(one) for one in product(range(2), repeat=3)]
    for one in ranked:
        past = [END, END, *one.symbols]
        total = sum(float(table[a, b, c]) for a, b, c in zip(past, past[1:], past[2:], strict=False))
        assert one.log_probability == pytest.approx(total)
