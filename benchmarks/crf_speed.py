"""How many times faster seqpipe's chain CRF is than `pytorch-crf`: loss with gradient, and best paths.

`python benchmarks/crf_speed.py` takes 8 sequences of 4,096 steps and 5 labels, and shorter ones: some minutes.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from typing import NamedTuple

import torch
import torchcrf
from torch import Tensor

from seqpipe import crf, viterbi

SHAPES = ("8x4096x5", "8x4096x19", "1x4096x19", "30x30x9", "30x30x30")


class Problem(NamedTuple):
    """A batch of sequences of different lengths, from half of the longest up to it."""

    emissions: Tensor
    lengths: Tensor
    tags: Tensor
    theirs: torchcrf.CRF
    chain: crf.Chain

    @property
    def mask(self) -> Tensor:
        return torch.arange(self.tags.shape[1]) < self.lengths[:, None]


def made(shape: str, seed: int, precision: torch.dtype = torch.float) -> Problem:
    """A random problem of a shape such as `8x4096x5`: sequences, steps of the longest, labels."""
    batch, steps, labels = map(int, shape.split("x"))
    torch.manual_seed(seed)
    lengths = torch.randint((steps + 1) // 2, steps + 1, (batch,))
    lengths[0] = steps
    theirs = torchcrf.CRF(labels, batch_first=True).to(precision)
    chain = crf.Chain(*(weight.detach().clone().requires_grad_() for weight in theirs.parameters()))
    emissions = torch.randn(batch, steps, labels, dtype=precision, requires_grad=True)
    return Problem(emissions, lengths, torch.randint(labels, (batch, steps)), theirs, chain)


def learn_theirs(problem: Problem) -> Tensor:
    loss: Tensor = -problem.theirs(problem.emissions, problem.tags, problem.mask)
    loss.backward()
    return loss


def learn(problem: Problem) -> Tensor:
    """As the tagger does: in double precision, which `pytorch-crf` does without."""
    emissions, chain = crf.exact(problem.emissions), crf.Chain(*map(crf.exact, problem.chain))
    total = crf.log_partition(emissions, problem.lengths, chain)
    loss = (total - crf.path_score(emissions, problem.lengths, chain, problem.tags)).sum()
    loss.backward()
    return loss


@torch.no_grad()
def decode_theirs(problem: Problem) -> list[list[int]]:
    found: list[list[int]] = problem.theirs.decode(problem.emissions, problem.mask)
    return found


@torch.no_grad()
def decode(problem: Problem) -> list[list[int]]:
    """As the tagger does, lists at the end included."""
    chain = crf.Chain(*map(crf.exact, problem.chain))
    paths, _ = viterbi.best_paths(crf.exact(problem.emissions), problem.lengths, chain)
    return [path[:length] for path, length in zip(paths[:, 0].tolist(), problem.lengths.tolist(), strict=True)]


def seconds(work: Callable[[Problem], object], problem: Problem) -> float:
    """CPU time, which says more than wall time where others are at work too."""
    start = time.process_time()
    work(problem)
    return time.process_time() - start


def check(shape: str) -> None:
    """Both ways come to the same losses, gradients and paths, where both have double precision."""
    problem = made(shape, 0, torch.double)
    torch.testing.assert_close(learn(problem), learn_theirs(problem))
    for ours, its in zip(problem.chain, problem.theirs.parameters(), strict=True):
        torch.testing.assert_close(ours.grad, its.grad)
    assert decode(problem) == decode_theirs(problem)


def compare(shape: str, repetitions: int) -> None:
    """Both ways in turn, and a line for each kind of work."""
    check(shape)
    problem = made(shape, 0)
    for name, theirs, ours in (("loss + gradient", learn_theirs, learn), ("best paths", decode_theirs, decode)):
        times = [(seconds(theirs, problem), seconds(ours, problem)) for _ in range(repetitions)]
        its, own = (1000 * statistics.median(column) for column in zip(*times, strict=True))
        print(f"{shape:>10}  {name:15}  {its:10.2f}  {own:10.2f}  {its / own:8.1f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shapes", nargs="+", default=SHAPES, help="sequences x steps x labels, such as 8x4096x5")
    parser.add_argument("--repetitions", type=int, default=9)
    given = parser.parse_args()
    torch.set_num_threads(1)
    print(f"{'':10}  {'CPU-ms, medians':15}  pytorch-crf     seqpipe     ratio")
    for shape in given.shapes:
        compare(shape, given.repetitions)


if __name__ == "__main__":
    main()
