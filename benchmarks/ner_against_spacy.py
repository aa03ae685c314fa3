"""What spaCy's own entity recogniser reaches from scratch, for the data, scorer and CPU time of a run of seqpipe.

`python benchmarks/ner_against_spacy.py --data wnut17 --seconds 300 --seed 1` trains for so many CPU-seconds, keeps the
weights that are best on dev, and prints entity F1 on test. All else is as `spacy init config` has it. Its counterpart
is `seqpipe run` on the same data set.
"""

import argparse
import itertools
import random
import time
from collections.abc import Sequence
from typing import Any

import corpus
from spacy.about import __version__
from spacy.cli.init_config import init_config
from spacy.language import Language
from spacy.schemas import ConfigSchemaTraining
from spacy.tokens import Doc
from spacy.training import Example
from spacy.training.loop import create_train_batches, train_while_improving
from spacy.util import load_model_from_config, registry
from thinc.api import fix_random_seed

from seqpipe import scores, tags
from seqpipe.reader import Record


def examples(nlp: Language, records: Sequence[Record]) -> list[Example]:
    """Records as spaCy learns from them, with their own tokens."""
    return [
        Example(Doc(nlp.vocab, words=list(record.input)), Doc(nlp.vocab, words=list(record.input), ents=record.target))
        for record in records
    ]


def f1(nlp: Language, records: Sequence[Record]) -> dict[str, float]:
    """Strict entity precision, recall and F1 by seqpipe's scorer."""
    docs = nlp.pipe(Doc(nlp.vocab, words=list(record.input)) for record in records)
    found = [tags.tagged([(ent.start, ent.end, ent.label_) for ent in doc.ents], len(doc)) for doc in docs]
    pairs = [(record.target, guess) for record, guess in zip(records, found, strict=True)]
    return {name: scores.entities(pairs)[name] for name in ("precision", "recall", "f1")}


def train(data: str, seconds: float, seed: int) -> tuple[Language, int]:
    """The best pipeline on dev within so many CPU-seconds, scoring dev included, and how many updates were done."""
    config = init_config(lang="en", pipeline=["ner"], optimize="efficiency", gpu=False)
    random.seed(seed)
    fix_random_seed(seed)
    nlp = load_model_from_config(config, auto_fill=True)
    settings: dict[str, Any] = registry.resolve(nlp.config.interpolate()["training"], schema=ConfigSchemaTraining)
    learn, dev = examples(nlp, corpus.records(data, "train")), corpus.records(data, "dev")
    start = time.process_time()
    nlp.initialize(lambda: learn, sgd=settings["optimizer"])
    everything: Any = create_train_batches(nlp, lambda _: learn, settings["batcher"], 0)
    steps = train_while_improving(
        nlp,
        settings["optimizer"],
        itertools.takewhile(lambda _: time.process_time() - start < seconds, everything),
        lambda: (f1(nlp, dev)["f1"], {}),
        **{name: settings[name] for name in ("dropout", "eval_frequency", "accumulate_gradient", "before_update")},
        patience=0,
        max_steps=0,
        exclude=[],
        annotating_components=[],
    )
    best, done = nlp.to_bytes(), 0
    for _, state, is_best in steps:
        done = state["step"] + 1
        if is_best is not None:
            print(f"{time.process_time() - start:7.1f} s  update {done:6}  dev f1 {state['score']:.4f}", flush=True)
        if is_best:
            best = nlp.to_bytes()
    return nlp.from_bytes(best), done


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", choices=sorted(corpus.KNOWN), default="wnut17")
    parser.add_argument("--seconds", type=float, default=300, help="CPU-seconds to train, with scoring dev")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    nlp, done = train(given.data, given.seconds, given.seed)
    found = f1(nlp, corpus.records(given.data, "test"))
    rates = "  ".join(f"{name} {value:.4f}" for name, value in found.items())
    print(f"spacy {__version__}  {given.data}  seed {given.seed}  {done} updates  test {rates}")


if __name__ == "__main__":
    main()
