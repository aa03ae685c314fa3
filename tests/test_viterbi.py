"""Best paths in chunks are those of the plain recursion; where scores are level, they are whole paths all the same."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from seqpipe import crf, lanes, viterbi


def plain(steps: Tensor, chain: crf.Chain, n: int) -> Tensor:
    """The n best scores of one record, each step from the n best of each tag at the one before."""
    now = (chain.start + steps[0])[None]
    for step in steps[1:]:
        ways = (now[..., None] + chain.pairs).flatten(0, 1)
        now = ways.topk(min(n, len(ways)), 0).values + step
    scores = (now + chain.end).flatten().sort(descending=True).values[:n]
    return torch.nn.functional.pad(scores, (0, n - len(scores)), value=-torch.inf)


@st.composite
def problems(draw: st.DrawFn) -> tuple[int, Tensor, Tensor, crf.Chain]:
    """Chunks, emissions, lengths around whole chunks, and a chain that forbids some: whole numbers, often level."""
    chunks, size, tags = draw(st.integers(1, 5)), draw(st.integers(1, 6)), draw(st.integers(1, 4))
    around = st.builds(lambda n, more: max(n * size + more, 1), st.integers(0, chunks), st.integers(-1, 2))
    lengths = torch.tensor(draw(st.lists(around, min_size=1, max_size=3)))
    chance = torch.Generator().manual_seed(draw(st.integers(0, 2**31)))
    shapes = (len(lengths), int(lengths.max()), tags), (tags,), (tags,), (tags, tags)
    most = draw(st.sampled_from([1, 3, 1000]))
    steps, *chain = (torch.randint(most, shape, generator=chance).double() for shape in shapes)
    for part in chain:
        part[torch.rand(part.shape, generator=chance) < 0.2] = -torch.inf
    return chunks, steps, lengths, crf.Chain(*chain)


@settings(max_examples=100, deadline=None)
@given(problems(), st.sampled_from([1, 2, 3, 8]))
def test_paths_have_the_best_scores_and_are_each_another(
    problem: tuple[int, Tensor, Tensor, crf.Chain], n: int
) -> None:
    chunks, steps, lengths, chain = problem
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lanes, "count", lambda *_: chunks)
        paths, scores = viterbi.best_paths(steps, lengths, chain, n)
    for rank in range(n):
        own = crf.path_score(steps, lengths, chain, paths[:, rank])
        possible = scores[:, rank] > -torch.inf
        assert torch.equal(own[possible], scores[possible, rank])
    for row, length in enumerate(lengths.tolist()):
        assert torch.equal(scores[row], plain(steps[row, :length], chain, n))
        real = paths[row, scores[row] > -torch.inf, :length].tolist()
        assert len(set(map(tuple, real))) == len(real)
        assert not paths[row, :, length:].any()


@pytest.mark.parametrize("n", [1, 4])
def test_what_is_chosen_for_long_sequences_is_the_plain_recursion_too(n: int) -> None:
    torch.manual_seed(0)
    lengths = torch.tensor([900, 451, 1])
    assert lanes.count(900, 3, 4**3) > 1
    steps, *scores = (torch.randn(shape, dtype=torch.double) for shape in ((3, 900, 4), (4,), (4,), (4, 4)))
    chain = crf.Chain(*scores)
    paths, found = viterbi.best_paths(steps, lengths, chain, n)
    for row, length in enumerate(lengths.tolist()):
        torch.testing.assert_close(found[row], plain(steps[row, :length], chain, n), rtol=1e-12, atol=1e-9)
    for rank in range(n):
        torch.testing.assert_close(crf.path_score(steps, lengths, chain, paths[:, rank]), found[:, rank])
