"""Whether the parts of a pipeline fit each other, by what their classes declare."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from .codec import Codec, Label, Symbols, Tags, Words
from .plugins import Plugins
from .reader import Reader
from .source import Key
from .subwords import Subwords


@dataclass(frozen=True, slots=True)
class Part:
    """A component that a pipeline file names: its class and its options, not yet put together."""

    type: str
    cls: Any
    options: Any


def misfits(
    reader: Reader | None, encoder: Part | None, head: Part | None, plugins: Plugins
) -> Iterator[tuple[Key, str]]:
    """Key and text for each pair that does not fit; a part is None where something else is wrong with it."""
    if reader is not None and head is not None and not _reads(head.cls, reader):
        wanted = " or ".join(kind.__name__ for kind in head.cls.learns)
        others = _others("head", plugins, lambda cls: suits(cls, reader))
        gives = f"but the reader gives {_kind(reader.input)}"
        yield ("head", "type"), f"'{head.type}' learns from an input of {wanted}, {gives}{others}"
    if reader is not None and head is not None and not _learns(head.cls, reader):
        gave = reader.target is not None
        gives = _kind(reader.target) if reader.target is not None else "no target"
        others = _others("head", plugins, lambda cls: suits(cls, reader) and (cls.target is not None) == gave)
        yield ("head", "type"), f"'{head.type}' learns {head.cls.target.__name__}, but the reader gives {gives}{others}"
    if reader is not None and encoder is not None and not isinstance(reader.input, encoder.cls.reads):
        wanted = " or ".join(kind.__name__ for kind in encoder.cls.reads)
        others = _others("encoder", plugins, lambda cls: isinstance(reader.input, cls.reads))
        yield (
            ("encoder", "type"),
            f"'{encoder.type}' reads {wanted}, but the reader gives {_kind(reader.input)}{others}",
        )
    if reader is not None and head is not None and head.cls.copies(head.options) and not _copyable(reader):
        kinds = " and ".join(_kind(codec) for codec in (reader.input, reader.target) if codec is not None)
        yield ("head", "type"), f"'{head.type}' is to copy from its input, which takes words on both sides, not {kinds}"
    if encoder is None or head is None:
        return
    if head.cls.causal and not encoder.cls.causal(encoder.options):
        others = _others("encoder", plugins, lambda cls: cls.causal(cls.Options()), encoder.type)
        yield ("encoder", "type"), f"'{encoder.type}' looks ahead, which the head '{head.type}' does not allow{others}"
    stride = encoder.cls.stride(encoder.options)
    if (head.cls.aligned or head.cls.copies(head.options)) and stride != 1:
        others = _others("encoder", plugins, lambda cls: cls.stride(cls.Options()) == 1, encoder.type)
        needs = f"but the head '{head.type}' needs one for each step"
        yield ("encoder", "type"), f"'{encoder.type}' gives a state for every {stride} steps, {needs}{others}"


def misfits_in_chunks(encoder: Part | None, head: Part | None) -> Iterator[tuple[Key, str]]:
    """Key and text for what stands in the way of learning in chunks."""
    key, remedy = ("train", "bptt"), "give bptt: null, or another"
    if encoder is not None and not encoder.cls.causal(encoder.options):
        yield key, f"the encoder '{encoder.type}' looks ahead and cannot go on from a chunk; {remedy} encoder"
    if head is not None and not head.cls.stepwise(head.options):
        yield key, f"what the head '{head.type}' learns so is no sum over steps; {remedy} head or options of it"


def suits(head: Any, reader: Any) -> bool:
    """Whether a class of heads can learn what a reader's codecs, `input` and `target`, give."""
    return _learns(head, reader) and _reads(head, reader)


def misfits_of_strands(reader: Reader | None, head: Part | None) -> Iterator[tuple[Key, str]]:
    """Key and text for what stands in the way of predicting from both strands."""
    key, remedy = ("windows", "strands"), "set it to one"
    if reader is not None and type(reader).reverse is Reader.reverse:
        yield key, f"what this reader reads has no other strand; {remedy}"
    elif reader is not None and (not isinstance(reader.target, Tags) or reader.target.spans):
        yield key, f"spans have no label for each step that the other strand mirrors; {remedy}"
    if head is not None and not head.cls.aligned:
        yield key, f"the head '{head.type}' has no label for each step; {remedy}"


def _reads(head: Any, reader: Any) -> bool:
    """Whether a head that learns from the input can; others do not look at it."""
    return head.target is not None or isinstance(reader.input, head.learns)


def _copyable(reader: Reader) -> bool:
    """Whether what is read and what is to be made are both sequences of symbols that stand as they are."""
    kinds = (reader.input, reader.target)
    return all(isinstance(codec, Symbols | Words) and not isinstance(codec, Subwords) for codec in kinds)


def _learns(head: Any, reader: Any) -> bool:
    """A label is a kind of symbols to a codec, but a head for sequences cannot learn it, nor tags without steps."""
    wanted, given = head.target, reader.target
    if wanted is None or (wanted is Codec and given is not None):
        return True
    if isinstance(given, Tags) and not (issubclass(wanted, Tags) or head.aligned):
        return False
    return isinstance(given, wanted) and isinstance(given, Label) == issubclass(wanted, Label)


def _others(kind: str, plugins: Plugins, fits: Callable[[Any], bool], given: str | None = None) -> str:
    """What would fit; `given` is the part that does not with the options it has, but may with others."""
    names = []
    for name in plugins.names(kind):
        try:
            if fits(plugins.load(kind, name)):
                names.append(name)
        except Exception:  # broken, or not to be judged without options: no part of what is checked
            continue
    others = ", ".join(name for name in names if name != given)
    ways = ["set its options otherwise"] * (given in names) + [f"use {others}"] * bool(others)
    return f"; {', or '.join(ways)}" if ways else ""


def _kind(codec: Codec) -> str:
    return type(codec).__name__
