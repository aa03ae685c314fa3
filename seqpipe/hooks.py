"""What a plugin can add. Each hook returns names, and where to find what they name: `"module:attribute"`.

Names, not classes: finding out what is there imports nothing. What ships with seqpipe comes through the same hooks.
"""

from pluggy import HookspecMarker

hookspec = HookspecMarker("seqpipe")


@hookspec
def seqpipe_readers() -> dict[str, str]:  # type: ignore[empty-body]
    """Readers by the name that `reader.type` gives: `{"conll": "seqpipe.readers.conll:Conll"}`."""


@hookspec
def seqpipe_encoders() -> dict[str, str]:  # type: ignore[empty-body]
    """Encoders by the name that `encoder.type` gives."""


@hookspec
def seqpipe_heads() -> dict[str, str]:  # type: ignore[empty-body]
    """Heads by the name that `head.type` gives."""


@hookspec
def seqpipe_datasets() -> dict[str, str]:  # type: ignore[empty-body]
    """Data sets (`seqpipe.Dataset`) by the name that `data.dataset` gives."""
