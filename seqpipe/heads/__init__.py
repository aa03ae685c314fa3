"""The heads that ship with seqpipe, one a file."""
