"""The next symbol: a language model, which generates too."""

import math
from typing import Any

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from ..batch import Padded
from ..beginning import Beginning
from ..codec import Codec, Symbols
from ..encoder import States
from ..errors import Mistake
from ..head import Head, Prediction
from ..options import Options
from .draw import drawn, narrowed


class Lm(Head):
    """Learns each symbol from those before it, and goes on with what it is given (Mikolov et al. 2010).

    p(x_1 ... x_T) is the product of p(x_t | x_1 ... x_{t-1}), each a softmax over the state after x_{t-1}; before x_1
    there is a state that is learned. Symbols that were never learned share one place of the softmax, so that all
    probabilities sum to 1 whatever the text; that place is never generated.
    """

    target = None
    learns = (Symbols,)
    aligned = True
    causal = True
    continues = True

    class Options(Options):
        dropout: float = Field(default=0.0, ge=0, lt=1)
        """Share of a state's numbers that are zeroed in training before the softmax."""
        length: int = Field(default=200, ge=1)
        """Symbols to generate at most."""
        temperature: float = Field(default=1.0, ge=0)
        """What logits are divided by before a symbol is drawn: below 1 bolder, above 1 wilder, 0 the most probable."""
        top_k: int | None = Field(default=None, ge=1)
        """Draw from so many most probable symbols only; null for all."""
        top_p: float | None = Field(default=None, gt=0, le=1)
        """Draw from the fewest most probable symbols whose probabilities sum to so much only; null for all."""
        until: str | None = Field(default=None, min_length=1)
        """A symbol after which nothing more is generated, such as a line end; null for none."""
        seed: int = Field(default=1, ge=0, lt=2**32)
        """Seed of what is drawn; the same prompt and seed give the same symbols."""

    def __init__(self, options: Any, width: int, codec: Codec) -> None:
        super().__init__(options, width, codec)
        assert isinstance(codec, Symbols)
        if options.until is not None and options.until not in codec.number:
            raise Mistake(
                f"head.until: {options.until!r} is no symbol that was learned; give one of the text's, or null"
            )
        self.stop = -1 if options.until is None else codec.number[options.until]
        self.dropout = nn.Dropout(options.dropout)
        self.begin = Beginning(width)
        self.vote = nn.Linear(width, len(codec) + 1)

    @classmethod
    def stepwise(cls, options: Any) -> bool:
        return True

    def loss(self, states: States, target: Padded) -> Tensor:
        """`[B]` minus log p of each record's symbols, in nats; `target` is the input."""
        known = self.dropout(self.begin(states))
        wanted = target.values + 1
        losses = cross_entropy(self.vote(known).flatten(0, 1), wanted.flatten(), reduction="none")
        return losses.view(wanted.shape).masked_fill(~states.mask, 0).sum(1)

    def measures(self, loss: float) -> dict[str, float]:
        """Perplexity, and bits a symbol: bits per character, where the symbols are characters."""
        return {"perplexity": math.exp(min(loss, 700)), "bits": loss / math.log(2)}

    def predict(self, states: States) -> list[Prediction]:
        """What follows each record, with the probability of each of its symbols under the model."""
        assert states.onward is not None
        lots, carry = self._lots(states.lengths), states.carry
        state = self.begin.last(states)
        one, going = torch.ones_like(states.lengths), torch.ones_like(states.lengths, dtype=torch.bool)
        symbols: list[Tensor] = []
        sure: list[Tensor] = []
        while len(symbols) < self.options.length and going.any():
            symbol, chance = self._next(state, lots[:, len(symbols)])
            symbols.append(torch.where(going, symbol, -1))
            sure.append(chance)
            going &= symbol != self.stop
            onward = states.onward(Padded(symbol[:, None], one), carry)
            state, carry = onward.final, onward.carry
        rows = zip(torch.stack(symbols, 1).tolist(), torch.stack(sure, 1).tolist(), strict=True)
        return [self._prediction([number for number in numbers if number >= 0], chances) for numbers, chances in rows]

    def _lots(self, lengths: Tensor) -> Tensor:
        """`[B, length]` numbers from 0 to 1: a record's depend on nothing but its length and the seed."""
        seeds = [(self.options.seed, length) for length in lengths.tolist()]
        rows = [np.random.default_rng(seed).random(self.options.length) for seed in seeds]
        return torch.from_numpy(np.stack(rows)).to(self.begin.state)

    def _next(self, state: Tensor, lots: Tensor) -> tuple[Tensor, Tensor]:
        """`[B]` the symbol drawn after each state `[B, H]`, and its probability."""
        options, votes = self.options, self.vote(state)
        chances = narrowed(votes[:, 1:], options.temperature, options.top_k, options.top_p)
        symbol = drawn(chances, lots)
        return symbol, votes.softmax(1).gather(1, symbol[:, None] + 1)[:, 0]

    def _prediction(self, numbers: list[int], chances: list[float]) -> Prediction:
        return Prediction(self.codec.decode(numbers), chances[: len(numbers)])
