"""The encoders that ship with seqpipe, one a file."""
