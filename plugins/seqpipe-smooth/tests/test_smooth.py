from pathlib import Path

import pytest
import torch
from pydantic import ValidationError
from seqpipe_smooth.smooth import Smooth

from seqpipe import Padded, Record, States, Symbols
from seqpipe.testing import check_head

HERE = Path(__file__).parents[1]


@pytest.fixture
def head():
    torch.manual_seed(1)
    tags = Symbols()
    tags.fit([["ADJ", "NOUN", "VERB"]])
    return Smooth(Smooth.Options(smoothing=0.3), 4, tags)


def states(values, lengths):
    lengths = torch.tensor(lengths)
    return States(values, lengths, values[:, 0])


def test_loss_is_the_sum_written_out_by_hand(head):
    values = torch.randn(1, 2, 4)
    chances = head.emit(values[0]).softmax(-1)
    wanted = 0.0
    for step, gold in enumerate([2, 0]):
        for tag in range(3):
            share = 0.3 / 3 + (0.7 if tag == gold else 0)
            wanted -= share * chances[step, tag].log()
    loss = head.loss(states(values, [2]), Padded(torch.tensor([[2, 0]]), torch.tensor([2])))
    torch.testing.assert_close(loss, wanted[None])


def test_it_keeps_what_heads_promise():
    check_head("smooth", {"smoothing": 0.2})


def test_padding_and_unknown_tags_have_no_part_in_loss_or_gradient(head):
    values = torch.randn(2, 3, 4)
    alone = head.loss(states(values[:1, :1], [1]), Padded(torch.tensor([[1]]), torch.tensor([1])))
    values[0, 2] = torch.nan
    values.requires_grad_()
    target = Padded(torch.tensor([[1, -1, 0], [-1, -1, -1]]), torch.tensor([2, 3]))
    loss = head.loss(states(values, [2, 3]), target)
    loss.sum().backward()
    torch.testing.assert_close(loss, torch.cat([alone, torch.zeros(1)]))
    assert not values.grad[0, 1:].any()
    assert not values.grad[1].any()


def test_prediction_is_the_likeliest_tag_of_each_real_step(head):
    values = torch.randn(2, 3, 4)
    chances = head.emit(values).softmax(-1)
    short, long = head.predict(states(values, [1, 3]))
    assert short.value == [head.codec.symbols[chances[0, 0].argmax()]]
    assert long.value == [head.codec.symbols[best] for best in chances[1].argmax(-1)]
    assert long.confidence == pytest.approx(chances[1].amax(-1).tolist())


def test_accuracy_counts_steps_not_records(head):
    gold = [Record("1", "ab", ["NOUN", "VERB"]), Record("2", "abcd", ["ADJ"] * 4)]
    found = [Record("1", "ab", ["NOUN", "ADJ"]), Record("2", "abcd", ["ADJ"] * 4)]
    assert head.score(gold, found) == {"accuracy": 5 / 6}


@pytest.mark.parametrize("wrong", [-0.1, 1.0, "0.1"])
def test_smoothing_is_a_share(wrong):
    with pytest.raises(ValidationError):
        Smooth.Options(smoothing=wrong)


@pytest.mark.parametrize(
    "name", ["pyproject.toml", "seqpipe_smooth/__init__.py", "seqpipe_smooth/smooth.py", "pipelines/smooth.yaml"]
)
def test_readme_shows_the_very_files(name):
    text = (HERE / name).read_text(encoding="utf-8")
    assert f"`{name}`\n\n```" in (HERE / "README.md").read_text(encoding="utf-8")
    assert f"\n{text}```\n" in (HERE / "README.md").read_text(encoding="utf-8")
