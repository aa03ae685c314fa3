"""Vectors of the letters of DNA, RNA and proteins: what they may mean, by fractions, alone or in k-mers."""

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding, embedding_bag, pad

from .batch import Padded
from .errors import Mistake
from .letters import Letters

MOST_KMERS = 4**8
"""Vectors of k-mers that are still learned."""


class LetterEmbed(nn.Module):
    """Each letter by itself: fractions as they are, or learned vectors of the bases or residues mixed by them.

    With soft masking a last feature is 1 for lower case.
    """

    fractions: Tensor
    masked: Tensor

    def __init__(self, size: int, codec: Letters) -> None:
        super().__init__()
        self.table = nn.Embedding(len(codec), size) if size else None
        self.register_buffer("fractions", torch.from_numpy(codec.fractions), persistent=False)
        self.register_buffer("masked", _masked(codec), persistent=False)
        self.width = (size or len(codec)) + self.masked.shape[1]

    def begin(self) -> None:
        """Nothing: letters have no pretrained vectors."""

    def forward(self, input: Padded) -> Tensor:
        """`[B, T, E]`"""
        meant = self.fractions if self.table is None else self.fractions @ self.table.weight
        return embedding(input.values.int(), torch.cat([meant, self.masked], 1))


class KmerEmbed(nn.Module):
    """Learned vectors of k-mers, centred at each letter; of an even k one letter more is seen after it than before.

    A k-mer with ambiguity codes is the mean of all that it may be. Beyond the ends of a sequence may be any letter.
    With soft masking a last feature is 1 where the letter itself is lower case.
    """

    meanings: Tensor
    counts: Tensor
    masked: Tensor

    def __init__(self, size: int, kmer: int, codec: Letters) -> None:
        super().__init__()
        if len(codec) ** kmer > MOST_KMERS:
            raise Mistake(f"embed.kmer: {len(codec) ** kmer:,} vectors to learn for k-mers of {kmer}; give a smaller k")
        self.kmer = kmer
        self.table = nn.Embedding(len(codec) ** kmer, size)
        beyond = torch.ones(1, len(codec), dtype=torch.bool)
        possible = torch.cat([beyond, torch.from_numpy(codec.fractions > 0)])
        # Of each code, and first of what lies beyond the ends: how many letters it may be, and which, those first.
        self.register_buffer("counts", possible.sum(1), persistent=False)
        self.register_buffer("meanings", (~possible).int().argsort(dim=1, stable=True), persistent=False)
        self.register_buffer("masked", _masked(codec), persistent=False)
        self.width = size + self.masked.shape[1]

    def begin(self) -> None:
        """Nothing: k-mers have no pretrained vectors."""

    def forward(self, input: Padded) -> Tensor:
        """`[B, T, E]`; each distinct k-mer of the batch is made once."""
        codes = (input.values.long() + 1).masked_fill(~input.mask, 0)
        kmers = pad(codes, ((self.kmer - 1) // 2, self.kmer // 2)).unfold(1, self.kmer, 1)
        place = len(self.counts) ** torch.arange(self.kmer, device=codes.device)
        distinct, where = torch.unique((kmers * place).sum(2), return_inverse=True)
        vectors = self._mean(distinct[:, None] // place % len(self.counts))
        return torch.cat([embedding(where, vectors), embedding(input.values.int(), self.masked)], 2)

    def _mean(self, kmers: Tensor) -> Tensor:
        """`[N, k]` codes + 1 -> `[N, size]`, the mean over all that each may be."""
        counts = self.counts[kmers]
        many = counts.prod(1)
        first = many.cumsum(0) - many
        owner = torch.arange(len(kmers), device=kmers.device).repeat_interleave(many)
        choice = torch.arange(len(owner), device=kmers.device) - first[owner]
        index = torch.zeros_like(owner)
        for place in range(self.kmer):
            count = counts[owner, place]
            index = index * self.meanings.shape[1] + self.meanings[kmers[owner, place], choice % count]
            choice = choice // count
        return embedding_bag(index, self.table.weight, first, mode="mean")


def _masked(codec: Letters) -> Tensor:
    """`[codes, 1]`, 1 for lower case; `[codes, 0]` where case does not count."""
    return torch.from_numpy(codec.masked).float()[:, None][:, : int(codec.soft_masking)]
