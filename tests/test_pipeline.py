"""The pipeline file: what is resolved from it, what fits, and that what is written down is read back the same."""

import json
import sys
from dataclasses import replace
from typing import Literal

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import Field, ValidationError
from pydantic_core._pydantic_core import list_all_errors  # not public, but there is no other list

from seqpipe import reference
from seqpipe.encoders.recurrent import BiLstm
from seqpipe.errors import Mistake
from seqpipe.heads.tagger import Tagger
from seqpipe.options import InputFile, Options
from seqpipe.pipeline import load
from seqpipe.plugins import discover
from seqpipe.problems import problems
from seqpipe.readers.conll import Conll
from seqpipe.source import write

PIPELINE = """\
reader: {type: conll, columns: {token: 0, tag: 1}}
data: {train: train.conll, dev: ['d*.conll'], test: sub/**/*.conll}
encoder: {type: bilstm, hidden_size: 8}
head: {type: tagger}
"""

PARTS = """
import seqpipe

@seqpipe.hookimpl
def seqpipe_readers():
    return {"labels": "odd_parts:Labels", "untold": "odd_parts:Untold", "grumpy": "odd_parts:Grumpy"}

@seqpipe.hookimpl
def seqpipe_encoders():
    return {"pyramid": "odd_parts:Pyramid", "frames": "odd_parts:Frames"}

@seqpipe.hookimpl
def seqpipe_heads():
    names = {"Next": "next", "Sequence": "sequence"}
    return {name: f"odd_parts:{cls}" for cls, name in names.items()}

class Reader(seqpipe.Reader):
    def read(self, path):
        yield from ()

class Labels(Reader):
    def __init__(self, options):
        super().__init__(options)
        self.input, self.target = seqpipe.Symbols(), seqpipe.Label()

class Untold(Reader):
    def __init__(self, options):
        super().__init__(options)
        self.input, self.target = seqpipe.Symbols(), None

class Grumpy(Reader):
    def __init__(self, options):
        raise seqpipe.Mistake("the columns do not go together")

class Pyramid(seqpipe.Encoder):
    @classmethod
    def stride(cls, options):
        return 4
    def forward(self, input): ...

class FrameCodec(seqpipe.Symbols): ...

class Frames(seqpipe.Encoder):
    reads = (FrameCodec,)
    def forward(self, input): ...

class Head(seqpipe.Head):
    def loss(self, states, target): ...
    def predict(self, states): ...

class Next(Head):
    target, causal = None, True

class Sequence(Head):
    target = seqpipe.Symbols
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("pipeline")
    for name in ["train.conll", "d1.conll", "d2.conll", "sub/a.conll", "sub/b/c.conll", "vectors.txt"]:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("a B-x\n")
    (root / "p.yaml").write_text(PIPELINE)
    return root


@pytest.fixture(scope="module")
def odd(tmp_path_factory):
    file = tmp_path_factory.mktemp("odd") / "odd_parts.py"
    file.write_text(PARTS)
    yield discover([file])
    del sys.modules["odd_parts"]


def lines_of(call, *arguments, **named):
    with pytest.raises(Mistake) as caught:
        call(*arguments, **named)
    return list(caught.value.lines)


def test_parts_are_classes_and_checked_options(folder):
    pipeline = load(folder / "p.yaml")
    assert (pipeline.reader.cls, pipeline.encoder.cls, pipeline.head.cls) == (Conll, BiLstm, Tagger)
    assert pipeline.encoder.type == "bilstm"
    assert pipeline.encoder.options.hidden_size == 8
    assert pipeline.reader.options.columns.tag == 1
    assert pipeline.train.epochs == 20
    assert pipeline.versions == {}


def test_files_are_absolute_sorted_and_globs_expanded(folder, monkeypatch):
    monkeypatch.chdir(folder)
    pipeline = load("p.yaml")
    assert pipeline.files("train") == [folder / "train.conll"]
    assert pipeline.files("dev") == [folder / "d1.conll", folder / "d2.conll"]
    assert pipeline.files("test") == [folder / "sub/a.conll", folder / "sub/b/c.conll"]


def test_a_file_that_two_globs_find_is_read_once(folder):
    pipeline = load(folder / "p.yaml", ["data.train=[d1.conll, 'd*.conll']"])
    assert pipeline.files("train") == [folder / "d1.conll", folder / "d2.conll"]


def test_signs_of_globs_in_names_are_only_names(tmp_path):
    root = tmp_path / "a[1]*"
    root.mkdir()
    for name in ["train.conll", "x[2].conll", "d1.conll"]:
        (root / name).write_text("a O\n")
    (root / "p.yaml").write_text(
        "data: {train: train.conll, dev: 'x[2].conll', test: 'd?.conll'}\n"
        + "".join(line for line in PIPELINE.splitlines(keepends=True) if not line.startswith("data"))
    )
    pipeline = load(root / "p.yaml")
    found = [pipeline.files(split) for split in ("train", "dev", "test")]
    assert found == [[root / "train.conll"], [root / "x[2].conll"], [root / "d1.conll"]]
    (tmp_path / "q.yaml").write_text(pipeline.dump())
    assert load(tmp_path / "q.yaml") == pipeline


def test_files_of_a_data_set_by_name_are_not_the_pipelines(folder):
    pipeline = load(folder / "p.yaml", ["data={dataset: wnut17}"])
    with pytest.raises(ValueError, match="the files of the data set wnut17 are not named in"):
        pipeline.files("train")


def test_overrides_win(folder):
    pipeline = load(folder / "p.yaml", ["train.epochs=3", "encoder={type: gru, hidden_size: 5}"])
    assert (pipeline.train.epochs, pipeline.encoder.type, pipeline.encoder.options.hidden_size) == (3, "gru", 5)


def test_an_empty_section_is_one_of_defaults(folder):
    assert load(folder / "p.yaml", ["train="]) == load(folder / "p.yaml")


train = st.fixed_dictionaries(
    {},
    optional={
        "epochs": st.integers(1, 99),
        "learning_rate": st.floats(1e-9, 1),
        "optimizer": st.sampled_from(["adam", "adamw", "sgd"]),
        "clip_value": st.floats(0.1, 9),
        "batch_size": st.integers(1, 99),
        "warmup": st.floats(0, 0.9),
        "devices": st.integers(1, 4) | st.lists(st.integers(0, 3)) | st.just("auto"),
        "accelerator": st.sampled_from(["no", "1e5", "cpu"]),
    },
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(train, st.dictionaries(st.sampled_from(["torch", "seqpipe"]), st.text("1.2a", min_size=1)))
def test_what_is_written_down_is_read_back_the_same_from_any_folder(folder, tmp_path, options, versions):
    pipeline = replace(load(folder / "p.yaml", [f"train={json.dumps(options)}"]), versions=versions)
    (tmp_path / "pipeline.yaml").write_text(pipeline.dump())
    again = load(tmp_path / "pipeline.yaml")
    assert again == pipeline
    assert again.versions == versions
    assert again.dump() == pipeline.dump()
    assert again.files("dev") == pipeline.files("dev")


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text("ab/*[.-0: ", max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "size", "a", "0"]), inner),
    max_leaves=5,
)
places = st.sampled_from(
    [
        "reader",
        "reader.type",
        "reader.columns",
        "reader.columns.tag",
        "reader.fields",
        "data",
        "data.train",
        "data.dev",
        "encoder",
        "encoder.embed",
        "encoder.embed.letter_widths",
        "encoder.embed.vectors",
        "head.crf",
        "train",
        "train.devices",
        "train.optimizer",
        "train.clip_norm",
        "versions",
        "versions.torch",
        "data.dataset",
        "new.section",
    ]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(st.dictionaries(places, anything, min_size=1, max_size=3))
def test_whatever_stands_in_a_file_it_is_a_pipeline_or_mistakes_of_one_line(folder, tmp_path, changes):
    values = yaml.safe_load(PIPELINE)
    for place, value in changes.items():
        section, _, rest = place.partition(".")
        inner = values[section] = values.get(section) if isinstance(values.get(section), dict) else {}
        for name in rest.split(".")[:-1]:
            inner[name] = inner = inner.get(name) if isinstance(inner.get(name), dict) else {}
        if rest:
            inner[rest.split(".")[-1]] = value
        else:
            values[section] = value
    (folder / "any.yaml").write_text(write(values))
    try:
        (tmp_path / "again.yaml").write_text(load(folder / "any.yaml").dump())
    except Mistake as mistake:
        assert all(line.startswith(f"{folder}/any.yaml:") and len(line.splitlines()) == 1 for line in mistake.lines)  # noqa: PT017
    else:
        assert load(tmp_path / "again.yaml") == load(folder / "any.yaml")


def test_every_default_is_written_down(folder):
    text = load(folder / "p.yaml").dump()
    assert "epochs: 20" in text
    assert "bidirectional: true" in text
    assert f"train: {folder}/train.conll" in text


def test_a_trained_pipeline_needs_no_data_and_no_files(tmp_path, folder):
    text = load(folder / "p.yaml", ["encoder.embed={vectors: vectors.txt}"]).dump().replace(str(folder), "/gone")
    (tmp_path / "pipeline.yaml").write_text(text)
    pipeline = load(tmp_path / "pipeline.yaml", trained=True)
    assert pipeline.encoder.options.embed.vectors == "/gone/vectors.txt"
    assert pipeline.files("train") == []
    assert len(lines_of(load, tmp_path / "pipeline.yaml")) == 4
    start = text.index("data:")
    (tmp_path / "bare.yaml").write_text(text[:start] + text[text.index("encoder:") :])
    assert load(tmp_path / "bare.yaml", trained=True).data is None
    assert lines_of(load, tmp_path / "bare.yaml")[0] == f"{tmp_path}/bare.yaml:1: data: missing section"


def test_a_trained_pipeline_may_name_a_data_set_that_is_gone(tmp_path, folder):
    pipeline = load(folder / "p.yaml", ["data={dataset: wnut17}"])
    (tmp_path / "p.yaml").write_text(pipeline.dump().replace("wnut17", "gone"))
    assert load(tmp_path / "p.yaml", trained=True).data.dataset == "gone"


@pytest.mark.parametrize(
    ("reader", "encoder", "head", "lines"),
    [
        ("labels", "bilstm", "classifier", []),
        ("labels", "pyramid", "classifier", []),
        ("untold", "lstm", "next", []),
        ("labels", "lstm", "next", []),
        (
            "labels",
            "bilstm",
            "tagger",
            ["4: head.type: 'tagger' learns Tags, but the reader gives Label; use classifier"],
        ),
        (
            "labels",
            "bilstm",
            "sequence",
            ["4: head.type: 'sequence' learns Symbols, but the reader gives Label; use classifier"],
        ),
        (
            "untold",
            "lstm",
            "sequence",
            ["4: head.type: 'sequence' learns Symbols, but the reader gives no target; use lm, next"],
        ),
        (
            "conll",
            "bilstm",
            "classifier",
            ["4: head.type: 'classifier' learns Label, but the reader gives Tags; use tagger"],
        ),
        (
            "conll",
            "bilstm",
            "ctc",
            ["4: head.type: 'ctc' learns Symbols, but the reader gives Tags; use tagger"],
        ),
        (
            "untold",
            "bilstm",
            "next",
            [
                "3: encoder.type: 'bilstm' looks ahead, which the head 'next' does not allow; "
                "use cec, gru, linear, lstm, lstm1997, recurrent, rnn"
            ],
        ),
        (
            "labels",
            "frames",
            "classifier",
            [
                "3: encoder.type: 'frames' reads FrameCodec, but the reader gives Symbols; "
                "use bilstm, cec, gru, linear, lstm, lstm1997, pyramid, recurrent, rnn"
            ],
        ),
        (
            "conll",
            "pyramid",
            "tagger",
            [
                "3: encoder.type: 'pyramid' gives a state for every 4 steps, but the head 'tagger' needs one for each "
                "step; use bilstm, cec, frames, gru, linear, lstm, lstm1997, recurrent, rnn"
            ],
        ),
        ("grumpy", "bilstm", "tagger", ["1: reader: the columns do not go together"]),
    ],
)
def test_parts_that_do_not_fit_are_told_with_what_would(tmp_path, odd, reader, encoder, head, lines):
    file = tmp_path / "p.yaml"
    (tmp_path / "t").write_text("")
    file.write_text(
        f"reader: {{type: {reader}}}\ndata: {{train: t}}\nencoder: {{type: {encoder}}}\nhead: {{type: {head}}}\n"
    )
    if lines:
        assert lines_of(load, file, (), odd) == [f"{file}:{line}" for line in lines]
    else:
        assert load(file, (), odd).head.type == head


class Inner(Options):
    size: int = Field(3, ge=1)
    pattern: str = Field("a", pattern="a+")


class Every(Options):
    need: int
    inner: Inner = Inner()
    many: list[Inner] = Field([])
    either: Inner | int = 1
    word: Literal["red", "green"] | None = None
    mode: Literal["auto"] | bool = "auto"
    pair: tuple[int, int] = (1, 2)
    names: dict[str, float] = Field({})
    short: list[int] = Field([1], max_length=2)
    file: InputFile | None = None


def told(values):
    with pytest.raises(ValidationError) as caught:
        Every.model_validate_json(json.dumps(values))
    return {".".join(map(str, key)): what for key, what in problems(caught.value, Every, values)}


@pytest.mark.parametrize(
    ("values", "mistakes"),
    [
        ({}, {"need": "missing option"}),
        ({"need": 1, "nead": 2}, {"nead": "unknown option; did you mean 'need'?"}),
        ({"need": "200"}, {"need": "must be a whole number, not text '200'"}),
        ({"need": 1.5}, {"need": "must be a whole number, not 1.5"}),
        ({"need": True}, {"need": "must be a whole number, not true"}),
        ({"need": None}, {"need": "must be a whole number, not null"}),
        ({"need": []}, {"need": "must be a whole number, not a list"}),
        ({"need": 1, "inner": 3}, {"inner": "must be a mapping, {name: value}, not 3"}),
        ({"need": 1, "inner": {"size": 0}}, {"inner.size": "must be at least 1, not 0"}),
        ({"need": 1, "inner": {"sise": 0}}, {"inner.sise": "unknown option; did you mean 'size'?"}),
        ({"need": 1, "inner": {"x": 0}}, {"inner.x": "unknown option; there are: pattern, size"}),
        ({"need": 1, "inner": {"pattern": "b"}}, {"inner.pattern": "must be text of the form a+, not text 'b'"}),
        ({"need": 1, "many": [{}, {"size": -1}]}, {"many.1.size": "must be at least 1, not -1"}),
        ({"need": 1, "many": [{}, {"sise": 1}]}, {"many.1.sise": "unknown option; did you mean 'size'?"}),
        ({"need": 1, "either": "x"}, {"either": "must be a mapping, {name: value} or a whole number, not text 'x'"}),
        ({"need": 1, "either": {"size": "x"}}, {"either.size": "must be a whole number, not text 'x'"}),
        ({"need": 1, "word": "gren"}, {"word": "must be one of: red, green; did you mean 'green'?"}),
        ({"need": 1, "word": "blue"}, {"word": "must be one of: red, green, not text 'blue'"}),
        ({"need": 1, "mode": "autos"}, {"mode": "must be 'auto' or true or false; did you mean 'auto'?"}),
        ({"need": 1, "mode": 3}, {"mode": "must be 'auto' or true or false, not 3"}),
        ({"need": 1, "pair": [1]}, {"pair.1": "missing option"}),
        ({"need": 1, "names": {"a": "b"}}, {"names.a": "must be a number, not text 'b'"}),
        ({"need": 1, "names": {"a": float("inf")}}, {"names.a": "must be a finite number, not inf"}),
        ({"need": 1, "short": [1, 2, 3]}, {"short": "must be a list of at most 2, not a list"}),
        ({"need": 1, "file": 3}, {"file": "must be text, not 3"}),
    ],
)
def test_pydantics_words_become_ours(values, mistakes):
    assert told(values) == mistakes


@pytest.mark.parametrize("kind", [error["type"] for error in list_all_errors()])
def test_no_error_of_pydantics_shows_its_own_words(kind):
    example = next(error for error in list_all_errors() if error["type"] == kind).get("example_context") or {}
    if kind in ("value_error", "assertion_error"):
        example = {"error": ValueError("ours")}
    context = {key: value if value is not None else 1 for key, value in example.items()}
    error = ValidationError.from_exception_data("x", [{"type": kind, "loc": ("need",), "input": 1, "ctx": context}])
    ((key, what),) = problems(error, Every, {"need": 1})
    assert key == ("need",)
    assert what
    assert "\n" not in what
    assert "Input" not in what
    assert "valid dictionary" not in what


def test_a_file_option_is_resolved_against_the_pipelines_folder(tmp_path):
    (tmp_path / "w.txt").write_text("")
    context = {"folder": tmp_path}
    assert Every.model_validate_json('{"need": 1, "file": "w.txt"}', context=context).file == str(tmp_path / "w.txt")
    for other in ({"folder": None}, None):
        assert Every.model_validate_json('{"need": 1, "file": "w.txt"}', context=other).file == "w.txt"
    assert Every.model_validate_json('{"need": 1, "file": "spacy:en_x"}', context=context).file == "spacy:en_x"
    for name, what in {"v.txt": "no such file", ".": "not a file"}.items():
        with pytest.raises(ValidationError, match=what):
            Every.model_validate_json(json.dumps({"need": 1, "file": name}), context=context)


def test_help_tells_type_bounds_default_and_help_of_every_option():
    text = reference.show("train", None, discover())
    assert "epochs: whole number >= 1 = 20\n    Passes over the training records." in text
    assert "devices: whole number or list of whole number or auto = auto" in text
    assert "clip_norm: number or null > 0 = 5.0" in text
    nested = reference.show("encoder", "bilstm", discover())
    assert "embed: options\n    How symbols become vectors.\n    size: whole number >= 0 = 100\n" in nested
    assert "    vectors: text or null = null" in nested
    assert all(name in nested for name in BiLstm.Options.model_fields)


def test_help_of_all_that_ships_names_every_option():
    plugins = discover()
    for kind in ("reader", "encoder", "head"):
        for name in plugins.names(kind):
            text = reference.show(kind, name, plugins)
            assert all(f"\n{option}: " in text for option in plugins.load(kind, name).Options.model_fields)


def test_help_of_what_is_not_there():
    assert lines_of(reference.show, "head", "taggr", discover()) == ["no head named 'taggr'; did you mean 'tagger'?"]
    assert lines_of(reference.show, "hed", None, discover()) == ["show hed: no such kind; did you mean 'head'?"]
    assert lines_of(reference.show, "train", "x", discover()) == [
        "show train x: the section train has no parts; write: seqpipe show train"
    ]


def test_the_schema_takes_what_load_takes_and_refuses_what_it_refuses(folder, tmp_path):
    jsonschema = pytest.importorskip("jsonschema")
    schema = reference.schema(discover())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    good = yaml.safe_load(PIPELINE)
    assert validator.is_valid(good)
    assert validator.is_valid(yaml.safe_load(load(folder / "p.yaml").dump()))
    for section, wrong in {
        "encoder": [
            {"type": "bilstm", "hiden_size": 3},
            {"hidden_size": 3},
            {"type": "no"},
            {"type": "bilstm", "hidden_size": 0},
        ],
        "head": [{"type": "tagger", "crf": "yes"}, 3],
        "train": [{"epochs": 0}, {"epoch": 1}, {"optimizer": "adamm"}],
        "reader": [{"type": "conll", "columns": {"tokn": 1}}],
        "trian": [{}],
    }.items():
        for values in wrong:
            assert not validator.is_valid({**good, section: values}), values
    assert not validator.is_valid({name: good[name] for name in good if name != "head"})


def test_the_schema_describes_every_option_and_leaves_out_what_is_broken(odd):
    schema = reference.schema(odd)
    names = [choice["$ref"].rpartition("/")[2] for choice in schema["properties"]["encoder"]["oneOf"]]
    assert names == [f"encoder.{name}" for name in odd.names("encoder")]
    assert schema["$defs"]["encoder.gru"]["properties"]["type"]["const"] == "gru"
    for name, found in schema["$defs"].items():
        for option, described in found.get("properties", {}).items():
            assert described.get("description"), (name, option)
