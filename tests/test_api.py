"""The plugin API as docs/plugin-api.md has it is what seqpipe exports, name by name and signature by signature."""

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import seqpipe
from seqpipe import testing

DOC = (Path(__file__).parents[1] / "docs" / "plugin-api.md").read_text(encoding="utf-8")
STUBS = {
    re.findall(r"\w+", stub.removeprefix("class ").removeprefix("def "))[0]: stub.strip()
    for block in re.findall(r"```python\n(.*?)```", DOC, re.S)
    for stub in re.split(r"\n(?=\S)", block.strip())
}
EXPORTED = {name: seqpipe for name in seqpipe.__all__ if not name.startswith("__")} | dict.fromkeys(
    testing.__all__, testing
)


def stub(name: str, module: ModuleType) -> str:
    """What stands in the source of a name that a module exports: no bodies, nothing private or inherited."""
    thing = inspect.unwrap(getattr(module, name))
    if not (inspect.isclass(thing) or inspect.isfunction(thing)):
        return name
    source = Path(inspect.getsourcefile(thing) or "").read_text(encoding="utf-8")
    node = next(one for one in ast.parse(source).body if getattr(one, "name", "") == thing.__name__)
    if isinstance(node, ast.FunctionDef):
        return signature(node, name)
    assert isinstance(node, ast.ClassDef)
    bases = ", ".join(map(ast.unparse, [*node.bases, *node.keywords]))
    known = {own for base in thing.__mro__[1:] if base.__name__ in EXPORTED for own in vars(base)}
    return "\n".join([f"class {name}({bases})" if bases else f"class {name}", *members(node, known)])


def members(node: ast.ClassDef, known: set[str]) -> Iterator[str]:
    for one in node.body:
        if isinstance(one, ast.AnnAssign) and not ast.unparse(one.target).startswith("_"):
            yield f"    {ast.unparse(one.target)}: {ast.unparse(one.annotation)}"
        elif isinstance(one, ast.FunctionDef) and one.name == "__init__":
            yield f"    {signature(one, one.name)}"
            yield from (f"    self.{name}" for name in own_attributes(one))
        elif isinstance(one, ast.FunctionDef) and not one.name.startswith("_") and one.name not in known:
            kinds = [ast.unparse(kind) for kind in one.decorator_list]
            marks = "".join(f"@{kind} " for kind in kinds if kind in ("classmethod", "property", "abstractmethod"))
            yield f"    {marks}{signature(one, one.name)}"


def own_attributes(init: ast.FunctionDef) -> Iterator[str]:
    for one in ast.walk(init):
        if isinstance(one, ast.Attribute) and isinstance(one.ctx, ast.Store) and not one.attr.startswith("_"):
            yield one.attr


def signature(node: ast.FunctionDef, name: str) -> str:
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return f"def {name}({ast.unparse(node.args)}){returns}"


@pytest.mark.parametrize("name", EXPORTED)
def test_what_is_exported_is_written_down_as_it_is(name: str) -> None:
    advice = f"docs/plugin-api.md, {name}: write it as it is now, and raise seqpipe.__api__ as it says there"
    assert STUBS.get(name) == stub(name, EXPORTED[name]), advice


def test_what_is_written_down_is_exported() -> None:
    assert sorted(STUBS) == sorted(EXPORTED)


def test_the_version_is_that_of_the_code() -> None:
    assert f"version **{seqpipe.__api__}**" in DOC


def test_hooks_are_written_down_and_no_others() -> None:
    hooks = importlib.import_module("seqpipe.hooks")
    there = {name for name, thing in vars(hooks).items() if hasattr(thing, "seqpipe_spec")}
    assert set(re.findall(r"`(seqpipe_\w+)`", DOC)) - {"seqpipe_api"} == there


def test_every_public_name_can_be_had_and_is_what_its_module_has() -> None:
    names: dict[str, Any] = {name: getattr(seqpipe, name) for name in seqpipe.__all__}
    assert all(thing is not None for thing in names.values())
    assert set(dir(seqpipe)) == set(seqpipe.__all__)
    assert names["text_lines"] is importlib.import_module("seqpipe.lines").lines
