"""Chain CRFs: sums, best paths and confidences equal those over all tag sequences written out; torchcrf agrees."""

import itertools
import math
from collections.abc import Iterator

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from seqpipe import crf, lanes, viterbi

Paths = dict[tuple[int, ...], float]


@pytest.fixture(scope="module", autouse=True, params=[None, 2, 3])
def chunks(request: pytest.FixtureRequest) -> Iterator[None]:
    """As many chunks as the shape calls for, or so many."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param:
            patch.setattr(lanes, "count", lambda *_: request.param)
        yield


def all_paths(emissions: Tensor, length: int, chain: crf.Chain) -> Paths:
    """The score of every tag sequence of one record."""
    steps, start, end, pairs = (part.tolist() for part in (emissions, *chain))
    found = {}
    for path in itertools.product(range(len(start)), repeat=length):
        inner = sum(steps[t][tag] for t, tag in enumerate(path)) + sum(pairs[a][b] for a, b in itertools.pairwise(path))
        found[path] = start[path[0]] + inner + end[path[-1]]
    return found


def log_sum(scores: list[float]) -> float:
    return float(torch.tensor(scores, dtype=torch.double).logsumexp(0))


@st.composite
def problems(draw: st.DrawFn, impossible: float = 0.0) -> tuple[Tensor, Tensor, crf.Chain]:
    """Emissions, lengths and chain in double precision; a share of transitions and emissions is minus infinity."""
    lengths = torch.tensor(draw(st.lists(st.integers(1, 5), min_size=1, max_size=3)))
    tags = draw(st.integers(1, 3))
    spread = draw(st.sampled_from([0.1, 1.0, 10.0]))
    chance = torch.Generator().manual_seed(draw(st.integers(0, 2**31)))
    shapes = (len(lengths), int(lengths.max()), tags), (tags,), (tags,), (tags, tags)
    steps, *chain = (spread * torch.randn(shape, generator=chance, dtype=torch.double) for shape in shapes)
    for part in (steps, *chain):
        part[torch.rand(part.shape, generator=chance) < impossible] = -torch.inf
    # A step at which every tag is masked is no question to ask.
    steps[..., 0] = steps[..., 0].nan_to_num(neginf=0.5)
    return steps, lengths, crf.Chain(*chain)


either = st.one_of(problems(), problems(impossible=0.2))


@settings(max_examples=60, deadline=None)
@given(either)
def test_log_partition_is_the_sum_over_all_paths(problem: tuple[Tensor, Tensor, crf.Chain]) -> None:
    emissions, lengths, chain = problem
    found = crf.log_partition(emissions, lengths, chain).tolist()
    for steps, length, total in zip(emissions, lengths.tolist(), found, strict=True):
        assert total == pytest.approx(log_sum(list(all_paths(steps, length, chain).values())), rel=1e-9, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(either, st.integers(0, 99))
def test_path_score_is_that_of_the_path(problem: tuple[Tensor, Tensor, crf.Chain], seed: int) -> None:
    emissions, lengths, chain = problem
    chance = torch.Generator().manual_seed(seed)
    tags = torch.randint(len(chain.start), emissions.shape[:2], generator=chance)
    found = crf.path_score(emissions, lengths, chain, tags).tolist()
    for steps, length, path, score in zip(emissions, lengths.tolist(), tags.tolist(), found, strict=True):
        assert score == pytest.approx(all_paths(steps, length, chain)[tuple(path[:length])])


@settings(max_examples=60, deadline=None)
@given(either, st.sampled_from([1, 2, 5, 300]))
def test_best_paths_are_the_best_in_order(problem: tuple[Tensor, Tensor, crf.Chain], n: int) -> None:
    emissions, lengths, chain = problem
    paths, scores = viterbi.best_paths(emissions, lengths, chain, n)
    assert paths.shape == (len(lengths), n, emissions.shape[1])
    for row, length in enumerate(lengths.tolist()):
        every = all_paths(emissions[row], length, chain)
        wanted = sorted((score for score in every.values() if score > -math.inf), reverse=True)[:n]
        assert scores[row].tolist() == pytest.approx(wanted + [-math.inf] * (n - len(wanted)))
        real = [tuple(path[:length]) for path in paths[row, : len(wanted)].tolist()]
        assert len(set(real)) == len(real)
        assert [every[path] for path in real] == pytest.approx(wanted)
        assert not paths[row, :, length:].any()


@settings(max_examples=60, deadline=None)
@given(either, st.data())
def test_confidence_is_the_share_of_the_paths_that_agree_on_the_run(
    problem: tuple[Tensor, Tensor, crf.Chain], data: st.DataObject
) -> None:
    emissions, lengths, chain = problem
    paths, scores = viterbi.best_paths(emissions, lengths, chain)
    flags = st.lists(st.booleans(), min_size=emissions.shape[1], max_size=emissions.shape[1])
    begins = torch.tensor([data.draw(flags) for _ in lengths])
    sure = crf.path_confidence(emissions, lengths, chain, paths[:, 0], begins)
    for row, length in enumerate(lengths.tolist()):
        if scores[row, 0] == -torch.inf:
            continue
        every = all_paths(emissions[row], length, chain)
        total, best = log_sum(list(every.values())), paths[row, 0, :length].tolist()
        edges = [0, *(t for t in range(1, length) if begins[row, t]), length]
        for first, last in itertools.pairwise(edges):
            agree = [score for path, score in every.items() if list(path[first:last]) == best[first:last]]
            assert sure[row, first:last].tolist() == pytest.approx([math.exp(log_sum(agree) - total)] * (last - first))


@settings(max_examples=30, deadline=None)
@given(problems(impossible=0.2))
def test_a_record_alone_is_as_in_a_batch_whatever_the_padding_holds(problem: tuple[Tensor, Tensor, crf.Chain]) -> None:
    emissions, lengths, chain = problem
    dirty = emissions.clone()
    for row, length in enumerate(lengths.tolist()):
        dirty[row, length:] = torch.tensor([math.nan, math.inf, -math.inf])[torch.arange(emissions.shape[2]) % 3]
    total = crf.log_partition(dirty, lengths, chain)
    paths, scores = viterbi.best_paths(dirty, lengths, chain, 2)
    begins = torch.ones_like(paths[:, 0], dtype=torch.bool)
    sure = crf.path_confidence(dirty, lengths, chain, paths[:, 0], begins)
    gold = crf.path_score(dirty, lengths, chain, paths[:, 0])
    for row, length in enumerate(lengths.tolist()):
        alone = emissions[row : row + 1, :length], lengths[row : row + 1], chain
        torch.testing.assert_close(crf.log_partition(*alone), total[row : row + 1])
        path, score = viterbi.best_paths(*alone, 2)
        torch.testing.assert_close(score, scores[row : row + 1])
        assert scores[row, 0] == -torch.inf or torch.equal(path[0, 0], paths[row, 0, :length])
        if scores[row, 0] > -torch.inf:
            torch.testing.assert_close(gold[row], score[0, 0])
            one = crf.path_confidence(*alone, path[:, 0], begins[row : row + 1, :length])
            torch.testing.assert_close(one[0], sure[row, :length])


@pytest.mark.parametrize("forbid", [False, True])
def test_gradients_are_those_of_finite_differences(forbid: bool) -> None:
    torch.manual_seed(1)
    lengths = torch.tensor([4, 1, 3])
    scores = [torch.randn(shape, dtype=torch.double, requires_grad=True) for shape in ((3, 4, 3), (3,), (3,), (3, 3))]
    bans = [torch.zeros(shape, dtype=torch.double) for shape in ((3,), (3,), (3, 3))]
    if forbid:
        bans[0][1] = bans[1][0] = bans[2][0, 2] = bans[2][2, 2] = -torch.inf

    def total(emissions: Tensor, *chain: Tensor) -> Tensor:
        return crf.log_partition(emissions, lengths, crf.Chain(*(a + b for a, b in zip(chain, bans, strict=True))))

    assert torch.autograd.gradcheck(total, scores)


def test_padding_gets_no_gradient() -> None:
    emissions = torch.randn(2, 4, 3, dtype=torch.double)
    emissions[1, 2:] = math.nan
    emissions.requires_grad_()
    chain = crf.Chain(torch.zeros(3), torch.zeros(3), torch.randn(3, 3))
    crf.log_partition(emissions, torch.tensor([4, 2]), chain).sum().backward()
    assert emissions.grad is not None
    assert not emissions.grad[1, 2:].any()
    # Each real step's gradient is the marginals of its tag.
    torch.testing.assert_close(emissions.grad.sum(2)[0], torch.ones(4, dtype=torch.double))


@pytest.mark.parametrize("seed", range(3))
def test_loss_gradients_and_viterbi_are_torchcrfs(seed: int) -> None:
    torchcrf = pytest.importorskip("torchcrf")
    torch.manual_seed(seed)
    lengths = torch.tensor([7, 4, 1, 6])
    mask = torch.arange(7) < lengths[:, None]
    theirs = torchcrf.CRF(5, batch_first=True).double()
    for weight in theirs.parameters():
        torch.nn.init.normal_(weight)
    chain = crf.Chain(*(weight.detach().clone().requires_grad_() for weight in theirs.parameters()))
    emissions = torch.randn(4, 7, 5, dtype=torch.double)
    mine, other = (emissions.clone().requires_grad_() for _ in range(2))
    tags = torch.randint(5, (4, 7))

    loss = crf.log_partition(mine, lengths, chain) - crf.path_score(mine, lengths, chain, tags)
    wanted = -theirs(other, tags, mask, reduction="none")
    torch.testing.assert_close(loss, wanted)
    weights = torch.tensor([1.0, -2.0, 0.5, 3.0])
    (loss * weights).sum().backward()
    (wanted * weights).sum().backward()
    for ours, its in zip((mine, *chain), (other, *theirs.parameters()), strict=True):
        torch.testing.assert_close(ours.grad, its.grad)

    paths, _ = viterbi.best_paths(emissions, lengths, crf.Chain(*(part.detach() for part in chain)))
    found = [path[:length] for path, length in zip(paths[:, 0].tolist(), lengths.tolist(), strict=True)]
    assert found == theirs.decode(emissions, mask)


def log_space(emissions: Tensor, chain: crf.Chain) -> Tensor:
    """`log_partition` of one record, step by step in log space."""
    now = chain.start + emissions[0]
    for step in emissions[1:]:
        now = (now[:, None] + chain.pairs).logsumexp(0) + step
    return (now + chain.end).logsumexp(0)


@pytest.mark.parametrize(("steps", "spread"), [(50, 350.0), (5000, 3.0)])
@pytest.mark.parametrize("dtype", [torch.float, torch.double])
def test_far_apart_and_long(steps: int, spread: float, dtype: torch.dtype) -> None:
    torch.manual_seed(2)
    emissions = ((torch.rand(2, steps, 4, dtype=dtype) * 2 - 1) * spread).requires_grad_()
    lengths = torch.tensor([steps, steps - 3])
    chain = crf.Chain(*(torch.randn(shape, dtype=dtype) for shape in ((4,), (4,), (4, 4))))
    total = crf.log_partition(emissions, lengths, chain)
    total.sum().backward()
    assert emissions.grad is not None
    assert bool(emissions.grad.isfinite().all())
    torch.testing.assert_close(emissions.grad.sum(2)[0], torch.ones(steps, dtype=dtype))

    exact = crf.Chain(*(part.double() for part in chain))
    scores = emissions.detach().double()
    wanted = torch.stack([log_space(row[:length], exact) for row, length in zip(scores, lengths, strict=True)])
    torch.testing.assert_close(total.detach(), wanted.to(dtype))

    paths, found = viterbi.best_paths(scores, lengths, exact)
    torch.testing.assert_close(found[:, 0], crf.path_score(scores, lengths, exact, paths[:, 0]))
    assert bool((found[:, 0] <= wanted).all())
    sure = crf.path_confidence(scores, lengths, exact, paths[:, 0], torch.ones_like(paths[:, 0], dtype=torch.bool))
    own = emissions.grad.gather(2, paths[:, 0, :, None]).squeeze(2)
    real = torch.arange(steps) < lengths[:, None]
    torch.testing.assert_close(sure[real], own[real].double(), rtol=1e-4, atol=1e-4)


def test_one_sure_run_of_a_long_record_is_not_lost_to_cancellation() -> None:
    steps = 5000
    emissions = torch.zeros(1, steps, 2, dtype=torch.double)
    emissions[0, :, 1] = -30
    chain = crf.Chain(*(torch.zeros(shape, dtype=torch.double) for shape in ((2,), (2,), (2, 2))))
    begins = torch.zeros(1, steps, dtype=torch.bool)
    begins[0, 4990] = True
    tags = torch.zeros(1, steps, dtype=torch.long)
    sure = crf.path_confidence(emissions, torch.tensor([steps]), chain, tags, begins)
    one = -math.log1p(math.exp(-30))
    assert sure[0, 0].item() == pytest.approx(math.exp(4990 * one), rel=1e-12)
    assert sure[0, -1].item() == pytest.approx(math.exp(10 * one), rel=1e-12)


def test_what_is_impossible_scores_minus_infinity() -> None:
    never = crf.Chain(torch.zeros(2), torch.full((2,), -torch.inf), torch.zeros(2, 2))
    emissions, lengths = torch.zeros(1, 3, 2), torch.tensor([3])
    assert crf.log_partition(emissions, lengths, never).tolist() == [-math.inf]
    assert viterbi.best_paths(emissions, lengths, never, 2)[1].tolist() == [[-math.inf, -math.inf]]
