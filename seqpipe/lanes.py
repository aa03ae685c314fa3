"""Sequences cut into chunks that lie side by side, so that a loop over steps goes through one chunk only.

Steps of a batch, `[B, T, K]`, lie in `[C, K, N, B]`: step c of chunk n of record b. Each of these N * B lanes is a
sequence of its own to the loop, and numbers of one step and tag are neighbours in memory. What a chunk begins with
follows from an operator of each chunk before it, `[K, K]`: from each tag before the chunk to each at its end (a scan in
the sense of Blelloch 1990). The first step of a sequence stands by itself, for no transition leads to it.
"""

import math

import torch
from torch import Tensor
from torch.nn.functional import pad

FEWEST = 16
"""Chunks below which operators cost more than what the loop saves."""
AT_ONCE = 2**17
"""Numbers that a step of the loop handles where they still stay in the cache."""


def count(steps: int, batch: int, numbers: int) -> int:
    """How many chunks to make of sequences, where a step of an operator handles so many numbers; 1 takes none at all.

    Fastest is about the root of twice the steps, for there is a loop over chunks too.
    """
    chunks = min(math.isqrt(2 * steps), AT_ONCE // (batch * numbers))
    return chunks if chunks >= FEWEST else 1


class Lanes:
    """How a batch of sequences lies in chunks; `real [B, T]` is true on the steps before a sequence's end."""

    def __init__(self, real: Tensor, chunks: int) -> None:
        self.steps = real.shape[1]
        self.size = max(math.ceil((self.steps - 1) / chunks), 1)
        """C"""
        self.chunks = max(math.ceil((self.steps - 1) / self.size), 1)
        """N"""
        self.real = self.split(real[..., None])[1]
        """`[C, 1, N, B]`"""
        self.whole: list[bool] = self.real.flatten(1).all(1).tolist()
        """`[C]`, whether a step is real in all lanes."""

    def split(self, values: Tensor) -> tuple[Tensor, Tensor]:
        """`[B, T, K]` -> the first steps `[K, B]` and the others `[C, K, N, B]`, filled up with 0."""
        missing = self.chunks * self.size + 1 - self.steps
        rest = pad(values, (0, 0, 0, missing))[:, 1:] if missing else values[:, 1:]
        lanes = rest.view(-1, self.chunks, self.size, values.shape[2]).permute(2, 3, 1, 0)
        return values[:, 0].T, lanes.contiguous()

    def join(self, first: Tensor, rest: Tensor) -> Tensor:
        """`[K, B]` and `[C, K, N, B]` -> `[B, T, K]`"""
        others = rest.permute(3, 2, 0, 1).flatten(1, 2)
        return torch.cat([first.T[:, None], others[:, : self.steps - 1]], 1)

    def stack(self, steps: list[Tensor]) -> Tensor:
        """Steps `[K, N * B]` in a row -> `[steps, K, N, B]`"""
        return torch.stack(steps).view(len(steps), len(steps[0]), self.chunks, -1)
