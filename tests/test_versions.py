"""A run folder says which plugins it needs where they are not installed."""

import importlib.metadata
import sys

import pytest

from seqpipe import __version__, artifact
from seqpipe.errors import Mistake
from seqpipe.pipeline import load
from seqpipe.plugins import Plugin, Plugins, discover
from seqpipe.run import run
from seqpipe.versions import absent, versions

VOTE = Plugin("seqpipe-vote", "0.3", "seqpipe_vote")
LOOSE = Plugin("vote.py", "", "plugins/vote.py")


def test_versions_are_those_of_seqpipe_plugins_and_libraries():
    found = versions([VOTE, LOOSE])
    assert list(found)[:3] == ["seqpipe", "seqpipe-vote", "vote.py"]
    assert (found["seqpipe"], found["seqpipe-vote"], found["vote.py"]) == (__version__, "0.3", "plugins/vote.py")
    assert found["torch"] == importlib.metadata.version("torch")


@pytest.mark.parametrize(
    ("here", "line"),
    [
        ([VOTE, LOOSE], ""),
        ([LOOSE], "the pipeline was trained with seqpipe-vote 0.3; pip install seqpipe-vote==0.3"),
        ([VOTE], "the pipeline was trained with plugins/vote.py; give --plugin plugins/vote.py"),
        ([Plugin("seqpipe-vote", "0.4", ""), LOOSE], "the pipeline was trained with seqpipe-vote 0.3; pip install "),
        (
            [],
            "the pipeline was trained with seqpipe-vote 0.3 and plugins/vote.py; "
            "pip install seqpipe-vote==0.3 and give --plugin plugins/vote.py",
        ),
    ],
)
def test_what_is_absent_is_told_with_what_to_do(here, line):
    found = absent(versions([VOTE, LOOSE]), Plugins(tuple(here), 0.0))
    assert found.startswith(line)
    assert bool(found) == bool(line)


def test_a_run_folder_of_an_absent_plugin_says_what_to_install(tiny, install, tmp_path, monkeypatch):
    code = (
        "import seqpipe\n@seqpipe.hookimpl\ndef seqpipe_heads():\n    return {'mine': 'seqpipe.heads.tagger:Tagger'}\n"
    )
    install("tags-plugin", code)
    run(load(tiny, ["head.type=mine", "train.epochs=1"], discover()), tmp_path / "out")
    assert artifact.load(tmp_path / "out").pipeline.versions["tags-plugin"] == "1.0"
    monkeypatch.setattr("seqpipe.plugins.entry_points", lambda group: [])
    with pytest.raises(Mistake) as caught:
        artifact.load(tmp_path / "out")
    (line,) = caught.value.lines
    assert line.startswith(f"{tmp_path / 'out' / 'pipeline.yaml'}:")
    assert line.endswith(
        ": head.type: no head named 'mine' is installed; "
        "the pipeline was trained with tags-plugin 1.0; pip install tags-plugin==1.0"
    )


def test_a_run_folder_of_an_absent_file_says_which(tiny, tmp_path):
    file = tmp_path / "own_tags.py"
    file.write_text(
        "import seqpipe\nfrom seqpipe.heads.tagger import Tagger\n@seqpipe.hookimpl\n"
        "def seqpipe_heads():\n    return {'mine': 'own_tags:Tagger'}\n"
    )
    try:
        run(load(tiny, ["head.type=mine", "train.epochs=1"], discover([file])), tmp_path / "out")
    finally:
        del sys.modules["own_tags"]
    with pytest.raises(Mistake, match=rf"no head named 'mine' is installed; .* give --plugin {file}$"):
        artifact.load(tmp_path / "out")


def test_a_wrong_name_in_a_run_folder_whose_plugins_are_there_is_a_wrong_name(tiny, tmp_path):
    run(load(tiny, ["train.epochs=1"], discover()), tmp_path / "out")
    with pytest.raises(Mistake, match=r"no head named 'taggr'; did you mean 'tagger'\?$"):
        artifact.load(tmp_path / "out", ["head.type=taggr"])
