"""What an encoder promises."""

import math
import os
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor

from ..batch import Padded
from ..encoder import Encoder, States
from ..fitting import Part
from .examples import Example, inputs, targets
from .likeness import same
from .part import COMMON, Found, find, hold
from .soiled import NO_NUMBER, chosen, others, soiled
from .trial import Trial, gradients, keeps, learns


def check_encoder(
    name: str,
    options: Mapping[str, Any] | None = None,
    *,
    plugin: str | os.PathLike[str] | None = None,
    input: Example | None = None,
) -> None:
    """Check an encoder that a plugin gives by this name, on an example of each kind of codec that it reads.

    `options` are as in a pipeline file, `plugin` is a plugin in one file; `input` takes the place of the examples, for
    a codec of one's own. Raises `AssertionError` saying what is wrong and where to look.
    """
    found = find("encoder", name, options, plugin)
    hold(COMMON, found)
    examples = [input] if input else [one for one in inputs() if isinstance(one.codec, found.part.cls.reads)]
    if not examples:
        kinds = ", ".join(kind.__name__ for kind in found.part.cls.reads)
        raise AssertionError(f"{found}: reads {kinds}, of which there is no example; give one as input=")
    for example in examples:
        hold(ENCODER, _trial(found, example))


def _trial(found: Found, example: Example) -> Trial:
    head = found.plugins.load("head", "classifier")
    label = next(targets())
    return Trial(
        f"{found} on {example}", "encoder", found.part, Part("classifier", head, head.Options()), example, label
    )


def shapes(trial: Trial) -> Iterator[str]:
    """States have the shapes that `States` documents, and `stride` says how many there are."""
    encoder, input = _encoder(trial), trial.batch().input
    states, stride = encoder(input), encoder.stride(encoder.options)
    if not isinstance(states, States):
        yield f"forward gives a {type(states).__name__}, not seqpipe.States"
        return
    batch, width = len(input.lengths), encoder.width
    wanted = [math.ceil(length / stride) for length in input.lengths.tolist()]
    if states.lengths.tolist() != wanted:
        yield f"stride is {stride}, so that there are {wanted} states, but States.lengths is {states.lengths.tolist()}"
    if states.values.dim() != 3 or states.values.shape[::2] != (batch, width) or states.values.shape[1] < max(wanted):
        shape = f"[{batch}, {max(wanted)} or more, {width}]"
        yield f"States.values is {_shape(states.values)} where {shape} is due; see forward, and width in __init__"
    if states.final.shape != (batch, width):
        yield f"States.final is {_shape(states.final)} where [{batch}, {width}] is due; see forward"


def _shape(tensor: Tensor) -> str:
    return f"[{', '.join(map(str, tensor.shape))}]"


@torch.no_grad()
def alone(trial: Trial) -> Iterator[str]:
    """A record has the same states alone and in a batch."""
    encoder = _encoder(trial)
    together, causal = encoder(trial.batch().input), encoder.causal(encoder.options)
    for row, length in enumerate(together.lengths.tolist()):
        one = encoder(trial.batch([row]).input)
        if not same(one.values[0, :length], together.values[row, :length]):
            yield f"record {row} has other states alone than in a batch; forward must not mix records, nor see padding"
        elif not same(one.final[0], together.final[row]):
            yield f"record {row} has another States.final alone than in a batch; it is that of its own last step"
        elif causal and not same(one.carry[0], together.carry[row]):
            yield f"record {row} carries another state alone than in a batch; carry is that after its own last step"


@torch.no_grad()
def padding(trial: Trial) -> Iterator[str]:
    """What stands behind a sequence's end, and how much of it, has no influence."""
    encoder, input = _encoder(trial), trial.batch().input
    clean, dirty = encoder(input), encoder(soiled(input))
    for row, length in enumerate(clean.lengths.tolist()):
        if not same(clean.values[row, :length], dirty.values[row, :length]):
            yield f"the states of record {row} depend on what stands behind its end; see forward. {NO_NUMBER}"
        elif not same(clean.final[row], dirty.final[row]):
            yield f"States.final of record {row} depends on what stands behind its end; see forward. {NO_NUMBER}"


@torch.no_grad()
def blind_to_what_follows(trial: Trial) -> Iterator[str]:
    """Where `causal` is declared, no state depends on what comes after its step."""
    encoder, input = _encoder(trial), trial.batch().input
    if not encoder.causal(encoder.options):
        return
    whole, stride = encoder(input).values, encoder.stride(encoder.options)
    for cut in range(stride, input.values.shape[1], stride):
        later = torch.arange(input.values.shape[1]) >= cut
        changed = encoder(input._replace(values=chosen(input.mask & later, others(input.values), input.values))).values
        if not same(changed[:, : cut // stride][input.lengths > cut], whole[:, : cut // stride][input.lengths > cut]):
            yield f"`causal` says that it does not look ahead, but states before step {cut} depend on what comes after"
            return


@torch.no_grad()
def carried(trial: Trial) -> Iterator[str]:
    """A causal encoder goes on from what it carries, to the states of one pass; another has nothing to carry."""
    encoder, input = _encoder(trial), trial.batch().input
    whole, stride = encoder(input), encoder.stride(encoder.options)
    if not encoder.causal(encoder.options):
        yield from _carries_nothing(encoder, input, whole)
        return
    if whole.carried is None or whole.onward is None:
        yield "`causal` is declared, but States has no `carried` or no `onward`; give both in forward, onward=self"
        return
    for cut in range(stride, input.values.shape[1], stride):
        going = input.lengths > cut
        first = encoder(input._replace(values=input.values[:, :cut], lengths=input.lengths.clamp(max=cut)))
        rest = input._replace(values=input.values[going, cut:], lengths=input.lengths[going] - cut)
        second, onward = encoder(rest, first.carry[going]), whole.onward(rest, first.carry[going])
        mask = second.mask
        length = mask.shape[1]
        if not same(second.values[mask], whole.values[going][:, cut // stride : cut // stride + length][mask]):
            yield f"going on from step {cut} by States.carry, its states are not those of one pass; see forward, state"
        elif not same(second.carry, whole.carry[going]):
            yield f"going on from step {cut}, it carries another state in the end than after one pass; see forward"
        elif not same(onward.values[mask], second.values[mask]):
            yield "States.onward makes other states than forward does; give onward=self"


def _carries_nothing(encoder: Encoder, input: Padded, states: States) -> Iterator[str]:
    if states.carried is not None:
        yield "`causal` is not declared, but States has something `carried`; leave it out, or declare `causal`"
    try:
        encoder(input, torch.zeros(len(input.lengths), 1))
    except ValueError:
        return
    yield "`causal` is not declared, but forward takes a state; raise ValueError for one that is not None"


@torch.no_grad()
def in_parts(trial: Trial) -> Iterator[str]:
    """Where `carries` is declared, the states of the parts of a sequence are those of the whole."""
    encoder = _encoder(trial)
    if not encoder.carries(encoder.options):
        return
    for row, length in enumerate(trial.batch().input.lengths.tolist()):
        input = trial.batch([row]).input
        for cut in range(encoder.block(encoder.options), length, encoder.block(encoder.options)):
            yield from (f"record {row} in parts, cut at step {cut}: {what}" for what in _cut(encoder, input, cut))


def _cut(encoder: Encoder, input: Padded, cut: int) -> Iterator[str]:
    options, steps = encoder.options, input.values.shape[1]
    whole, block = encoder(input).values, encoder.block(options)
    one, other = encoder.within(input, 0, steps - cut), encoder.within(input, cut, 0)
    if not same(torch.cat([one.values, other.values], 1), whole):
        yield "the states are not those of the whole; see within"
    if not same(one.went.onward, other.came.onward) or not same(other.went.backward, one.came.backward):
        yield "what goes out of one part is not what comes into the other; see within"
    first = max(cut - -(-encoder.reach(options) // block) * block, 0)
    rest = input._replace(values=input.values[:, first:], lengths=input.lengths - first)
    if not same(encoder.within(rest, cut - first, 0, other.came).values, whole[:, cut // encoder.stride(options) :]):
        yield "told what comes in, the other part has other states; see within, reach and block"


@torch.no_grad()
def traced(trial: Trial) -> Iterator[str]:
    """Where there is a `trace`, it shows how the very states of `forward` come about."""
    encoder, input = _encoder(trial), trial.batch().input
    states, found = encoder(input), encoder.trace(input)
    if found is not None and not same(found[0].values[states.mask], states.values[states.mask]):
        yield "trace gives other states than forward does"


ENCODER = (
    shapes,
    alone,
    padding,
    blind_to_what_follows,
    carried,
    in_parts,
    traced,
    gradients,
    learns,
    keeps,
)


def _encoder(trial: Trial) -> Encoder:
    return trial.network().encoder
