"""Taggers whose pipeline file says which labels may follow which: only such come out, and only such are learned."""

import itertools
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seqpipe import pipeline
from seqpipe.batch import pad
from seqpipe.codec import Tags
from seqpipe.encoder import States
from seqpipe.errors import Mistake
from seqpipe.heads.tagger import Tagger
from seqpipe.ondisk import OnDisk
from seqpipe.reader import Record
from seqpipe.run import run

LABELS = ["a", "b", "c", "other"]
CODONS: dict[str, Any] = {"transitions": {"a > b > c": ["a", "other"], "other": ["other", "a"]}, "first": ["other"]}


def made(seed: int = 0, **options: Any) -> Tagger:
    codec = Tags(spans=False)
    codec.fit([LABELS])
    torch.manual_seed(seed)
    head = Tagger(Tagger.Options(**CODONS | options), 4, codec).double()
    for weight in head.parameters():
        torch.nn.init.normal_(weight)
    return head


def states(lengths: Sequence[int], seed: int = 0) -> States:
    torch.manual_seed(seed)
    values = torch.randn(len(lengths), max(lengths), 4, dtype=torch.double)
    return States(values, torch.tensor(lengths), values[:, 0])


def well_formed(labels: Sequence[str]) -> bool:
    after = {"a": ["b"], "b": ["c"], "c": ["a", "other"], "other": ["other", "a"]}
    return all(right in after[left] for left, right in itertools.pairwise(labels))


@pytest.mark.parametrize("crf", [True, False])
@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), st.integers(0, 999))
def test_only_well_formed_labels_come_out(crf: bool, length: int, seed: int) -> None:
    head = made(seed, crf=crf, n_best=3, last=["other"])
    (found,) = head.predict(states([length], seed))
    for value, _ in found.alternatives:
        assert value[0] == value[-1] == "other"
        assert well_formed(value)
    (emissions,) = head.emissions(states([length], seed)).detach()
    assert list(head.decode_long(OnDisk.of(emissions.numpy())).value) == found.value


@pytest.mark.parametrize("cut", [(False, False), (True, False), (False, True), (True, True)])
def test_what_holds_for_ends_does_not_hold_where_a_window_was_cut(cut: tuple[bool, bool]) -> None:
    """At a cut, the labels of the context are unknown, and what stood before the first or after the last can be any."""
    head = made(last=["other"])
    gold: list[Any] = ["other", "a", "b", "c", "other"]
    if cut[0]:
        gold[:2] = [None]
    if cut[1]:
        gold[-2:] = [None]
    batch = states([len(gold)])
    steps, (start, end, pairs) = head.emissions(batch)[0].tolist(), (part.tolist() for part in head.chain())
    scores = {}
    for path in itertools.product(range(4), repeat=len(gold)):
        edges = (0 if cut[0] else start[path[0]]), (0 if cut[1] else end[path[-1]])
        inner = sum(row[tag] for row, tag in zip(steps, path, strict=True)) + sum(
            pairs[a][b] for a, b in itertools.pairwise(path)
        )
        scores[path] = math.exp(inner + sum(edges))
    fits = [path for path in scores if all(one in (None, LABELS[tag]) for one, tag in zip(gold, path, strict=True))]
    wanted = math.log(sum(scores.values())) - math.log(sum(scores[path] for path in fits))
    target = pad(head.codec.encode([gold]))
    assert head.loss(batch, target).item() == pytest.approx(wanted)
    (emissions,) = head.emissions(batch).detach()
    assert head.loss_long(OnDisk.of(emissions.numpy()), OnDisk.of(target.values[0].numpy())) == pytest.approx(wanted)
    assert head.misfit(Record("1", gold, gold), len(gold)) is None


def test_a_record_that_breaks_the_rules_is_named_and_not_learned_from() -> None:
    head = made()
    good, bad = ["other", "a", "b", "c"], ["other", "a", "c", "other", "other"]
    batch, target = states([4, 5, 5]), pad(head.codec.encode([good, bad, ["other", "a", None, None, "b"]]))
    losses = head.loss(batch, target)
    assert losses[1:].tolist() == [0, 0]
    losses.sum().backward()
    found = [weight.grad.clone() for weight in head.parameters()]
    head.zero_grad()
    alone = head.loss(States(batch.values[:1, :4], batch.lengths[:1], batch.final[:1]), pad(head.codec.encode([good])))
    alone.sum().backward()
    assert losses[0].item() == pytest.approx(alone.item())
    for one, weight in zip(found, head.parameters(), strict=True):
        torch.testing.assert_close(one, weight.grad)
    assert head.misfit(Record("1", good, good), 4) is None
    assert head.misfit(Record("2", bad, bad), 5) == "'c' at step 3 cannot follow 'a' at step 2"
    emissions = head.emissions(batch)[1].detach()
    assert head.loss_long(OnDisk.of(emissions.numpy()), OnDisk.of(target.values[1].numpy())) == 0
    # Each step by itself takes no offence.
    assert made(crf=False).misfit(Record("2", bad, bad), 5) is None


@pytest.mark.parametrize("crf", [True, False])
def test_where_no_labels_are_well_formed_those_of_each_step_come_out_and_are_never_sure(crf: bool) -> None:
    head = made(crf=crf, first=["a"], last=["c"])
    batch = states([4, 6])
    short, whole = head.predict(batch)
    assert well_formed(whole.value)
    assert short.confidence == [0] * 4 if crf else short.confidence
    best = head.emissions(batch)[0, :4].argmax(1)
    assert short.value == [LABELS[tag] for tag in best]
    long = head.decode_long(OnDisk.of(head.emissions(batch)[0, :4].detach().numpy()))
    assert list(long.value) == short.value
    assert list(long.confidence) == pytest.approx(short.confidence, rel=1e-6)


def test_spans_have_their_own_rules() -> None:
    codec = Tags(spans=True)
    codec.fit([["B-x"]])
    with pytest.raises(Mistake, match=r"^head.transitions, first, last: the labels are spans"):
        Tagger(Tagger.Options(first=["O"]), 4, codec)


PIPELINE = """\
reader: {type: conll, scheme: none}
data: {train: train.conll, dev: train.conll}
encoder: {type: lstm, hidden_size: 4, embed: {size: 3}}
head:
  type: tagger
  transitions:
    other: [other, +a]
    +a > -b > +c: [+a, other]
  first: [oth*]
train: {epochs: 1}
"""


@pytest.fixture
def codons(tmp_path: Path) -> Path:
    """A pipeline file with its data: two records in order, and one out of it."""
    rows = ["x other", "u +a", "v -b", "w +c", "x other"], ["x other", "x other"], ["x other", "u +c"]
    (tmp_path / "train.conll").write_text("\n\n".join("\n".join(record) for record in rows) + "\n", encoding="utf-8")
    path = tmp_path / "codons.yaml"
    path.write_text(PIPELINE, encoding="utf-8")
    return path


def test_a_pipeline_file_says_it_and_misfits_are_reported(codons: Path, caplog: pytest.LogCaptureFixture) -> None:
    outcome = run(pipeline.load(codons), codons.parent / "out")
    assert outcome is not None
    assert 0 < outcome.metrics["dev"]["loss"] < 10
    assert "train.conll:10: '+c' at step 2 cannot follow 'other' at step 1 (1 such records): left out" in caplog.text
    again = pipeline.load(codons.parent / "out" / "pipeline.yaml", trained=True)
    assert again.head.options.transitions == {"other": ["other", "+a"], "+a > -b > +c": ["+a", "other"]}


@pytest.mark.parametrize(
    ("setting", "lines"),
    [
        ("head.first=[start]", ["head.first: no label 'start'; the training records have: +a, +c, -b, other"]),
        (
            "head.first=['+c']",
            ["data.train: no target can come of its input, so nothing can be learned; see the line above"],
        ),
    ],
)
def test_what_cannot_be_is_said_before_training(codons: Path, setting: str, lines: list[str]) -> None:
    with pytest.raises(Mistake) as caught:
        run(pipeline.load(codons, [setting]), codons.parent / "out")
    assert [*caught.value.lines] == lines
    assert not (codons.parent / "out").exists()


def test_a_broken_chain_is_a_mistake_in_the_file(codons: Path) -> None:
    codons.write_text(PIPELINE.replace("-b >", ">"), encoding="utf-8")
    with pytest.raises(Mistake, match=r"codons.yaml:\d+: head.transitions: a label is missing in '\+a > > \+c'"):
        pipeline.load(codons)
