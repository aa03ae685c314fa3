"""Memory does not grow with a record: one of 10 times the length is labelled in as much."""

import subprocess
import sys
from pathlib import Path

import pytest

import seqpipe

LABELLED = """
import random, resource, sys
import numpy as np
import torch
from seqpipe.codec import Tags
from seqpipe.coded import Coded
from seqpipe.embed import EmbedOptions
from seqpipe.encoders.recurrent import BiLstm
from seqpipe.heads.tagger import Tagger
from seqpipe.letters import Letters
from seqpipe.model import Model
from seqpipe.predict import Losses, label
from seqpipe.reader import Reader, Record
from seqpipe.settings import WindowOptions

class Bare(Reader):
    def read(self, path):
        raise NotImplementedError

stitch, steps = sys.argv[1], int(sys.argv[2])
reader = Bare(None)
reader.input, reader.target = Letters("dna"), Tags(spans=False)
reader.target.fit([list("abcdef")])
torch.manual_seed(1)
network = BiLstm(BiLstm.Options(hidden_size=2, embed=EmbedOptions(size=0)), reader.input)
head = Tagger(Tagger.Options(), network.width, reader.target)
letters = bytes(b"ACGT"[place % 4] for place in range(256))
text = random.Random(1).randbytes(steps).translate(letters).decode()
record = Record("r", text, Coded(np.zeros(steps, np.int8), ["a"]))
(found,) = label(Model(network, head, WindowOptions(stitch=stitch)), reader, [record], Losses())
assert len(found.target) == len(found.confidence) == steps
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def peak(stitch: str, steps: int) -> int:
    """Bytes that a process needs at most to label one record."""
    command = [sys.executable, "-c", LABELLED, stitch, str(steps)]
    found = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path(seqpipe.__file__).parents[1])
    return int(found.stdout) * (1 if sys.platform == "darwin" else 1024)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows tells no peak of memory")
@pytest.mark.parametrize("stitch", ["exact", "overlap"])
def test_ten_times_the_length_takes_no_more_memory(stitch: str) -> None:
    short, long = 200_000, 2_000_000
    # Emissions alone, of 6 labels in single precision, would be 43 MB more; text and true labels are 4 MB more.
    assert peak(stitch, long) - peak(stitch, short) < 2 * (long - short) + 16e6
