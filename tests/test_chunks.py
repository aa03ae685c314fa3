"""Long records in chunks: what each holds and what it goes on from, and that chunks learn what the whole would."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seqpipe import predict
from seqpipe.batch import Batch, pad
from seqpipe.chunks import Chunk, Span, chunks, cut, in_chunks, pieces
from seqpipe.codec import Encoded, Symbols, Tags
from seqpipe.encoders.recurrent import Recurrent
from seqpipe.heads.lm import Lm
from seqpipe.heads.tagger import Tagger
from seqpipe.model import Model
from seqpipe.predict import Losses, label, loss
from seqpipe.reader import Reader, Record
from seqpipe.settings import TrainOptions
from seqpipe.train import Training, _Batches, fit, trainer
from seqpipe.training_records import TrainingRecords

sizes = st.lists(st.integers(0, 40), min_size=1, max_size=12)


def followed(parts: list[Chunk]) -> dict[tuple[int, int], int]:
    """How often each step is in the chunks; that each chunk goes on where the one before says so is asserted."""
    seen: dict[tuple[int, int], int] = {}
    before: Chunk | None = None
    for part in parts:
        if part.goes_on:
            assert before is not None
            assert len(part.spans) == before.more
            pairs = zip(before.spans, part.spans, strict=False)
            assert all(one.row == other.row and one.stop == other.start for one, other in pairs)
        for row, start, stop in part.spans:
            for step in range(start, stop):
                seen[row, step] = seen.get((row, step), 0) + 1
        before = part
    return seen


@given(sizes, st.integers(1, 60))
def test_pieces_are_nearly_equal_and_hold_every_step_once(lengths: list[int], count: int) -> None:
    if not sum(lengths):
        return
    found = pieces(lengths, count)
    for row, length in enumerate(lengths):
        own = [(start, stop) for one, start, stop in found if one == row]
        assert [step for start, stop in own for step in range(start, stop)] == list(range(length))
        held = [stop - start for start, stop in own]
        if held:
            assert max(held) <= -(-sum(lengths) // count)
            assert max(held) - min(held) <= 1
    assert len(pieces([7 * count], count)) == count


@given(sizes, st.none() | st.integers(1, 9), st.data())
def test_chunks_of_spans_hold_every_step_once(lengths: list[int], steps: int | None, data: st.DataObject) -> None:
    spans = [Span(row, 3, 3 + length) for row, length in enumerate(sorted(lengths, reverse=True))]
    first = None if steps is None else data.draw(st.none() | st.integers(1, steps))
    found = list(chunks(spans, steps, first))
    assert followed(found) == {(row, step): 1 for row, start, stop in spans for step in range(start, stop)}
    assert [part.goes_on for part in found] == [False] + [True] * (len(found) - 1)
    assert found[-1].more == 0
    assert all(len(part.spans) > 0 for part in found)
    if steps is None:
        assert len(found) == 1
    else:
        widths = [max(stop - start for _, start, stop in part.spans) for part in found]
        assert max(widths) <= max(steps, first or 0)
        assert widths[1:-1] == [steps] * len(widths[1:-1])


def test_cut_takes_the_numbers_of_each_span() -> None:
    encoded = Encoded([np.arange(5), np.arange(10, 13)])
    assert [row.tolist() for row in cut(encoded, [Span(1, 1, 3), Span(0, 0, 2), Span(0, 4, 5)]).rows] == [
        [11, 12],
        [0, 1],
        [4],
    ]


@settings(deadline=None)
@given(sizes.filter(any), st.integers(1, 9), st.integers(1, 5), st.integers(1, 3))
def test_an_epoch_leaves_nothing_out_and_is_even(lengths: list[int], steps: int, streams: int, processes: int) -> None:
    counts = set()
    for seed in range(3):
        order = list(in_chunks(lengths, steps, streams, processes, np.random.default_rng(seed)))
        counts.add(len(order))
        turns = [order[process::processes] for process in range(processes)]
        assert len({len(turn) for turn in turns}) == 1
        seen = [followed(turn) for turn in turns]
        assert set().union(*seen) == {(row, step) for row, length in enumerate(lengths) for step in range(length)}
        if processes == 1:
            assert set(seen[0].values()) == {1}
        for part in order:
            assert 1 <= len(part.spans) <= streams
            assert max(stop - start for _, start, stop in part.spans) <= steps
    assert len(counts) == 1, "a schedule counts on the number of updates"


@pytest.mark.parametrize("length", range(11, 41))
def test_borders_move_from_epoch_to_epoch(length: int) -> None:
    firsts = set()
    for seed in range(200):
        first = next(in_chunks([length], 10, 1, 1, np.random.default_rng(seed)))
        firsts.add(first.spans[0].stop)
    assert firsts <= set(range(1, 11))
    assert len(firsts) >= 5


def test_one_text_is_learned_from_in_as_many_streams_on_every_process() -> None:
    order = list(in_chunks([1000], 10, 4, 2, np.random.default_rng(1)))
    assert {len(part.spans) for part in order} == {4}
    assert set(followed(order[::2])) | set(followed(order[1::2])) == {(0, step) for step in range(1000)}
    assert not set(followed(order[::2])) & set(followed(order[1::2]))


def test_streams() -> None:
    assert TrainOptions(bptt=100, tokens_per_batch=1650).streams == 16
    assert TrainOptions(bptt=100, tokens_per_batch=30).streams == 1
    assert TrainOptions(bptt=100, batch_size=7, tokens_per_batch=None).streams == 7


class Letters(Reader):
    """Reads no file: it only holds the codecs."""

    def __init__(self, tagged: bool) -> None:
        super().__init__(None)
        self.input = Symbols()
        self.input.fit(["abc"])
        self.target = Tags(spans=False) if tagged else None
        if self.target is not None:
            self.target.fit(["xy"])

    def read(self, path: Path) -> Iterator[Record]:
        raise AssertionError("no file is read here")


def texts(lengths: list[int]) -> list[Record]:
    chance = np.random.default_rng(5)
    drawn = ["".join(chance.choice(list("abcd"), length)) for length in lengths]
    return [Record(str(n), text, ["xy"[one in "ab"] for one in text]) for n, text in enumerate(drawn)]


def made(tagged: bool, **options: Any) -> tuple[Model, Reader]:
    reader = Letters(tagged)
    torch.manual_seed(2)
    encoder = Recurrent(Recurrent.Options(hidden_size=4, num_layers=2, **options), reader.input)
    head: Any = (
        Lm(Lm.Options(length=3), 4, reader.input)
        if reader.target is None
        else Tagger(Tagger.Options(crf=False), 4, reader.target)
    )
    model = Model(encoder, head).double().eval()
    with torch.no_grad():
        for weight in model.parameters():
            weight.normal_()
    return model, reader


def batches(reader: Reader, records: list[Record], options: TrainOptions) -> list[Batch]:
    """The batches of an epoch, as training makes them."""
    numbers = TrainingRecords(reader, records)
    place = SimpleNamespace(world_size=1)
    training: Any = SimpleNamespace(records=numbers, options=options, trainer=place, global_rank=0, current_epoch=3)
    return [numbers[wanted] for wanted in _Batches(training)]


@pytest.mark.parametrize("tagged", [False, True])
@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(1, 20), min_size=1, max_size=6), st.integers(1, 8), st.integers(1, 7))
def test_the_loss_of_all_chunks_is_that_of_the_whole(tagged: bool, lengths: list[int], bptt: int, streams: int) -> None:
    model, reader = made(tagged)
    records = texts(lengths)
    # As many processes' worth of steps in one piece: no record is cut before it is learned from.
    options = TrainOptions(bptt=bptt, batch_size=streams, tokens_per_batch=None)
    parts = batches(reader, records, options)
    assert sum(int(part.input.lengths.sum()) for part in parts) == sum(lengths)
    found = sum(model.loss(part).sum().item() for part in parts)
    borders = pieces(lengths, streams)
    whole = cut(reader.input.encode([record.input for record in records]), borders)
    goal = None
    if reader.target is not None:
        goal = pad(cut(reader.target.encode([record.target for record in records]), borders))
    assert found == pytest.approx(model.loss(Batch(pad(whole), goal)).sum().item(), rel=1e-9)


@pytest.mark.parametrize("tagged", [False, True])
def test_the_gradient_stops_at_the_border_of_a_chunk(tagged: bool) -> None:
    model, reader = made(tagged)
    text = "cc" + "ab" * 5
    records = [Record("1", text, ["xy"[one == "a"] for one in text])]
    first, second = batches(reader, records, TrainOptions(bptt=9, batch_size=1, tokens_per_batch=None))
    begun = model.encoder.embed.table.weight  # type: ignore[union-attr]

    def gradient(part: Batch) -> list[bool]:
        """Whether the vectors of the unknown symbol, a, b and c have a part in it."""
        (found,) = torch.autograd.grad(model.loss(part).sum(), [begun])
        return found.any(1).tolist()

    assert (first.more, second.goes_on) == (1, True)
    assert gradient(first) == [False, True, first.input.values.shape[1] > 3 or tagged, True]
    assert gradient(second) == [False, True, True, False]


@pytest.mark.parametrize("tagged", [False, True])
def test_long_records_are_scored_in_chunks_and_alike(monkeypatch: pytest.MonkeyPatch, tagged: bool) -> None:
    model, reader = made(tagged)
    records = texts([0, 7, 50, 3, 23])
    wanted, wanted_losses = list(label(model, reader, records, one := Losses())), loss(model, reader, records)
    monkeypatch.setattr(predict, "TOKENS_PER_BATCH", 6)
    widest: list[int] = []
    forward = model.encoder.forward

    def noted(input: Any, state: Any = None) -> Any:
        widest.append(input.values.shape[1])
        return forward(input, state)

    monkeypatch.setattr(model.encoder, "forward", noted)
    again = loss(model, reader, records)
    assert max(widest) == 6
    assert again.steps == wanted_losses.steps == one.steps == 83
    assert again.total == pytest.approx(wanted_losses.total, rel=1e-9)
    assert one.total == pytest.approx(wanted_losses.total, rel=1e-9)
    if not tagged:
        # What follows was drawn with other numbers where the last chunk is shorter; its likeliest symbols are the same.
        model.head.options = model.head.options.model_copy(update={"temperature": 0.0})
        found = [record.target for record in label(model, reader, records)]
        monkeypatch.setattr(predict, "TOKENS_PER_BATCH", 4000)
        assert found == [record.target for record in label(model, reader, records)]
    else:
        assert [record.target for record in label(model, reader, records)] == [record.target for record in wanted]


def test_a_whole_record_after_a_chunk_begins_anew() -> None:
    model, reader = made(False)
    first, *_ = islice(batches(reader, texts([30]), TrainOptions(bptt=9, batch_size=1, tokens_per_batch=None)), 1)
    whole = Batch(pad(reader.input.encode(["abcab"])), None)
    alone = model.loss(whole)
    model.loss(first)
    assert model._left is not None
    torch.testing.assert_close(model.loss(whole), alone, rtol=0, atol=0)
    assert model._left is None


def test_training_takes_as_many_steps_as_the_schedule_counts_on(tmp_path: Path) -> None:
    model, reader = made(False)
    options = TrainOptions(
        bptt=7, batch_size=3, tokens_per_batch=None, epochs=3, schedule="linear", learning_rate=0.05, accelerator="cpu"
    )
    training = Training(model, reader, texts([100, 30, 9]), [], options, tmp_path)
    lightning = trainer(options, tmp_path)
    fit(lightning, training, resume=False)
    assert lightning.global_step == lightning.estimated_stepping_batches > 3 * 7
    losses = [epoch["loss"] for epoch in training.epochs]
    assert losses[2] < losses[0]
    assert training.read == 139
    assert lightning.optimizers[0].param_groups[0]["lr"] == pytest.approx(0, abs=1e-9)
