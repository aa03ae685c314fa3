"""The best tag sequences of linear chains (Viterbi 1967), all chunks of a sequence side by side."""

import torch
from torch import Tensor
from torch.nn.functional import pad

from . import lanes
from .crf import Chain
from .lanes import Lanes


def best_paths(emissions: Tensor, lengths: Tensor, chain: Chain, n: int = 1) -> tuple[Tensor, Tensor]:
    """The n best tag sequences `[B, n, T]`, best first, and their scores `[B, n]`.

    Where a record has fewer than n possible sequences, the scores of the rest are minus infinity. Behind a record's
    end the tags are 0.
    """
    batch, steps, tags = emissions.shape
    real = torch.arange(steps, device=lengths.device) < lengths[:, None]
    emissions = emissions.masked_fill(~real[..., None], 0)
    laid = Lanes(real, lanes.count(steps, batch, tags**3))
    first, rest = laid.split(emissions)
    start = chain.start.expand(batch, -1)
    after, found = arrows(laid, rest, chain.pairs, chain.end.expand(batch, -1).T)
    routes = Routes(laid, found)
    scores, begin = (start.T + first + after[0, :, 0]).max(0)
    path = routes.follow(begin)
    if n == 1:
        return torch.where(real, path, 0)[:, None], scores[:, None]
    onward = emissions + laid.join(after[0, :, 0], after[1:])
    paths, more = _Ranking(routes, emissions, onward, real, start, chain.pairs).best(path, n)
    return torch.where(real[:, None], paths, 0), torch.cat([scores[:, None], more], 1)


def arrows(lanes: Lanes, steps: Tensor, pairs: Tensor, right: Tensor) -> tuple[Tensor, Tensor]:
    """Best score of all that comes after a step, `[C + 1, K, N, B]`, and the tag that comes next then, `[C, K, N, B]`.

    `steps [C, K, N, B]` are the scores of tags at all steps but the first, `pairs [K, K]` those of tag j after tag i,
    `right [K, B]` of what comes after the last step.
    """
    onto = pairs.T.contiguous()[..., None]
    flat, real = steps.flatten(2), lanes.real.flatten(2)
    now = (right[:, None] if lanes.chunks == 1 else _ends(lanes, steps, onto, right)).flatten(1)
    after, found = [now], []
    for c in range(lanes.size - 1, -1, -1):
        onward, arrow = (onto + (now + flat[c])[:, None]).max(0)
        now = onward if lanes.whole[c] else torch.where(real[c], onward, now)
        after.append(now)
        found.append(arrow)
    return lanes.stack(after[::-1]), lanes.stack(found[::-1])


def _ends(lanes: Lanes, steps: Tensor, onto: Tensor, right: Tensor) -> Tensor:
    """`[K, N, B]` best score of all that comes after each chunk."""
    tags = len(right)
    # From each tag before a chunk to each at its end.
    now = steps.new_full((tags, tags, *steps.shape[2:]), -torch.inf)
    now.diagonal()[:] = 0
    for c in range(lanes.size - 1, -1, -1):
        onward = (onto[..., None] + (now + steps[c][:, None]).flatten(2)[:, None]).amax(0).view(now.shape)
        now = onward if lanes.whole[c] else torch.where(lanes.real[c], onward, now)
    ends = [right]
    for n in range(lanes.chunks - 1, 0, -1):
        ends.append((now[:, :, n] + ends[-1]).amax(1))
    return torch.stack(ends[::-1], 1)


class Routes:
    """Where each tag at each step leads to; `arrows [C, K, N, B]` are the tags that come next."""

    def __init__(self, lanes: Lanes, arrows: Tensor) -> None:
        self.lanes = lanes
        self.arrows = arrows
        now = torch.arange(arrows.shape[1], device=arrows.device)[:, None].expand(arrows[0].flatten(1).shape)
        ways = [now]
        for arrow in arrows.flatten(2):
            now = arrow.gather(0, now)
            ways.append(now)
        self.ways = lanes.stack(ways)
        """`[C + 1, K, N, B]` the tags of a chunk, by the tag before it."""

    def follow(self, begin: Tensor) -> Tensor:
        """`[B, T]` tags of the best way from a tag `[B]` at the first step."""
        return self.lanes.join(begin[None], self._inside(begin, torch.full_like(begin, -1))).squeeze(2)

    def leave(self, path: Tensor, place: Tensor, tag: Tensor) -> Tensor:
        """`[B, T]` tags of a path up to a step `[B]`, then those of the best way from another tag `[B]` there."""
        chunk = torch.div(place - 1, self.lanes.size, rounding_mode="floor")
        at = place - 1 - chunk * self.lanes.size
        arrows = self.arrows[:, :, chunk.clamp(min=0), torch.arange(len(tag), device=tag.device)]
        now, tail = tag, []
        for c, arrow in enumerate(arrows):
            now = torch.where(at < c, arrow.gather(0, now[None])[0], now)
            tail.append(now)
        here = torch.arange(self.lanes.chunks, device=tag.device)[:, None] == chunk
        inside = torch.where(here, torch.stack(tail)[:, None, None], self._inside(now, chunk))
        steps = torch.arange(path.shape[1], device=path.device)
        return torch.where(steps < place[:, None], path, self.lanes.join(tag[None], inside).squeeze(2))

    def _inside(self, tag: Tensor, chunk: Tensor) -> Tensor:
        """`[C, 1, N, B]` tags in the chunks after one `[B]`, at whose end stands a tag `[B]`."""
        entries = [tag[None]]
        for n in range(self.lanes.chunks - 1):
            onward = self.ways[-1, :, n].gather(0, entries[-1])
            entries.append(torch.where(chunk < n, onward, entries[-1]))
        entry = torch.stack(entries, 1)
        return self.ways[1:].gather(1, entry.expand(self.lanes.size, -1, -1, -1))


class _Ranking:
    """Paths in the order of their scores, each found as the one before leaves another at its best place (Lawler 1972).

    A path that leaves another at a step, with some tag there, goes on from it the best way. All paths but the first
    are set apart by which they leave where, and with which tag; of one that is taken, those remain that leave it later.
    """

    def __init__(
        self, routes: Routes, emissions: Tensor, onward: Tensor, real: Tensor, start: Tensor, pairs: Tensor
    ) -> None:
        self.routes, self.emissions, self.real, self.start, self.pairs = routes, emissions, real, start, pairs
        self.onward = onward
        """`[B, T, K]` best score of a step and all that comes after it."""
        self.steps = torch.arange(emissions.shape[1], device=emissions.device)

    def best(self, path: Tensor, n: int) -> tuple[Tensor, Tensor]:
        """n paths `[B, n, T]`, the best `[B, T]` first, and the scores `[B, n - 1]` of the others."""
        paths, scores = [path], []
        value, place = self._leaves(path, torch.full_like(path[:, 0], -1), n)
        parent = torch.zeros_like(place)
        tags = self.emissions.shape[2]
        for rank in range(1, n):
            score, at = value[:, 0], place[:, 0] // tags
            if not bool(score.isfinite().any()):
                break
            whole = torch.stack(paths, 1)[torch.arange(len(at), device=at.device), parent[:, 0]]
            paths.append(self.routes.leave(whole, at, place[:, 0] % tags))
            scores.append(score)
            later, where = self._leaves(paths[-1], at, n - rank)
            later = later.masked_fill(~score.isfinite()[:, None], -torch.inf)
            value, order = torch.cat([value[:, 1:], later], 1).topk(min(n - rank, value.shape[1] - 1 + later.shape[1]))
            place = torch.cat([place[:, 1:], where], 1).gather(1, order)
            parent = torch.cat([parent[:, 1:], torch.full_like(where, rank)], 1).gather(1, order)
        missing = n - len(paths)
        found = torch.stack(paths + [path] * missing, 1)
        return found, pad(torch.stack(scores, 1) if scores else value[:, :0], (0, missing), value=-torch.inf)

    def _leaves(self, path: Tensor, since: Tensor, n: int) -> tuple[Tensor, Tensor]:
        """The n best ways to leave a path after a step `[B]`: their scores, and step * K + tag."""
        before = torch.cat([self.start[:, None], self.pairs[path[:, :-1]]], 1)
        own = (before + self.emissions).gather(2, path[..., None])
        so_far = pad(own.cumsum(1)[:, :-1], (0, 0, 1, 0))
        ways = (so_far + before + self.onward).scatter(2, path[..., None], -torch.inf)
        ways.masked_fill_(~(self.real & (self.steps > since[:, None]))[..., None], -torch.inf)
        ways = ways.flatten(1)
        return ways.topk(min(n, ways.shape[1]))
