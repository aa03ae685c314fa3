"""How the part that is to be checked is found, and that finding it is no work."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from seqpipe import Mistake
from seqpipe.testing import check_head

CODE = "import seqpipe\n{more}\n@seqpipe.hookimpl\ndef seqpipe_heads():\n    return {{'votes': 'part_votes:Votes'}}\n"


@pytest.fixture
def votes(install: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Installs a plugin whose head is in a module of its own; its hooks stand below `more`."""
    broken = (Path(__file__).parent / "broken" / "broken_heads.py").read_text(encoding="utf-8")
    (tmp_path / "part_votes.py").write_text(broken, encoding="utf-8")
    monkeypatch.delitem(sys.modules, "part_votes", raising=False)
    return lambda more: install("votes-plugin", CODE.format(more=more), "votes_hooks")


def test_an_installed_part_is_found_and_checked(votes: Callable[[str], None]) -> None:
    votes("import dataclasses, sqlite3")
    check_head("votes")


@pytest.mark.parametrize(
    ("more", "heavy"),
    [
        ("from part_votes import Votes", ["numpy", "part_votes", "torch"]),
        ("seqpipe.Head", ["numpy", "torch"]),
        ("import yaml", ["yaml"]),
    ],
)
def test_a_plugin_that_imports_much_to_be_found_is_caught(
    votes: Callable[[str], None], more: str, heavy: list[str]
) -> None:
    votes(more)
    with pytest.raises(AssertionError) as caught:
        check_head("votes")
    line = str(caught.value)
    assert line.startswith("head votes: finding its plugin imports ")
    assert line.endswith("; keep the hooks in a module (votes_hooks) of their own")
    named = line.removeprefix("head votes: finding its plugin imports ").partition(";")[0].split(", ")
    assert set(heavy) <= set(named)
    assert "seqpipe" not in named


def test_a_plugin_that_is_found_here_only_is_caught(votes: Callable[[str], None]) -> None:
    votes("import sys\nif not hasattr(sys, 'here_only'): raise RuntimeError('not here')")
    sys.here_only = True  # type: ignore[attr-defined]
    try:
        with pytest.raises(AssertionError, match=r"^head votes: finding its plugin fails in a new process: Runtime"):
            check_head("votes")
    finally:
        del sys.here_only  # type: ignore[attr-defined]


def test_what_is_not_there_or_refuses_its_options_is_told_as_in_a_pipeline() -> None:
    with pytest.raises(Mistake, match=r"^no head named 'taggr'; did you mean 'tagger'"):
        check_head("taggr")
    with pytest.raises(AssertionError, match=r"^head tagger: crff: unknown option; did you mean 'crf'"):
        check_head("tagger", {"crff": False})


def test_what_a_part_raises_goes_through_with_a_note_on_what_was_checked(tmp_path: Path) -> None:
    file = tmp_path / "part_raises.py"
    file.write_text(
        "import seqpipe\n@seqpipe.hookimpl\ndef seqpipe_heads():\n    return {'raises': 'part_raises:Raises'}\n"
        "class Raises(seqpipe.Head):\n    'Raises.'\n    target = seqpipe.Label\n"
        "    def loss(self, states, target):\n        return 1 / 0\n    def predict(self, states):\n        return []\n"
    )
    try:
        with pytest.raises(ZeroDivisionError) as caught:
            check_head("raises", plugin=file)
    finally:
        del sys.modules["part_raises"]
    assert caught.value.__notes__ == [
        "head raises on Label: raised while this was checked: `loss` gives one finite number a record, from which "
        "gradients flow."
    ]
