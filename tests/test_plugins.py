"""Plugins: found without being imported, kept apart from each other, and named when something is wrong with them."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from seqpipe.errors import Mistake
from seqpipe.plugins import KINDS, discover
from seqpipe.readers.conll import Conll

PLUGINS = Path(__file__).parents[1] / "plugins"


def hook(body, name="seqpipe_heads"):
    return f"import seqpipe\n@seqpipe.hookimpl\ndef {name}():\n    {body}\n"


def only(plugins, name):
    return next(plugin for plugin in plugins.found if plugin.name == name)


def mistake(call, *arguments):
    with pytest.raises(Mistake) as caught:
        call(*arguments)
    return list(caught.value.lines)


def test_what_ships_is_a_plugin_like_any():
    plugins = discover()
    assert plugins.found[0].name == "seqpipe"
    assert plugins.found[0].source == "seqpipe.builtin"
    assert plugins.load("reader", "conll") is Conll
    assert plugins.giver("head", "tagger") is plugins.found[0]
    assert plugins.seconds >= 0


@pytest.mark.parametrize("kind", KINDS)
def test_every_name_that_ships_can_be_loaded(kind):
    plugins = discover()
    names = plugins.found[0].adds[kind]
    assert names
    for name in names:
        assert plugins.load(kind, name) is not None


def test_an_installed_plugin_is_found_but_what_it_names_is_not_imported(install):
    install("vote-plugin", hook("return {'vote': 'no_such_module:Vote'}"))
    plugins = discover()
    assert "vote" in plugins.names("head")
    assert only(plugins, "vote-plugin").version == "1.0"
    assert mistake(plugins.load, "head", "vote") == [
        "head 'vote' of plugin vote-plugin 1.0 cannot be used: no_such_module:Vote: "
        "ModuleNotFoundError: No module named 'no_such_module'"
    ]


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("1/0", "ZeroDivisionError: division by zero"),
        ("import sys; sys.exit('bye')", "SystemExit: bye"),
        ("raise ValueError('a\\n  b')", "ValueError: a b"),
        (hook("return {}", "seqpipe_haeds"), "unknown hook 'seqpipe_haeds'; did you mean 'seqpipe_heads'?"),
        (hook("return 3"), "seqpipe_heads gives 3, not a dict of names"),
        (hook("return {'a': int}"), "seqpipe_heads gives 'a': <class 'int'>, not a name and 'module:attribute'"),
        (hook("return {'a': 'b.c'}"), "seqpipe_heads gives 'a': 'b.c', not a name and 'module:attribute'"),
        (hook("return {1: 'b:c'}"), "seqpipe_heads gives 1: 'b:c', not a name and 'module:attribute'"),
        (hook("raise KeyError('x')"), "KeyError: 'x'"),
        ("def seqpipe_heads():\n    return {}\n", "no function in it is marked with seqpipe.hookimpl"),
    ],
)
def test_a_broken_plugin_is_kept_with_its_error_and_stops_nobody(install, code, error):
    install("broken-one", code)
    install("good-one", hook("return {'good': 'seqpipe.heads.tagger:Tagger'}"))
    plugins = discover()
    assert only(plugins, "broken-one").error == error
    assert not only(plugins, "broken-one").adds
    assert plugins.load("head", "good") is plugins.load("head", "tagger")
    assert mistake(plugins.load, "head", "goof") == [
        f"no head named 'goof'; did you mean 'good'? (plugin broken-one 1.0 did not load: {error})"
    ]


@pytest.mark.parametrize(
    ("api", "error"),
    [
        ("'1.0'", ""),
        ("'1.2'", ""),
        ("'1.3'", "written for plugin API 1.3, but seqpipe 0.1.0 has 1.2; install a seqpipe that has it"),
        ("'2.0'", "written for plugin API 2.0, but seqpipe 0.1.0 has 1.2; install a seqpipe that has it"),
        ("'0.9'", "written for plugin API 0.9, but seqpipe 0.1.0 has 1.2; install a newer version of the plugin"),
        ("1", "seqpipe_api is 1, not a text such as '1.2'"),
        ("'1'", "seqpipe_api is '1', not a text such as '1.2'"),
    ],
)
def test_a_plugin_says_which_plugin_api_it_was_written_for(install, monkeypatch, api, error):
    monkeypatch.setattr("seqpipe.plugins.__api__", "1.2")
    install("dated-one", f"seqpipe_api = {api}\n" + hook("return {'dated': 'seqpipe.heads.tagger:Tagger'}"))
    plugins = discover()
    assert only(plugins, "dated-one").error == error
    assert only(plugins, "dated-one").api == (api.strip("'") if "'" in api else "")
    assert ("dated" in plugins.names("head")) == (not error)


def test_a_plugin_for_a_newer_api_is_told_so_and_not_of_its_new_hook(install):
    install("newer-one", "seqpipe_api = '99.0'\n" + hook("return {}", "seqpipe_scores"))
    assert only(discover(), "newer-one").error.startswith("written for plugin API 99.0, but seqpipe ")


def test_a_hook_with_arguments_is_an_error_of_its_plugin(install):
    install("asks-much", "import seqpipe\n@seqpipe.hookimpl\ndef seqpipe_heads(config):\n    return {}\n")
    assert only(discover(), "asks-much").error.startswith("PluginValidationError: ")


def test_one_name_from_two_plugins_is_refused_naming_both_and_other_names_work(install):
    install("plugin-a", hook("return {'same': 'x:A', 'mine': 'seqpipe.heads.tagger:Tagger'}"))
    install("plugin-b", hook("return {'same': 'x:A', 'tagger': 'x:B'}"))
    plugins = discover()
    same = "2 plugins give a head named 'same': plugin-a 1.0 and plugin-b 1.0; keep one of them"
    tagger = "2 plugins give a head named 'tagger': seqpipe 0.1.0 and plugin-b 1.0; keep one of them"
    assert mistake(plugins.load, "head", "same") == [same]
    assert mistake(plugins.load, "head", "tagger") == [tagger]
    assert plugins.clashes() == [same, tagger]
    assert plugins.load("head", "mine").__name__ == "Tagger"


def test_a_plugin_cannot_wrap_the_hooks_of_another(install):
    code = "import seqpipe\n@seqpipe.hookimpl(wrapper=True)\ndef seqpipe_heads():\n    yield\n    return [{}]\n"
    install("greedy-one", code)
    assert discover().names("head") == ["classifier", "ctc", "decoder", "lm", "next_frame", "regressor", "tagger"]


CLASSES = """
import seqpipe, torch
@seqpipe.hookimpl
def seqpipe_heads():
    return {name: f"%s:{name}" for name in ("Number", "Bare", "Half", "Typed", "NoOptions", "Missing")}
Number = 3
class Bare: pass
class Half(seqpipe.Head):
    def loss(self, states, target): ...
class Whole(Half):
    target = None
    def predict(self, states): ...
class Typed(Whole):
    class Options(seqpipe.Options):
        type: str = ""
class NoOptions(Whole):
    class Options: ...
"""


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("Number", "not a subclass of seqpipe.Head"),
        ("Bare", "not a subclass of seqpipe.Head"),
        ("Half", "lacks predict, target"),
        ("Typed", "an option cannot be named 'type'"),
        ("NoOptions", "its Options are not a subclass of seqpipe.Options"),
        ("Missing", "AttributeError: module 'loose_classes' has no attribute 'Missing'"),
    ],
)
def test_what_is_no_head_is_refused_when_used(tmp_path, name, fault):
    file = tmp_path / "loose_classes.py"
    file.write_text(CLASSES % "loose_classes")
    try:
        assert mistake(discover([file]).load, "head", name) == [
            f"head '{name}' of plugin loose_classes.py cannot be used: loose_classes:{name}: {fault}"
        ]
    finally:
        del sys.modules["loose_classes"]


def test_a_loose_file_is_a_plugin_and_may_be_named_twice(tmp_path):
    file = tmp_path / "loose_twice.py"
    file.write_text(hook("return {'loose': 'loose_twice:Head'}") + "from seqpipe.heads.tagger import Tagger as Head\n")
    try:
        plugins = discover([file, file])
        assert [plugin.name for plugin in plugins.found].count("loose_twice.py") == 1
        assert plugins.load("head", "loose") is discover([file]).load("head", "loose")
    finally:
        del sys.modules["loose_twice"]


@pytest.mark.parametrize(
    ("name", "code", "fault"),
    [
        ("json.py", "", "its name would hide the module 'json'; rename the file"),
        ("colorsys.py", "", "its name would hide the module 'colorsys'; rename the file"),
        ("seqpipe.py", "", "its name would hide the module 'seqpipe'; rename the file"),
        ("my-plugin.py", "", "not a Python file with a plain name, such as my_plugin.py"),
        ("my_plugin.txt", "", "not a Python file with a plain name, such as my_plugin.py"),
        ("absent_one.py", None, "no such file"),
        ("bad_syntax.py", "def (", "SyntaxError: invalid syntax (bad_syntax.py, line 1)"),
        ("no_hook.py", "a = 1", "no function in it is marked with seqpipe.hookimpl"),
    ],
)
def test_a_loose_file_that_does_not_load_is_a_mistake(tmp_path, name, code, fault):
    file = tmp_path / name
    if code is not None:
        file.write_text(code)
    before = set(sys.modules)
    assert mistake(discover, [file]) == [f"--plugin {file}: {fault}"]
    assert (set(sys.modules) - before) <= {"no_hook"}
    sys.modules.pop("no_hook", None)


def test_nothing_can_be_changed_after_discovery():
    with pytest.raises(AttributeError):
        discover().found = ()


def test_the_plugin_shown_in_the_readme_works_as_shown(tmp_path):
    text = (PLUGINS / "README.md").read_text(encoding="utf-8")
    code = re.search(r"```python\n(.*?)```", text, re.S)
    assert code
    (tmp_path / "vote.py").write_text(code[1])
    command = [sys.executable, "-m", "seqpipe", "show", "head", "vote", "--plugin", "vote.py"]
    shown = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=environment(), check=True).stdout
    assert shown.splitlines()[:2] == ["head vote (vote.py)", "Labels a whole sequence by the mean of its states."]
    assert "smoothing: number = 0.0" in shown


def test_the_readme_names_every_hook():
    text = (PLUGINS / "README.md").read_text(encoding="utf-8")
    assert all(f"`{hook}`" in text for hook, _ in KINDS.values())


def environment():
    return {**os.environ, "PYTHONPATH": str(PLUGINS.parent), "OMP_NUM_THREADS": "1"}
