"""The reader of frames: what lines may hold, what is refused in which words, and writing back."""

import gzip
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from seqpipe.errors import Mistake
from seqpipe.readers.frames import FrameLines


def reader(**options: Any) -> FrameLines:
    return FrameLines(FrameLines.Options.model_validate(options))


def content(path: Path, **options: Any) -> list[tuple[Any, Any]]:
    return [(record.input.tolist(), record.target) for record in reader(**options).read(path)]


def wrong(path: Path, **options: Any) -> list[str]:
    with pytest.raises(Mistake) as caught:
        list(reader(**options).read(path))
    return [line.replace(f"{path.parent}{os.sep}", "") for line in caught.value.lines]


FRAMES = "[[1, 0.5], [-2e3, 0]]"
ARRAY = [[1, 0.5], [-2000, 0]]


@pytest.mark.parametrize(
    ("target", "text", "value"),
    [
        ("label", '"up"', "up"),
        ("label", "3", "3"),
        ("label", "true", "true"),
        ("number", "-2.5", -2.5),
        ("number", "7", 7.0),
        ("tags", '["a", "b"]', ["a", "b"]),
        ("text", '" two  words "', ["two", "words"]),
        *((kind, "null", None) for kind in ("label", "number", "tags", "text", "none")),
        ("none", '"unread"', None),
    ],
)
def test_targets(file: Any, target: str, text: str, value: Any) -> None:
    line = f'{{"frames": {FRAMES}, "target": {text}}}\n'
    for path in (file(line, "a.jsonl"), file(gzip.compress(line.encode()), "b.jsonl.gz")):
        ((found, goal),) = content(path, target=target)
        assert (found, goal) == (ARRAY, value)
        assert type(goal) is type(value)


def test_other_keys_places_and_ids(file: Any) -> None:
    path = file(f'\n{{"y": "up", "x": {FRAMES}}}\n\n{{"x": [], "more": 1}}\n', "a.jsonl")
    records = list(reader(columns={"frames": "x", "target": "y"}).read(path))
    assert [(one.id, one.where, one.target) for one in records] == [("1", f"{path}:2", "up"), ("2", f"{path}:4", None)]
    assert [len(one.input) for one in records] == [2, 0]
    assert records[0].input.dtype == np.float32


def test_keys_become_zeros_and_ones(file: Any) -> None:
    path = file('{"frames": [[60, 62], [], [61, 61]]}\n{"frames": []}\n', "a.jsonl")
    found = content(path, keys={"lowest": 60, "highest": 62}, target="none")
    assert found == [([[1, 0, 1], [0, 0, 0], [0, 1, 0]], None), ([], None)]


@pytest.mark.parametrize(
    ("lines", "options", "told"),
    [
        ([], {}, ["a.jsonl: no line in it; is it the right file?"]),
        (
            [
                '{"frames": [[1], [2, 3]]}',
                '{"frames": [[1, 2]]}',
                '{"frames": [[1, 2], [3]]}',
                '{"frames": [[4, 5, 6]]}',
                '{"frames": [[1, true]]}',
                '{"frames": [[1, "2"]]}',
                '{"frames": [[1, NaN]]}',
                '{"frames": [[1, -Infinity]]}',
                '{"frames": [[1, 1e31]]}',
                '{"frames": [[1, null]]}',
                '{"frames": [1, 2]}',
                '{"frames": "1 2"}',
                '{"frame": [[1, 2]]}',
                "[[1, 2]]",
                "{",
            ],
            {},
            [
                "a.jsonl:1: frame 1 (from 0) has 2 numbers where 1 are needed, as in the first one that was read",
                "a.jsonl:3: frame 1 (from 0) has 1 numbers where 2 are needed, as in the first one that was read",
                "a.jsonl:4: frame 0 (from 0) has 3 numbers where 2 are needed, as in the first one that was read",
                "a.jsonl:5: True where a number from -1e30 to 1e30 is needed",
                "a.jsonl:6: '2' where a number from -1e30 to 1e30 is needed",
                "a.jsonl:7: nan where a number from -1e30 to 1e30 is needed",
                "a.jsonl:8: -inf where a number from -1e30 to 1e30 is needed",
                "a.jsonl:9: 1e+31 where a number from -1e30 to 1e30 is needed",
                "a.jsonl:10: None where a number from -1e30 to 1e30 is needed",
                "a.jsonl:11: the frames are no list of lists of numbers, but [1, 2]",
                "a.jsonl:12: the frames are no list of lists of numbers, but '1 2'",
                "a.jsonl:13: no key 'frames'; see reader.columns",
                'a.jsonl:14: a JSON list where an object is needed: {"frames": ...}',
                "a.jsonl:15: broken JSON at column 2 (Expecting property name enclosed in double quotes)",
            ],
        ),
        (
            ['{"frames": [[]]}'],
            {},
            ["a.jsonl:1: frame 0 (from 0) has 0 numbers where one or more are needed"],
        ),
        (
            [f'{{"frames": [[{"9" * 400}]]}}'],
            {},
            [f"a.jsonl:1: {'9' * 40} where a number from -1e30 to 1e30 is needed"],
        ),
        (
            ['{"frames": [[1], [2], [3]]}'],
            {"max_length": 2},
            ["a.jsonl:1: 3 frames where reader.max_length is 2; raise it"],
        ),
        (
            [f'{{"frames": [[60], [{key}]]}}' for key in (59, 63, 60.0, "true")],
            {"keys": {"lowest": 60, "highest": 62}},
            [
                f"a.jsonl:{line}: the key {key} is none from 60 to 62; see reader.keys"
                for line, key in ((1, 59), (2, 63), (3, 60.0), (4, True))
            ],
        ),
        (
            [f'{{"frames": [[1]], "target": {value}}}' for value in ("[1]", "0.5")],
            {},
            [
                "a.jsonl:1: several labels, but a record has one; see reader.columns",
                "a.jsonl:2: the label is 0.5; a label is text or a whole number",
            ],
        ),
        (
            [f'{{"frames": [[1]], "target": {value}}}' for value in ('"1"', "NaN")],
            {"target": "number"},
            [f"a.jsonl:{line} where a number from -1e30 to 1e30 is needed" for line in ("1: '1'", "2: nan")],
        ),
        (
            [f'{{"frames": [[1], [2]], "target": {value}}}' for value in ('["a"]', '"ab"', "[1, 2]")],
            {"target": "tags"},
            [
                "a.jsonl:1: 1 tags for 2 frames; each frame needs one",
                "a.jsonl:2: the target is no list of tags, but 'ab'",
                "a.jsonl:3: the target is no list of tags, but [1, 2]",
            ],
        ),
        (
            ['{"frames": [[1]], "target": 3}', '{"frames": [[1]], "target": "\\ud800"}'],
            {"target": "text"},
            [
                "a.jsonl:1: the target is no text, but 3",
                "a.jsonl:2: the text holds a half of a surrogate pair at character 0; mend or remove it",
            ],
        ),
    ],
)
def test_refused_in_these_words(file: Any, lines: list[str], options: dict[str, Any], told: list[str]) -> None:
    assert wrong(file("\n".join(lines), "a.jsonl"), **options) == told


def test_files_must_agree_on_the_numbers_in_a_frame(file: Any) -> None:
    one = reader()
    list(one.read(file('{"frames": [[1, 2]]}', "a.jsonl")))
    path = file('{"frames": [[1, 2, 3]]}', "b.jsonl")
    with pytest.raises(Mistake, match=r"b\.jsonl:1: frame 0 \(from 0\) has 3 numbers where 2 are needed"):
        list(one.read(path))
    trained = reader()
    trained.input.restore({"standardise": False, "low": 0, "high": 1, "mean": [0, 0], "deviation": [1, 1]})
    with pytest.raises(Mistake, match="has 3 numbers where 2 are needed"):
        list(trained.read(path))


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"columns": {"frames": "x", "target": "x"}}, "frames and target are the same key"),
        ({"keys": {"lowest": 3, "highest": 2}}, "highest is below lowest"),
        ({"keys": {"lowest": 1, "highest": 2}, "standardise": True}, "keys are on or off; leave standardise out"),
        ({"target": "words"}, "Input should be"),
    ],
)
def test_options_that_cannot_be(options: dict[str, Any], what: str) -> None:
    with pytest.raises(ValidationError) as caught:
        reader(**options)
    assert what in str(caught.value)


@pytest.mark.parametrize(
    ("options", "target", "confidence", "more"),
    [
        ({}, "down", 0.25, '"target": "down", "confidence": 0.25'),
        ({}, None, None, '"target": null'),
        ({"target": "number"}, 0.1234567890123, None, '"target": 0.1234567890123'),
        ({"target": "tags"}, ["a", "b"], [0.5, 0.123456789], '"target": ["a", "b"], "confidence": [0.5, 0.123457]'),
        ({"target": "text"}, ["two", "words"], None, '"target": "two words"'),
        ({"target": "none"}, [[1.0, 0.0]], None, '"target": [[1.0, 0.0]]'),
    ],
)
@pytest.mark.parametrize("name", ["b.jsonl", "b.jsonl.gz"])
def test_written(file: Any, options: dict[str, Any], target: Any, confidence: Any, more: str, name: str) -> None:
    start = f'{{"n": 3, "frames": {FRAMES.replace("2e3", "2000.0")}, '
    path = file(f'{start}"target": null}}\n', "a.jsonl")
    one = reader(**options)
    records = [replace(record, target=target, confidence=confidence) for record in one.read(path)]
    out = path.with_name(name)
    one.write(records, out)
    text = gzip.decompress(out.read_bytes()) if name.endswith(".gz") else out.read_bytes()
    assert text.decode() == f"{start}{more}}}\n"


def test_frames_that_go_on_are_written_as_keys_where_the_file_has_keys(file: Any) -> None:
    one = reader(keys={"lowest": 60, "highest": 62}, target="none")
    path = file('{"frames": [[60]]}\n', "a.jsonl")
    (record,) = one.read(path)
    record = replace(record, target=[[1.0, 0.0, 1.0], [0.0, 0.0, 0.0]])
    one.write([record], path.with_name("b.jsonl"))
    assert json.loads(path.with_name("b.jsonl").read_text()) == {"frames": [[60]], "target": [[60, 62], []]}
    assert one.render(record) == "1 frames [[60]]... -> [[60, 62], []]"


number = st.floats(-1e9, 1e9, width=32)
lines = st.lists(
    st.tuples(st.lists(st.tuples(number, number), max_size=4), st.sampled_from(["a", "b", "ü"])), min_size=1
)


@settings(deadline=None, max_examples=30)
@given(lines)
def test_what_is_written_is_read_again(tmp_path_factory: pytest.TempPathFactory, rows: list[Any]) -> None:
    path = tmp_path_factory.mktemp("again") / "a.jsonl"
    path.write_text("".join(json.dumps({"frames": frames, "target": label}) + "\n" for frames, label in rows))
    one = reader()
    records = list(one.read(path))
    one.write(records, path.with_name("b.jsonl"))
    again = list(reader().read(path.with_name("b.jsonl")))
    assert [record.target for record in again] == [label for _, label in rows]
    assert [record.input.tolist() for record in again] == [[list(frame) for frame in frames] for frames, _ in rows]
    assert [one.text(record) for record in again] == [one.text(record) for record in records]
