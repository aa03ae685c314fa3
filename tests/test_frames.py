"""Codecs of real numbers: what they learn is numpy's, they come back, and their state is JSON."""

import json
import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from seqpipe.batch import pad
from seqpipe.codec import Codec
from seqpipe.embed import EmbedOptions, FrameEmbed, embedding
from seqpipe.evaluate import report_unknown
from seqpipe.frames import Frames, Number
from seqpipe.head import Head
from seqpipe.reader import Record

real = st.floats(-1e3, 1e3, width=32)
sequences = st.lists(st.integers(1, 5).flatmap(lambda steps: arrays(np.float32, (steps, 3), elements=real)), min_size=1)


def learnt(codec: Any, values: Any) -> Any:
    codec.fit(iter(values))
    return codec


def again(codec: Codec, fresh: Any) -> Any:
    fresh.restore(json.loads(json.dumps(codec.state(), allow_nan=False)))
    return fresh


@settings(deadline=None, max_examples=30)
@given(sequences)
def test_what_is_learned_of_frames_is_numpys_of_all_of_them(values: list[Any]) -> None:
    codec = learnt(Frames(), values)
    every = np.concatenate(values).astype(np.float64)
    assert len(codec) == 3
    assert (codec.low, codec.high) == (every.min(), every.max())
    np.testing.assert_allclose(codec.mean, every.mean(0), atol=1e-9)
    varied = every.std(0) > 1e-6
    np.testing.assert_allclose(codec.deviation[varied], every.std(0)[varied], rtol=1e-6)
    assert (codec.deviation > 0).all()


@settings(deadline=None, max_examples=30)
@given(sequences, st.booleans())
def test_frames_come_back(values: list[Any], standardise: bool) -> None:
    codec = learnt(Frames(standardise), values)
    rows = codec.encode(values).rows
    assert all(row.dtype == np.float32 and row.shape == value.shape for row, value in zip(rows, values, strict=True))
    for row, value in zip(rows, values, strict=True):
        np.testing.assert_allclose(codec.decode(row.tolist()), value, rtol=1e-5, atol=1e-2 if standardise else 0)
    twin = again(codec, Frames())
    assert twin.state() == codec.state()
    assert all((a == b).all() for a, b in zip(twin.encode(values).rows, rows, strict=True))


def test_standardised_frames_have_mean_0_and_deviation_1_and_a_constant_stays() -> None:
    values = [np.array([[1, 7, 1e5]]), np.array([[3, 7, 2e5], [5, 7, 3e5]])]
    every = np.concatenate(learnt(Frames(True), values).encode(values).rows)
    np.testing.assert_allclose(every.mean(0), 0, atol=1e-6)
    np.testing.assert_allclose(every.std(0), [1, 0, 1], atol=1e-6)
    assert learnt(Frames(), values).encode(values).rows[0].tolist() == [[1, 7, 1e5]]
    assert Frames().decode([]) == []


@settings(deadline=None, max_examples=30)
@given(st.lists(st.floats(-1e6, 1e6), min_size=1))
def test_numbers_come_back(values: list[float]) -> None:
    codec = learnt(Number(), values)
    rows = codec.encode(values).rows
    assert all(row.shape == () and row.dtype == np.float32 for row in rows)
    assert [codec.decode(float(row)) for row in rows] == pytest.approx(values, rel=1e-5, abs=codec.deviation * 1e-5)
    assert codec.decode([]) == np.mean(values)
    assert again(codec, Number()).state() == codec.state()
    assert len(codec) == 1


def test_numbers_have_unit_scale() -> None:
    values = [1.0, 4.0, 7.0, 8.0]
    rows = np.stack(learnt(Number(), values).encode(values).rows)
    assert rows.mean() == pytest.approx(0, abs=1e-6)
    assert rows.std() == pytest.approx(1)
    assert learnt(Number(), [3.0, 3.0]).encode([3.0, 4.0]).rows == [0, 1]
    always = [0.1] * 3
    assert np.std(always) > 0, "rounding was meant to make it vary"
    assert learnt(Number(), always).encode([1.1]).rows == [pytest.approx(1)]


def test_a_number_that_becomes_minus_one_is_not_an_unknown_label(caplog: pytest.LogCaptureFixture) -> None:
    class Some:
        target = learnt(Number(), [0.0, 2.0])

    assert Some.target.encode([0.0]).rows == [-1]
    report_unknown(Some, Head, [Record("1", ["x"], 0.0)])  # type: ignore[arg-type]
    assert caplog.records == []


GOOD = {"standardise": True, "low": 0, "high": 1, "mean": [0.5, 0], "deviation": [1, 2.5]}


@pytest.mark.parametrize(
    "wrong",
    [
        {"standardise": 1},
        {"low": None},
        {"high": "1"},
        {"mean": 3},
        {"mean": [1]},
        {"mean": [math.nan, 0]},
        {"mean": [True, 0]},
        {"deviation": [0, 1]},
        {"deviation": [1, -1]},
        {"deviation": [1, math.inf]},
        {"deviation": None},
    ],
)
def test_damaged_states_of_frames_are_refused(wrong: dict[str, Any]) -> None:
    codec = Frames()
    codec.restore(GOOD)
    before = codec.state()
    with pytest.raises((TypeError, ValueError)):
        codec.restore(GOOD | wrong)
    assert codec.state() == before


@pytest.mark.parametrize("wrong", [{"mean": "0"}, {"mean": math.inf}, {"deviation": 0}, {"deviation": False}])
def test_damaged_states_of_numbers_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError)):
        Number().restore({"mean": 0.0, "deviation": 1.0} | wrong)


def test_frames_are_embedded_by_a_linear_map_or_as_they_are() -> None:
    values = [np.array([[1.0, 2], [3, 4]]), np.array([[5.0, 6]])]
    codec = learnt(Frames(), values)
    batch = pad(codec.encode(values))
    plain = embedding(EmbedOptions(size=0), codec)
    assert plain.width == 2
    assert torch.equal(plain(batch), batch.values)
    mapped = embedding(EmbedOptions(size=5), codec)
    assert isinstance(mapped, FrameEmbed)
    weight, bias = mapped.parameters()
    torch.testing.assert_close(mapped(batch), batch.values @ weight.T + bias)
    assert mapped(batch).shape == (2, 2, mapped.width)
