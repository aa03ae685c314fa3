"""Clipping, and what is noted of it, against norms worked out by hand."""

import pytest
import torch
from torch import nn

from seqpipe.clipping import Clipping


def weights(*gradients: list[float]) -> list[nn.Parameter]:
    made = [nn.Parameter(torch.zeros(len(one))) for one in gradients] + [nn.Parameter(torch.zeros(3))]
    for weight, gradient in zip(made, gradients, strict=False):
        weight.grad = torch.tensor(gradient)
    return made


def grads(made: list[nn.Parameter]) -> list[list[float]]:
    return [weight.grad.tolist() for weight in made if weight.grad is not None]


def test_by_norm_all_are_scaled_together() -> None:
    clipping, made = Clipping(1.0, None), weights([3.0, 0.0], [4.0])
    clipping(made)
    assert grads(made)[0] == pytest.approx([0.6, 0.0])
    assert grads(made)[1] == pytest.approx([0.8])
    wanted = {"updates": 1, "median": 5, "p95": 5, "max": 5, "clipped": 1, "scale": 0.2}
    assert clipping.summary() == pytest.approx(wanted)


def test_by_value_each_is_cut_and_the_scale_is_of_the_norms() -> None:
    clipping, made = Clipping(None, 2.0), weights([3.0, 0.0], [-4.0])
    clipping(made)
    assert grads(made) == [[2.0, 0.0], [-2.0]]
    assert clipping.summary()["scale"] == pytest.approx(8**0.5 / 5)
    assert clipping.summary()["max"] == pytest.approx(5)


@pytest.mark.parametrize(("norm", "value"), [(None, None), (6.0, None), (None, 4.0)])
def test_what_is_small_is_left_as_it_is(norm: float | None, value: float | None) -> None:
    clipping, made = Clipping(norm, value), weights([3.0, 0.0], [4.0])
    clipping(made)
    assert grads(made) == [[3.0, 0.0], [4.0]]
    assert clipping.summary() == pytest.approx({**dict.fromkeys(["median", "p95", "max"], 5)} | clean(1))


def clean(updates: int) -> dict[str, float]:
    return {"updates": updates, "clipped": 0.0, "scale": 1.0}


@pytest.mark.parametrize(("norm", "value"), [(None, None), (6.0, None), (None, 4.0)])
def test_no_gradient_is_nothing_clipped(norm: float | None, value: float | None) -> None:
    clipping = Clipping(norm, value)
    clipping(weights([0.0, 0.0]))
    assert clipping.summary() == {"median": 0.0, "p95": 0.0, "max": 0.0} | clean(1)


def test_an_update_that_overflowed_is_none() -> None:
    clipping = Clipping(1.0, None)
    clipping(weights([torch.inf]))
    assert clipping.summary() == {"updates": 0}
    clipping(weights([0.5]))
    assert clipping.summary() == pytest.approx({"median": 0.5, "p95": 0.5, "max": 0.5} | clean(1))
