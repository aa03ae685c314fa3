"""Windows of long records: what each owns and reads, and what of it is learned from."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seqpipe import artifact
from seqpipe.batch import pad
from seqpipe.codec import Symbols, Tags
from seqpipe.coded import Coded
from seqpipe.encoders.recurrent import BiLstm
from seqpipe.heads.tagger import Tagger
from seqpipe.pipeline import load
from seqpipe.reader import Reader, Record
from seqpipe.run import run
from seqpipe.settings import WindowOptions
from seqpipe.tags import bio, bioes, bioes_known
from seqpipe.windows import cut, windows

OPTIONS = st.builds(WindowOptions, size=st.integers(1, 12), context=st.integers(1, 9))
TEXTS = st.text("ACGT", max_size=60)


@settings(deadline=None)
@given(st.integers(1, 100), st.integers(1, 12), st.integers(1, 5), st.booleans())
def test_windows_own_every_step_once_in_whole_blocks(length: int, size: int, block: int, shifted: bool) -> None:
    found = windows(length, size, block, shifted)
    assert [step for one in found for step in range(one.start, one.stop)] == list(range(length))
    sizes = [one.stop - one.start for one in found]
    assert all(0 < steps < size + block for steps in sizes)
    assert all(one.start % block == 0 for one in found)
    assert len({*sizes[shifted:-1]}) <= 1
    if not shifted:
        assert max(sizes) == sizes[0]
        assert block > 1 or len(found) <= -(-length // size)


@settings(deadline=None)
@given(st.integers(1, 100), st.integers(2, 12))
def test_shifted_windows_have_other_borders(length: int, size: int) -> None:
    inner, others = ({one.start for one in windows(length, size, shifted=moved)} - {0} for moved in (False, True))
    assert not inner & others


class Plain(Reader):
    """Reads no file: it only cuts records."""

    def __init__(self) -> None:
        self.target = Symbols()

    def read(self, path: Path) -> Iterator[Record]:
        raise AssertionError("no file is read here")


def kinds(text: str) -> list[Record]:
    """The same record with input and target as readers may give them."""
    labels = [letter.lower() for letter in text]
    array = np.array([ord(letter) for letter in text], np.float32)
    targets = [labels, Coded.of(labels), text.lower(), np.array(labels, object)]
    inputs = [text, list(text), array, array]
    return [Record("r", *pair, "f:1") for pair in zip(inputs, targets, strict=True)]


@settings(deadline=None)
@given(TEXTS, OPTIONS)
def test_training_windows_hold_every_label_once_and_none_in_their_context(text: str, options: WindowOptions) -> None:
    for record in kinds(text):
        found = list(cut(Plain(), [record], options))
        if len(text) <= options.size:
            assert found == [record] or found[0] is record
            continue
        for one, window in zip(found, windows(len(text), options.size), strict=True):
            first, last = max(0, window.start - options.context), min(len(text), window.stop + options.context)
            assert list(one.input) == list(record.input[first:last])
            assert len(one.target) == len(one.input)
            own = range(window.start - first, window.stop - first)
            assert [place for place, label in enumerate(one.target) if label is not None] == list(own)
            assert isinstance(one.target, Coded) == isinstance(record.target, Coded)
        assert "".join(label for one in found for label in one.target if label) == text.lower()
        assert len({one.id for one in found}) == len(found)
        assert all(one.where.startswith("f:1") for one in found)


def test_cutting_leaves_the_record_as_it_was() -> None:
    labels = Coded.of(["a", "b"] * 10)
    list(cut(Plain(), [Record("r", "AC" * 10, labels)], WindowOptions(size=3, context=2)))
    assert labels == ["a", "b"] * 10


SPANS = st.lists(st.sampled_from(["O", "B-x", "I-x", "B-y", "I-y"]), max_size=20)


@settings(deadline=None)
@given(SPANS, st.data())
def test_tags_of_a_part_are_those_of_the_whole_or_unknown(tags: list[str], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(tags)))
    stop = data.draw(st.integers(start, len(tags)))
    part = bioes_known([None] * start + tags[start:stop] + [None] * (len(tags) - stop))
    whole = bioes(tags)
    for place, tag in enumerate(part):
        ends = place == stop - 1 < len(tags) - 1 and tags[place] != "O"
        if start <= place < stop and not ends:
            assert tag == whole[place]
        else:
            assert tag is None
    assert bio(bioes_known(tags)) == tags


def test_labels_of_the_context_have_no_part_in_the_loss() -> None:
    torch.manual_seed(1)
    codec, tags = Symbols(), Tags(spans=False)
    codec.fit(["ACGT"])
    tags.fit([["a", "b"]])
    encoder = BiLstm(BiLstm.Options(hidden_size=4), codec)
    for crf in (True, False):
        head = Tagger(Tagger.Options(crf=crf), encoder.width, tags)
        losses = []
        for other in "ab":
            labels = [*other * 5, *"abbaa", *other * 5]
            record = Record("r", "ACGTACGTACGTACG", labels)
            window = list(cut(Plain(), [record], WindowOptions(size=5, context=3)))[1]
            states = encoder(pad(codec.encode([window.input])))
            losses.append(head.loss(states, pad(tags.encode([window.target]))).item())
        assert losses[0] == losses[1] > 0


def test_a_run_learns_in_windows_and_its_folder_holds_how(tiny: Path) -> None:
    texts = {split: tiny.with_name(f"{split}.conll").read_text().replace("\n\n", "\n") for split in ("train", "dev")}
    for split, text in texts.items():
        tiny.with_name(f"{split}.conll").write_text(text + "\n")
    out = tiny.with_name("out")
    pipeline = load(tiny, ["windows={size: 40, context: 4}", "train.epochs=8"])
    outcome = run(pipeline, out)
    assert outcome is not None
    assert outcome.metrics["dev"]["f1"] > 0.8
    loaded = artifact.load(out).pipeline
    assert loaded.windows == WindowOptions(size=40, context=4)
    assert "windows:\n  size: 40\n  context: 4\n  stitch: exact\n  strands: one\n" in loaded.dump()


def test_a_run_folder_of_before_windows_loads(tiny: Path) -> None:
    out = tiny.with_name("out")
    run(load(tiny, ["train.epochs=1"]), out)
    text = (out / "pipeline.yaml").read_text()
    before, _, after = text.partition("windows:\n")
    (out / "pipeline.yaml").write_text(before + after[after.index("train:") :])
    assert "windows" not in (out / "pipeline.yaml").read_text()
    assert artifact.load(out).pipeline.windows == WindowOptions()
    run(load(tiny, ["train.epochs=1"]), out, resume=True)
