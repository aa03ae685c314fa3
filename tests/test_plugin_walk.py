"""plugins/README.md, followed to the letter in a new virtual environment, from nothing to what a package index gets.

The environment has no packages of its own, it sees those of the one that runs the tests; but seqpipe is installed into
it from a copy, as people have it. Nothing is downloaded, and `twine` notes what it is told to upload.
"""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OFFLINE = {
    "PIP_NO_INDEX": "1",
    "PIP_NO_DEPS": "1",
    # By pip's own way to read it, 0 is what says that builds need no environment of their own.
    "PIP_NO_BUILD_ISOLATION": "0",
    "PIP_NO_COMPILE": "1",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "OMP_NUM_THREADS": "1",
}
TWINE = "import sys, pathlib; pathlib.Path('uploaded').write_text('\\n'.join(sys.argv[1:]))"


def commands() -> list[str]:
    """The commands that the README marks, in order."""
    text = (ROOT / "plugins" / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"<!-- walk -->\n\n((?:    .+\n)+)", text)
    return [line.strip() for block in blocks for line in block.splitlines()]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Variables of a shell in which a new virtual environment with seqpipe is active."""
    pytest.importorskip("setuptools", minversion="77")
    home = tmp_path / "venv"
    venv.create(home, symlinks=True)
    scripts, python = home / "bin", home / "bin" / "python"
    paths = {"base": str(home), "platbase": str(home)}
    packages = Path(sysconfig.get_path("purelib", "venv", paths))
    (packages / "shared.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    for name, code in {"pip": "import runpy; runpy.run_module('pip', run_name='__main__')", "twine": TWINE}.items():
        (scripts / name).write_text(f"#!{python}\n{code}\n")
        (scripts / name).chmod(0o755)
    copy = tmp_path / "seqpipe"
    shutil.copytree(ROOT / "seqpipe", copy / "seqpipe", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    variables = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PIP_", "VIRTUAL"))
    }
    variables |= OFFLINE | {"PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}", "VIRTUAL_ENV": str(home)}
    subprocess.run([scripts / "pip", "install", "--quiet", copy], env=variables, check=True, capture_output=True)
    return variables


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="the commands are those of a POSIX shell")
def test_the_readme_leads_from_nothing_to_a_published_plugin(environment: dict[str, str], tmp_path: Path) -> None:
    script = "\n".join(["set -eux", *commands()])
    assert "new-plugin vote --head" in script
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert re.search(r"^seqpipe-vote 0\.1\.0 \(seqpipe_vote\), for plugin API .*\n  head: vote$", done.stdout, re.M)
    assert re.search(r"^head vote \(seqpipe-vote 0\.1\.0\)$", done.stdout, re.M)
    assert re.search(r"^=+ \d+ passed in ", done.stdout, re.M)
    assert "runs/vote: the trained pipeline" in done.stdout
    made = tmp_path / "seqpipe-vote"
    command, wheel = (made / "uploaded").read_text().split("\n")
    assert (command, wheel) == ("upload", "dist/seqpipe_vote-0.1.0-py3-none-any.whl")
    with zipfile.ZipFile(made / wheel) as archive:
        assert {"seqpipe_vote/__init__.py", "seqpipe_vote/vote.py"} <= set(archive.namelist())
    where = "import seqpipe; print(seqpipe.__file__)"
    shown = subprocess.run(
        ["python", "-c", where], cwd=made, env=environment, capture_output=True, text=True, check=True
    )
    assert shown.stdout.startswith(str(tmp_path / "venv")), "the walk was another seqpipe's"
