"""YAML as seqpipe reads it: scalars of YAML 1.2, a line for everything, and one plain line for every mistake."""

import math

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from seqpipe.errors import Mistake
from seqpipe.source import override, parse, read, write

BEL = chr(7)


def lines_of(call, *arguments):
    with pytest.raises(Mistake) as caught:
        call(*arguments)
    assert all(line == " ".join(line.split()) for line in caught.value.lines)
    return list(caught.value.lines)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("Off", "Off"),
        ("y", "y"),
        ("true", True),
        ("False", False),
        ("1e-3", 0.001),
        ("1E5", 100000.0),
        ("+.5", 0.5),
        ("5.", 5.0),
        ("-.inf", -math.inf),
        ("010", 10),
        ("0x1F", 31),
        ("0o17", 15),
        ("1_000", "1_000"),
        ("1:30", "1:30"),
        ("2001-01-01", "2001-01-01"),
        ("~", None),
        ("", None),
        ("null", None),
        ("'5'", "5"),
        ('"true"', "true"),
        ("!!str 5", "5"),
        ("!!float 5", 5.0),
        ("1e", "1e"),
        ("=", "="),
    ],
)
def test_scalars_are_those_of_yaml_1_2(text, value):
    found = parse(f"a: {text}\n", "f").values["a"]
    assert found == value
    assert type(found) is type(value)


def test_nan_is_a_number():
    assert math.isnan(parse("a: .nan", "f").values["a"])


def test_every_key_and_item_has_its_line():
    source = parse("# c\na:\n  b: [x,\n   {c: 1}]\n  d:\n  - e\n  - |\n   text\n\nz: 1\n", "f")
    assert source.values == {"a": {"b": ["x", {"c": 1}], "d": ["e", "text\n"]}, "z": 1}
    assert source.lines == {
        (): 1,
        ("a",): 2,
        ("a", "b"): 3,
        ("a", "b", 0): 3,
        ("a", "b", 1): 4,
        ("a", "b", 1, "c"): 4,
        ("a", "d"): 5,
        ("a", "d", 0): 6,
        ("a", "d", 1): 7,
        ("z",): 10,
    }
    assert source.where(("a", "d", 1)) == (7, "f:7")
    assert source.where(("a", "not there", "at all")) == (2, "f:2")
    assert source.where(("nothing",)) == (1, "f:1")


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", ["f:1: there is nothing in this file"]),
        ("# only this\n", ["f:1: there is nothing in this file"]),
        (
            "a: 1\nb: {x: 1, x: 2}\na: 3",
            [
                "f:2: 'x' stands here again; it is at line 2 already",
                "f:3: 'a' stands here again; it is at line 1 already",
            ],
        ),
        ("a: 1\n---\nb: 2", ["f:2: a second document ('---'); write one pipeline in a file"]),
        ("a:\n\t- b", ["f:2: a tab where YAML wants blanks; indent with blanks"]),
        ("a: b: c", ["f:1: a colon where no key can stand; check the indentation, or put quotes around it"]),
        ("a: 1\n b: 2", ["f:2: a colon where no key can stand; check the indentation, or put quotes around it"]),
        ("x: 1\na: [1,\n 2\nb: 3", ["f:2: a list that begins with [ and is not closed with ]"]),
        ("x: 1\na: {b: 1,\n c: 2\n", ["f:2: a mapping that begins with { and is not closed with }"]),
        ("x: 1\na: 'b\nc: 1\n", ["f:2: a quote that is never closed"]),
        ("a: 'b' c", ["f:1: does not line up with the lines above; check the indentation and the quotes"]),
        ("a: 1\nb\nc: 2", ["f:2: a key without a colon and a value"]),
        ("a: @b", ["f:1: a sign that no plain text can begin with; put the text in quotes"]),
        ('a: "\\q"', ["f:1: an unknown escape after a backslash; use single quotes, or write the backslash twice"]),
        (
            "a: &x 1\nb: *x",
            [
                "f:1: '&x' is an anchor of YAML; write the value out",
                "f:2: '*x' is an anchor of YAML; write the value out",
            ],
        ),
        ("a: *x", ["f:1: not valid YAML: found undefined alias 'x'"]),
        ("<<: {a: 1}", ["f:1: '<<' would merge mappings; write the options out"]),
        (
            "1: a\ntrue: b",
            ["f:1: '1' as a key is not text; put it in quotes", "f:2: 'true' as a key is not text; put it in quotes"],
        ),
        ("? [a]\n: b", ["f:1: a list or mapping as a key is not text; put it in quotes"]),
        ("a: !!python/name:os.system", ["f:1: the tag !!python/name:os.system is not allowed; remove it"]),
        (
            "a: !!python/object/apply:os.system [x]",
            ["f:1: the tag !!python/object/apply:os.system is not allowed; remove it"],
        ),
        ("a: !mine {b: 1}", ["f:1: the tag !mine is not allowed; remove it"]),
        ("a: !!set {b}", ["f:1: the tag !!set is not allowed; remove it"]),
        ("a: !!int b", ["f:1: 'b' does not fit the tag !!int; remove the tag"]),
        (f"a: 1\nb: {BEL}", ["f:2: a control character (U+0007)"]),
        ("a: 1\nb: \0", ["f:2: a NUL byte; is this a text file?"]),
        ("a: " + "[" * 9000, ["f:1: lists or mappings nested too deeply"]),
        ("a: " + "[" * 60 + "]" * 60, ["f:1: lists or mappings nested too deeply"]),
        ("a: " + "9" * 5000, ["f:1: a whole number of more than 1000 digits"]),
        ('a: "\\ud800"', ["f:1: half of a surrogate pair is no character; write the character itself"]),
    ],
)
def test_each_mistake_is_one_plain_line(text, lines):
    assert lines_of(parse, text, "f") == lines


def test_files_that_are_none(tmp_path):
    assert lines_of(read, tmp_path / "no.yaml") == [f"{tmp_path}/no.yaml: no such file"]
    assert lines_of(read, tmp_path) == [f"{tmp_path}: a folder, not a pipeline file"]
    file = tmp_path / "p.yaml"
    file.write_bytes(b"a: 1\nb: caf\xe9\n")
    assert lines_of(read, file) == [f"{file}:2: not UTF-8 text (byte 0xe9); save the file as UTF-8"]
    file.write_bytes(b"")
    assert lines_of(read, file) == [f"{file}:1: there is nothing in this file"]
    file.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")
    assert read(file).values == {"a": 1, "b": 2}


def test_overrides_are_read_by_the_same_rules():
    source = parse("a: {b: 1, c: [x, {d: 2}]}\ne:\n", "f")
    for setting in ["a.b=1e-3", "a.c.1.d=no", "e.new.deep={x: [1]}", "a.c.0="]:
        source = override(source, setting)
    assert source.values == {"a": {"b": 0.001, "c": [None, {"d": "no"}]}, "e": {"new": {"deep": {"x": [1]}}}}
    assert source.where(("a", "b")) == (math.inf, "--set a.b=1e-3")
    assert source.where(("e", "new", "deep", "x", 0)) == (math.inf, "--set e.new.deep={x: [1]}")
    assert source.where(("a", "c", 1)) == (1, "f:1")


def test_a_later_override_wins_and_the_source_stays_as_it_was():
    first = parse("a: {b: 1}", "f")
    second = override(override(first, "a.b=2"), "a={b: 3}")
    assert (first.values, second.values) == ({"a": {"b": 1}}, {"a": {"b": 3}})
    assert second.where(("a", "b")) == (math.inf, "--set a={b: 3}")


@pytest.mark.parametrize(
    ("setting", "line"),
    [
        ("a.b", "--set a.b: not of the form SECTION.OPTION=VALUE"),
        ("a..b=1", "--set a..b=1: not of the form SECTION.OPTION=VALUE"),
        ("=1", "--set =1: not of the form SECTION.OPTION=VALUE"),
        ("a.b.c=1", "--set a.b.c=1: a.b holds no 'c' to be set"),
        ("l.2=1", "--set l.2=1: l holds no '2' to be set"),
        ("a.b=[1", "--set a.b=[1: a list that begins with [ and is not closed with ]"),
        ("a.b={c: 1, c: 2}", "--set a.b={c: 1, c: 2}: 'c' stands here again; it is at line 1 already"),
    ],
)
def test_mistakes_in_overrides_name_them(setting, line):
    assert lines_of(override, parse("a: {b: 1}\nl: [1, 2]", "f"), setting) == [line]


def test_an_override_of_what_is_no_mapping():
    assert lines_of(override, parse("- a", "f"), "a=1") == ["--set a=1: the file holds no 'a' to be set"]


plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False)
texts = st.text(st.characters(exclude_categories=["Cs", "Cc"])) | st.sampled_from(
    ["no", "1e5", "0o7", "~", "<<", "=", "1:30"]
)
values = st.recursive(plain | texts, lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=15)


@given(st.dictionaries(texts, values, min_size=1))
def test_what_is_written_is_read_back_by_us_and_by_yaml_1_1(found):
    text = write(found)
    assert parse(text, "f").values == found
    assert yaml.safe_load(text) == found


@given(st.text(st.sampled_from("ab: -[]{}#&*!|>'\"%@\\?,\n\t0.e~<=\0\u2028é"), max_size=30))
def test_any_text_gives_values_or_mistakes_of_one_line(text):
    lines = ["f:1"]
    try:
        assert parse(text, "f").lines[()] == 1
    except Mistake as mistake:
        lines = list(mistake.lines)
    assert lines
    assert all(line.startswith("f:") and len(line.splitlines()) == 1 for line in lines)
