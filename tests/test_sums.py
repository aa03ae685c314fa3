"""Sums in chunks are those of the plain recursion, step by step in log space, with its gradients."""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from seqpipe import crf, lanes


def plain(emissions: Tensor, lengths: Tensor, chain: crf.Chain) -> Tensor:
    """`[B]` log partition of each record, which autograd differentiates."""
    totals = []
    for steps, length in zip(emissions, lengths.tolist(), strict=True):
        now = chain.start + steps[0]
        for step in steps[1:length]:
            now = (now[:, None] + chain.pairs).logsumexp(0) + step
        totals.append((now + chain.end).logsumexp(0))
    return torch.stack(totals)


@contextmanager
def in_chunks(chunks: int) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lanes, "count", lambda *_: chunks)
        yield


@st.composite
def problems(draw: st.DrawFn) -> tuple[int, Tensor, Tensor, crf.Chain]:
    """Chunks, emissions, lengths just around whole chunks, and a chain; all tags but one unknown, or none."""
    chunks, size, tags = draw(st.integers(1, 6)), draw(st.integers(1, 7)), draw(st.integers(1, 5))
    around = st.builds(lambda n, more: max(n * size + more, 1), st.integers(0, chunks), st.integers(-1, 2))
    lengths = torch.tensor(draw(st.lists(around, min_size=1, max_size=4)))
    chance = torch.Generator().manual_seed(draw(st.integers(0, 2**31)))
    shapes = (len(lengths), int(lengths.max()), tags), (tags,), (tags,), (tags, tags)
    spread = draw(st.sampled_from([0.5, 5.0, 50.0]))
    steps, *chain = (spread * torch.randn(shape, generator=chance, dtype=torch.double) for shape in shapes)
    known = torch.rand(steps.shape[:2], generator=chance) < draw(st.sampled_from([0.0, 0.5]))
    tag = torch.randint(tags, steps.shape[:2], generator=chance)
    steps[known[..., None] & (torch.arange(tags) != tag[..., None])] = -torch.inf
    return chunks, steps, lengths, crf.Chain(*chain)


@settings(max_examples=60, deadline=None)
@given(problems())
def test_chunks_change_neither_sums_nor_gradients(problem: tuple[int, Tensor, Tensor, crf.Chain]) -> None:
    chunks, steps, lengths, chain = problem
    scores = [part.requires_grad_() for part in (steps, *chain)]
    weights = torch.linspace(-1, 2, len(lengths), dtype=torch.double)
    gradients = []
    with in_chunks(chunks):
        for work in (crf.log_partition, plain):
            total = work(scores[0], lengths, crf.Chain(*scores[1:]))
            total.backward(weights)
            gradients.append(
                [total.detach(), *(torch.zeros_like(part) if part.grad is None else part.grad for part in scores)]
            )
            for part in scores:
                part.grad = None
    for found, wanted in zip(*gradients, strict=True):
        torch.testing.assert_close(found, wanted, rtol=1e-9, atol=1e-9)


@settings(max_examples=40, deadline=None)
@given(problems(), st.integers(0, 99))
def test_chunks_do_not_change_confidences(problem: tuple[int, Tensor, Tensor, crf.Chain], seed: int) -> None:
    chunks, steps, lengths, chain = problem
    chance = torch.Generator().manual_seed(seed)
    tags = torch.randint(len(chain.start), steps.shape[:2], generator=chance)
    begins = torch.rand(steps.shape[:2], generator=chance) < 0.3
    found = []
    for count in (1, chunks):
        with in_chunks(count):
            found.append(crf.path_confidence(steps, lengths, chain, tags, begins))
    real = torch.arange(steps.shape[1]) < lengths[:, None]
    torch.testing.assert_close(found[0][real], found[1][real], rtol=1e-9, atol=1e-300)


def test_what_is_chosen_for_long_sequences_is_the_plain_recursion_too() -> None:
    torch.manual_seed(0)
    lengths = torch.tensor([900, 451, 1])
    assert lanes.count(900, 3, 2 * 4**2) > 1
    scores = [torch.randn(shape, dtype=torch.double, requires_grad=True) for shape in ((3, 900, 4), (4,), (4,), (4, 4))]
    gradients = []
    for work in (crf.log_partition, plain):
        total = work(scores[0], lengths, crf.Chain(*scores[1:]))
        gradients.append([total, *torch.autograd.grad(total.sum(), scores)])
    for found, wanted in zip(*gradients, strict=True):
        torch.testing.assert_close(found, wanted, rtol=1e-11, atol=1e-11)


def test_a_tag_out_of_reach_hides_none_however_much_likelier_it_would_go_on() -> None:
    """No tag ever changes, and the records cannot begin with what 1,000 nats a chunk speak for."""
    steps = torch.zeros(1, 401, 2, dtype=torch.double)
    steps[..., 0] = 10
    never = torch.tensor([[0, -torch.inf], [-torch.inf, 0]], dtype=torch.double)
    chain = crf.Chain(torch.tensor([-torch.inf, 0]).double(), torch.zeros(2).double(), never)
    with in_chunks(4):
        steps.requires_grad_()
        total = crf.log_partition(steps, torch.tensor([401]), chain)
        total.sum().backward()
        sure = crf.path_confidence(
            steps, torch.tensor([401]), chain, torch.ones(1, 401).long(), torch.zeros(1, 401) > 0
        )
    assert total.item() == pytest.approx(0, abs=1e-9)
    assert steps.grad is not None
    torch.testing.assert_close(steps.grad, torch.tensor([0.0, 1.0]).double().expand(1, 401, 2))
    assert sure.min().item() == pytest.approx(1)


@pytest.mark.parametrize("chunks", [1, 3])
@pytest.mark.parametrize("where", ["begin", "between", "end"])
def test_an_impossible_record_has_no_gradient_and_spoils_no_other(chunks: int, where: str) -> None:
    torch.manual_seed(1)
    steps = torch.randn(2, 12, 2, dtype=torch.double)
    # Tag 1 never comes after tag 0; the first record needs it to.
    steps[0, :6, 1] = steps[0, 6:, 0] = -torch.inf
    pairs = torch.tensor([[0, -torch.inf], [0, 0]]).double()
    edge = torch.tensor([[-torch.inf, 0], [0, 0]]).double()
    nothing = torch.zeros(2).double()
    chain = {
        "begin": crf.Chain(edge, nothing, torch.zeros(2, 2).double()),
        "between": crf.Chain(nothing, nothing, pairs),
        "end": crf.Chain(nothing, edge.flip(1), torch.zeros(2, 2).double()),
    }[where]
    scores = [part.clone().requires_grad_() for part in (steps, *chain)]
    with in_chunks(chunks):
        total = crf.log_partition(scores[0], torch.tensor([12, 9]), crf.Chain(*scores[1:]))
        gradients = torch.autograd.grad(torch.where(total == -torch.inf, 0, total).sum(), scores)
        rows = crf.Chain(
            *(part[1:] if part.dim() == 2 and name != "pairs" else part for name, part in chain._asdict().items())
        )
        other = [part.clone().requires_grad_() for part in (steps[1:], *rows)]
        alone = crf.log_partition(other[0], torch.tensor([9]), crf.Chain(*other[1:]))
        wanted = torch.autograd.grad(alone.sum(), other)
    assert total.tolist() == [-math.inf, pytest.approx(alone.item())]
    assert not gradients[0][0].any()
    torch.testing.assert_close(gradients[0][1:], wanted[0])
    torch.testing.assert_close(gradients[3], wanted[3])
