"""How many base pairs a second are labelled, and in how much memory: a made-up genome, window by window.

`python benchmarks/genome_labelling.py` takes some minutes; with `--bases 1000000` it takes less.
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from seqpipe import heap
from seqpipe.codec import Tags
from seqpipe.embed import EmbedOptions
from seqpipe.encoders.convolution import ConvolutionOptions
from seqpipe.encoders.recurrent import BiLstm
from seqpipe.heads.tagger import Tagger
from seqpipe.letters import Letters
from seqpipe.model import Model
from seqpipe.predict import label
from seqpipe.reader import Reader, Record
from seqpipe.settings import WindowOptions

LABELS = ["+coding", "-coding", "RNA", "repeat", "other"]
STRIDES = ConvolutionOptions(channels=64, widths=[12], strides=[4], upsample=True)
ENCODERS = {"a step a base": ConvolutionOptions(), "a step for 4 bases": STRIDES}


class Bare(Reader):
    """Reads no file: it holds the codecs."""

    def __init__(self) -> None:
        super().__init__(None)
        self.input, self.target = Letters("dna"), Tags(spans=False)
        self.target.fit([LABELS])

    def read(self, path: Path) -> Iterator[Record]:
        raise NotImplementedError


def measure(encoder: str, stitch: Any, bases: int, threads: int, hidden_size: int) -> dict[str, Any]:
    """Label one record with a network whose weights are random: seconds, CPU-seconds and the peak of memory."""
    heap.keep()
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    reader = Bare()
    options = BiLstm.Options(hidden_size=hidden_size, embed=EmbedOptions(size=0), convolution=ENCODERS[encoder])
    network = BiLstm(options, reader.input)
    model = Model(network, Tagger(Tagger.Options(), network.width, reader.target), WindowOptions(stitch=stitch)).eval()
    genome = random.Random(1).randbytes(bases).translate(bytes(b"ACGT"[byte % 4] for byte in range(256))).decode()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start, busy = time.perf_counter(), time.process_time()
    (found,) = label(model, reader, [Record("genome", genome)])
    seconds, busy = time.perf_counter() - start, time.process_time() - busy
    assert len(found.target) == bases
    # Linux counts in KiB, macOS in bytes.
    unit = 2**20 if sys.platform == "darwin" else 2**10
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"seconds": seconds, "busy": busy, "before": before / unit, "peak": peak / unit}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bases", type=int, default=4_600_000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--hidden-size", type=int, default=64, help="units of each direction")
    parser.add_argument("--one", nargs=3, metavar=("ENCODER", "STITCH", "BASES"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        encoder, stitch, bases = given.one
        print(json.dumps(measure(encoder, stitch, int(bases), given.threads, given.hidden_size)))
        return
    print(f"{'encoder':20} {'stitch':8} {'bases':>10} {'bases/s':>9} {'a CPU-s':>9} {'peak MB':>8} {'before':>7}")
    for encoder in ENCODERS:
        for stitch in ("exact", "overlap"):
            for bases in (given.bases // 10, given.bases):
                # A process of its own, for a peak is never forgotten.
                asked = [__file__, "--threads", str(given.threads), "--hidden-size", str(given.hidden_size)]
                command = [sys.executable, *asked, "--one", encoder, stitch, str(bases)]
                found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
                speeds = f"{bases / found['seconds']:9,.0f} {bases / found['busy']:9,.0f}"
                row = f"{encoder:20} {stitch:8} {bases:10,} {speeds}"
                print(f"{row} {found['peak']:8.0f} {found['before']:7.0f}", flush=True)


if __name__ == "__main__":
    main()
