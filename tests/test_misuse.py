"""Parts that do not suit each other, or what they are given: one line each, and exit code 2."""

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from seqpipe import artifact, cli

PIPELINES = Path(__file__).parent.parent / "pipelines"
SMALL = ("train.epochs=1", "encoder.hidden_size=4", "data.limit=20")


def told(capsys: Any, *args: Any) -> tuple[int, list[str]]:
    """Exit code, and what stands on stderr."""
    code = cli.main([str(arg) for arg in args])
    return code, capsys.readouterr().err.splitlines()


def settings(*sets: str) -> list[str]:
    return [part for one in sets for part in ("--set", one)]


def trained(name: str, out: Path, *sets: str) -> int:
    return cli.main(["run", str(PIPELINES / name), "--out", str(out), *settings(*SMALL, *sets)])


@pytest.mark.parametrize("target", ["label", "number", "tags", "text"])
def test_a_head_that_learns_from_the_input_needs_no_targets(target: str, tmp_path: Path) -> None:
    assert trained("chords.yaml", tmp_path / "run", f"reader.target={target}") == 0
    out = str(tmp_path / "out.jsonl")
    assert cli.main(["predict", str(tmp_path / "run"), str(PIPELINES / "chords/dev.jsonl"), "--out", out]) == 0


def test_other_keys_than_those_that_were_learned(tmp_path: Path, capsys: Any) -> None:
    assert trained("chords.yaml", tmp_path / "run") == 0
    capsys.readouterr()
    more = settings("reader.keys.highest=90")
    assert told(capsys, "predict", tmp_path / "run", PIPELINES / "chords/dev.jsonl", *more) == (
        2,
        ["reader.keys: 55 keys, but 49 numbers a frame were learned from; give the keys that were trained with"],
    )


def test_an_encoder_through_which_nothing_flows_has_nothing_to_show(tmp_path: Path, capsys: Any) -> None:
    assert told(capsys, "lens", PIPELINES / "captions.yaml", "--out", tmp_path / "seen") == (
        2,
        ["encoder: Linear carries nothing from step to step, so that nothing flows back"],
    )


@pytest.mark.parametrize(
    ("name", "sets", "kinds"),
    [
        ("captions.yaml", ("head.attention=additive", "head.copy_unknown=true"), "Frames and Vocabulary"),
        (
            "phrases.yaml",
            ("reader.subwords=600", "reader.words.min_count=1", "reader.target_words.min_count=1"),
            "Subwords and Subwords",
        ),
    ],
)
def test_only_words_can_be_copied(name: str, sets: tuple[str, ...], kinds: str, capsys: Any) -> None:
    code, (line,) = told(capsys, "check", PIPELINES / name, *settings(*sets))
    assert code == 2
    assert line.endswith(
        f"head.type: 'decoder' is to copy from its input, which takes words on both sides, not {kinds}"
    )


def test_no_word_is_left(tmp_path: Path, capsys: Any) -> None:
    file = tmp_path / "a.txt"
    file.write_text("one two two\n")
    more = settings("reader.unit=word", "reader.words.min_count=9", f"data={{train: {file}}}")
    assert told(capsys, "run", PIPELINES / "verses.yaml", "--out", tmp_path / "run", *more) == (
        2,
        ["reader: no word is left to be known, the most frequent one occurs 2 times; lower min_count"],
    )


def test_nothing_to_score(tmp_path: Path, capsys: Any) -> None:
    out, empty = tmp_path / "run", tmp_path / "empty.txt"
    code, lines = told(
        capsys, "run", PIPELINES / "verses.yaml", "--out", out, *settings("data.held_out={last: {dev: 1e-13}}")
    )
    assert (code, lines) == (
        2,
        ["data.dev: nothing to score; all that it holds is empty, or what is held out is too little"],
    )
    assert trained("verses.yaml", out) == 0
    capsys.readouterr()
    empty.write_text("\n")
    code, lines = told(capsys, "evaluate", out, empty, *settings("reader.records=prompt"))
    assert (code, lines) == (2, [f"{empty}:1: nothing to score; all that was read is empty"])


def test_weights_that_are_no_numbers(tmp_path: Path, capsys: Any) -> None:
    out = tmp_path / "run"
    assert trained("phrases.yaml", out) == 0
    weights = load_file(out / artifact.WEIGHTS)
    weights["head.vote.bias"][0] = torch.nan
    save_file(weights, out / artifact.WEIGHTS)
    capsys.readouterr()
    assert told(capsys, "predict", out, PIPELINES / "phrases/dev.tsv") == (
        2,
        [f"{out / artifact.WEIGHTS}: the weights do not fit the pipeline: some are no finite numbers"],
    )
