"""The pipeline file: what is resolved from it, and that what is written down is read back the same."""

import json
from dataclasses import replace

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seqpipe.encoders.recurrent import BiLstm
from seqpipe.errors import Mistake
from seqpipe.heads.tagger import Tagger
from seqpipe.pipeline import load
from seqpipe.readers.conll import Conll
from seqpipe.source import write

PIPELINE = """\
reader: {type: conll, columns: {token: 0, tag: 1}}
data: {train: train.conll, dev: ['d*.conll'], test: sub/**/*.conll}
encoder: {type: bilstm, hidden_size: 8}
head: {type: tagger}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("pipeline")
    for name in ["train.conll", "d1.conll", "d2.conll", "sub/a.conll", "sub/b/c.conll", "vectors.txt"]:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("a B-x\n")
    (root / "p.yaml").write_text(PIPELINE)
    return root


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
