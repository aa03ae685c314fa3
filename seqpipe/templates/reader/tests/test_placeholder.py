from pathlib import Path

import pytest
from seqpipe_placeholder.placeholder import PlaceholderReader

import seqpipe
from seqpipe.testing import check_reader

DATA = Path(__file__).parents[1] / "pipelines" / "placeholder"


def test_it_keeps_what_readers_promise():
    check_reader("placeholder", DATA / "dev.placeholder")


def test_lines_become_records(tmp_path):
    path = tmp_path / "a.placeholder"
    path.write_text("up: a b\nc\n")
    one, other = PlaceholderReader(PlaceholderReader.Options()).read(path)
    assert (one.input, one.target, one.where) == (["a", "b"], "up", f"{path}:1")
    assert (other.input, other.target) == (["c"], None)


def test_a_wrong_line_is_named_or_skipped(tmp_path):
    path = tmp_path / "a.placeholder"
    path.write_text("up: a\n: b\n")
    with pytest.raises(seqpipe.Mistake, match=r"a\.placeholder:2: no label before the colon"):
        list(PlaceholderReader(PlaceholderReader.Options()).read(path))
    reader = PlaceholderReader(PlaceholderReader.Options(on_error="skip"))
    assert [record.target for record in reader.read(path)] == ["up"]
    assert len(reader.skipped) == 1
