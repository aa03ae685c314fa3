"""Checks that a reader, an encoder or a head keeps what its interface promises, for the tests of whoever writes one.

    from seqpipe.testing import check_head

    def test_vote_keeps_what_heads_promise():
        check_head("vote")

The part is found by its name, as a pipeline finds it. What ships with seqpipe passes the same checks.
"""

from .encoders import check_encoder
from .examples import Example
from .heads import check_head
from .readers import check_reader

__all__ = ["Example", "check_encoder", "check_head", "check_reader"]
