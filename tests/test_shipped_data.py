"""Data that scripts write: made again byte for byte, and described beside it."""

import runpy
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parent.parent / "pipelines"
THREE = ("dev", "test", "train")
FILES = {
    "captions": [f"{split}.jsonl" for split in THREE],
    "chords": [f"{split}.jsonl" for split in THREE],
    "gestures": [f"{split}.jsonl" for split in THREE],
    "orfs": ["genome.gb"],
    "phrases": [f"{split}.tsv" for split in THREE],
    "restriction": [f"{split}.fasta" for split in THREE],
    "spelling": [f"{split}.jsonl" for split in THREE],
    "verses": ["verses.txt"],
}
SIGNS = {".fasta": ">", ".gb": "LOCUS  "}
"""What each record of a format begins with."""


def main(script: Path) -> Any:
    return runpy.run_path(str(script))["main"]


def test_every_script_is_known_here() -> None:
    assert sorted(script.parent.name for script in FOLDER.glob("*/make.py")) == sorted(FILES)
    assert len(FILES) == 8


@pytest.mark.parametrize("name", FILES)
def test_what_ships_is_what_the_script_writes(name: str, tmp_path: Path) -> None:
    main(FOLDER / name / "make.py")(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == FILES[name]
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (FOLDER / name / path.name).read_bytes()


@pytest.mark.parametrize("name", FILES)
def test_the_readme_tells_what_it_is_how_much_and_whose(name: str) -> None:
    text = (FOLDER / name / "README.md").read_text(encoding="utf-8")
    assert "MIT licence" in text
    assert f"python pipelines/{name}/make.py" in text
    counted = 0
    for file in FILES[name]:
        assert f"`{file}`" in text
        counted += (f"{_records(FOLDER / name / file):,}") in text
    assert counted == len(FILES[name])


def test_every_folder_of_data_has_a_readme() -> None:
    folders = [folder for folder in FOLDER.iterdir() if folder.is_dir()]
    assert len(folders) == 10
    assert all((folder / "README.md").is_file() for folder in folders)


def _records(path: Path) -> int:
    """Lines, without a header; of verses, the quatrains; of sequences, the records."""
    text = path.read_text(encoding="utf-8")
    if path.suffix in SIGNS:
        return text.count(SIGNS[path.suffix])
    if path.suffix == ".txt":
        return text.count("\n\n") + 1
    return text.count("\n") - (path.suffix == ".tsv")
