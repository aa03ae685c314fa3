"""Readers that ship with seqpipe."""
