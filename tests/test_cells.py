"""Recurrent cells: each is its formula, written step by step in numpy, in any shape of network, with true gradients."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from pydantic import ValidationError
from torch import Tensor, nn
from torch.func import functional_call
from torch.utils._python_dispatch import TorchDispatchMode

from seqpipe import builtin
from seqpipe.batch import Padded
from seqpipe.codec import Symbols
from seqpipe.embed import EmbedOptions
from seqpipe.encoders.cec import CecLoop
from seqpipe.encoders.lstm1997 import Lstm1997Loop
from seqpipe.encoders.peephole import PeepholeLoop
from seqpipe.encoders.recurrent import Recurrent
from seqpipe.plugins import discover

Array = NDArray[np.float64]
Weights = dict[str, Array]
LENGTHS = [5, 1, 7, 3]
SIZE = 3
CELLS: dict[str, dict[str, Any]] = {
    "rnn": {"cell": "rnn"},
    "cec": {"cell": "cec"},
    "lstm1997": {"cell": "lstm1997"},
    "lstm": {"cell": "lstm"},
    "peepholes": {"cell": "lstm", "peepholes": True},
    "gru": {"cell": "gru"},
}
LOOPS = [CecLoop, Lstm1997Loop, PeepholeLoop]


def fresh(kind: type[Recurrent], **options: Any) -> Any:
    codec = Symbols()
    codec.fit(["ACGT"])
    torch.manual_seed(4)
    return kind(kind.Options(hidden_size=SIZE, embed=EmbedOptions(size=2), **options), codec)


def made(cell: str, **options: Any) -> Any:
    """An encoder in float64 all of whose weights are at random."""
    encoder = fresh(Recurrent, **CELLS[cell], **options).double().eval()
    with torch.no_grad():
        for weight in encoder.parameters():
            weight.normal_()
    return encoder


def ragged(seed: int = 0, filling: int | None = None) -> Padded:
    values = torch.randint(-1, 4, (len(LENGTHS), max(LENGTHS)), generator=torch.Generator().manual_seed(seed))
    input = Padded(values, torch.tensor(LENGTHS))
    return input if filling is None else Padded(torch.where(input.mask, values, filling), input.lengths)


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def rows(weights: Weights, block: int, x: Array, h: Array) -> Array:
    """W [x; h] for one gate's rows of W."""
    at = slice(block * SIZE, (block + 1) * SIZE)
    both: Array = np.concatenate([weights["weight_ih"][at], weights["weight_hh"][at]], 1)
    return both @ np.concatenate([x, h])


def bias(weights: Weights, block: int) -> Array:
    at = slice(block * SIZE, (block + 1) * SIZE)
    if "bias" in weights:
        return weights["bias"][at]
    return weights["bias_ih"][at] + weights["bias_hh"][at]


def rnn(w: Weights, x: Array, h: Array) -> tuple[Array]:
    return (np.tanh(rows(w, 0, x, h) + bias(w, 0)),)


def cec(w: Weights, x: Array, h: Array, c: Array) -> tuple[Array, Array]:
    c = c + np.tanh(rows(w, 0, x, h))
    return np.tanh(c), c


def lstm1997(w: Weights, x: Array, h: Array, c: Array) -> tuple[Array, Array]:
    i, o = (sigmoid(rows(w, block, x, h) + bias(w, block)) for block in (0, 1))
    c = c + i * np.tanh(rows(w, 2, x, h))
    return o * np.tanh(c), c


def lstm(w: Weights, x: Array, h: Array, c: Array) -> tuple[Array, Array]:
    i, f, o = (sigmoid(rows(w, block, x, h) + bias(w, block)) for block in (0, 1, 3))
    c = f * c + i * np.tanh(rows(w, 2, x, h) + bias(w, 2))
    return o * np.tanh(c), c


def peepholes(w: Weights, x: Array, h: Array, c: Array) -> tuple[Array, Array]:
    i = sigmoid(rows(w, 0, x, h) + w["peepholes"][0] * c + bias(w, 0))
    f = sigmoid(rows(w, 1, x, h) + w["peepholes"][1] * c + bias(w, 1))
    c = f * c + i * np.tanh(rows(w, 2, x, h) + bias(w, 2))
    o = sigmoid(rows(w, 3, x, h) + w["peepholes"][2] * c + bias(w, 3))
    return o * np.tanh(c), c


def gru(w: Weights, x: Array, h: Array) -> tuple[Array]:
    r, z = (sigmoid(rows(w, block, x, h) + bias(w, block)) for block in (0, 1))
    at = slice(2 * SIZE, None)
    n = np.tanh(w["weight_ih"][at] @ x + w["bias_ih"][at] + r * (w["weight_hh"][at] @ h + w["bias_hh"][at]))
    return ((1 - z) * n + z * h,)


FORMULAS: dict[str, Callable[..., tuple[Array, ...]]] = {
    "rnn": rnn,
    "cec": cec,
    "lstm1997": lstm1997,
    "lstm": lstm,
    "peepholes": peepholes,
    "gru": gru,
}


def by_formula(encoder: Any, cell: str, xs: Array) -> tuple[Array, Array, Array]:
    """States, final state and the last step's h (and c) of each layer `[layers, P, H]`, of one sequence `[T, E]`."""
    parts = 1 if cell in ("rnn", "gru") else 2
    after = []
    for depth, layer in enumerate(encoder.layers):
        outputs, finals = [], []
        for direction, module in enumerate(layer):
            weights = {name.removesuffix("_l0"): weight.detach().numpy() for name, weight in module.named_parameters()}
            state: Any = np.zeros((parts, SIZE))
            if encoder.initial is not None:
                state = encoder.initial[depth, direction].detach().numpy()
            hs = []
            for x in xs[::-1] if direction else xs:
                state = FORMULAS[cell](weights, x, *state)
                hs.append(state[0])
            finals.append(state)
            outputs.append(hs[::-1] if direction else hs)
        xs = np.concatenate([np.array(hs) for hs in outputs], 1)
        after.append(np.array(finals[0]))
    return xs, np.concatenate([state[0] for state in finals]), np.array(after)


@pytest.mark.parametrize("initial_state", ["zero", "learned"])
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_a_cell_is_its_formula(cell: str, bidirectional: bool, layers: int, initial_state: str) -> None:
    encoder = made(cell, num_layers=layers, bidirectional=bidirectional, initial_state=initial_state)
    input = ragged()
    states = encoder(input)
    vectors = encoder.embed(input).detach().numpy()
    for row, length in enumerate(LENGTHS):
        values, final, after = by_formula(encoder, cell, vectors[row, :length])
        np.testing.assert_allclose(states.values[row, :length].detach(), values, atol=1e-12)
        np.testing.assert_allclose(states.final[row].detach(), final, atol=1e-12)
        if not bidirectional:
            np.testing.assert_allclose(states.carry[row].detach(), after, atol=1e-12)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_gradients_are_those_of_finite_differences(cell: str, bidirectional: bool) -> None:
    encoder = made(cell, num_layers=2, bidirectional=bidirectional, initial_state="learned")
    input = Padded(torch.tensor([[0, 1, 2], [3, 0, 0]]), torch.tensor([3, 1]))
    names, weights = zip(*encoder.named_parameters(), strict=True)

    def found(*values: Tensor) -> tuple[Tensor, ...]:
        states = functional_call(encoder, dict(zip(names, values, strict=True)), (input,))
        real = (states.values[input.mask], states.final)
        return real if bidirectional else (*real, states.carry)

    assert torch.autograd.gradcheck(found, weights)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_padding_has_no_influence(cell: str, bidirectional: bool) -> None:
    encoder = made(cell, num_layers=2, bidirectional=bidirectional, initial_state="learned")
    results = []
    for filling in (-1, 3):
        encoder.zero_grad()
        states = encoder(ragged(filling=filling))
        (states.values[states.mask].square().sum() + states.final.sum()).backward()
        results.append((states, [weight.grad.clone() for weight in encoder.layers.parameters()]))
    (one, grads), (other, others) = results
    assert torch.equal(one.values[one.mask], other.values[one.mask])
    assert torch.equal(one.final, other.final)
    assert bidirectional or torch.equal(one.carry, other.carry)
    for grad, wanted in zip(grads, others, strict=True):
        torch.testing.assert_close(grad, wanted)


@pytest.mark.parametrize("bidirectional", [False, True])
def test_peepholes_of_zero_are_the_plain_lstm(bidirectional: bool) -> None:
    plain = made("lstm", bidirectional=bidirectional, num_layers=2)
    seeing: Any = made("peepholes", bidirectional=bidirectional, num_layers=2)
    seeing.embed.load_state_dict(plain.embed.state_dict())
    for ours, theirs in zip(_cells(seeing), _cells(plain), strict=True):
        with torch.no_grad():
            ours.peepholes.zero_()
            ours.weight_ih.copy_(theirs.weight_ih_l0)
            ours.weight_hh.copy_(theirs.weight_hh_l0)
            ours.bias.copy_(theirs.bias_ih_l0 + theirs.bias_hh_l0)
    one, other = seeing(ragged()), plain(ragged())
    torch.testing.assert_close(one.values[one.mask], other.values[one.mask], rtol=0, atol=1e-12)
    assert bidirectional or torch.allclose(one.carry, other.carry, rtol=0, atol=1e-12)
    with torch.no_grad():
        _cells(seeing)[0].peepholes[2] += 1
    assert not torch.allclose(seeing(ragged()).final, other.final)


def test_lstm1997_is_the_lstm_whose_forget_gate_is_held_at_1() -> None:
    inputs, cell, kernel = _beside(Lstm1997Loop(4, SIZE))
    with torch.no_grad():
        i, o, candidate = (slice(block * SIZE, (block + 1) * SIZE) for block in range(3))
        for ours, theirs in ((cell.weight_ih, kernel.weight_ih_l0), (cell.weight_hh, kernel.weight_hh_l0)):
            theirs.copy_(torch.cat([ours[i], torch.zeros_like(ours[i]), ours[candidate], ours[o]]))
        held, none = torch.full((SIZE,), 99.0), torch.zeros(SIZE)
        kernel.bias_ih_l0.copy_(torch.cat([cell.bias[i], held, none, cell.bias[o]]))
        kernel.bias_hh_l0.zero_()
    _same(cell(inputs), kernel(inputs))


def test_cec_is_lstm1997_whose_gates_are_held_at_1() -> None:
    inputs, cell, _ = _beside(CecLoop(4, SIZE))
    gated = Lstm1997Loop(4, SIZE).double()
    with torch.no_grad():
        gated.weight_ih[2 * SIZE :] = cell.weight_ih
        gated.weight_hh[2 * SIZE :] = cell.weight_hh
        gated.bias.fill_(99)
    _same(cell(inputs), gated(inputs))


def _cells(encoder: Any) -> list[Any]:
    return [cell for layer in encoder.layers for cell in layer]


def _beside(cell: Any) -> tuple[Tensor, Any, Any]:
    torch.manual_seed(2)
    with torch.no_grad():
        for weight in cell.parameters():
            weight.normal_()
    return torch.randn(2, 9, 4).double(), cell.double(), nn.LSTM(4, SIZE, batch_first=True).double()


def _same(one: Any, other: Any) -> None:
    for ours, theirs in zip((one[0], *one[1]), (other[0], *other[1]), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12)


class Products(TorchDispatchMode):
    """Counts the matrix products that torch is asked for."""

    count = 0

    def __torch_dispatch__(self, op: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.count += op.overloadpacket.__name__ in {"mm", "addmm", "bmm", "baddbmm", "matmul", "linear"}
        return op(*args, **kwargs or {})


@pytest.mark.parametrize("loop", LOOPS)
def test_the_input_of_all_steps_is_one_matrix_product(loop: Any) -> None:
    with Products() as products:
        loop(4, SIZE)(torch.rand(2, 9, 4))
    assert products.count == 1 + 9


@pytest.mark.parametrize("forget_bias", [1.0, -2.5])
@pytest.mark.parametrize("cell", ["lstm", "peepholes"])
def test_the_forget_bias_is_what_it_is_set_to(cell: str, forget_bias: float) -> None:
    for module in _cells(fresh(Recurrent, **CELLS[cell], forget_bias=forget_bias, bidirectional=True, num_layers=2)):
        biases = [weight.detach() for name, weight in module.named_parameters() if name.startswith("bias")]
        assert sum(biases).tolist() == [0] * SIZE + [forget_bias] * SIZE + [0] * 2 * SIZE  # type: ignore[union-attr]


@pytest.mark.parametrize("cell", ["lstm", "peepholes"])
def test_chrono_biases_make_memories_of_one_to_so_many_steps(cell: str) -> None:
    for module in _cells(fresh(Recurrent, **CELLS[cell], chrono=100, bidirectional=True, num_layers=2)):
        biases = [weight.detach() for name, weight in module.named_parameters() if name.startswith("bias")]
        enter, forget, candidate, out = sum(biases).double().chunk(4)  # type: ignore[union-attr]
        spans = 1 / (1 - forget.sigmoid())
        assert ((spans >= 2) & (spans <= 100)).all()
        assert len(set(spans.tolist())) == SIZE
        assert torch.equal(enter, -forget)
        assert not candidate.any()
        assert not out.any()
    with pytest.raises(ValidationError, match="chrono takes the place of forget_bias; give one of them"):
        Recurrent.Options(chrono=100, forget_bias=2.0)


@pytest.mark.parametrize("option", [{"forget_bias": 0.5}, {"peepholes": True}, {"chrono": 9}])
@pytest.mark.parametrize("cell", ["rnn", "cec", "lstm1997", "gru"])
def test_what_the_lstm_alone_has_is_refused(cell: str, option: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="only the lstm has peepholes, a forget_bias and chrono; leave them"):
        Recurrent.Options(**CELLS[cell], **option)
    written = Recurrent.Options(**CELLS[cell])
    assert Recurrent.Options(**written.model_dump()) == written


@pytest.mark.parametrize("loop", LOOPS)
def test_weights_of_a_loop_begin_as_those_of_a_kernel(loop: type) -> None:
    cell = {CecLoop: "cec", Lstm1997Loop: "lstm1997", PeepholeLoop: "peepholes"}[loop]
    for module in _cells(fresh(Recurrent, **CELLS[cell], num_layers=2)):
        assert isinstance(module, loop)
        for gate in module.weight_hh.split(SIZE):
            torch.testing.assert_close(gate @ gate.T, torch.eye(SIZE))
        assert 0 < module.weight_ih.abs().max() <= (6 / sum(module.weight_ih.shape)) ** 0.5
        if isinstance(module, Lstm1997Loop):
            assert module.bias.tolist() == [0] * 2 * SIZE
        if isinstance(module, PeepholeLoop):
            assert not module.peepholes.any()


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_a_learned_initial_state_begins_at_zero_and_learns(cell: str, bidirectional: bool) -> None:
    learned: Any = made(cell, num_layers=2, bidirectional=bidirectional, initial_state="learned")
    zero = made(cell, num_layers=2, bidirectional=bidirectional)
    assert zero.initial is None
    with torch.no_grad():
        learned.initial.zero_()
    learned.load_state_dict(zero.state_dict(), strict=False)
    torch.testing.assert_close(learned(ragged()).final, zero(ragged()).final)
    learned(ragged()).final.square().sum().backward()
    assert learned.initial.grad.shape == (2, 1 + bidirectional, 1 if cell in ("rnn", "gru") else 2, SIZE)
    assert learned.initial.grad.all()
    assert not fresh(Recurrent, **CELLS[cell], initial_state="learned").initial.any()


def test_the_name_of_a_cell_is_that_of_an_encoder_with_it() -> None:
    names = {name for name, where in builtin.seqpipe_encoders().items() if ".recurrent:" in where}
    cells = {options["cell"] for options in CELLS.values()}
    assert names == cells | {"recurrent", "bilstm"}
    for cell in cells:
        kind = discover().load("encoder", cell)
        assert torch.equal(fresh(kind)(ragged()).values, fresh(Recurrent, cell=cell)(ragged()).values)
        with pytest.raises(ValidationError, match=f"Input should be '{cell}'"):
            kind.Options(cell="gru" if cell == "rnn" else "rnn")
