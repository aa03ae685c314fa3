"""Vectors of the letters of DNA, RNA and proteins: what they may mean, by fractions, alone or in k-mers."""

import torch
from torch import Tensor, nn

from .batch import Padded
from .letters import Letters


class LetterEmbed(nn.Module):
    """Fractions as they are, or learned vectors of the bases or residues mixed by them; last, 1 for lower case.

    The last feature is there with soft masking only.
    """

    fractions: Tensor
    masked: Tensor

    def __init__(self, size: int, codec: Letters) -> None:
        super().__init__()
        self.table = nn.Embedding(len(codec), size) if size else None
        self.register_buffer("fractions", torch.from_numpy(codec.fractions), persistent=False)
        masked = (
            torch.from_numpy(codec.masked).float()[:, None]
            if codec.soft_masking
            else torch.empty(len(codec.letters), 0)
        )
        self.register_buffer("masked", masked, persistent=False)
        self.width = (size or len(codec)) + masked.shape[1]

    def begin(self) -> None:
        """Nothing: letters have no pretrained vectors."""

    def forward(self, input: Padded) -> Tensor:
        """`[B, T, E]`"""
        meant = self.fractions if self.table is None else self.fractions @ self.table.weight
        return nn.functional.embedding(input.values.int(), torch.cat([meant, self.masked], 1))
