"""Adds the head `smooth` to seqpipe."""

import seqpipe

seqpipe_api = "1.0"


@seqpipe.hookimpl
def seqpipe_heads() -> dict[str, str]:
    return {"smooth": "seqpipe_smooth.smooth:Smooth"}
