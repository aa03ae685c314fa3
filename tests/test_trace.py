"""The cells step by step are the cells: the states of their kernels, and tensors that gradients flow through."""

from typing import Any

import pytest
import torch

from seqpipe.batch import Padded

CELLS = ["rnn", "cec", "lstm1997", "lstm", "peepholes", "gru"]
GATES = {
    "rnn": [],
    "cec": [],
    "lstm1997": ["input", "output"],
    "lstm": ["input", "forget", "output"],
    "peepholes": ["input", "forget", "output"],
    "gru": ["reset", "update"],
}
LENGTHS = [5, 1, 7, 3]


def ragged() -> Padded:
    values = torch.randint(-1, 4, (len(LENGTHS), max(LENGTHS)), generator=torch.Generator().manual_seed(2))
    return Padded(values, torch.tensor(LENGTHS))


@pytest.mark.parametrize("initial", ["zero", "learned"])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_a_trace_is_the_kernel_step_by_step(encoder_of: Any, cell: str, both: bool, layers: int, initial: str) -> None:
    encoder, input = encoder_of(cell, bidirectional=both, num_layers=layers, initial_state=initial), ragged()
    wanted = encoder(input)
    states, traces = encoder.trace(input)
    mask = input.mask[..., None]
    torch.testing.assert_close(states.values * mask, wanted.values * mask, rtol=0, atol=1e-12)
    torch.testing.assert_close(states.final, wanted.final, rtol=0, atol=1e-12)
    if not both:
        # This has c too, as the kernels give it.
        torch.testing.assert_close(states.carry, wanted.carry, rtol=0, atol=1e-12)
    ways = [" forward", " backward"] if both else [""]
    assert [one.name for one in traces] == [f"layer {n + 1}{way}" for n in range(layers) for way in ways]
    assert [one.backward for one in traces] == [False, True][: len(ways)] * layers


@pytest.mark.parametrize("cell", CELLS)
def test_gates_are_those_that_made_the_states(encoder_of: Any, cell: str) -> None:
    _, (trace,) = encoder_of(cell, num_layers=1).trace(ragged())
    assert list(trace.gates) == GATES[cell]
    assert bool(trace.c) == (cell not in ("rnn", "gru"))
    for steps in (trace.h, *([trace.c] if trace.c else []), *trace.gates.values()):
        assert [tuple(one.shape) for one in steps] == [(len(LENGTHS), 3)] * max(LENGTHS)
    for gate in trace.gates.values():
        assert all(bool(((one > 0) & (one < 1)).all()) for one in gate)
    if "output" in trace.gates:
        for h, c, o in zip(trace.h, trace.c, trace.gates["output"], strict=True):
            torch.testing.assert_close(h, o * c.tanh())
    if cell == "cec":
        torch.testing.assert_close(trace.h[-1], trace.c[-1].tanh())


def test_update_gate_keeps_the_state_before(encoder_of: Any) -> None:
    """h_t - z_t ⊗ h_{t-1} is (1 - z_t) ⊗ n_t, and n_t a tanh."""
    _, (trace,) = encoder_of("gru", num_layers=1).trace(ragged())
    for t in range(1, max(LENGTHS)):
        z = trace.gates["update"][t]
        assert bool((((trace.h[t] - z * trace.h[t - 1]) / (1 - z)).abs() <= 1).all())


@pytest.mark.parametrize("cell", CELLS)
def test_a_gradient_by_a_step_is_that_of_going_on_from_there(encoder_of: Any, cell: str) -> None:
    """The total derivative, by autograd through the kernel from the carried state on."""
    encoder, input = encoder_of(cell, num_layers=1), ragged()
    whole = Padded(input.values, torch.full((len(LENGTHS),), max(LENGTHS)))
    states, (trace,) = encoder.trace(whole)
    nodes = [trace.h[3]] + ([trace.c[3]] if trace.c else [])
    found = torch.autograd.grad(states.final.sin().sum(), nodes, retain_graph=True)
    carry = torch.stack([torch.stack(nodes, 1)], 1).detach().requires_grad_()
    rest = encoder(Padded(whole.values[:, 4:], whole.lengths - 4), carry)
    (wanted,) = torch.autograd.grad(rest.final.sin().sum(), carry)
    # c_t makes h_t too, so a gradient by c_t has that path besides the one over the carried c.
    torch.testing.assert_close(found[0], wanted[:, 0, 0])
    if trace.c:
        (way,) = torch.autograd.grad(trace.h[3], trace.c[3], wanted[:, 0, 0])
        torch.testing.assert_close(found[1], wanted[:, 0, 1] + way)
