"""New plugins: of every kind one that is found, passes its own tests and trains, as it is written."""

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

import seqpipe
from seqpipe import scaffold
from seqpipe.cli import main
from seqpipe.errors import Mistake
from seqpipe.plugins import KINDS, discover

TEMPLATES = Path(seqpipe.__file__).with_name("templates")
NAMES = {"reader": "two_part", "encoder": "leaking", "head": "mean-vote"}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A folder of a new plugin of each kind."""
    folder = tmp_path_factory.mktemp("new")
    return {kind: scaffold.new_plugin(name, kind, folder, discover()) for kind, name in NAMES.items()}


@pytest.fixture
def found(written: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """The plugins as if they were installed."""
    for kind, folder in written.items():
        name = NAMES[kind].replace("-", "_")
        info = folder / f"seqpipe_{name}-0.1.0.dist-info"
        info.mkdir(exist_ok=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {folder.name}\nVersion: 0.1.0\n")
        (info / "entry_points.txt").write_text(f"[seqpipe]\n{name} = seqpipe_{name}\n")
        monkeypatch.syspath_prepend(str(folder))
    return written


def test_nothing_of_the_template_s_name_is_left(written: dict[str, Path]) -> None:
    for kind, folder in written.items():
        files = [path for path in folder.rglob("*") if path.is_file()]
        assert len(files) == 10
        for path in files:
            text = f"{path.relative_to(folder)}\n{path.read_text(encoding='utf-8')}"
            assert "placeholder" not in text.lower(), path
        assert folder.name == f"seqpipe-{NAMES[kind].replace('_', '-')}"


@pytest.mark.parametrize("kind", NAMES)
def test_it_is_found_for_this_plugin_api(found: dict[str, Path], kind: str) -> None:
    name = NAMES[kind].replace("-", "_")
    plugins = discover()
    giver = plugins.giver(kind, name)
    assert (giver.name, giver.version, giver.api) == (found[kind].name, "0.1.0", seqpipe.__api__)
    assert plugins.load(kind, name).__name__ == "".join(map(str.capitalize, name.split("_"))) + kind.capitalize()


@pytest.mark.parametrize("kind", NAMES)
def test_it_trains_on_what_it_brings_along(
    found: dict[str, Path], kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (file,) = found[kind].glob("pipelines/*.yaml")
    assert file.read_text(encoding="utf-8").splitlines()[0].endswith(f"  seqpipe run pipelines/{file.name}")
    assert main(["run", str(file), "--out", str(tmp_path / "run")]) == 0
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert metrics["test"]["accuracy"] >= 0.9
    (test,) = file.with_suffix("").glob("test.*")
    assert main(["predict", str(tmp_path / "run"), str(test), "--out", str(tmp_path / f"found{test.suffix}")]) == 0
    capsys.readouterr()


def test_all_pass_their_own_tests(found: dict[str, Path]) -> None:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        *(str(one / "tests") for one in found.values()),
    ]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"}
    folder = found["head"].parent
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout.splitlines()[-1]


@pytest.mark.parametrize("kind", NAMES)
def test_its_data_is_what_its_script_makes(kind: str, tmp_path: Path) -> None:
    data = TEMPLATES / kind / "pipelines" / "placeholder"
    runpy.run_path(str(data / "make.py"))["main"](tmp_path)
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert made == {path.name: path.read_bytes() for path in data.iterdir() if path.suffix != ".py" and path.is_file()}


def test_there_is_a_template_for_every_kind_of_part() -> None:
    assert set(scaffold.KINDS) == set(KINDS) - {"dataset"} == set(NAMES)
    assert {path.name for path in TEMPLATES.iterdir()} == {*scaffold.KINDS, "common"}


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("Vote", "new-plugin Vote: not a name for a Python module; take small letters, digits and single dashes"),
        ("class", "new-plugin class: not a name for a Python module; take small letters, digits and single dashes"),
        ("../up", "new-plugin ../up: not a name for a Python module"),
        ("tagger", "new-plugin tagger: seqpipe 0.1.0 gives a head of this name already; choose another"),
        ("there", "seqpipe-there: is there already; choose another name, or another folder by --out"),
        ("seqpipe-there", "seqpipe-there: is there already; choose another name, or another folder by --out"),
        ("file/x", "new-plugin file/x: not a name for a Python module"),
    ],
)
def test_a_name_that_cannot_be_used_is_refused(tmp_path: Path, name: str, line: str) -> None:
    (tmp_path / "seqpipe-there").mkdir()
    with pytest.raises(Mistake) as caught:
        scaffold.new_plugin(name, "head", tmp_path, discover())
    assert line in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["seqpipe-there"]


def test_a_package_that_is_installed_and_a_folder_that_is_none_are_refused(
    found: dict[str, Path], tmp_path: Path
) -> None:
    with pytest.raises(Mistake, match=r"^new-plugin leaking: a package seqpipe_leaking is installed already"):
        scaffold.new_plugin("leaking", "head", tmp_path, discover())
    (tmp_path / "file").touch()
    with pytest.raises(
        Mistake, match=r"seqpipe-vote: cannot be written \(Not a directory\); --out names another folder"
    ):
        scaffold.new_plugin("vote", "head", tmp_path / "file", discover())


def test_the_command_says_what_to_do_next(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new-plugin", "vote", "--head", "--out", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[0].startswith(f"{tmp_path / 'seqpipe-vote'}: a plugin with a head named 'vote'.")
    assert out.endswith("  pip install --editable .\n  python -m pytest\n  seqpipe run pipelines/vote.yaml\n")
    assert main(["new-plugin", "vote", "--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err == "new-plugin vote: what is it to add? say --reader, --encoder or --head\n"
