"""The next frame: likelihoods written out, what stands behind the end, chunks, and going on alone and in a batch."""

import itertools
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from seqpipe import pipeline, predict
from seqpipe.batch import Padded, pad
from seqpipe.embed import EmbedOptions
from seqpipe.encoder import States
from seqpipe.encoders.recurrent import Recurrent
from seqpipe.errors import Mistake
from seqpipe.frames import Frames
from seqpipe.heads.next_frame import NextFrame
from seqpipe.model import Model
from seqpipe.predict import Losses, label
from seqpipe.reader import Record
from seqpipe.readers.frames import FrameLines

CELLS = ["rnn", "lstm", "gru"]
SONGS = [
    np.array([[1, 0, 1], [0, 0, 0], [1, 1, 0], [0, 1, 0]]),
    np.array([[0, 1, 1]]),
    np.array([[1, 1, 1], [0, 1, 0]]),
]


def made(cell: str = "lstm", songs: Any = SONGS, **options: Any) -> tuple[Any, NextFrame, Frames]:
    codec = Frames()
    codec.fit(songs)
    torch.manual_seed(3)
    encoder = Recurrent(Recurrent.Options(cell=cell, hidden_size=4, num_layers=2, embed=EmbedOptions(size=0)), codec)
    head = NextFrame(NextFrame.Options(**options), encoder.width, codec)
    for weight in [*encoder.parameters(), *head.parameters()]:
        torch.nn.init.normal_(weight)
    with torch.no_grad():
        head.keys.weight.mul_(4)
        head.keys.bias.zero_()
    return encoder.double().eval(), head.double().eval(), codec


def batch(codec: Frames, songs: Any = SONGS) -> Padded:
    padded = pad(codec.encode(songs))
    return padded._replace(values=padded.values.double())


def written_out(encoder: Any, head: NextFrame, codec: Frames, song: Any) -> float:
    """The negative log-likelihood of one sequence, step by step and key by key."""
    total = 0.0
    for step, frame in enumerate(song):
        state = encoder(batch(codec, [song[:step]])).final[0] if step else head.begin.state
        weight, bias = head.keys.weight.detach().numpy(), head.keys.bias.detach().numpy()
        on = 1 / (1 + np.exp(-(weight @ state.detach().numpy() + bias)))
        total -= sum(math.log(p if key else 1 - p) for p, key in zip(on, frame, strict=True))
    return total


@pytest.mark.parametrize("cell", CELLS)
def test_loss_written_out(cell: str) -> None:
    encoder, head, codec = made(cell)
    input = batch(codec)
    losses = head.loss(encoder(input), input)
    assert losses.tolist() == pytest.approx([written_out(encoder, head, codec, song) for song in SONGS])


def test_the_probabilities_of_all_sequences_sum_to_one() -> None:
    frames = list(itertools.product([0, 1], repeat=2))
    songs = [np.array(song) for song in itertools.product(frames, repeat=3)]
    encoder, head, codec = made(songs=songs)
    input = batch(codec, songs)
    assert len(songs) == 64
    assert (-head.loss(encoder(input), input)).exp().sum().item() == pytest.approx(1)


@pytest.mark.parametrize("garbage", [1e9, math.inf, math.nan])
def test_what_stands_behind_the_end_has_no_influence(same_losses: Any, garbage: float) -> None:
    encoder, head, codec = made()
    input = batch(codec)
    clean = encoder(input)
    clean = replace(clean, values=clean.values.detach(), carried=None)
    dirty = replace(clean, values=torch.where(clean.mask[..., None], clean.values, garbage))
    spoilt = input._replace(values=torch.where(input.mask[..., None], input.values, garbage))
    same_losses(head, (clean, input), (dirty, spoilt))


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_alone_as_in_a_batch(cell: str, temperature: float) -> None:
    encoder, head, codec = made(cell, length=12, temperature=temperature)
    input = batch(codec)
    together, losses = head.predict(encoder(input)), head.loss(encoder(input), input)
    assert temperature == 0 or len({str(one.value) for one in together}) > 1
    for row, song in enumerate(SONGS):
        alone = batch(codec, [song])
        assert head.predict(encoder(alone)) == [together[row]]
        assert head.loss(encoder(alone), alone).item() == pytest.approx(losses[row].item())


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_chunks_have_the_loss_of_the_whole(cut: int) -> None:
    encoder, head, codec = made()
    input = batch(codec, SONGS[:1])
    first = Padded(input.values[:, :cut], torch.tensor([cut]))
    rest = Padded(input.values[:, cut:], torch.tensor([4 - cut]))
    states = encoder(first)
    after: States = replace(encoder(rest, states.carry), before=states.final)
    total = head.loss(states, first) + head.loss(after, rest)
    torch.testing.assert_close(total, head.loss(encoder(input), input))


@pytest.mark.parametrize("cell", CELLS)
def test_it_goes_on_as_if_its_frames_had_been_given(cell: str) -> None:
    encoder, head, codec = made(cell, length=5, temperature=0)
    for song in SONGS:
        (prediction,) = head.predict(encoder(batch(codec, [song])))
        given = song
        for frame in prediction.value:
            odds = head.keys(encoder(batch(codec, [given])).final)[0]
            assert frame == (odds > 0).double().tolist()
            given = np.concatenate([given, [frame]])
        assert len(given) == len(song) + 5


def test_lots_follow_the_probabilities_and_the_seed() -> None:
    encoder, head, codec = made(length=2000)
    for weight in (head.keys.weight, head.keys.bias):
        torch.nn.init.zeros_(weight)
    with torch.no_grad():
        head.keys.bias.copy_(torch.tensor([-2.0, 0.0, 1.0]))
    for temperature in (0.5, 1.0, 2.0):
        head.options = NextFrame.Options(length=2000, temperature=temperature)
        frames = np.array(head.predict(encoder(batch(codec)))[0].value)
        wanted = 1 / (1 + np.exp(-np.array([-2, 0, 1]) / temperature))
        np.testing.assert_allclose(frames.mean(0), wanted, atol=4 * 0.5 / 2000**0.5)
    head.options = NextFrame.Options(length=20, seed=1)
    one = head.predict(encoder(batch(codec)))
    assert one == head.predict(encoder(batch(codec)))
    head.options = NextFrame.Options(length=20, seed=2)
    assert one != head.predict(encoder(batch(codec)))
    head.options = NextFrame.Options(length=0)
    assert [prediction.value for prediction in head.predict(encoder(batch(codec)))] == [[], [], []]


def test_an_empty_beginning_goes_on_from_the_learned_state() -> None:
    encoder, head, codec = made(length=1, temperature=0)
    states = replace(encoder(batch(codec)), lengths=torch.tensor([0, 1, 2]))
    wanted = (head.keys(head.begin.state) > 0).double().tolist()
    assert head.predict(states)[0].value == [wanted]


def test_records_in_chunks_and_empty_ones_go_on_as_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    encoder, head, codec = made(length=3)
    reader = FrameLines(FrameLines.Options(target="none"))
    reader.input = codec
    model = Model(encoder.float(), head.float())
    records = [Record(str(place), song.astype(np.float32)) for place, song in enumerate([*SONGS, np.zeros((0, 3))])]
    wanted, whole = [], Losses()
    for record in records:
        wanted += label(model, reader, [record], whole)
    monkeypatch.setattr(predict, "TOKENS_PER_BATCH", 2)
    found = Losses()
    assert [one.target for one in label(model, reader, records, found)] == [one.target for one in wanted]
    assert [len(one.target) for one in wanted] == [3] * 4
    assert found.total == pytest.approx(whole.total, rel=1e-5)
    assert found.steps == whole.steps == 7


def test_frames_that_are_no_keys_are_refused() -> None:
    with pytest.raises(
        Mistake, match=r"^head next_frame: the numbers of a frame must be 0 or 1, or between, but they "
    ):
        made(songs=[np.array([[0.0, 2.0]])])
    codec = Frames(standardise=True)
    codec.fit(SONGS)
    with pytest.raises(Mistake, match=r"^head next_frame: a key is on or off; set reader\.standardise: false$"):
        NextFrame(NextFrame.Options(), 4, codec)


@pytest.mark.parametrize(
    ("reader", "encoder", "line"),
    [
        (
            "{type: frames, target: none}",
            "bilstm",
            "3: encoder.type: 'bilstm' looks ahead, which the head 'next_frame'",
        ),
        (
            "conll",
            "lstm",
            "4: head.type: 'next_frame' learns from an input of Frames, but the reader gives Words; use ",
        ),
    ],
)
def test_parts_that_do_not_fit_are_refused_before_data_is_opened(
    tmp_path: Any, reader: str, encoder: str, line: str
) -> None:
    (tmp_path / "t").write_text("")
    file = tmp_path / "p.yaml"
    reader = reader if reader[0] == "{" else f"{{type: {reader}}}"
    file.write_text(f"reader: {reader}\ndata: {{train: t}}\nencoder: {{type: {encoder}}}\nhead: {{type: next_frame}}\n")
    with pytest.raises(Mistake) as caught:
        pipeline.load(file)
    (found,) = caught.value.lines
    assert found.startswith(f"{file}:{line}")
