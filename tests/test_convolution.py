"""Convolution before the recurrence: held against sums written out, and what it says of its strides and its reach."""

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from torch import Tensor

from seqpipe.batch import Padded, pad
from seqpipe.codec import Symbols
from seqpipe.embed import EmbedOptions
from seqpipe.encoders.convolution import Convolution, ConvolutionOptions
from seqpipe.encoders.recurrent import Recurrent
from seqpipe.frames import Frames
from seqpipe.heads.ctc import Ctc
from seqpipe.letters import Letters
from seqpipe.reader import Record

CODEC = Letters("dna")
LENGTHS = [13, 1, 12, 6, 11]
SHAPES: list[dict[str, Any]] = [
    {"widths": [3]},
    {"widths": [4, 3], "normalise": False},
    {"widths": [5, 3, 3], "strides": [1, 3]},
    {"widths": [6], "strides": [3], "normalise": False},
    {"widths": [2, 4, 2], "strides": [2, 2, 1]},
]
STRIDED = SHAPES[2:]


def made(size: int = 0, kmer: int = 1, **convolution: Any) -> Any:
    torch.manual_seed(4)
    options = {"bidirectional": True, "hidden_size": 3, "num_layers": 2, "embed": EmbedOptions(size=size, kmer=kmer)}
    encoder = Recurrent(
        Recurrent.Options(**options, convolution=ConvolutionOptions(channels=5, **convolution)), CODEC
    ).double()
    for name, weight in encoder.named_parameters():
        if "norm" in name or "bias" in name:
            torch.nn.init.uniform_(weight, 0.1, 1)
    return encoder.eval()


def text(length: int, seed: int = 0) -> str:
    drawn = torch.randint(0, 4, (length,), generator=torch.Generator().manual_seed(seed))
    return "".join("ACGT"[base] for base in drawn)


def texts(*lengths: int) -> Padded:
    return pad(CODEC.encode([text(length, seed) for seed, length in enumerate(lengths)]))


def with_upsampling(shapes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return shapes + [one | {"upsample": True} for one in STRIDED]


def written_out(layer: Any, values: Tensor, left: int) -> Tensor:
    """A layer of convolution over one sequence `[T, E]`, a product at a time."""
    weight, bias = layer.convolution.weight, layer.convolution.bias
    (stride,) = layer.convolution.stride
    steps = []
    for start in range(0, len(values), stride):
        total = bias.clone()
        for place in range(weight.shape[2]):
            at = start - left + place
            if 0 <= at < len(values):
                total = total + weight[:, :, place] @ values[at]
        steps.append(layer.norm(total).clamp(min=0))
    found = torch.stack(steps)
    return values + found if stride == 1 and values.shape == found.shape else found


LEFTS = [[1], [1, 1], [2, 0, 1], [1], [0, 1, 0]]
"""Of each layer of each shape, steps before the first of those that a step stands for."""


@pytest.mark.parametrize(("shape", "lefts"), list(zip(SHAPES, LEFTS, strict=True)), ids=str)
def test_layers_are_sums_over_neighbours(shape: dict[str, Any], lefts: list[int]) -> None:
    torch.manual_seed(0)
    module = Convolution(ConvolutionOptions(channels=5, **shape), 2).double()
    values = torch.randn(len(LENGTHS), max(LENGTHS), 2, dtype=torch.double)
    found = module(values, torch.tensor(LENGTHS))
    for row, length in enumerate(LENGTHS):
        wanted = fine = values[row, :length]
        for number, (layer, left) in enumerate(zip(module.layers, lefts, strict=True), 1):
            wanted = written_out(layer, wanted, left)
            fine = wanted if number == module.whole else fine
        assert found.lengths[row] == len(wanted)
        torch.testing.assert_close(found.values[row, : len(wanted)], wanted)
        torch.testing.assert_close(found.fine[row, :length], fine)


@pytest.mark.parametrize("options", [{}, {"kmer": 3, "size": 4}], ids=str)
@pytest.mark.parametrize("shape", with_upsampling(SHAPES), ids=str)
def test_a_record_alone_is_as_in_a_batch_whatever_the_padding(shape: dict[str, Any], options: dict[str, Any]) -> None:
    encoder, input = made(**options, **shape), texts(*LENGTHS)
    states = encoder(input)
    other = encoder(Padded(torch.where(input.mask, input.values, 3), input.lengths))
    for row, length in enumerate(LENGTHS):
        alone = encoder(Padded(input.values[row : row + 1, :length], input.lengths[row : row + 1]))
        for batch in (states, other):
            torch.testing.assert_close(batch.values[row, : batch.lengths[row]], alone.values[0])
            torch.testing.assert_close(batch.final[row], alone.final[0])


@pytest.mark.parametrize("shape", with_upsampling(SHAPES), ids=str)
def test_the_stride_is_true(shape: dict[str, Any]) -> None:
    encoder = made(**shape)
    stride = encoder.stride(encoder.options)
    for length in range(1, 15):
        states = encoder(texts(length, 1))
        assert states.lengths.tolist() == [-(-length // stride), 1]
        assert states.values.shape == (2, -(-length // stride), encoder.width)


def test_the_recurrence_has_as_many_steps_fewer() -> None:
    steps: list[int] = []
    encoder = made(widths=[3, 3], strides=[2, 2], upsample=True)
    for layer in encoder.layers:
        for cell in layer:
            cell.register_forward_hook(lambda _module, inputs, _output: steps.append(inputs[0].shape[1]))
    encoder(texts(32))
    assert steps == [8] * 4


@st.composite
def shapes(draw: st.DrawFn) -> dict[str, Any]:
    strides = draw(st.lists(st.integers(1, 3), min_size=1, max_size=3))
    return {"strides": strides, "widths": [stride + draw(st.integers(0, 4)) for stride in strides]}


@settings(max_examples=25, deadline=None)
@given(shapes(), st.integers(0, 4), st.integers(1, 3), st.integers(1, 4))
def test_a_window_with_its_reach_is_as_in_the_whole(shape: dict[str, Any], first: int, count: int, kmer: int) -> None:
    encoder = made(kmer=kmer, size=2, **shape)
    block, reach = encoder.block(encoder.options), encoder.reach(encoder.options)
    blocks = -(-reach // block)
    whole = text(block * (first + count + 2 * blocks) + 1)
    start, stop = max(first - blocks, 0) * block, (first + count) * block + reach
    window = encoder.enter(pad(CODEC.encode([whole[start:stop]]))).values[0, first - start // block :][:count]
    torch.testing.assert_close(window, encoder.enter(pad(CODEC.encode([whole]))).values[0, first : first + count])


@settings(max_examples=25, deadline=None)
@given(shapes())
def test_the_reach_is_no_further_than_it_must(shape: dict[str, Any]) -> None:
    encoder = made(**shape)
    for weight in encoder.parameters():
        weight.data.abs_()
    block, reach = encoder.block(encoder.options), encoder.reach(encoder.options)
    blocks = -(-reach // block) + 1
    input = torch.zeros(1, (2 * blocks + 1) * block, 4, dtype=torch.double, requires_grad=True)
    encoder.convolution(input, torch.tensor([input.shape[1]])).values[0, blocks].square().sum().backward()
    assert input.grad is not None
    seen = input.grad[0].any(1).nonzero()[:, 0]
    before, after = int(blocks * block - seen.min()), int(seen.max() - (blocks + 1) * block + 1)
    assert max(before, after) == reach


@pytest.mark.parametrize("shape", with_upsampling(SHAPES), ids=str)
def test_it_looks_ahead_and_says_so(shape: dict[str, Any]) -> None:
    options = Recurrent.Options(hidden_size=3, embed=EmbedOptions(size=0), convolution=ConvolutionOptions(**shape))
    assert not Recurrent.causal(options)
    encoder = Recurrent(options, CODEC).eval()
    one, other = (encoder(pad(CODEC.encode([whole]))) for whole in ("ACGTACGTACGT", "ACGTACGTAGGT"))
    before = 9 // Recurrent.stride(options)
    assert not torch.equal(one.values[0, :before], other.values[0, :before])
    with pytest.raises(ValueError, match=r"^state: an encoder that looks ahead cannot go on from a state"):
        encoder(texts(3), torch.zeros(1, 1, 2, 3))
    with pytest.raises(ValueError, match=r"^carry: the encoder of these states is not causal"):
        _ = one.carry


def test_kmers_look_ahead_too() -> None:
    assert not Recurrent.causal(Recurrent.Options(embed=EmbedOptions(kmer=2)))
    assert Recurrent.causal(Recurrent.Options(embed=EmbedOptions(kmer=1)))


@pytest.mark.parametrize("shape", with_upsampling(SHAPES), ids=str)
def test_every_weight_learns(shape: dict[str, Any]) -> None:
    encoder, input = made(size=3, **shape), texts(*LENGTHS)
    states = encoder(input)
    states.values[states.mask].square().sum().backward()
    assert {
        name for name, weight in encoder.named_parameters() if weight.grad is None or not weight.grad.any()
    } == set()


@pytest.mark.parametrize("shape", with_upsampling(SHAPES), ids=str)
def test_a_trace_is_the_encoder_step_by_step(shape: dict[str, Any]) -> None:
    encoder, input = made(**shape), texts(*LENGTHS)
    wanted, (states, traces) = encoder(input), encoder.trace(input)
    torch.testing.assert_close(states.values[states.mask], wanted.values[wanted.mask])
    torch.testing.assert_close(states.final, wanted.final)
    block = encoder.block(encoder.options)
    assert {trace.stride * encoder.stride(encoder.options) for trace in traces} == {block}
    assert {len(trace.h) for trace in traces} == {-(-max(LENGTHS) // block)}


@pytest.mark.parametrize("target", ["ACGT", "AACC", "AAAA", "T"])
def test_ctc_learns_from_fewer_states(target: str) -> None:
    codec = Symbols()
    codec.fit(["ACGT"])
    encoder, input = made(widths=[3, 3], strides=[2, 2]), texts(25, 13)
    head = Ctc(Ctc.Options(), encoder.width, codec).double()
    goal = pad(codec.encode([target, target]))
    losses = head.loss(encoder(input), goal)
    for row, length in enumerate([25, 13]):
        alone = encoder(Padded(input.values[row : row + 1, :length], input.lengths[row : row + 1]))
        torch.testing.assert_close(losses[row : row + 1], head.loss(alone, pad(codec.encode([target]))))
        fits = head.misfit(Record("", "", target), int(alone.lengths)) is None
        assert fits == bool(losses[row] > 0)
    assert all(len(one.value) <= states for one, states in zip(head.predict(encoder(input)), [7, 4], strict=True))


def test_frames_are_convolved_too() -> None:
    codec = Frames()
    values = [[[0.0, 1.0]] * 7, [[2.0, 3.0]] * 4]
    codec.fit(values)
    options = {"embed": EmbedOptions(size=0), "convolution": ConvolutionOptions(widths=[3, 3], strides=[2, 2])}
    states = Recurrent(Recurrent.Options(**options), codec).eval()(pad(codec.encode(values)))
    assert states.lengths.tolist() == [2, 1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"strides": [2]}, "more strides than widths; give each layer of convolution its width"),
        (
            {"widths": [2], "strides": [3]},
            "a layer whose stride is above its width passes steps over; give it a larger",
        ),
        ({"widths": [3], "upsample": True}, "upsample brings back steps that strides took; give strides, or leave"),
    ],
)
def test_layers_that_cannot_be(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        ConvolutionOptions(**options)
