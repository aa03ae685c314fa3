"""Emissions of long sequences, put together of windows: those of the whole at once, wherever the cuts are."""

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seqpipe import stitch
from seqpipe.batch import Padded, pad
from seqpipe.codec import Codec, Tags
from seqpipe.embed import EmbedOptions, embedding
from seqpipe.encoder import Encoder, Part, States
from seqpipe.encoders.convolution import ConvolutionOptions
from seqpipe.encoders.linear import Linear
from seqpipe.encoders.recurrent import Recurrent
from seqpipe.heads.tagger import Tagger
from seqpipe.letters import Letters
from seqpipe.model import Model
from seqpipe.ondisk import OnDisk
from seqpipe.settings import WindowOptions

CONVOLUTION = ConvolutionOptions(channels=5, widths=[3, 4], strides=[1, 3], upsample=True)
ENCODERS: dict[str, Any] = {
    "lstm": {"cell": "lstm"},
    "bilstm": {"cell": "lstm", "bidirectional": True},
    "stacked": {"cell": "lstm", "bidirectional": True, "num_layers": 3, "initial_state": "learned"},
    "stacked gru": {"cell": "gru", "bidirectional": True, "num_layers": 2},
    "rnn": {"cell": "rnn", "num_layers": 2, "initial_state": "learned"},
    "never forgets": {"cell": "cec", "bidirectional": True, "num_layers": 2},
    "convolution": {"convolution": ConvolutionOptions(channels=5, widths=[5, 2]), "bidirectional": True},
    "strides": {"convolution": CONVOLUTION, "bidirectional": True, "num_layers": 2},
    "one way with strides": {"convolution": CONVOLUTION},
    "k-mers": {"embed": EmbedOptions(size=4, kmer=4), "bidirectional": True},
}


def scattered(model: Model) -> Model:
    """All weights at random, so large that states are far from zero and remember for a while."""
    torch.manual_seed(3)
    for weight in model.parameters():
        torch.nn.init.normal_(weight, std=0.4)
    return model.eval()


def build(encoder: Encoder, window: WindowOptions, crf: bool = True) -> Model:
    tags = Tags(spans=False)
    tags.fit([["a", "b", "c"]])
    return scattered(Model(encoder, Tagger(Tagger.Options(crf=crf), encoder.width, tags), window))


def whole(model: Model, codec: Codec, sequence: Any) -> torch.Tensor:
    """`[T, K]` emissions without any window."""
    with torch.no_grad():
        found = model.head.emissions(model.encoder(pad(codec.encode([sequence]))))
    assert found is not None
    return found[0]


def recurrent(name: str, window: WindowOptions) -> tuple[Model, Letters]:
    codec = Letters("dna")
    options = Recurrent.Options(**{"hidden_size": 4, "embed": EmbedOptions(size=0)} | ENCODERS[name])
    return build(Recurrent(options, codec), window), codec


def exactly(found: OnDisk, wanted: torch.Tensor) -> None:
    torch.testing.assert_close(torch.from_numpy(np.array(found)), wanted, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", ENCODERS)
@settings(max_examples=20, deadline=None)
@given(st.text("ACGTN", min_size=1, max_size=90), st.integers(1, 25), st.integers(1, 8))
def test_exact_is_the_whole_at_once(name: str, text: str, size: int, context: int) -> None:
    model, codec = recurrent(name, WindowOptions(size=size, context=context))
    (found,) = stitch.emissions(model, codec, [text])
    exactly(found, whole(model, codec, text))


@pytest.mark.parametrize("name", ENCODERS)
def test_lengths_around_the_borders_of_windows(name: str) -> None:
    model, codec = recurrent(name, WindowOptions(size=10, context=3))
    texts = [("ACGTTGCAAC" * 4)[:length] for length in range(1, 35)]
    for shifted in (False, True):
        # Several sequences at once, whose windows lie side by side.
        for text, found in zip(texts, stitch.emissions(model, codec, texts, shifted), strict=True):
            exactly(found, whole(model, codec, text))


@pytest.mark.parametrize(("name", "alone"), [("stacked", False), ("never forgets", True)])
def test_only_what_is_not_forgotten_is_read_again_window_by_window(
    name: str, alone: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, codec = recurrent(name, WindowOptions(size=40, context=1))
    within, sizes = model.encoder.within, []

    def watched(input: Padded, *more: Any) -> Part:
        sizes.append(len(input.lengths))
        return within(input, *more)

    monkeypatch.setattr(model.encoder, "within", watched)
    text = "ACCGTTAGAC" * 100
    (found,) = stitch.emissions(model, codec, [text])
    exactly(found, whole(model, codec, text))
    # The guess takes the first and the last window by themselves, and the others together.
    assert sizes[:3] == [1, 23, 1]
    assert (sizes.count(1) > 25) == alone


@pytest.mark.parametrize("steps", [1, 60, 10_000])
def test_a_budget_of_steps_bounds_how_many_windows_lie_side_by_side(
    steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, codec = recurrent("strides", WindowOptions(size=10, context=3))
    monkeypatch.setattr(stitch, "STEPS_AT_ONCE", steps)
    enter, seen = model.encoder.enter, []

    def watched(input: Padded) -> Any:
        seen.append(tuple(input.values.shape))
        return enter(input)

    monkeypatch.setattr(model.encoder, "enter", watched)
    text = "ACCGTTAGAC" * 10
    (found,) = stitch.emissions(model, codec, [text])
    assert all(batch == 1 or batch * length <= steps for batch, length in seen)
    assert any(batch > 1 for batch, _ in seen) == (steps > 1)
    exactly(found, whole(model, codec, text))


class Neighbours(Encoder):
    """A plugin's encoder, which sees 4 steps to each side, says nothing of it and carries nothing."""

    def __init__(self, codec: Letters) -> None:
        super().__init__(None, codec)
        self.embed = embedding(EmbedOptions(size=3), codec)
        self.convolution = torch.nn.Conv1d(3, 5, 9, padding=4)
        self.width = 5

    def forward(self, input: Padded, state: torch.Tensor | None = None) -> States:
        values = self.embed(input).masked_fill(~input.mask[..., None], 0)
        values = self.convolution(values.transpose(1, 2)).transpose(1, 2)
        return States(values, input.lengths, values[:, -1])


@settings(max_examples=30, deadline=None)
@given(st.text("ACGTN", min_size=1, max_size=90), st.integers(1, 25), st.integers(4, 8), st.booleans())
def test_overlap_is_the_whole_at_once_where_context_is_all_that_is_seen(
    text: str, size: int, context: int, shifted: bool
) -> None:
    codec = Letters("dna")
    model = build(Neighbours(codec), WindowOptions(size=size, context=context, stitch="overlap"))
    (found,) = stitch.emissions(model, codec, [text], shifted)
    exactly(found, whole(model, codec, text))


def test_overlap_looks_as_far_as_the_encoder_says_that_it_sees() -> None:
    codec, text = Letters("dna"), "ACGTTGCAAC" * 4
    wide = Linear(Linear.Options(hidden_size=4, embed=EmbedOptions(size=4, kmer=6)), codec)
    for encoder, equal in ((wide, True), (Neighbours(codec), False)):
        model = build(encoder, WindowOptions(size=10, context=1, stitch="overlap"))
        (found,) = stitch.emissions(model, codec, [text])
        assert np.allclose(found, whole(model, codec, text), atol=1e-4) == equal


@pytest.mark.parametrize("stitched", ["exact", "overlap"])
def test_linear_encoders_carry_nothing(stitched: Any) -> None:
    codec, text = Letters("dna"), "ACGTTGCAAC" * 4
    encoder = Linear(Linear.Options(hidden_size=4, embed=EmbedOptions(size=4, kmer=5)), codec)
    model = build(encoder, WindowOptions(size=7, context=1, stitch=stitched))
    (found,) = stitch.emissions(model, codec, [text])
    exactly(found, whole(model, codec, text))


class Onward(Encoder):
    """A plugin's causal encoder, which knows of `carry` alone."""

    def __init__(self, codec: Letters) -> None:
        super().__init__(None, codec)
        self.inner = Recurrent(Recurrent.Options(hidden_size=4, embed=EmbedOptions(size=3)), codec)
        self.width = 4

    @classmethod
    def causal(cls, options: Any) -> bool:
        return True

    def forward(self, input: Padded, state: torch.Tensor | None = None) -> States:
        return self.inner(input, state)


@settings(max_examples=20, deadline=None)
@given(st.text("ACGTN", min_size=1, max_size=60), st.integers(1, 25), st.integers(1, 8))
def test_whatever_is_causal_is_exact(text: str, size: int, context: int) -> None:
    codec = Letters("dna")
    model = build(Onward(codec), WindowOptions(size=size, context=context))
    assert model.in_windows
    (found,) = stitch.emissions(model, codec, [text])
    exactly(found, whole(model, codec, text))
