"""What counts as the same: exact but for the last digits of real numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

CLOSE = 1e-4
"""How far single-precision numbers may lie apart, in relation and at all, that were added up in another order."""


def same(one: Any, other: Any) -> bool:
    """Whether two values, such as predictions or records, are the same; of tensors, shape and type too."""
    if isinstance(one, Tensor):
        alike = isinstance(other, Tensor) and one.shape == other.shape and one.dtype == other.dtype
        return alike and torch.allclose(one, other, CLOSE, CLOSE)
    if isinstance(one, np.ndarray) and one.dtype.kind in "biuf":
        return np.shape(one) == np.shape(other) and bool(np.allclose(one, other, CLOSE, CLOSE))
    if isinstance(one, float):
        return isinstance(other, int | float) and bool(np.isclose(one, other, CLOSE, CLOSE))
    if is_dataclass(one):
        alike = type(one) is type(other)
        return alike and all(same(getattr(one, part.name), getattr(other, part.name)) for part in fields(one))
    if isinstance(one, Mapping):
        return isinstance(other, Mapping) and one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
    if isinstance(one, Sequence) and not isinstance(one, str):
        return isinstance(other, Sequence) and len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def holds_tensor(value: Any) -> bool:
    """Whether there is a tensor in a prediction."""
    if isinstance(value, Tensor):
        return True
    if is_dataclass(value):
        return any(holds_tensor(getattr(value, part.name)) for part in fields(value))
    return isinstance(value, list | tuple) and any(map(holds_tensor, value))
