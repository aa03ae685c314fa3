"""Both strands: a record and its reverse complement are labelled alike, by the mean of what each strand gives."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise, product
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seqpipe.batch import pad
from seqpipe.codec import Tags
from seqpipe.embed import EmbedOptions
from seqpipe.encoders.recurrent import BiLstm
from seqpipe.errors import Mistake
from seqpipe.heads.tagger import Tagger
from seqpipe.letters import Letters
from seqpipe.model import Model
from seqpipe.predict import Losses, label
from seqpipe.reader import Reader, Record
from seqpipe.readers.sequences import Sequences
from seqpipe.settings import WindowOptions
from seqpipe.strands import mirror

LABELS = ["+start", "+gene", "-gene", "-start", "other"]


class Strands(Reader):
    """Reads no file: it knows of strands."""

    def __init__(self, labels: Sequence[str] = LABELS) -> None:
        super().__init__(None)
        self.input, self.target = Letters("dna"), Tags(spans=False)
        self.target.fit([labels])

    def read(self, path: Path) -> Iterator[Record]:
        raise AssertionError("no file is read here")

    def reverse(self, record: Record) -> Record | None:
        target = None if record.target is None else [self.mirror(tag) for tag in record.target][::-1]
        return replace(record, input=Letters("dna").reverse_complement(record.input), target=target)

    def mirror(self, tag: str) -> str:
        return tag.translate(str.maketrans("+-", "-+"))


def parts(crf: bool, size: int, strands: str = "both") -> tuple[Model, Reader]:
    torch.manual_seed(5)
    reader = Strands()
    encoder = BiLstm(BiLstm.Options(hidden_size=4, embed=EmbedOptions(size=0)), reader.input)
    assert isinstance(reader.target, Tags)
    head = Tagger(Tagger.Options(crf=crf), encoder.width, reader.target)
    window = WindowOptions(size=size, context=2, strands=strands)  # type: ignore[arg-type]
    model = Model(encoder, head, window, mirror(reader) if strands == "both" else None)
    for weight in model.parameters():
        torch.nn.init.normal_(weight, std=0.7)
    return model, reader


@pytest.mark.parametrize("crf", [True, False])
@settings(max_examples=25, deadline=None)
@given(st.lists(st.text("ACGT", max_size=40), min_size=1, max_size=4), st.integers(1, 50))
def test_the_reverse_complement_has_the_mirrored_labels(crf: bool, texts: list[str], size: int) -> None:
    model, reader = parts(crf, size)
    given = [Record(str(number), text) for number, text in enumerate(texts)]
    found = list(label(model, reader, given))
    others = list(label(model, reader, [reader.reverse(record) for record in given]))  # type: ignore[misc]
    for one, other in zip(found, others, strict=True):
        assert [reader.mirror(tag) for tag in one.target] == list(other.target)[::-1]
        if len(one.target):
            assert np.allclose(one.confidence, other.confidence[::-1], atol=1e-4)


def test_one_strand_alone_has_others() -> None:
    model, reader = parts(True, 50, "one")
    record = Record("r", "ACGTTGCAAGTACCGTATTA")
    (one,), (other,) = (list(label(model, reader, [text])) for text in (record, reader.reverse(record)))  # type: ignore[list-item]
    assert [reader.mirror(tag) for tag in one.target] != list(other.target)[::-1]


@torch.no_grad()
def scored(model: Model, reader: Strands, text: str, labels: Sequence[str]) -> float:
    """What one strand gives for a sequence of labels: the logarithm of its probability, but for a constant."""
    assert isinstance(model.head, Tagger)
    emissions = model.head.emissions(model.encoder(pad(reader.input.encode([text]))))[0]
    numbers = [reader.target.number[tag] for tag in labels]  # type: ignore[union-attr]
    chain = model.head.chain()
    inner = sum(float(emissions[step, tag]) for step, tag in enumerate(numbers))
    return inner + float(
        chain.start[numbers[0]] + chain.end[numbers[-1]] + sum(chain.pairs[a, b] for a, b in pairwise(numbers))
    )


@pytest.mark.parametrize("crf", [True, False])
def test_labels_are_the_best_of_the_product_of_what_both_strands_say(crf: bool) -> None:
    """By brute force over all sequences of labels: the geometric mean of both strands' probabilities."""
    text = "AGCG"
    model, reader = parts(crf, 50)
    one, _ = parts(crf, 50, "one")
    paths = list(product(LABELS, repeat=len(text)))
    weights: list[float] = []
    for path in paths:
        back = [reader.mirror(tag) for tag in path][::-1]
        both = scored(one, reader, text, path) + scored(one, reader, Letters("dna").reverse_complement(text), back)
        weights.append(both / 2)
    shares = torch.tensor(weights).softmax(0)
    (found,) = label(model, reader, [Record("r", text)])
    assert tuple(found.target) == paths[int(shares.argmax())]
    for step, (tag, sure) in enumerate(zip(found.target, found.confidence, strict=True)):
        assert sure == pytest.approx(
            float(sum(share for path, share in zip(paths, shares, strict=True) if path[step] == tag)), abs=1e-5
        )


def test_the_loss_is_that_of_the_strand_as_it_is() -> None:
    gold = [Record(str(length), "ACGTTGCAAGTACC"[:length], (LABELS * 3)[:length]) for length in (3, 8, 14)]
    totals = []
    for size, strands in ((50, "one"), (50, "both"), (5, "both")):
        losses = Losses()
        list(label(*parts(True, size, strands), gold, losses))
        totals.append(losses.total)
    assert totals == pytest.approx(totals[:1] * 3, rel=1e-5)


def test_a_label_whose_mirror_was_never_learned() -> None:
    with pytest.raises(Mistake) as mistake:
        mirror(Strands(["+gene", "other"]))
    what = "the other strand of '+gene' is '-gene', which was never learned"
    assert mistake.value.lines == (f"windows.strands: {what}; learn from both strands, or predict from one",)


def test_a_record_without_another_strand(monkeypatch: pytest.MonkeyPatch) -> None:
    model, reader = parts(True, 5)
    monkeypatch.setattr(Strands, "reverse", lambda self, record: None)
    for text in ("ACG", "ACGTTGC"):
        with pytest.raises(Mistake) as mistake:
            list(label(model, reader, [Record("r", text, where="a.fasta:3")]))
        assert mistake.value.lines == ("a.fasta:3: has no other strand; set windows.strands to one",)


def test_labels_of_the_other_strand_are_learned_where_sequences_are_reversed(tmp_path: Path) -> None:
    path = tmp_path / "one.fasta"
    path.write_text(">a label=forward\nACG\n")
    made = Sequences(Sequences.Options(reverse_complement=True, mirror={"forward": "backward"}))
    made.fit(list(made.read(path)))
    assert made.target.state()["symbols"] == ["backward", "forward"]
