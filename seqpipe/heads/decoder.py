"""A sequence out of a sequence: one symbol after the other, looking back at the input."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Self

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from .. import scores
from ..attention import Attention, Memory
from ..batch import Padded
from ..beam import Hypothesis, State, search
from ..codec import Symbols
from ..encoder import States
from ..head import Head, Prediction
from ..options import Options
from ..reader import Record
from ..references import references

_AT_ONCE = 2_000
"""Hypotheses searched together: each has a probability of every symbol, and memory must hold them all."""


@dataclass(frozen=True, slots=True)
class Copied:
    """In place of a symbol: that of the input at this step."""

    step: int


class Decoder(Head):
    """Makes a sequence of its own length (many to many; one to many where the input has one step).

    Begins from the encoder's final state; each symbol follows from the one before and from what attention finds among
    the encoder's states. Its loss counts the end of a sequence as a symbol, and symbols never learned as one unknown.
    """

    target = Symbols
    unknown = True

    class Options(Options):
        cell: Literal["lstm", "gru"] = "lstm"
        """The cell of the decoder."""
        size: int = Field(default=256, ge=1)
        """Numbers in a symbol's vector, and in what symbols are chosen by."""
        hidden_size: int = Field(default=256, ge=1)
        """Units of each layer."""
        num_layers: int = Field(default=1, ge=1)
        """Layers on top of each other."""
        attention: Literal["additive", "multiplicative", "none"] = "multiplicative"
        """How a step finds the states it needs: Bahdanau et al. (2015), Luong et al. (2015); or only the final one."""
        input_feeding: bool = False
        """Whether a step also sees what the last symbol was chosen by (Luong et al. 2015). Slower: step by step."""
        tied: bool = False
        """Whether symbols have the same vectors where they are read and where they are chosen (Press & Wolf 2017)."""
        dropout: float = Field(default=0.0, ge=0, lt=1)
        """Share of the numbers zeroed in training: in symbols' vectors, between layers, and before the choice."""
        smoothing: float = Field(default=0.0, ge=0, lt=1)
        """In training, share of the true symbol that is spread evenly over all (Szegedy et al. 2016)."""
        scheduled_sampling: float = Field(default=0.0, ge=0, le=1)
        """In training, how often a step sees the model's own last guess instead of the truth (Bengio et al. 2015)."""
        sampling_rise: int = Field(default=1000, ge=1)
        """Batches over which scheduled_sampling rises from 0 to its value."""
        copy_unknown: bool = False
        """Whether an unknown symbol is predicted, as the input's at the step with most attention; else it never is."""
        beam_size: int = Field(default=1, ge=1)
        """Hypotheses kept while predicting; 1 is greedy."""
        length_penalty: float = Field(default=1.0, ge=0)
        """Finished hypotheses are ranked by log-probability / steps ** length_penalty; 0 favours short ones."""
        n_best: int = Field(default=1, ge=1)
        """How many sequences to predict, best first; at most beam_size."""
        max_length: int = Field(default=100, ge=1)
        """Symbols after which a prediction is broken off."""

        @model_validator(mode="after")
        def _possible(self) -> Self:
            if self.n_best > self.beam_size:
                raise ValueError("n_best is larger than beam_size, which finds no more; raise beam_size")
            if self.copy_unknown and self.attention == "none":
                raise ValueError("copy_unknown goes by attention; set attention: additive or multiplicative")
            return self

    updates: Tensor

    def __init__(self, options: Any, width: int, codec: Symbols) -> None:
        super().__init__(options, width, codec)
        self.end, self.rest = len(codec), len(codec) + 1
        self.table = nn.Embedding(len(codec) + 2, options.size)
        nn.init.normal_(self.table.weight, std=options.size**-0.5)
        kind: Any = {"lstm": nn.LSTM, "gru": nn.GRU}[options.cell]
        fed = options.size * (2 if options.input_feeding else 1)
        between = options.dropout if options.num_layers > 1 else 0.0
        self.cells = kind(fed, options.hidden_size, options.num_layers, batch_first=True, dropout=between)
        self.parts = 2 if options.cell == "lstm" else 1
        self.start = nn.Linear(width, options.num_layers * self.parts * options.hidden_size)
        self.attention = None
        if options.attention != "none":
            self.attention = Attention(options.attention, options.hidden_size, width)
        self.readout = nn.Linear(options.hidden_size + width, options.size)
        self.dropout = nn.Dropout(options.dropout)
        self.vote = nn.Linear(options.size, len(codec) + 2)
        if options.tied:
            self.vote.weight = self.table.weight
        self.register_buffer("updates", torch.zeros((), dtype=torch.long))

    @classmethod
    def copies(cls, options: Any) -> bool:
        return bool(options.copy_unknown)

    def loss(self, states: States, target: Padded) -> Tensor:
        """`[B]` negative log-likelihood of each record's symbols and its end, in training with smoothing."""
        symbols = target.values.masked_fill(target.values < 0, self.rest)
        inputs = nn.functional.pad(symbols, (1, 0), value=self.end)
        goals = nn.functional.pad(symbols, (0, 1)).scatter(1, target.lengths[:, None], self.end)
        rows, steps = (torch.arange(goals.shape[1], device=goals.device) <= target.lengths[:, None]).nonzero().unbind(1)
        smoothing = self.options.smoothing if self.training else 0.0
        votes = self.vote(self._read(states, inputs)[rows, steps])
        losses = cross_entropy(votes, goals[rows, steps], reduction="none", label_smoothing=smoothing)
        return losses.new_zeros(len(goals)).index_add(0, rows, losses)

    def _rate(self) -> float:
        """How often a step of this batch sees the model's own guess."""
        if not self.training or not self.options.scheduled_sampling:
            return 0.0
        self.updates += 1
        return float(self.options.scheduled_sampling * min(1.0, float(self.updates) / self.options.sampling_rise))

    def _read(self, states: States, inputs: Tensor) -> Tensor:
        """`[B, T, size]` what the symbol after each of the inputs `[B, T]` is chosen by, the inputs being the truth."""
        memory, state, rate = self._memory(states), self._begin(states), self._rate()
        if not self.options.input_feeding and not rate:
            outputs, _ = self.cells(self.dropout(self.table(inputs)), self._cells_state(state))
            return self._choose(outputs, memory)[0]
        chosen: list[Tensor] = []
        for symbols in inputs.unbind(1):
            if chosen and rate:
                guesses = self.vote(chosen[-1].detach()).argmax(1)
                symbols = torch.where(torch.rand(len(inputs), device=inputs.device) < rate, guesses, symbols)
            one, _, state = self._step(symbols, state, memory)
            chosen.append(one)
        return torch.stack(chosen, 1)

    def _begin(self, states: States) -> State:
        """The state before the first symbol: each layer's h (and c) `[B, L, H]`, and the last choice `[B, size]`."""
        shape = (len(states.final), self.parts, self.options.num_layers, self.options.hidden_size)
        begin = self.start(states.final).view(shape).tanh()
        return (*begin.unbind(1), states.final.new_zeros(shape[0], self.options.size))

    def _cells_state(self, state: State) -> Any:
        parts = tuple(part.transpose(0, 1).contiguous() for part in state[:-1])
        return parts if len(parts) > 1 else parts[0]

    def _memory(self, states: States) -> Memory | Tensor:
        """What each step can look at: the states, or without attention the final one `[B, H]`."""
        return states.final if self.attention is None else self.attention.memory(states)

    def _choose(self, outputs: Tensor, memory: Memory | Tensor) -> tuple[Tensor, Tensor | None]:
        """Outputs `[B, T, H]` -> what symbols are chosen by `[B, T, size]`, attention `[B, T, S]`"""
        if isinstance(memory, Tensor):
            context, weights = memory[:, None].expand(-1, outputs.shape[1], -1), None
        else:
            assert self.attention is not None
            context, weights = self.attention(outputs, memory)
        chosen = self.readout(torch.cat([outputs, context], 2)).tanh()
        return self.dropout(chosen), weights

    def _step(self, symbols: Tensor, state: State, memory: Memory | Tensor) -> tuple[Tensor, Tensor | None, State]:
        """The last symbols `[B]` -> what the next are chosen by `[B, size]`, attention `[B, S]`, the state after it"""
        inputs = self.dropout(self.table(symbols))
        if self.options.input_feeding:
            inputs = torch.cat([inputs, state[-1]], 1)
        outputs, after = self.cells(inputs[:, None], self._cells_state(state))
        chosen, weights = self._choose(outputs, memory)
        parts = after if isinstance(after, tuple) else (after,)
        state = (*(part.transpose(0, 1) for part in parts), chosen[:, 0])
        return chosen[:, 0], None if weights is None else weights[:, 0], state

    def predict(self, states: States) -> list[Prediction]:
        """The sequence that the search finds best for each record, with its probability, and the n best."""
        size = max(1, _AT_ONCE // self.options.beam_size)
        parts = (torch.split(part, size) for part in (states.values, states.lengths, states.final))
        return [one for rows in zip(*parts, strict=True) for one in self._search(States(*rows))]

    def _search(self, states: States) -> list[Prediction]:
        options, memory = self.options, self._memory(states)

        def step(symbols: Tensor, state: State, rows: State) -> tuple[Tensor, Tensor, State]:
            chosen, weights, state = self._step(symbols, state, Memory(*rows) if len(rows) > 1 else rows[0])
            votes = self.vote(chosen)
            if not options.copy_unknown:
                votes[:, self.rest] = -torch.inf
            notes = torch.zeros_like(symbols) if weights is None else weights.argmax(1)
            return votes.log_softmax(1), notes, state

        found = search(
            step,
            self._begin(states),
            (memory,) if isinstance(memory, Tensor) else tuple(memory),
            self.end,
            self.end,
            options.beam_size,
            options.max_length,
            options.length_penalty,
        )
        return [self._prediction(ranked[: options.n_best]) for ranked in found]

    def _prediction(self, ranked: Sequence[Hypothesis]) -> Prediction:
        values = [(self._value(one), math.exp(one.log_probability)) for one in ranked]
        return Prediction(*values[0], values if self.options.n_best > 1 else ())

    def _value(self, found: Hypothesis) -> Any:
        if self.rest not in found.symbols:
            return self.codec.decode(found.symbols)
        return [
            Copied(note) if symbol == self.rest else self.codec.decode([symbol])[0]
            for symbol, note in zip(found.symbols, found.notes, strict=True)
        ]

    def finish(self, prediction: Prediction, record: Record) -> Prediction:
        """Puts the input's own symbols where they are to be copied."""
        alternatives = [(_copied(value, record), chance) for value, chance in prediction.alternatives]
        return replace(prediction, value=_copied(prediction.value, record), alternatives=alternatives)

    def score(
        self, gold: Sequence[Record], predicted: Sequence[Record], train: Sequence[Record] = ()
    ) -> dict[str, Any]:
        """Share of the sequences that are right, error rate, BLEU and chrF, each record held against its own target.

        Where inputs repeat, `references` has BLEU and chrF of each input against all of its targets.
        """
        found = scores.sequences((one.target, other.target) for one, other in zip(gold, predicted, strict=True))
        several = references(gold, predicted)
        return found | {"references": {"any": several}} if several else found


def _copied(value: Any, record: Record) -> Any:
    if not isinstance(value, list):
        return value
    return [record.input[one.step] if isinstance(one, Copied) else one for one in value]
