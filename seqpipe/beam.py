"""Beam search: the most probable sequences of symbols that a model of the next symbol can find."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

State = tuple[Tensor, ...]
"""What a model knows of each hypothesis; every tensor has a row for each, in its first dimension."""

Step = Callable[[Tensor, State, State], tuple[Tensor, Tensor, State]]
"""The last symbols `[N]`, the state, and what never changes -> log-probabilities of the next symbols `[N, V]`, notes
`[N]`, and the state after it."""


class Hypothesis(NamedTuple):
    """One sequence that was found."""

    symbols: list[int]
    """Without the end."""
    notes: list[int]
    """What the step noted when each symbol was chosen."""
    log_probability: float
    """Of the whole sequence, its end included where it has one."""
    score: float
    """What it is ranked by: the log-probability, divided by the number of steps to the power of `length_penalty`."""


def search(
    step: Step,
    state: State,
    memory: State,
    begin: int,
    end: int,
    beam_size: int = 1,
    max_length: int = 100,
    length_penalty: float = 1.0,
) -> list[list[Hypothesis]]:
    """For each record up to `beam_size` finished sequences, best first (Graves 2012; Sutskever et al. 2014).

    State and memory have a row for each record; the step gets them with a row for each hypothesis, the memory (what
    does not change from step to step) as it is and the state as the step before left it.

    A beam loses a place with each sequence that ends, so that a beam of 1 is greedy search, and one that holds every
    sequence finds the best of all. Sequences that have not ended after `max_length` symbols count only where none has.
    """
    beams = _Beams(state, memory, begin, beam_size)
    finished: list[list[Hypothesis]] = [[] for _ in range(beams.batch)]
    broken_off: dict[int, list[Hypothesis]] = {}
    for length in range(1, max_length + 2):
        if length > max_length:
            broken_off = beams.unfinished(max_length, length_penalty)
        for record, hypothesis in beams.advance(step, end, length, length_penalty):
            finished[record].append(hypothesis)
        if not beams.places.any():
            break
        beams.narrow()
    every = [found or broken_off.get(record, []) for record, found in enumerate(finished)]
    return [sorted(found, key=lambda one: -one.score) for found in every]


class _Beams:
    """The hypotheses that have not ended: K for each of B records, those without a place at minus infinity."""

    def __init__(self, state: State, memory: State, begin: int, beam_size: int) -> None:
        self.batch, self.size = len(state[0]), beam_size
        self.state = tuple(part.repeat_interleave(beam_size, 0) for part in state)
        self.memory = tuple(part.repeat_interleave(beam_size, 0) for part in memory)
        device = state[0].device
        self.records = torch.arange(self.batch, device=device)
        self.last = torch.full((self.batch * beam_size,), begin, device=device)
        self.totals = torch.full((self.batch, beam_size), -torch.inf, device=device)
        self.totals[:, 0] = 0
        self.places = torch.full((self.batch,), beam_size, device=device)
        self.symbols = torch.zeros((self.batch, beam_size, 0), dtype=torch.long, device=device)
        self.notes = torch.zeros_like(self.symbols)

    def advance(self, step: Step, end: int, length: int, length_penalty: float) -> list[tuple[int, Hypothesis]]:
        """One more symbol for each; the record and the hypothesis of those that it ends."""
        chances, notes, state = step(self.last, self.state, self.memory)
        totals = self.totals[..., None] + chances.view(self.batch, self.size, -1)
        best, flat = totals.flatten(1).topk(self.size)
        ranks = torch.arange(self.size, device=best.device)
        best = best.masked_fill(ranks >= self.places[:, None], -torch.inf)
        parent, symbol = flat // totals.shape[2], flat % totals.shape[2]
        rows = (torch.arange(self.batch, device=best.device)[:, None] * self.size + parent).flatten()
        self.state = tuple(part[rows] for part in state)
        self.symbols = torch.cat([self.symbols.flatten(0, 1)[rows], symbol.view(-1, 1)], 1).view(*best.shape, -1)
        seen = torch.cat([self.notes.flatten(0, 1), notes[:, None]], 1)
        self.notes = seen[rows].view(*best.shape, -1)
        self.last = symbol.flatten()
        ended = (symbol == end) & best.isfinite()
        self.places = self.places - ended.sum(1)
        self.totals = best.masked_fill(ended, -torch.inf)
        # A record none of whose sequences can go on has nothing left to look for.
        self.places = self.places.masked_fill(~self.totals.isfinite().any(1), 0)
        numbers = self.records.tolist()
        return [
            (numbers[row], self._hypothesis(row, place, length - 1, float(best[row, place]), length**length_penalty))
            for row, place in ended.nonzero().tolist()
        ]

    def narrow(self) -> None:
        """Leave out the records that are done with, once they are half of all."""
        kept = (self.places > 0).nonzero()[:, 0]
        if 2 * len(kept) > self.batch:
            return
        rows = (kept[:, None] * self.size + torch.arange(self.size, device=kept.device)).flatten()
        self.state, self.memory = (tuple(part[rows] for part in parts) for parts in (self.state, self.memory))
        self.batch, self.last = len(kept), self.last[rows]
        self.records, self.totals, self.places = self.records[kept], self.totals[kept], self.places[kept]
        self.symbols, self.notes = self.symbols[kept], self.notes[kept]

    def unfinished(self, length: int, length_penalty: float) -> dict[int, list[Hypothesis]]:
        """The hypotheses of each record as they stand, after so many symbols."""
        found: dict[int, list[Hypothesis]] = {}
        records, totals = self.records.tolist(), self.totals.tolist()
        for row, place in self.totals.isfinite().nonzero().tolist():
            one = self._hypothesis(row, place, length, totals[row][place], length**length_penalty)
            found.setdefault(records[row], []).append(one)
        return found

    def _hypothesis(self, row: int, place: int, length: int, total: float, divisor: float) -> Hypothesis:
        symbols, notes = (part[row, place, :length].tolist() for part in (self.symbols, self.notes))
        return Hypothesis(symbols, notes, total, total / divisor)
