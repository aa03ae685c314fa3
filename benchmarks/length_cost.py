"""What a base costs a recurrent encoder in sequences of 128 to 16,384 bases, with strides and without.

`OMP_NUM_THREADS=1 python benchmarks/length_cost.py` prints CPU microseconds a base of a training step, forward and
backward, and how much of the cost at the shortest length that of each is; minutes of one core.
"""

import argparse
import statistics
import time

import torch

from seqpipe import heap
from seqpipe.batch import Padded
from seqpipe.embed import EmbedOptions
from seqpipe.encoders.convolution import ConvolutionOptions
from seqpipe.encoders.recurrent import BiLstm
from seqpipe.letters import Letters

LENGTHS = (128, 512, 2_048, 8_192, 16_384)
SEQUENCES = 8
"""In a batch, at every length: kernels do more at once for many sequences, which is no matter of length."""
BASES = 131_072
"""At each measurement, in as many steps as it takes."""
KINDS = {
    "no convolution": ConvolutionOptions(),
    "stride 1": ConvolutionOptions(channels=64, widths=[9]),
    "stride 3, upsampled": ConvolutionOptions(channels=64, widths=[9], strides=[3], upsample=True),
    "strides 2, 2": ConvolutionOptions(channels=64, widths=[9, 9], strides=[2, 2]),
}


def made(convolution: ConvolutionOptions) -> BiLstm:
    torch.manual_seed(1)
    options = BiLstm.Options(hidden_size=128, embed=EmbedOptions(size=0), convolution=convolution)
    return BiLstm(options, Letters("dna"))


def cost(encoder: BiLstm, length: int) -> float:
    """CPU microseconds a base."""
    chance = torch.Generator().manual_seed(2)
    values = torch.randint(0, 4, (SEQUENCES, length), generator=chance, dtype=torch.uint8)
    input = Padded(values, torch.full((SEQUENCES,), length))
    steps = max(1, BASES // values.numel())
    start = time.process_time()
    for _ in range(steps):
        encoder.zero_grad()
        encoder(input).values.square().mean().backward()
    return (time.process_time() - start) / (steps * values.numel()) * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5, help="measurements, of which the median is printed")
    given = parser.parse_args()
    heap.keep()
    encoders = {kind: made(options) for kind, options in KINDS.items()}
    found: dict[tuple[str, int], list[float]] = {}
    # The first round warms up; all take turns, so that what else the machine does strikes all alike.
    for turn in range(given.repeats + 1):
        for length in LENGTHS:
            for kind, encoder in encoders.items():
                spent = cost(encoder, length)
                if turn:
                    found.setdefault((kind, length), []).append(spent)
    print("bases".rjust(8), *(kind.rjust(22) for kind in KINDS))
    for length in LENGTHS:
        costs = [(statistics.median(found[kind, length]), statistics.median(found[kind, LENGTHS[0]])) for kind in KINDS]
        print(f"{length:8,}", *(f"{one:.3f} µs ({one / least:4.0%})".rjust(22) for one, least in costs))


if __name__ == "__main__":
    main()
