"""Vectors of words and symbols: what they are made of, and that neighbours in the batch do not change them."""

import logging
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from torch import nn

from seqpipe.batch import Padded, pad
from seqpipe.codec import Symbols, WordOptions, Words
from seqpipe.embed import EmbedOptions, SymbolEmbed, WordEmbed, embedding
from seqpipe.errors import Mistake

TEXTS = [["a", "rose", "is", "a", "rose"], ["Unhesitatingly", "rosy", "7"]]
NONE: dict[str, Any] = {"size": 0, "letters": 0, "affixes": 0, "shape": 0}


def codec() -> Words:
    words = Words(WordOptions())
    words.fit(TEXTS)
    return words


def made(**options: Any) -> WordEmbed:
    torch.manual_seed(5)
    found = embedding(EmbedOptions(**options), codec())
    assert isinstance(found, WordEmbed)
    return found


def padded(*texts: list[str]) -> Padded:
    return pad(codec().encode(texts))


@pytest.mark.parametrize("widths", [[1], [3], [2, 3, 4]])
@pytest.mark.parametrize("reader", ["cnn", "lstm"])
def test_a_word_alone_is_as_beside_longer_ones(reader: str, widths: list[int]) -> None:
    module = made(letter_encoder=reader, letter_widths=widths, affixes=3, shape=2).eval()
    for word in ("a", "is", "rose", "XYZ-9?", "Unhesitatingly", "never-seen-in-training-at-all", ""):
        alone = module(padded([word]))[0, 0]
        beside = module(padded(["supercalifragilistic", word, "x"], ["é"]))[0, 1]
        torch.testing.assert_close(alone, beside, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("reader", ["cnn", "lstm"])
def test_letters_tell_words_apart_that_the_vocabulary_does_not(reader: str) -> None:
    module = made(**NONE | {"letters": 4}, letter_encoder=reader).eval()
    one, other, third, unknown, same = module(padded(["rose", "roes", "Rose", "røse", "rüse"]))[0]
    assert not torch.equal(one, other)
    assert not torch.equal(one, third)
    assert not torch.equal(one, unknown)
    # Letters never learned are one and the same.
    torch.testing.assert_close(unknown, same)


def test_the_letter_cnn_sees_every_window_of_a_word() -> None:
    module = made(**NONE | {"letters": 2}, letter_filters=1, letter_widths=[2])
    cnn: Any = module.parts["letters"]
    with torch.no_grad():
        cnn.table.weight[1:] = torch.arange(1.0, len(cnn.table.weight))[:, None]
        cnn.convolutions[0].weight.fill_(1)
        cnn.convolutions[0].bias.zero_()
    number = codec().number["letters"]
    for word in ("rose", "a", "is"):
        values = [0, *(number[letter] for letter in word), 0]
        windows = [2.0 * (one + after) for one, after in pairwise(values)]
        assert module(padded([word, "Unhesitatingly"]))[0, 0].tolist() == [max(windows)]


def test_the_letter_lstm_ends_with_the_last_letter_each_way() -> None:
    module = made(**NONE | {"letters": 3}, letter_filters=4, letter_encoder="lstm")
    lstm: Any = module.parts["letters"]
    letters = torch.from_numpy(codec().forms(["rosy"]).letters)
    wanted = lstm.lstm(lstm.table(letters))[0][0]
    found = module(padded(["rosy", "Unhesitatingly"]))[0, 0]
    torch.testing.assert_close(found, torch.cat([wanted[-1, :4], wanted[0, 4:]]))


@pytest.mark.parametrize(
    ("options", "parts", "width"),
    [
        ({"size": 7, "letters": 0}, ["word"], 7),
        ({"size": 0, "letters": 5, "letter_filters": 6}, ["letters"], 6),
        ({"size": 0, "letters": 5, "letter_filters": 6, "letter_widths": [2, 3]}, ["letters"], 12),
        ({"size": 0, "letters": 5, "letter_filters": 6, "letter_encoder": "lstm"}, ["letters"], 12),
        ({"size": 0, "letters": 0, "affixes": 3}, ["affixes"], 24),
        ({"size": 0, "letters": 0, "shape": 3}, ["shape"], 3),
        (
            {"size": 7, "letters": 1, "letter_filters": 2, "affixes": 1, "shape": 1},
            ["word", "affixes", "shape", "letters"],
            18,
        ),
    ],
)
def test_sizes_of_zero_leave_parts_out(options: dict[str, Any], parts: list[str], width: int) -> None:
    module = made(**options)
    assert sorted(module.parts) == sorted(parts)
    assert module.width == width
    assert module(padded(*TEXTS)).shape == (2, 5, width)


def test_nothing_left_is_refused() -> None:
    words = "nothing is left to know a word by; give size, letters, affixes or shape a value above 0"
    with pytest.raises(ValidationError, match=words):
        EmbedOptions(**NONE)
    with pytest.raises(ValidationError, match="vectors are a word's own; give size a value above 0"):
        EmbedOptions(size=0, vectors="vectors.txt")


def test_each_distinct_word_is_worked_out_once() -> None:
    module = made(affixes=2, shape=2)
    rows: list[int] = []
    for part in module.parts.values():
        part.register_forward_hook(lambda _module, inputs, _output: rows.append(len(inputs[0])))
    found = module(padded(["a", "rose", "is", "a", "rose"], ["rose", "a"]))
    assert rows == [3] * 4
    assert torch.equal(found[0, 0], found[0, 3])
    assert torch.equal(found[0, 1], found[1, 0])


def test_word_dropout_follows_the_counts() -> None:
    words = Words(WordOptions())
    words.fit([["often"] * 9 + ["rare"]])
    module = embedding(EmbedOptions(**NONE | {"size": 3}, word_dropout=0.5), words)
    torch.manual_seed(1)
    # Every word stands there many times as if distinct, so that each is drawn by itself.
    often, rare, never = words.forms(["often", "rare", "never"]).word.tolist()
    assert (often, rare, never) == (1, 2, 0)
    drawn = 20_000
    part: Any = module.parts["word"]
    unknown = part.table.weight[0]
    for number, chance in ((often, 0.5 / 9.5), (rare, 0.5 / 1.5), (never, 1.0)):
        vectors = part(torch.full((drawn,), number))
        share = (vectors == unknown).all(1).float().mean().item()
        assert share == pytest.approx(chance, abs=0.015)
    module.eval()
    assert torch.equal(part(torch.full((9,), rare)), part.table.weight[[rare] * 9])


def test_no_word_dropout() -> None:
    module = made(**NONE | {"size": 3}, word_dropout=0.0).train()
    wanted = module.eval()(padded(*TEXTS))
    assert torch.equal(module.train()(padded(*TEXTS)), wanted)


def test_unknown_words_share_one_vector() -> None:
    module = made(**NONE | {"size": 3}).eval()
    one, other, known = module(padded(["tulip", "Daisy!", "rose"]))[0]
    assert torch.equal(one, other)
    assert not torch.equal(one, known)


def vector_file(folder: Path) -> str:
    path = folder / "vectors.txt"
    path.write_text("rose 1 2\nROSY 3 4\ntulip 5 6\n", encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("freeze", [False, True])
def test_pretrained_vectors_are_begun_with(tmp_path: Path, freeze: bool, caplog: pytest.LogCaptureFixture) -> None:
    source = vector_file(tmp_path)
    module = made(**NONE | {"size": 2}, vectors=source, freeze=freeze).eval()
    with caplog.at_level(logging.INFO, "seqpipe"):
        module.begin()
    assert caplog.messages == [f"{source}: vectors for 2 of 6 words"]
    assert module.width == 2
    assert module(padded(["rose", "Rosy"])).tolist() == [[[1, 2], [3, 4]]]
    table: Any = module.parts["word"]
    assert table.table.weight.requires_grad is not freeze


def test_pretrained_vectors_are_not_needed_to_predict(tmp_path: Path) -> None:
    source = vector_file(tmp_path)
    module = made(**NONE | {"size": 2}, vectors=source)
    module.begin()
    Path(source).unlink()
    other = made(**NONE | {"size": 2}, vectors=source)
    other.load_state_dict(module.state_dict())
    assert other.eval()(padded(["rose", "Rosy"])).tolist() == [[[1, 2], [3, 4]]]


def test_pretrained_vectors_of_another_size_are_refused(tmp_path: Path) -> None:
    source = vector_file(tmp_path)
    with pytest.raises(Mistake) as mistake:
        made(**NONE | {"size": 100}, vectors=source).begin()
    assert mistake.value.lines == (f"{source}: vectors of 2 numbers; set encoder.embed.size so, not 100",)


def test_symbols_and_the_one_never_learned() -> None:
    bases = Symbols()
    bases.fit(["ACGT"])
    module = embedding(EmbedOptions(size=3), bases)
    assert isinstance(module, SymbolEmbed)
    assert module.width == 3
    found = module(pad(bases.encode(["ACNA", "N"])))
    assert found.shape == (2, 4, 3)
    assert torch.equal(found[0, 0], found[0, 3])
    assert torch.equal(found[0, 2], found[1, 0])
    assert len(np.unique(found[0].detach().numpy(), axis=0)) == 3


def test_symbols_need_a_size() -> None:
    bases = Symbols()
    bases.fit(["ACGT"])
    with pytest.raises(Mistake) as mistake:
        embedding(EmbedOptions(size=0), bases)
    assert mistake.value.lines == (
        "embed.size: symbols that are not words have nothing but their own vector; give a size above 0",
    )


def test_letters_that_are_padding_stay_nothing() -> None:
    module = made(**NONE | {"letters": 4})
    module(padded(*TEXTS)).sum().backward()
    letters: Any = module.parts["letters"]
    assert isinstance(letters.table, nn.Embedding)
    assert not letters.table.weight[0].any()
    assert not letters.table.weight.grad[0].any()
