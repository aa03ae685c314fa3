"""What the lens measures, against derivatives worked out by hand or by brute force."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.autograd.functional import jacobian

from seqpipe import Mistake
from seqpipe.batch import Batch, Padded
from seqpipe.codec import Codec, Label, Symbols, Tags
from seqpipe.embed import EmbedOptions
from seqpipe.encoder import Encoder, States, Trace
from seqpipe.encoders.convolution import ConvolutionOptions
from seqpipe.encoders.recurrent import BiLstm, Cec, Gru, Lstm, Recurrent, Rnn
from seqpipe.flow import Curve, flow
from seqpipe.head import Head
from seqpipe.heads.classifier import Classifier
from seqpipe.heads.tagger import Tagger
from seqpipe.model import Model

LENGTHS = [6, 3]


class Sum(Head):
    """The loss is the sum of the state after the last step; many to one."""

    target = Label

    def loss(self, states: States, target: Padded) -> Tensor:
        return states.final.sum(1)

    def predict(self, states: States) -> Any:
        raise NotImplementedError


class Next(Head):
    """The input itself is learned: the state of each step but the last sees its loss, the square of its sum."""

    target = None

    def loss(self, states: States, target: Padded) -> Tensor:
        steps = torch.arange(states.values.shape[1])
        return (states.values.sum(2) ** 2 * (steps < target.lengths[:, None] - 1)).sum(1)

    def predict(self, states: States) -> Any:
        raise NotImplementedError


class Blind(Encoder):
    """A plugin's encoder around one of ours, which does not show its steps."""

    def __init__(self, inner: Recurrent) -> None:
        super().__init__(inner.options, Symbols())
        self.inner, self.width = inner, inner.width

    @classmethod
    def causal(cls, options: Any) -> bool:
        return not options.bidirectional

    def forward(self, input: Padded, state: Tensor | None = None) -> States:
        found: States = self.inner(input, state)
        return found


def letters() -> Symbols:
    codec = Symbols()
    codec.fit(["ACGT"])
    return codec


def made(kind: type[Recurrent], **options: Any) -> Any:
    torch.manual_seed(5)
    encoder = kind(kind.Options(hidden_size=3, embed=EmbedOptions(size=2), **options), letters()).double()
    with torch.no_grad():
        for weight in encoder.parameters():
            weight.normal_()
    return encoder


def batch(lengths: Sequence[int] = LENGTHS, goal: Tensor | None = None) -> Batch:
    values = torch.randint(0, 4, (len(lengths), max(lengths)), generator=torch.Generator().manual_seed(3))
    goal = torch.zeros(len(lengths), dtype=torch.long) if goal is None else goal
    return Batch(Padded(values, torch.tensor(lengths)), Padded(goal, torch.tensor(lengths)))


def head(kind: type[Head], encoder: Any, codec: Codec) -> Any:
    torch.manual_seed(9)
    return kind(kind.Options(), encoder.width, codec).double()


def labels() -> Label:
    codec = Label()
    codec.fit(["yes", "no", "perhaps"])
    return codec


def measured(encoder: Any, head: Any, *batches: Batch) -> dict[tuple[str, str], Curve]:
    return {(one.layer, one.quantity): one for one in flow(Model(encoder, head).eval(), batches)[0]}


def means(curve: Curve) -> dict[int, float]:
    return {row.place: row.mean for row in curve.rows}


def test_vanilla_cell_is_a_product_of_jacobians() -> None:
    encoder, one = made(Rnn), batch([5])
    found = means(measured(encoder, head(Sum, encoder, labels()), one)["layer 1", "h"])
    cell = encoder.layers[0][0]
    inputs = encoder.embed(one.input)[0]

    def step(x: Tensor, h: Tensor) -> Tensor:
        biases = cell.bias_ih_l0 + cell.bias_hh_l0
        return (cell.weight_ih_l0 @ x + cell.weight_hh_l0 @ h + biases).tanh()

    states = [torch.zeros(3, dtype=torch.float64)]
    for x in inputs:
        states.append(step(x, states[-1]))
    error, wanted = torch.ones(3, dtype=torch.float64), {}
    for back in range(5):
        wanted[back] = float(error.norm())
        at = 5 - back
        error = error @ jacobian(lambda h, x=inputs[at - 1]: step(x, h), states[at - 1])
    assert found == pytest.approx(wanted)
    assert len(found) == 5


def test_carousel_without_recurrent_weights_is_constant() -> None:
    """c_T is c_t plus what came in between, so that dL/dc_t is 1 - tanh(c_T)² at each step."""
    encoder = made(Cec)
    with torch.no_grad():
        encoder.layers[0][0].weight_hh.zero_()
    _, (trace,) = encoder.trace(batch([7]).input)
    found = measured(encoder, head(Sum, encoder, labels()), batch([7]))
    wanted = float((1 - trace.c[-1].detach().tanh() ** 2).norm())
    assert means(found["layer 1", "c"]) == pytest.approx(dict.fromkeys(range(7), wanted))
    # h_t goes nowhere but into the loss.
    assert means(found["layer 1", "h"]) == pytest.approx({0: 3**0.5} | dict.fromkeys(range(1, 7), 0.0))


def test_forget_gate_decays_by_its_power() -> None:
    encoder = made(Lstm, initial_state="zero")
    with torch.no_grad():
        for name, weight in encoder.layers.named_parameters():
            if "weight" in name or "bias_hh" in name:
                weight.zero_()
            else:
                weight[:] = torch.tensor([0.3] * 3 + [1.0] * 3 + [0.5] * 3 + [2.0] * 3)
    found = means(measured(encoder, head(Sum, encoder, labels()), batch([6]))["layer 1", "c"])
    forget = 1 / (1 + np.exp(-1.0))
    assert found == pytest.approx({back: found[0] * forget**back for back in range(6)})


def test_quartiles_are_over_records_and_a_record_is_the_same_alone() -> None:
    encoder = made(Gru, num_layers=2)
    model = head(Classifier, encoder, labels())
    together = measured(encoder, model, batch())
    parts = [
        Batch(
            *(Padded(one.values[row : row + 1], one.lengths[row : row + 1]) for one in batch()[:2] if one is not None)
        )
        for row in (0, 1)
    ]
    cut = [Batch(Padded(one.input.values[:, : int(one.input.lengths)], one.input.lengths), one.target) for one in parts]
    alone = [measured(encoder, model, one) for one in cut]
    apart = measured(encoder, model, *cut)
    assert sorted(together) == [("layer 1", "h"), ("layer 2", "h")]
    for key, curve in together.items():
        assert [row.numbers for row in curve.rows] == [2, 2, 2, 1, 1, 1]
        np.testing.assert_allclose(apart[key].rows, curve.rows)
        for row in curve.rows:
            norms = [means(one[key])[row.place] for one in alone if row.place in means(one[key])]
            wanted = [len(norms), *np.quantile(norms, [0.25, 0.5, 0.75]), np.mean(norms)]
            assert list(row)[1:] == pytest.approx(wanted)


def tags() -> Tags:
    codec = Tags(spans=False)
    codec.fit([["N", "V", "D"]])
    return codec


def test_where_each_step_has_a_loss_only_the_last_one_is_followed() -> None:
    """Both ways: forward from the last step, backward from the first, by autograd with all other states cut off."""
    encoder, one = made(BiLstm), batch(LENGTHS, torch.tensor([[0, 1, 2, 0, 1, 2], [2, 1, 0, 0, 0, 0]]))
    model = head(Tagger, encoder, tags())
    found = measured(encoder, model, one)
    assert sorted(found) == [(f"layer 1 {way}", q) for way in ("backward", "forward") for q in "ch"]
    states, traces = encoder.trace(one.input)
    ends = {"layer 1 forward": one.input.lengths - 1, "layer 1 backward": torch.zeros(2, dtype=torch.long)}
    for trace in traces:
        kept = torch.arange(6) == ends[trace.name][:, None]
        values = torch.where(kept[..., None], states.values, states.values.detach())
        loss = model.loss(States(values, states.lengths, states.final), one.target).sum()
        grads = torch.autograd.grad(loss, trace.h, retain_graph=True, materialize_grads=True)
        for back in range(6):
            norms = [float(grads[n - 1 - back][row].norm()) for row, n in enumerate(LENGTHS) if back < n]
            assert means(found[trace.name, "h"])[back] == pytest.approx(np.mean(norms))


@pytest.mark.parametrize("upsample", [False, True])
def test_of_a_strided_encoder_steps_are_blocks(upsample: bool) -> None:
    encoder = made(BiLstm, convolution=ConvolutionOptions(channels=3, widths=[4], strides=[2], upsample=upsample))
    lengths, goal = [7, 3], torch.tensor([[0, 1, 2, 0, 1, 2, 1], [2, 1, 0, 0, 0, 0, 0]])
    one = batch(lengths, goal if upsample else None)
    model = head(Tagger, encoder, tags()) if upsample else head(Sum, encoder, labels())
    norms, gates = flow(Model(encoder, model).eval(), [one])
    found = {curve.layer: means(curve) for curve in norms if curve.quantity == "h"}
    assert {tuple(row.numbers for row in curve.rows) for curve in gates} == {(6, 6, 3, 3)}
    states, traces = encoder.trace(one.input)
    for trace in traces:
        seen = torch.zeros(2, dtype=torch.long) if trace.backward else torch.tensor(lengths) - 1
        kept = torch.arange(states.values.shape[1]) == seen[:, None]
        values = torch.where(kept[..., None], states.values, states.values.detach()) if upsample else states.values
        loss = model.loss(States(values, states.lengths, states.final), one.target).sum()
        grads = torch.autograd.grad(loss, trace.h, retain_graph=True, materialize_grads=True)
        for back in range(4):
            wanted = [float(grads[n - 1 - back][row].norm()) for row, n in enumerate([4, 2]) if back < n]
            assert found[trace.name][back] == pytest.approx(np.mean(wanted))


def test_the_last_step_is_the_last_that_the_loss_sees() -> None:
    encoder = made(Rnn)
    found = means(measured(encoder, head(Next, encoder, letters()), batch([6]))["layer 1", "h"])
    states, (trace,) = encoder.trace(batch([6]).input)
    grads = torch.autograd.grad(states.values[:, 4].sum() ** 2, trace.h[:5])
    assert found == pytest.approx({4 - step: float(one.norm()) for step, one in enumerate(grads)})


def test_records_without_a_known_target_have_no_gradient_and_do_not_count() -> None:
    encoder = made(Rnn)
    found = measured(encoder, head(Classifier, encoder, labels()), batch(goal=torch.tensor([1, -1])))
    assert {row.numbers for row in found["layer 1", "h"].rows} == {1}
    assert len(found["layer 1", "h"].rows) == 6


def test_gates_are_over_all_units_of_the_steps_that_are_there() -> None:
    encoder = made(Lstm)
    _, gates = flow(Model(encoder, head(Sum, encoder, labels())).eval(), [batch()])
    _, (trace,) = encoder.trace(batch().input)
    assert [one.quantity for one in gates] == ["input", "forget", "output"]
    for curve in gates:
        assert [row.numbers for row in curve.rows] == [6, 6, 6, 3, 3, 3]
        assert [row.place for row in curve.rows] == [1, 2, 3, 4, 5, 6]
        for row in curve.rows:
            there = [n >= row.place for n in LENGTHS]
            opened = trace.gates[curve.quantity][row.place - 1][there].detach().numpy()
            assert row.mean == pytest.approx(opened.mean())
            assert (row.lower, row.median, row.upper) == pytest.approx(np.quantile(opened, [0.25, 0.5, 0.75]))


@pytest.mark.parametrize("kind", [Rnn, Lstm])
def test_an_encoder_that_shows_nothing_is_seen_by_what_it_carries(kind: type[Recurrent]) -> None:
    inner = made(kind)
    encoder = Blind(inner)
    model = head(Sum, encoder, labels())
    found = measured(encoder, model, batch())
    assert list(found) == [("carried state", "h")]
    seen = means(found["carried state", "h"])
    assert list(seen) == [1, 2, 3, 4, 5]
    if kind is Rnn:
        wanted = means(measured(inner, model, batch())["layer 1", "h"])
        del wanted[0]
        assert seen == pytest.approx(wanted)


class Wide(Blind):
    @classmethod
    def stride(cls, options: Any) -> int:
        return 2


def test_what_cannot_be_seen_is_said() -> None:
    for kind, options, what in [(Blind, {"bidirectional": True}, "looks ahead"), (Wide, {}, "has fewer states")]:
        encoder = kind(made(Lstm, **options))
        with pytest.raises(Mistake) as mistake:
            flow(Model(encoder, head(Sum, encoder, labels())), [batch()])
        assert what in str(mistake.value)
        assert str(mistake.value).endswith(f"give {kind.__name__} a method `trace`")


class Shown(Blind):
    """A plugin's encoder that looks ahead, and shows one state a step."""

    def trace(self, input: Padded) -> tuple[States, Sequence[Trace]]:
        states = self.inner.trace(input)[0]
        steps = list(states.values.unbind(1))
        return States(torch.stack(steps, 1), states.lengths, states.final), [Trace("top", steps)]


def test_a_plugins_own_trace_is_taken() -> None:
    encoder = Shown(made(BiLstm))
    one = batch(LENGTHS, torch.tensor([[0, 1, 2, 0, 1, 2], [2, 1, 0, 0, 0, 0]]))
    found = measured(encoder, head(Tagger, encoder, tags()), one)
    # Nothing is made from these states but the loss: all of it is at the last step.
    assert means(found["top", "h"])[0] > 0
    assert set(list(means(found["top", "h"]).values())[1:]) == {0.0}
