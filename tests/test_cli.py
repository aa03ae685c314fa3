"""The commands: what they print, where, and with which exit code."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest

from seqpipe import cli
from seqpipe.cli import main

ROOT = Path(__file__).parents[1]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


@pytest.fixture
def pipeline(tmp_path):
    for name in ["a.conll", "b.conll"]:
        (tmp_path / name).write_text("a O\n")
    file = tmp_path / "p.yaml"
    file.write_text(
        "reader: {type: conll}\ndata: {train: '?.conll', dev: a.conll}\nencoder: {type: gru}\nhead: {type: tagger}\n"
    )
    return file


def run(capsys, *arguments):
    code = main(list(map(str, arguments)))
    out, err = capsys.readouterr()
    return code, out, err


def test_check_tells_what_is_in_a_good_file(pipeline, capsys):
    summary = "  reader   conll\n  encoder  gru\n  head     tagger\n"
    assert run(capsys, "check", pipeline) == (0, f"{pipeline}: ok\n{summary}  data     files: train 2, dev 1\n", "")
    assert run(capsys, "check", pipeline, "--set", "data={dataset: wnut17}")[1].endswith("  data     wnut17\n")


def test_set_and_plugin_may_be_given_more_than_once(pipeline, capsys, tmp_path):
    for name in ("cli_one", "cli_two"):
        code = "import seqpipe\n@seqpipe.hookimpl\ndef seqpipe_heads():\n"
        (tmp_path / f"{name}.py").write_text(f"{code}    return {{'{name}': 'seqpipe.heads.tagger:Tagger'}}\n")
    plugins = [f"--plugin={tmp_path / 'cli_one.py'}", f"--plugin={tmp_path / 'cli_two.py'}"]
    try:
        code, out, _ = run(capsys, "check", pipeline, *plugins, "--set=head.type=cli_two", "--set=encoder.type=lstm")
        assert code == 0
        assert "encoder  lstm\n  head     cli_two\n" in out
        assert "cli_one.py (" in run(capsys, "plugins", *plugins)[1]
    finally:
        for name in ("cli_one", "cli_two"):
            del sys.modules[name]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["nonsense"], "seqpipe: No such command 'nonsense'. See seqpipe --help."),
        (["check"], "seqpipe check: Missing argument 'FILE'. See seqpipe check --help."),
        (["check", "a", "b"], "seqpipe check: Got unexpected extra argument (b). See seqpipe check --help."),
        (["check", "--nonsense"], "seqpipe check: No such option '--nonsense'. See seqpipe check --help."),
        (["show", "hed"], "show hed: no such kind; did you mean 'head'?"),
        (["show", "head", "taggr"], "no head named 'taggr'; did you mean 'tagger'?"),
        (["schema", "--plugin", "absent.py"], "--plugin absent.py: no such file"),
    ],
)
def test_wrong_use_is_one_line_and_exit_code_2(capsys, arguments, line):
    code, out, err = run(capsys, *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.replace(": --nonsense", " '--nonsense'").strip() == line


def test_without_a_command_the_help_is_shown(capsys):
    assert run(capsys) == run(capsys, "--help")
    assert run(capsys, "-h")[0] == 0


def test_version(capsys):
    assert run(capsys, "--version") == (0, "seqpipe 0.1.0\n", "")


def test_show_lists_names_and_tells_of_one(capsys):
    code, out, _ = run(capsys, "show")
    assert code == 0
    assert out.startswith("reader: conll, ")
    assert (
        "\nencoder: bilstm, cec, gru, linear, lstm, lstm1997, recurrent, rnn\nhead: classifier, ctc, decoder, " in out
    )
    assert run(capsys, "show", "head")[1].startswith("head classifier\nhead ctc\nhead decoder\n")
    assert "\n    c_t = c_{t-1} + tanh(W [x_t; h_{t-1}])\n" in run(capsys, "show", "encoder", "cec")[1]
    assert run(capsys, "show", "head", "tagger")[1].startswith("head tagger (seqpipe 0.1.0)\n")
    assert run(capsys, "show", "dataset", "wnut17")[1].startswith("dataset wnut17 (seqpipe 0.1.0)\n")
    assert "\nepochs: whole number" in run(capsys, "show", "train")[1]
    assert "\ndataset: text or null" in run(capsys, "show", "data")[1]


def test_schema_is_json(capsys):
    code, out, _ = run(capsys, "schema")
    assert code == 0
    assert json.loads(out)["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_plugins_lists_what_each_adds_and_then_refuses_clashes(capsys, tmp_path):
    code, out, _ = run(capsys, "plugins")
    assert code == 0
    assert re.match(r"seqpipe 0\.1\.0 \(seqpipe\.builtin\), in \d+\.\d ms\n  reader: conll, ", out)
    assert re.search(r"\nfound in \d+\.\d{3} s, plugin API \d+\.\d+\n$", out)
    file = tmp_path / "cli_clash.py"
    code = (
        "import seqpipe\nseqpipe_api = '1.0'\n@seqpipe.hookimpl\ndef seqpipe_heads():\n    return {'tagger': 'x:Y'}\n"
    )
    file.write_text(code)
    try:
        code, out, err = run(capsys, "plugins", "--plugin", file)
    finally:
        del sys.modules["cli_clash"]
    assert code == 2
    assert re.search(rf"\ncli_clash\.py \({file}\), for plugin API 1\.0, in \d+\.\d ms\n  head: tagger\n", out)
    assert err == "2 plugins give a head named 'tagger': seqpipe 0.1.0 and cli_clash.py; keep one of them\n"


def test_a_fault_of_our_own_is_not_hidden(monkeypatch):
    @click.command()
    def broken():
        raise RuntimeError("ours")

    monkeypatch.setattr(cli, "cli", broken)
    with pytest.raises(RuntimeError, match="ours"):
        main([])


def test_an_interrupt_is_exit_code_130(tmp_path):
    (tmp_path / "slow.py").write_text("import sys, time\nprint('begun', flush=True)\ntime.sleep(60)\n")
    command = [sys.executable, "-m", "seqpipe", "plugins", "--plugin", "slow.py"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "begun\n"
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=30)[1] == "\ninterrupted\n"
    assert process.returncode == 130


def test_a_reader_that_stops_reading_is_no_error(tmp_path):
    command = f"{sys.executable} -W error -m seqpipe schema | head -c 1"
    done = subprocess.run(["bash", "-c", command], env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("{", "")


@pytest.mark.parametrize(
    ("words", "current", "wanted"),
    [("seqpipe show", "he", "head"), ("seqpipe show encoder", "bi", "bilstm"), ("seqpipe", "sch", "schema")],
)
def test_the_shell_completes(words, current, wanted):
    environment = {
        **ENVIRONMENT,
        "_SEQPIPE_COMPLETE": "bash_complete",
        "COMP_WORDS": f"{words} {current}",
        "COMP_CWORD": str(len(words.split())),
    }
    command = [sys.executable, "-m", "seqpipe"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.split() == [f"plain,{wanted}"]
