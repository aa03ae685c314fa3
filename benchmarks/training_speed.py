"""How many tokens a CPU-second seqpipe trains on, and how many the same tagger written the usual way does.

`python benchmarks/training_speed.py` takes the whole of NCBI-disease, 3 times: some minutes. With `--sentences 1000` a
random part of it.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import corpus
import torch
import usual
from torch import Tensor

from seqpipe.batch import Batch
from seqpipe.codec import Tags, WordOptions, Words
from seqpipe.embed import EmbedOptions
from seqpipe.encoders.recurrent import BiLstm
from seqpipe.heads.tagger import Tagger
from seqpipe.model import Model
from seqpipe.reader import Record
from seqpipe.readers.conll import Conll
from seqpipe.settings import TrainOptions
from seqpipe.train import Training, fit, trainer

CLIP_NORM = 5.0
WARM_UP = 5
"""Batches before the clock starts: the first ones pay for allocation and for choosing kernels."""


class Clock:
    """CPU time and tokens of all batches but the first few."""

    def __init__(self) -> None:
        self.batches = self.tokens = 0
        self.losses: list[float] = []
        self.start = self.stop = time.process_time()

    def done(self, tokens: int, loss: float) -> None:
        """To be called after each batch."""
        self.batches += 1
        self.losses.append(loss)
        self.stop = time.process_time()
        if self.batches <= WARM_UP:
            self.start = self.stop
        else:
            self.tokens += tokens


class Timed(Training):
    """The training that `seqpipe run` does, with a clock."""

    clock: Clock

    def on_train_batch_end(self, outputs: Any, batch: Batch, batch_idx: int) -> None:
        loss: Tensor = outputs["loss"]
        self.clock.done(int(batch.input.lengths.sum()), loss.item())


def train(words: Words, tags: Tags, records: Sequence[Record], clip_norm: float, clock: Clock) -> int:
    """One epoch of seqpipe's own training. The number of parameters."""
    # The same features on both sides: no affixes, no shapes, no word dropout.
    embed = EmbedOptions(size=100, letters=30, letter_filters=50, letter_widths=[3], word_dropout=0.0)
    encoder = BiLstm(BiLstm.Options(hidden_size=200, dropout=0.5, embed=embed), words)
    head = Tagger(Tagger.Options(), encoder.width, tags)
    reader = Conll(Conll.Options())
    reader.input, reader.target = words, tags
    model = Model(encoder, head)
    options = TrainOptions(epochs=1, clip_norm=clip_norm, accelerator="cpu")
    with tempfile.TemporaryDirectory() as folder:
        training = Timed(model, reader, records, [], options, Path(folder))
        training.clock = clock
        fit(trainer(options, Path(folder)), training, resume=False)
    return sum(weight.numel() for weight in model.parameters())


def work(way: str, sentences: int, seed: int) -> None:
    """One measurement in this process; prints it as JSON."""
    torch.set_num_threads(1)
    records = corpus.records("ncbi_disease", "train")
    random.Random(seed).shuffle(records)
    records = records[:sentences]
    words, tags = Words(WordOptions()), Tags(spans=True)
    words.fit(record.input for record in records)
    tags.fit(record.target for record in records)
    torch.manual_seed(seed)
    clock = Clock()
    if way == "usual":
        parameters = usual.train(words, tags, records, CLIP_NORM, clock.done)
    else:
        parameters = train(words, tags, records, CLIP_NORM, clock)
    seconds = clock.stop - clock.start
    last = statistics.mean(clock.losses[-10:])
    found = {"tokens_per_second": clock.tokens / seconds, "batches": clock.batches, "first_loss": clock.losses[0]}
    print(json.dumps(found | {"last_loss": last, "parameters": parameters, "seconds": seconds}))


def measure(way: str, sentences: int, seed: int) -> dict[str, float]:
    """One measurement in a fresh process with one thread."""
    threads = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "MKL", "OPENBLAS")}
    command = [sys.executable, __file__, "--way", way, "--sentences", str(sentences), "--seed", str(seed)]
    run = subprocess.run(command, env=os.environ | threads, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, float] = json.loads(run.stdout.splitlines()[-1])
    return found


def compare(sentences: int, repetitions: int) -> None:
    """Both ways in turn, and a table."""
    rates: dict[str, list[float]] = {"usual": [], "seqpipe": []}
    for seed in range(repetitions):
        found = {way: measure(way, sentences, seed) for way in rates}
        assert found["usual"]["parameters"] == found["seqpipe"]["parameters"], found
        for way, one in found.items():
            rates[way].append(one["tokens_per_second"])
            print(
                f"{way:8} {one['tokens_per_second']:8.0f} tokens a CPU-second, {one['batches']:.0f} batches, "
                f"{one['parameters']:.0f} parameters, loss {one['first_loss']:.2f} -> {one['last_loss']:.2f} a token"
            )
    print(f"\n{'':8} {'min':>8} {'median':>8} {'max':>8}   tokens a CPU-second")
    for way, some in rates.items():
        print(f"{way:8} {min(some):8.0f} {statistics.median(some):8.0f} {max(some):8.0f}")
    ratios = [ours / theirs for ours, theirs in zip(rates["seqpipe"], rates["usual"], strict=True)]
    print(f"{'ratio':8} {min(ratios):8.2f} {statistics.median(ratios):8.2f} {max(ratios):8.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sentences", type=int, default=10**9, help="train on so many sentences, chosen at random")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--way", choices=["usual", "seqpipe"], help="measure one way in this process, print JSON")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    if given.way:
        work(given.way, given.sentences, given.seed)
    else:
        compare(given.sentences, given.repetitions)


if __name__ == "__main__":
    main()
