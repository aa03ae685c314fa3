"""Connectionist temporal classification (Graves et al. 2006): labels without knowing which step gives which.

Each step gives a label or a blank; a labelling is what is left of these when runs of one sign are merged and blanks
dropped. Throughout, `chances [B, T, V + 1]` are log probabilities of V labels and, last, of the blank, and
`lengths [B]` say which steps are real.
"""

from collections.abc import Sequence
from itertools import groupby

import torch
from torch import Tensor
from torch.nn.functional import ctc_loss

from .batch import Padded
from .crf import exact


def chances(votes: Tensor) -> Tensor:
    """Log probabilities of scores `[B, T, V + 1]`, in double precision where the device has it."""
    return exact(votes).log_softmax(-1)


def needed(labels: Padded) -> Tensor:
    """`[B]` steps that a labelling `[B, U]` takes at least: one a label, and a blank between two that are the same."""
    again = (labels.values[:, 1:] == labels.values[:, :-1]) & labels.mask[:, 1:]
    return labels.lengths + again.sum(1)


def losses(chances: Tensor, lengths: Tensor, labels: Padded) -> Tensor:
    """`[B]` negative logarithm of the summed probabilities of all ways to a labelling; differentiable.

    A labelling that takes more steps than there are is impossible: its loss is 0 and nothing is learned from it.
    """
    possible = needed(labels) <= lengths
    found = ctc_loss(
        chances.transpose(0, 1),
        labels.values,
        lengths,
        labels.lengths * possible,
        blank=chances.shape[2] - 1,
        reduction="none",
    )
    return torch.where(possible, found, 0)


def best_path(chances: Tensor, lengths: Tensor) -> list[list[int]]:
    """The labelling of the most probable sign at each step, which need not be the most probable labelling."""
    blank = chances.shape[2] - 1
    signs = chances.argmax(2).tolist()
    rows = zip(signs, lengths.tolist(), strict=True)
    return [[sign for sign, _ in groupby(row[:length]) if sign != blank] for row, length in rows]


def log_likelihoods(chances: Tensor, lengths: Tensor, labellings: Sequence[Sequence[int]]) -> list[float]:
    """The logarithm of the summed probabilities of all ways to a labelling, a possible one, of each record."""
    sizes = torch.tensor([len(one) for one in labellings])
    values = torch.zeros(len(labellings), int(sizes.max()), dtype=torch.long)
    for row, one in zip(values, labellings, strict=True):
        row[: len(one)] = torch.tensor(one, dtype=torch.long)
    labels = Padded(values.to(chances.device), sizes.to(chances.device))
    return (-losses(chances, lengths, labels)).tolist()
