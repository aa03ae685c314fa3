"""Records longer than a window: labelled, sure of it and scored as the whole at once would be."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seqpipe import long
from seqpipe.codec import Codec, Tags, WordOptions, Words
from seqpipe.coded import Coded
from seqpipe.encoders.recurrent import BiLstm
from seqpipe.frames import Frames
from seqpipe.heads.tagger import Tagger
from seqpipe.letters import Letters
from seqpipe.model import Model
from seqpipe.ondisk import OnDisk
from seqpipe.predict import Cuts, Losses, label
from seqpipe.reader import Reader, Record
from seqpipe.settings import WindowOptions
from seqpipe.stitch import emissions

WORDS = ["the", "old", "boat", "sings", "in", "Vell"]
SPANS = ["O", "B-place", "I-place", "O", "B-person", "B-place"]
WHOLE = WindowOptions(size=1_000_000)


class Memory(Reader):
    """Reads no file: it only holds the codecs."""

    def __init__(self, input: Codec, spans: bool) -> None:
        super().__init__(None)
        self.input, self.target = input, Tags(spans)

    def read(self, path: Path) -> Iterator[Record]:
        raise AssertionError("no file is read here")


def record(kind: str, length: int) -> Record:
    """Of words with spans, of letters with a label that is now and then unknown, or of frames."""
    chance = np.random.default_rng(length)
    if kind == "words":
        return Record("w", [WORDS[place] for place in chance.integers(6, size=length)], (SPANS * length)[:length])
    labels = [None if one > 2 else "abc"[one] for one in chance.integers(4, size=length)]
    if kind == "letters":
        text = "".join("ACGTN"[place] for place in chance.integers(5, size=length))
        return Record("l", text, Coded.of(labels))
    return Record("f", chance.normal(size=(length, 3)).astype(np.float32), labels)


INPUTS = {"words": Words(WordOptions()), "letters": Letters("dna"), "frames": Frames()}


def parts(kind: str, window: WindowOptions, **options: Any) -> tuple[Model, Reader]:
    reader = Memory(INPUTS[kind], kind == "words")
    reader.fit([record(kind, 200)])
    torch.manual_seed(2)
    encoder = BiLstm(BiLstm.Options(hidden_size=4, num_layers=2), reader.input)
    assert isinstance(reader.target, Tags)
    model = Model(encoder, Tagger(Tagger.Options(**options), encoder.width, reader.target), window)
    for weight in (*encoder.layers.parameters(), *model.head.parameters()):
        torch.nn.init.normal_(weight, std=0.5)
    return model, reader


@pytest.mark.parametrize("crf", [True, False])
@pytest.mark.parametrize("kind", INPUTS)
@settings(max_examples=6, deadline=None)
@given(st.lists(st.integers(0, 60), min_size=1, max_size=6), st.integers(1, 25))
def test_windows_change_nothing_but_memory(kind: str, crf: bool, lengths: list[int], size: int) -> None:
    given = [record(kind, length) for length in lengths]
    whole, losses = Losses(), Losses()
    wanted = list(label(*parts(kind, WHOLE, crf=crf), given, whole))
    found = list(label(*parts(kind, WindowOptions(size=size, context=2), crf=crf), given, losses))
    for one, other in zip(found, wanted, strict=True):
        assert one.target == other.target
        if one.target:
            assert np.allclose(one.confidence, other.confidence, atol=1e-4)
    assert losses.steps == whole.steps
    assert losses.total == pytest.approx(whole.total, rel=1e-4)
    # Alone as beside others.
    for one, other in zip(given, found, strict=True):
        (alone,) = label(*parts(kind, WindowOptions(size=size, context=2), crf=crf), [one])
        assert alone.target == other.target


def test_the_share_of_labels_that_depends_on_the_cut_is_measured() -> None:
    given = [record("letters", length) for length in (30, 9, 300)]
    exact, overlap = Cuts(), Cuts()
    list(label(*parts("letters", WindowOptions(size=10, context=1)), given, cuts=exact))
    window = WindowOptions(size=10, context=1, stitch="overlap")
    model, reader = parts("letters", window)
    found = list(label(model, reader, given, cuts=overlap))
    assert exact == Cuts(330, 0)
    assert overlap.steps == 330
    assert 0 < overlap.share == overlap.changed / 330 < 1
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(long, "emissions", lambda *given: emissions(*given[:3], shifted=True))
        others = list(label(model, reader, given))
    pairs = [(one.target, other.target) for one, other in zip(found, others, strict=True)]
    assert overlap.changed == sum(a != b for pair in pairs for a, b in zip(*pair, strict=True))


def test_labels_of_very_many_steps_stay_on_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    window = WindowOptions(size=10, context=1)
    given = record("letters", 100)
    (short,) = label(*parts("letters", window), [given])
    monkeypatch.setattr(long, "IN_MEMORY", 99)
    monkeypatch.setattr(long, "STEPS_AT_ONCE", 7)
    losses = Losses()
    (found,) = label(*parts("letters", window), [given], losses)
    assert isinstance(found.target.codes, OnDisk)
    assert isinstance(found.confidence, OnDisk)
    assert found.target == short.target
    assert np.array_equal(found.confidence, short.confidence)
    assert losses.total > 0
