"""Parts that do not go together, and what is told of others that would."""

import sys

import pytest

from seqpipe.errors import Mistake
from seqpipe.pipeline import load
from seqpipe.plugins import discover

PARTS = """
import seqpipe

@seqpipe.hookimpl
def seqpipe_readers():
    return {"labels": "odd_parts:Labels", "untold": "odd_parts:Untold", "grumpy": "odd_parts:Grumpy"}

@seqpipe.hookimpl
def seqpipe_encoders():
    return {"pyramid": "odd_parts:Pyramid", "frames": "odd_parts:Frames"}

@seqpipe.hookimpl
def seqpipe_heads():
    names = {"Next": "next", "Sequence": "sequence"}
    return {name: f"odd_parts:{cls}" for cls, name in names.items()}

class Reader(seqpipe.Reader):
    def read(self, path):
        yield from ()

class Labels(Reader):
    def __init__(self, options):
        super().__init__(options)
        self.input, self.target = seqpipe.Symbols(), seqpipe.Label()

class Untold(Reader):
    def __init__(self, options):
        super().__init__(options)
        self.input, self.target = seqpipe.Symbols(), None

class Grumpy(Reader):
    def __init__(self, options):
        raise seqpipe.Mistake("the columns do not go together")

class Pyramid(seqpipe.Encoder):
    @classmethod
    def stride(cls, options):
        return 4
    def forward(self, input): ...

class FrameCodec(seqpipe.Symbols): ...

class Frames(seqpipe.Encoder):
    reads = (FrameCodec,)
    def forward(self, input): ...

class Head(seqpipe.Head):
    def loss(self, states, target): ...
    def predict(self, states): ...

class Next(Head):
    target, causal = None, True

class Sequence(Head):
    target = seqpipe.Symbols
"""


@pytest.fixture(scope="module")
def odd(tmp_path_factory):
    file = tmp_path_factory.mktemp("odd") / "odd_parts.py"
    file.write_text(PARTS)
    yield discover([file])
    del sys.modules["odd_parts"]


@pytest.mark.parametrize(
    ("reader", "encoder", "head", "lines"),
    [
        ("labels", "bilstm", "classifier", []),
        ("labels", "pyramid", "classifier", []),
        ("untold", "lstm", "next", []),
        ("labels", "lstm", "next", []),
        (
            "labels",
            "bilstm",
            "tagger",
            ["4: head.type: 'tagger' learns Tags, but the reader gives Label; use classifier"],
        ),
        (
            "labels",
            "bilstm",
            "sequence",
            ["4: head.type: 'sequence' learns Symbols, but the reader gives Label; use classifier"],
        ),
        (
            "untold",
            "lstm",
            "sequence",
            ["4: head.type: 'sequence' learns Symbols, but the reader gives no target; use lm, next"],
        ),
        (
            "conll",
            "bilstm",
            "classifier",
            ["4: head.type: 'classifier' learns Label, but the reader gives Tags; use tagger"],
        ),
        (
            "conll",
            "bilstm",
            "ctc",
            ["4: head.type: 'ctc' learns Symbols, but the reader gives Tags; use tagger"],
        ),
        (
            "untold",
            "bilstm",
            "next",
            [
                "3: encoder.type: 'bilstm' looks ahead, which the head 'next' does not allow; "
                "use cec, gru, linear, lstm, lstm1997, recurrent, rnn"
            ],
        ),
        (
            "labels",
            "frames",
            "classifier",
            [
                "3: encoder.type: 'frames' reads FrameCodec, but the reader gives Symbols; "
                "use bilstm, cec, gru, linear, lstm, lstm1997, pyramid, recurrent, rnn"
            ],
        ),
        (
            "conll",
            "pyramid",
            "tagger",
            [
                "3: encoder.type: 'pyramid' gives a state for every 4 steps, but the head 'tagger' needs one for each "
                "step; use bilstm, cec, frames, gru, linear, lstm, lstm1997, recurrent, rnn"
            ],
        ),
        (
            "conll",
            "gru, bidirectional: true",
            "next",
            [
                "3: encoder.type: 'gru' looks ahead, which the head 'next' does not allow; "
                "set its options otherwise, or use cec, linear, lstm, lstm1997, recurrent, rnn"
            ],
        ),
        (
            "conll",
            "bilstm, convolution: {widths: [3, 3], strides: [2, 2]}",
            "tagger",
            [
                "3: encoder.type: 'bilstm' gives a state for every 4 steps, but the head 'tagger' needs one for each "
                "step; set its options otherwise, or use cec, frames, gru, linear, lstm, lstm1997, recurrent, rnn"
            ],
        ),
        ("conll", "bilstm, convolution: {widths: [3], strides: [2], upsample: true}", "tagger", []),
        ("grumpy", "bilstm", "tagger", ["1: reader: the columns do not go together"]),
    ],
)
def test_parts_that_do_not_fit_are_told_with_what_would(tmp_path, odd, reader, encoder, head, lines):
    file = tmp_path / "p.yaml"
    (tmp_path / "t").write_text("")
    file.write_text(
        f"reader: {{type: {reader}}}\ndata: {{train: t}}\nencoder: {{type: {encoder}}}\nhead: {{type: {head}}}\n"
    )
    if lines:
        with pytest.raises(Mistake) as caught:
            load(file, (), odd)
        assert list(caught.value.lines) == [f"{file}:{line}" for line in lines]
    else:
        assert load(file, (), odd).head.type == head
