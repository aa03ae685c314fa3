"""What is imported when: the quick commands must stay quick."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PRINT = """
import sys
before = set(sys.modules)
from seqpipe.cli import main
try:
    main({arguments!r})
finally:
    new = {{name.partition(".")[0] for name in set(sys.modules) - before}}
    print("IMPORTED", *sorted(new - set(sys.stdlib_module_names)))
"""


def imported(folder, *arguments):
    """Top-level modules outside the standard library that a command imports."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-W", "error", "-c", PRINT.format(arguments=list(arguments))]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split()[1:])


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], [], ["check", "--help"], ["show", "--help"], ["nonsense"]]
)
def test_help_imports_next_to_nothing(tmp_path, arguments):
    assert imported(tmp_path, *arguments) == {"click", "pluggy", "seqpipe"}


def test_listing_plugins_imports_no_component(tmp_path):
    heavy = {"torch", "numpy", "pydantic", "yaml", "spacy", "pytorch_lightning"}
    assert imported(tmp_path, "plugins").isdisjoint(heavy)


def test_a_mistake_in_the_yaml_is_told_without_torch(tmp_path):
    (tmp_path / "p.yaml").write_text("head: {type: tagger}\nreader: [conll\n")
    assert imported(tmp_path, "check", "p.yaml").isdisjoint({"torch", "pytorch_lightning", "spacy"})


@pytest.mark.parametrize("reader", ["conll", "spacy"])
@pytest.mark.parametrize("hidden", ["8", "no"])
def test_checking_needs_neither_lightning_nor_spacy_nor_the_network(tmp_path, reader, hidden):
    (tmp_path / "t").write_text("a O\n")
    (tmp_path / "p.yaml").write_text(
        f"reader: {{type: {reader}}}\ndata: {{train: t}}\n"
        f"encoder: {{type: gru, hidden_size: {hidden}}}\nhead: {{type: tagger}}\n"
    )
    found = imported(tmp_path, "check", "p.yaml")
    assert "torch" in found
    assert found.isdisjoint({"pytorch_lightning", "lightning", "torchmetrics", "spacy", "thinc", "requests", "pooch"})


def test_the_lens_needs_no_lightning(tmp_path):
    found = imported(tmp_path, "lens", "--cells", "--steps=2", "--hidden-size=1", "--out=seen")
    assert "matplotlib" in found
    assert found.isdisjoint({"pytorch_lightning", "lightning", "torchmetrics"})
    assert (tmp_path / "seen" / "cells.png").exists()


def test_importing_seqpipe_imports_only_pluggy(tmp_path):
    code = (
        "import sys; before = set(sys.modules); import seqpipe; "
        "print(*{name.partition('.')[0] for name in set(sys.modules) - before} - sys.stdlib_module_names)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == {"seqpipe", "pluggy"}
