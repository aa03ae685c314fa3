"""What `seqpipe show` tells of every option, and the JSON Schema of a pipeline file."""

import sys

import pytest
import yaml

from seqpipe import reference
from seqpipe.encoders.recurrent import BiLstm
from seqpipe.errors import Mistake
from seqpipe.pipeline import load
from seqpipe.plugins import discover
from seqpipe.source import write

PARTS = """
import seqpipe

@seqpipe.hookimpl
def seqpipe_encoders():
    return {"pyramid": "half_broken:Pyramid", "broken": "half_broken:Absent"}

class Pyramid(seqpipe.Encoder):
    def forward(self, input): ...
"""


@pytest.fixture(scope="module")
def half(tmp_path_factory):
    file = tmp_path_factory.mktemp("half") / "half_broken.py"
    file.write_text(PARTS)
    yield discover([file])
    del sys.modules["half_broken"]


def lines_of(call, *arguments, **named):
    with pytest.raises(Mistake) as caught:
        call(*arguments, **named)
    return list(caught.value.lines)


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


def test_the_schema_takes_what_load_takes_and_refuses_what_it_refuses(tiny):
    jsonschema = pytest.importorskip("jsonschema")
    schema = reference.schema(discover())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    good = {
        "reader": {"type": "conll", "columns": {"token": 0, "tag": 1}},
        "data": {"train": "train.conll", "dev": ["d*.conll"]},
        "encoder": {"type": "bilstm", "hidden_size": 8},
        "head": {"type": "tagger"},
    }
    tiny.write_text(write(good))
    assert validator.is_valid(good)
    assert validator.is_valid(yaml.safe_load(load(tiny).dump()))
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


def test_the_schema_describes_every_option_and_leaves_out_what_is_broken(half):
    schema = reference.schema(half)
    names = [choice["$ref"].rpartition("/")[2] for choice in schema["properties"]["encoder"]["oneOf"]]
    assert names == [f"encoder.{name}" for name in half.names("encoder") if name != "broken"]
    assert "encoder.pyramid" in names
    assert schema["$defs"]["encoder.gru"]["properties"]["type"]["const"] == "gru"
    for name, found in schema["$defs"].items():
        for option, described in found.get("properties", {}).items():
            assert described.get("description"), (name, option)
