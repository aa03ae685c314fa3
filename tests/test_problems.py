"""Wrong values of options: what pydantic finds is told in our words, with the place where it stands."""

import json
from typing import Literal

import pytest
from pydantic import Field, ValidationError
from pydantic_core._pydantic_core import list_all_errors  # not public, but there is no other list

from seqpipe.options import InputFile, Options
from seqpipe.problems import problems


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
