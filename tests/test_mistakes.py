"""What a user can get wrong in a pipeline file, and the very lines that he is told."""

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from seqpipe import builtin
from seqpipe.cli import main

READERS = ", ".join(sorted(builtin.seqpipe_readers()))

FILES = ["train.conll", "dev.conll", "vectors.txt"]
READER = "reader: {type: conll}\n"
DATA = "data: {train: train.conll, dev: dev.conll}\n"
ENCODER = "encoder: {type: bilstm}\n"
HEAD = "head: {type: tagger}\n"
TEXT = "reader: {type: text}\n" + DATA
GOOD = READER + DATA + ENCODER + HEAD


def reader(text):
    return f"reader: {text}\n" + DATA + ENCODER + HEAD


def data(text):
    return READER + f"data: {text}\n" + ENCODER + HEAD


def encoder(text):
    return READER + DATA + f"encoder: {text}\n" + HEAD


def head(text):
    return READER + DATA + ENCODER + f"head: {text}\n"


def train(text):
    return GOOD + f"train: {text}\n"


SECTIONS = "reader, data, encoder, head, windows, train"
CASES = {
    "empty file": ("", "1: there is nothing in this file"),
    "only text": ("train me\n", f"1: not a pipeline; it begins with the sections {SECTIONS}"),
    "a list": ("- reader\n- head\n", f"1: not a pipeline; it begins with the sections {SECTIONS}"),
    "key twice": (GOOD + HEAD, "5: 'head' stands here again; it is at line 4 already"),
    "key twice, and another mistake": (
        GOOD + HEAD + "train: {epochs: no}\n",
        "5: 'head' stands here again; it is at line 4 already",
        "6: train.epochs: must be a whole number, not text 'no'",
    ),
    "an unquoted glob": (
        READER + "data: {train: *.conll}\n" + ENCODER + HEAD,
        "2: a name that begins with * is an alias of YAML; put a glob in quotes",
    ),
    "a file that is not there beside an unknown option": (
        READER + "data: {train: nofile, foo: 1}\n" + ENCODER + HEAD,
        "2: data.train: no such file: 'nofile' in HERE",
        "2: data.foo: unknown option; there are: dataset, dev, generated, held_out, limit, test, train, where",
    ),
    "option twice": (
        encoder("{type: gru, dropout: 0.1, dropout: 0.2}"),
        "3: 'dropout' stands here again; it is at line 3 already",
    ),
    "tab": (READER + "data:\n\ttrain: x\n", "3: a tab where YAML wants blanks; indent with blanks"),
    "open bracket": (READER + "data: {train: [a, b}\n", "2: a list that begins with [ and is not closed with ]"),
    "open quote": (READER + "data: {train: 'a}\n" + HEAD, "2: a quote that is never closed"),
    "indentation": (
        READER + "data:\n  train: a\n dev: b\n",
        "4: does not line up with the lines above; check the indentation and the quotes",
    ),
    "no colon": (
        READER + "data:\n  train\n  dev: b\n",
        "4: a colon where no key can stand; check the indentation, or put quotes around it",
    ),
    "two documents": (GOOD + "---\n" + GOOD, "5: a second document ('---'); write one pipeline in a file"),
    "python tag": (
        head("!!python/object/apply:os.system ['ls']"),
        "4: the tag !!python/object/apply:os.system is not allowed; remove it",
    ),
    "anchor": (
        READER + "data: {train: &t train.conll, dev: *t}\n",
        "2: '&t' is an anchor of YAML; write the value out",
        "2: '*t' is an anchor of YAML; write the value out",
    ),
    "merge": (encoder("{<<: {type: gru}}"), "3: '<<' would merge mappings; write the options out"),
    "number as key": (GOOD + "5: 6\n", "5: '5' as a key is not text; put it in quotes"),
    "latin-1": (b"# caf\xe9\n" + GOOD.encode(), "1: not UTF-8 text (byte 0xe9); save the file as UTF-8"),
    "NUL": (GOOD + "\0", "5: a NUL byte; is this a text file?"),
    "unknown section": (GOOD + "trian: {epochs: 3}\n", "5: trian: unknown section; did you mean 'train'?"),
    "strange section": (
        GOOD + "zzz: {}\n",
        "5: zzz: unknown section; there are: data, encoder, head, reader, train, windows",
    ),
    "missing section": (READER + DATA + ENCODER, "1: head: missing section"),
    "section is text": (encoder("bilstm"), "3: encoder: not a section; write its options below it, indented"),
    "section is a list": (train("[epochs, 3]"), "5: train: not a section; write its options below it, indented"),
    "no type": (
        encoder("{hidden_size: 3}"),
        "3: encoder.type: missing; there are: bilstm, cec, gru, linear, lstm, lstm1997, recurrent, rnn",
    ),
    "type is a number": (
        head("{type: 3}"),
        "4: head.type: must be a name; there are: classifier, ctc, decoder, lm, next_frame, regressor, tagger",
    ),
    "empty component": (reader(""), f"1: reader.type: missing; there are: {READERS}"),
    "unknown head": (head("{type: taggr}"), "4: head.type: no head named 'taggr'; did you mean 'tagger'?"),
    "unknown reader": (reader("{type: Conl}"), "1: reader.type: no reader named 'Conl'; did you mean 'conll'?"),
    "unknown encoder": (
        encoder("{type: transformer}"),
        "3: encoder.type: no encoder named 'transformer'; "
        "there are: bilstm, cec, gru, linear, lstm, lstm1997, recurrent, rnn",
    ),
    "peepholes of another cell": (
        encoder("{type: recurrent, cell: gru, peepholes: true}"),
        "3: encoder: only the lstm has peepholes, a forget_bias and chrono; leave them out, or take the lstm",
    ),
    "another cell than the name's": (
        encoder("{type: gru, cell: lstm}"),
        "3: encoder.cell: must be 'gru', not text 'lstm'",
    ),
    "misspelt option": (
        encoder("\n  type: bilstm\n  hiden_size: 3"),
        "5: encoder.hiden_size: unknown option; did you mean 'hidden_size'?",
    ),
    "misspelt nested option": (
        encoder("\n  type: gru\n  embed:\n    leters: 3"),
        "6: encoder.embed.leters: unknown option; did you mean 'letters'?",
    ),
    "option of another part": (
        head("{type: tagger, dropout: 0.5}"),
        "4: head.dropout: unknown option; there are: constrain, crf, first, last, lenient, n_best, transitions",
    ),
    "text for a number": (
        encoder("{type: gru, hidden_size: '200'}"),
        "3: encoder.hidden_size: must be a whole number, not text '200'",
    ),
    "half a layer": (encoder("{type: gru, num_layers: 1.5}"), "3: encoder.num_layers: must be a whole number, not 1.5"),
    "true for a number": (train("{epochs: true}"), "5: train.epochs: must be a whole number, not true"),
    "yes for true": (head("{type: tagger, crf: yes}"), "4: head.crf: must be true or false, not text 'yes'"),
    "null for a number": (train("{epochs: }"), "5: train.epochs: must be a whole number, not null"),
    "number for nested": (
        encoder("{type: gru, embed: 100}"),
        "3: encoder.embed: must be a mapping, {name: value}, not 100",
    ),
    "no epochs": (train("{epochs: 0}"), "5: train.epochs: must be at least 1, not 0"),
    "negative size": (encoder("{type: gru, hidden_size: -5}"), "3: encoder.hidden_size: must be at least 1, not -5"),
    "all dropped": (encoder("{type: gru, dropout: 1}"), "3: encoder.dropout: must be less than 1, not 1"),
    "no learning": (train("{learning_rate: 0}"), "5: train.learning_rate: must be greater than 0, not 0"),
    "endless learning": (train("{learning_rate: .inf}"), "5: train.learning_rate: must be a finite number, not inf"),
    "huge seed": (train("{seed: 4294967296}"), "5: train.seed: must be less than 4294967296, not 4294967296"),
    "unknown optimizer": (
        train("{optimizer: adamm}"),
        "5: train.optimizer: must be one of: adam, adamw, sgd; did you mean 'adam'?",
    ),
    "unknown schedule": (
        train("{schedule: 3}"),
        "5: train.schedule: must be one of: constant, linear, cosine, plateau, not 3",
    ),
    "unknown scheme": (
        reader("{type: conll, scheme: xyz}"),
        "1: reader.scheme: must be one of: iob1, bio, bioes, bilou, none, not text 'xyz'",
    ),
    "devices": (
        train("{devices: all}"),
        "5: train.devices: must be a whole number or a list or 'auto', not text 'all'",
    ),
    "two batch sizes": (
        train("{batch_size: 3, tokens_per_batch: 500}"),
        "5: train: give either batch_size or tokens_per_batch, not both",
    ),
    "two clippings": (
        train("{clip_norm: 1, clip_value: 1}"),
        "5: train: give either clip_norm or clip_value, not both",
    ),
    "one column for both": (
        reader("{type: conll, columns: {token: 0, tag: 0}}"),
        "1: reader.columns: token and tag are the same column",
    ),
    "missing file": (data("{train: tain.conll}"), "2: data.train: no such file: 'tain.conll' in HERE"),
    "second file missing": (
        data("\n  train:\n  - train.conll\n  - no.conll"),
        "5: data.train.1: no such file: 'no.conll' in HERE",
    ),
    "empty glob": (data("{train: '*.tsv'}"), "2: data.train: no file matches '*.tsv' in HERE"),
    "folder for a file": (data("{train: .}"), "2: data.train: '.' is a folder; name the files in it, such as './*'"),
    "empty path": (
        data("{train: train.conll, dev: ''}"),
        "2: data.dev: an empty path",
    ),
    "empty path to train on": (
        data("{train: ''}"),
        "2: data.train: an empty path",
        "2: data: give train files, or a dataset by name",
    ),
    "no generated data set": (
        data("{train: train.conll, generated: {length: 9}}"),
        "2: data: generated says how a data set is made; name one, or leave it out",
    ),
    "a data set that is not generated": (
        data("{dataset: wnut17, generated: {length: 9}}"),
        "2: data.generated: the data set wnut17 is not generated; leave this out",
    ),
    "number for a path": (data("{train: 3}"), "2: data.train: must be text or a list, not 3"),
    "number in a list of paths": (data("{train: [train.conll, 3]}"), "2: data.train.1: must be text, not 3"),
    "no train files": (data("{dev: dev.conll}"), "2: data: give train files, or a dataset by name"),
    "files and a data set": (
        data("{dataset: wnut17, train: train.conll}"),
        "2: data: give either dataset or files (train, dev, test), not both",
    ),
    "unknown data set": (
        data("{dataset: wnut16}"),
        "2: data.dataset: no dataset named 'wnut16'; did you mean 'wnut17'?",
    ),
    "missing word vectors": (
        encoder("{type: gru, embed: {vectors: glove.txt}}"),
        "3: encoder.embed.vectors: no such file: HERE/glove.txt",
    ),
    "a text both ways": (
        TEXT + "encoder: {type: bilstm}\nhead: {type: lm}\n",
        "3: encoder.type: 'bilstm' looks ahead, which the head 'lm' does not allow; "
        "use cec, gru, linear, lstm, lstm1997, recurrent, rnn",
    ),
    "a language model of spelt words": (
        READER + DATA + "encoder: {type: gru}\nhead: {type: lm}\n",
        "4: head.type: 'lm' learns from an input of Symbols, but the reader gives Words; use tagger",
    ),
    "chunks both ways": (
        GOOD + "train: {bptt: 9}\n",
        "5: train.bptt: the encoder 'bilstm' looks ahead and cannot go on from a chunk; "
        "give bptt: null, or another encoder",
        "5: train.bptt: what the head 'tagger' learns so is no sum over steps; "
        "give bptt: null, or another head or options of it",
    ),
    "words of characters": (
        reader("{type: text, words: {most: 9}}"),
        "1: reader: words are known or not with unit: word only; give unit: word, or leave words out",
    ),
    "five at once": (
        """\
        reader:
          type: conll
          colums: {token: 0}
        data: {train: tain.conll}
        encoder:
          type: bilstm
          dropout: '0.5'
        head: {type: crg}
        train:
          epochs: 0
        """,
        "3: reader.colums: unknown option; did you mean 'columns'?",
        "4: data.train: no such file: 'tain.conll' in HERE",
        "7: encoder.dropout: must be a number, not text '0.5'",
        "8: head.type: no head named 'crg'; there are: classifier, ctc, decoder, lm, next_frame, regressor, tagger",
        "10: train.epochs: must be at least 1, not 0",
    ),
}


def test_there_are_enough_of_them():
    assert len(CASES) == 74
    assert len({case[0] for case in CASES.values()}) == len(CASES)


@pytest.fixture
def here(tmp_path):
    for name in FILES:
        (tmp_path / name).write_text("a O\n")
    (tmp_path / "p.yaml").write_text(GOOD)
    return tmp_path


def told(capsys, *arguments):
    code = main(list(map(str, arguments)))
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err
    return code, err.splitlines()


@pytest.mark.parametrize("name", CASES)
def test_each_mistake_is_told_with_its_line(here, capsys, name):
    text, *lines = CASES[name]
    file = here / "p.yaml"
    file.write_bytes(text if isinstance(text, bytes) else dedent(text).encode())
    assert told(capsys, "check", file) == (2, [f"{file}:{line.replace('HERE', str(here))}" for line in lines])


def test_what_all_of_them_are_changed_from_is_right(here, capsys):
    assert main(["check", str(here / "p.yaml")]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("no.yaml", "no.yaml: no such file"),
        (".", ".: a folder, not a pipeline file"),
        ("two.yaml", "two.yaml:5: 'head' stands here again; it is at line 4 already"),
    ],
)
def test_so_it_is_in_a_process_of_its_own(here, name, line):
    (here / "two.yaml").write_text(GOOD + HEAD)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    command = [sys.executable, "-W", "error", "-m", "seqpipe", "check", name]
    done = subprocess.run(command, cwd=here, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", line + "\n")
