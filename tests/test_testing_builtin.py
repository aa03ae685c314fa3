"""What ships keeps what its interface promises. Names are read off the plugins, so that a new part is checked too."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from seqpipe.plugins import discover
from seqpipe.testing import check_encoder, check_head, check_reader

ROOT = Path(__file__).parents[1]
SHIPPED = discover().found[0].adds

SMALL = {"hidden_size": 6, "size": 6}
"""Options that any part has smaller than by default here, where it has them."""

VARIANTS = {
    "recurrent": [
        {"bidirectional": True, "num_layers": 2},
        {"cell": "cec", "initial_state": "learned"},
        {"peepholes": True, "chrono": 9},
        {"embed": {"size": 3, "letter_encoder": "lstm", "affixes": 2, "shape": 2}},
        {"convolution": {"channels": 4, "widths": [3], "strides": [2]}},
        {"convolution": {"channels": 4, "widths": [3], "strides": [2], "upsample": True}, "bidirectional": True},
        {"embed": {"size": 3, "kmer": 2}},
    ],
    "tagger": [{"crf": False}, {"n_best": 3, "constrain": False}],
    "classifier": [{"pooling": kind} for kind in ("mean", "max", "attention")],
    "regressor": [{"pooling": "attention"}],
    "decoder": [
        {"attention": "none", "cell": "gru", "num_layers": 2},
        {"attention": "additive", "input_feeding": True, "tied": True, "beam_size": 3, "n_best": 2},
        {"scheduled_sampling": 0.5, "sampling_rise": 2},
    ],
    "ctc": [{"beam_size": 4, "n_best": 2}],
    "lm": [{"temperature": 0.0}, {"top_k": 2, "length": 5}],
    "next_frame": [{"temperature": 0.0}],
}
"""Other options of parts that have very different ones; encoders and heads have no name in common."""

TAGGED = "# sent_id = s1\nAda B-person\nMarsh I-person\nsings O\n\nin O\nVell B-place\n"
SAMPLES = {
    "conll": [("a.conll", TAGGED, {}), ("a.iob", "Ada NNP\nsings VBZ\n\nsings VBZ\n", {"scheme": "none"})],
    "spacy": [("a.jsonl", '{"text": "In Vell. So.", "spans": [{"start": 3, "end": 7, "label": "x"}]}\n', {})],
    "table": [
        ("a.csv", 'text,label\n"good, really",+\nbad,-\n', {}),
        ("a.jsonl", '{"en": "the sea", "fr": "la mer"}\n', {"columns": {"text": "en", "target": "fr"}}),
    ],
    "frames": [
        ("a.jsonl", '{"frames": [[0], [1]], "target": ["on", "off"]}\n', {"target": "tags"}),
        ("a.jsonl", '{"frames": [[0], [1]], "target": 2.5}\n{"frames": [[2]], "target": 1}\n', {"target": "number"}),
    ],
    "sequences": [
        ("a.fasta", ">a label=EI\nACGTN\n>b of words\nacgt\n", {"reverse_complement": True}),
        ("a.tsv", "sequence\tlabel\nMKV\tH?E\nMK\tHH\n", {"alphabet": "protein", "target": "tags"}),
    ],
    "text": [("a.txt", "So it is.\nOr not.\n", {"records": "line", "unit": "word"})],
}
"""Files for readers, beside those that pipelines ship with: name, content, options."""


def small(kind: str, name: str, options: dict[str, Any]) -> dict[str, Any]:
    fields = discover().load(kind, name).Options.model_fields
    return {option: size for option, size in SMALL.items() if option in fields} | options


def of_pipelines() -> Iterator[tuple[str, Path, dict[str, Any]]]:
    """Reader, file and options of all pipelines whose data stands beside them."""
    for file in sorted(ROOT.glob("pipelines/*.yaml")):
        sections = yaml.safe_load(file.read_text(encoding="utf-8"))
        named = sections["data"].get("dev") or sections["data"].get("train")
        for path in sorted(file.parent.glob(named if isinstance(named, str) else named[0]))[:1] if named else ():
            options = dict(sections["reader"])
            yield options.pop("type"), path, options


@pytest.mark.parametrize(
    ("name", "options"), [(name, one) for name in SHIPPED["encoder"] for one in [{}, *VARIANTS.get(name, [])]]
)
def test_an_encoder_keeps_what_encoders_promise(name: str, options: dict[str, Any]) -> None:
    check_encoder(name, small("encoder", name, options))


@pytest.mark.parametrize(
    ("name", "options"), [(name, one) for name in SHIPPED["head"] for one in [{}, *VARIANTS.get(name, [])]]
)
def test_a_head_keeps_what_heads_promise(name: str, options: dict[str, Any]) -> None:
    check_head(name, small("head", name, options))


@pytest.mark.parametrize(("name", "path", "options"), [*of_pipelines()], ids=lambda one: getattr(one, "stem", None))
def test_a_reader_keeps_what_readers_promise_on_what_ships(name: str, path: Path, options: dict[str, Any]) -> None:
    check_reader(name, path, options)


@pytest.mark.parametrize("name", SHIPPED["reader"])
def test_a_reader_keeps_what_readers_promise(name: str, tmp_path: Path) -> None:
    assert name in SAMPLES or name in {one for one, *_ in of_pipelines()}, "no file for it; put one into SAMPLES"
    for file, content, options in SAMPLES.get(name, []):
        (tmp_path / file).write_text(content, encoding="utf-8")
        check_reader(name, tmp_path / file, options)
