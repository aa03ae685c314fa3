"""Adds the encoder `placeholder` to seqpipe.

Every command imports this module: it says what there is, and imports none of it.
"""

import seqpipe

seqpipe_api = "1.0"


@seqpipe.hookimpl
def seqpipe_encoders() -> dict[str, str]:
    return {"placeholder": "seqpipe_placeholder.placeholder:PlaceholderEncoder"}
