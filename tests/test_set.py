"""What a user can get wrong in `--set`, and the very lines that he is told."""

import pytest

from seqpipe import builtin
from seqpipe.cli import main

READERS = ", ".join(sorted(builtin.seqpipe_readers()))

SETTINGS = {
    "no value": ("train.epochs", "--set train.epochs: not of the form SECTION.OPTION=VALUE"),
    "no option": ("train.=3", "--set train.=3: not of the form SECTION.OPTION=VALUE"),
    "unknown option": ("train.epoch=3", "--set train.epoch=3: train.epoch: unknown option; did you mean 'epochs'?"),
    "unknown section": ("trian.epochs=3", "--set trian.epochs=3: trian: unknown section; did you mean 'train'?"),
    "text": ("train.epochs=many", "--set train.epochs=many: train.epochs: must be a whole number, not text 'many'"),
    "bad YAML": ("train={epochs: 3", "--set train={epochs: 3: a mapping that begins with { and is not closed with }"),
    "below a value": ("head.type.name=x", "--set head.type.name=x: head.type holds no 'name' to be set"),
    "unknown head": (
        "head.type=crg",
        "--set head.type=crg: head.type: no head named 'crg'; "
        "there are: classifier, ctc, decoder, lm, next_frame, regressor, tagger",
    ),
    "missing file": ("data.dev=x", "--set data.dev=x: data.dev: no such file: 'x' in HERE"),
}


@pytest.fixture
def told(tiny, capsys):
    """Checks a pipeline file with settings, and gives the lines that the user is told."""

    def lines(*settings):
        code = main(["check", str(tiny), *(part for one in settings for part in ("--set", one))])
        out, err = capsys.readouterr()
        assert (code, out) == (2, "")
        return err.splitlines()

    return lines


def test_there_are_enough_of_them():
    assert len(SETTINGS) == 9


@pytest.mark.parametrize("name", SETTINGS)
def test_each_mistake_in_a_setting_names_it(tiny, told, name):
    setting, line = SETTINGS[name]
    assert told(setting) == [line.replace("HERE", str(tiny.parent))]


def test_all_settings_that_are_wrong_are_told(told):
    lines = told("nonsense", "a.b", "head.crf=[1")
    assert [line.split(":")[0] for line in lines] == ["--set nonsense", "--set a.b", "--set head.crf=[1"]


def test_settings_come_after_the_lines_of_the_file(tiny, told):
    tiny.write_text(tiny.read_text().replace("epochs: 6", "epochs: 0"))
    assert told("reader.type=x", "head.crf=1") == [
        f"{tiny}:9: train.epochs: must be at least 1, not 0",
        f"--set reader.type=x: reader.type: no reader named 'x'; there are: {READERS}",
        "--set head.crf=1: head.crf: must be true or false, not 1",
    ]
