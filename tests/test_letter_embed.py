"""Vectors of letters and of k-mers, held against sums over all that an ambiguous one may be."""

from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from torch import Tensor

from seqpipe.batch import Padded, pad
from seqpipe.embed import EmbedOptions, embedding
from seqpipe.errors import Mistake
from seqpipe.letter_embed import KmerEmbed, LetterEmbed
from seqpipe.letters import Letters

TEXTS = ["ACGTNRYacgt", "T", "nnAGC"]


def made(codec: Letters, **options: Any) -> Any:
    torch.manual_seed(2)
    return embedding(EmbedOptions(**options), codec)


def possible(codec: Letters, letter: str) -> list[int]:
    (codes,) = codec.encode([letter]).rows
    return np.flatnonzero(codec.fractions[codes[0]]).tolist()


def test_one_hot_with_ambiguity_as_fractions() -> None:
    codec = Letters("dna")
    module = made(codec, size=0)
    assert isinstance(module, LetterEmbed)
    assert module.width == 4
    assert not list(module.parameters())
    found = module(pad(codec.encode(["ACGTacgt", "NRB"])))
    assert torch.equal(found[0], torch.eye(4).repeat(2, 1))
    third = np.float32(1 / 3)
    assert found[1, :3].tolist() == [[0.25] * 4, [0.5, 0, 0.5, 0], [0, third, third, third]]


def test_learned_vectors_are_mixed_by_fractions() -> None:
    codec = Letters("protein")
    module = made(codec, size=6)
    assert module.width == 6
    text = "ARNDBZJXUO"
    (found,) = module(pad(codec.encode([text])))
    for letter, vector in zip(text, found, strict=True):
        torch.testing.assert_close(vector, module.table.weight[possible(codec, letter)].mean(0))


@pytest.mark.parametrize(("options", "width"), [({"size": 0}, 4), ({"size": 5}, 5), ({"size": 5, "kmer": 3}, 5)])
def test_soft_masking_is_one_feature_more(options: dict[str, Any], width: int) -> None:
    plain, masking = Letters("dna"), Letters("dna", soft_masking=True)
    module = made(masking, **options)
    assert module.width == width + 1
    found = module(pad(masking.encode(["ACnNgt"])))
    assert found[0, :, -1].tolist() == [0, 0, 1, 0, 1, 1]
    assert torch.equal(found[..., :-1], made(plain, **options)(pad(plain.encode(["ACnNgt"]))))


def brute(module: Any, codec: Letters, text: str, kmer: int) -> Tensor:
    """The mean of the vectors of all k-mers that there may be, one letter after the other."""
    around = "N" * ((kmer - 1) // 2) + text + "N" * (kmer // 2)
    rows = []
    for start in range(len(text)):
        parts = [possible(codec, letter) for letter in around[start : start + kmer]]
        numbers = [sum(base * 4 ** (kmer - 1 - place) for place, base in enumerate(one)) for one in product(*parts)]
        rows.append(module.table.weight[numbers].mean(0))
    return torch.stack(rows)


@given(st.lists(st.text(st.sampled_from("ACGTacgtNRYBn"), min_size=1, max_size=9), min_size=1, max_size=3), st.data())
def test_kmers_are_the_mean_of_all_that_they_may_be(texts: list[str], data: st.DataObject) -> None:
    kmer = data.draw(st.integers(2, 4))
    codec = Letters("dna")
    module = made(codec, size=3, kmer=kmer).double()
    assert isinstance(module, KmerEmbed)
    found = module(pad(codec.encode(texts)))
    for text, row in zip(texts, found, strict=True):
        torch.testing.assert_close(row[: len(text)], brute(module, codec, text, kmer))


@pytest.mark.parametrize("options", [{"size": 0}, {"size": 5}, {"size": 5, "kmer": 4}])
def test_padding_has_no_influence(options: dict[str, Any]) -> None:
    codec = Letters("dna", soft_masking=True)
    module = made(codec, **options)
    input = pad(codec.encode(TEXTS))
    other = Padded(torch.where(input.mask, input.values, 7), input.lengths)
    assert torch.equal(module(input)[input.mask], module(other)[input.mask])
    for row, text in enumerate(TEXTS):
        alone = module(pad(codec.encode([text])))[0]
        torch.testing.assert_close(module(input)[row, : len(text)], alone)


@pytest.mark.parametrize("kmer", [1, 3])
def test_what_is_seen_is_learned(kmer: int) -> None:
    codec = Letters("dna")
    module = made(codec, size=2, kmer=kmer).double()
    input = pad(codec.encode(["ACRTT", "GGN"]))

    def summed(table: Tensor) -> Tensor:
        found = torch.func.functional_call(module, {"table.weight": table}, (input,))
        return found[input.mask].square().sum()

    table = module.table.weight.detach().clone().requires_grad_()
    assert torch.autograd.gradcheck(summed, (table,))


def test_kmers_need_vectors_and_not_too_many() -> None:
    with pytest.raises(ValidationError, match="k-mers are known by vectors of their own; give size a value above 0"):
        EmbedOptions(size=0, kmer=3)
    with pytest.raises(Mistake) as mistake:
        made(Letters("protein"), size=3, kmer=4)
    assert mistake.value.lines == ("embed.kmer: 160,000 vectors to learn for k-mers of 4; give a smaller k",)
    assert made(Letters("dna"), size=1, kmer=8).table.weight.shape == (65_536, 1)
