"""What a head promises."""

import os
from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Any

from ..fitting import Part, suits
from . import losses, predictions
from .examples import Example, aligned_targets, inputs, targets
from .part import COMMON, Found, find, hold
from .trial import Trial, gradients, keeps, learns


def check_head(
    name: str,
    options: Mapping[str, Any] | None = None,
    *,
    plugin: str | os.PathLike[str] | None = None,
    input: Example | None = None,
    target: Example | None = None,
) -> None:
    """Check a head that a plugin gives by this name, on an example of each kind of codec that it learns.

    `options` are as in a pipeline file, `plugin` is a plugin in one file; `input` and `target` take the place of the
    examples, for codecs of one's own. Raises `AssertionError` saying what is wrong and where to look.
    """
    found = find("head", name, options, plugin)
    hold(COMMON, found)
    trials = list(_trials(found, input, target))
    if not trials:
        kind = found.part.cls.target
        kinds = " or ".join(one.__name__ for one in ([kind] if kind else found.part.cls.learns))
        raise AssertionError(f"{found}: learns {kinds}, of which there is no example; give one as input= or target=")
    for trial in trials:
        hold(HEAD, trial)


def _trials(found: Found, input: Example | None, target: Example | None) -> Iterator[Trial]:
    head, lstm = found.part.cls, found.plugins.load("encoder", "lstm")
    encoder = Part("lstm", lstm, lstm.Options(hidden_size=8))
    known = [input] if input else list(inputs())
    if head.target is None:
        pairs: list[tuple[Example, Example | None]] = [(one, None) for one in known]
    else:
        goals = aligned_targets() if head.aligned else targets()
        pairs = [(known[0], one) for one in ([target] if target else goals)]
    for one, goal in pairs:
        if suits(head, SimpleNamespace(input=one.codec, target=goal and goal.codec)):
            yield Trial(f"{found} on {goal or one}", "head", encoder, found.part, one, goal)


HEAD = (
    losses.of_each,
    predictions.of_each,
    gradients,
    learns,
    predictions.without_targets,
    losses.alone,
    predictions.alone,
    losses.padding,
    predictions.padding,
    predictions.of_emissions,
    predictions.of_long_records,
    losses.never_seen,
    losses.of_fewer_states,
    losses.of_both_ways,
    losses.in_chunks,
    predictions.from_nothing,
    predictions.scored,
    keeps,
)
