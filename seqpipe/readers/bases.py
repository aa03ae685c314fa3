"""A line for each base, with its label, between tabs."""

from collections.abc import Iterator

import numpy as np

from ..reader import Record

CHUNK = 65_536
"""Bases that are in memory as Python's own numbers at a time."""

HEAD = "sequence\tposition\tbase\tlabel\tconfidence\n"


def bases(record: Record) -> Iterator[str]:
    """Lines of name, position from 1, letter, label (`.` where unknown) and confidence (empty where there is none)."""
    for start in range(0, len(record.input), CHUNK):
        letters = record.input[start : start + CHUNK]
        labels = record.target[start : start + CHUNK] if record.target is not None else [None] * len(letters)
        sure = [""] * len(letters)
        if record.confidence is not None:
            sure = [f"{one:.4f}" for one in np.asarray(record.confidence[start : start + CHUNK]).tolist()]
        for place, row in enumerate(zip(letters, labels, sure, strict=True), start + 1):
            yield f"{record.id}\t{place}\t{row[0]}\t{row[1] or '.'}\t{row[2]}\n"
