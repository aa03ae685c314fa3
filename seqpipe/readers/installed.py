"""Which spaCy pipelines there are, found out without importing spaCy; and one of them, loaded."""

import importlib
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationInfo

from ..suggest import suggest

if TYPE_CHECKING:
    from .tokens import Tokenizer


def installed(pipeline: str, info: ValidationInfo) -> str:
    """The pipeline as spaCy can load it; a folder is meant relative to the pipeline file's and becomes absolute.

    Raises `ValueError` where spaCy, the language, the package or the folder is not there. With the context
    `{"folder": None}`, as when a run folder is loaded, nothing is checked.
    """
    context: dict[str, Any] = info.context or {}
    if "folder" in context and context["folder"] is None:
        return pipeline
    spacy = find_spec("spacy")
    if spacy is None or spacy.origin is None:
        raise ValueError("spaCy is not installed; run: pip install spacy")
    folder = Path(context.get("folder", "."), pipeline)
    if pipeline.startswith("blank:"):
        _language(pipeline.removeprefix("blank:"), Path(spacy.origin).parent / "lang")
    elif (folder / "meta.json").is_file():
        return str(folder.resolve())
    elif not pipeline.isidentifier():
        raise ValueError(f"'{pipeline}' is no folder with a spaCy pipeline (one that holds meta.json)")
    else:
        _package(pipeline)
    return pipeline


def tokenizer(pipeline: str, sentences: bool = False) -> "Tokenizer":
    """What cuts texts; spaCy is imported here and nowhere else. Raises `Mistake` where it cannot load the pipeline."""
    found: Tokenizer = importlib.import_module("seqpipe.readers.tokens").Tokenizer(pipeline, sentences)
    return found


def _language(code: str, folder: Path) -> None:
    known = {path.parent.name for path in folder.glob("*/__init__.py")}
    known |= {point.name for point in entry_points(group="spacy_languages")}
    if code not in known:
        raise ValueError(f"spaCy knows no language '{code}'{suggest(code, known)}")


def _package(name: str) -> None:
    package = find_spec(name)
    if package is None:
        raise ValueError(
            f"no spaCy pipeline '{name}' is installed; run: python -m spacy download {name}, or use blank:en"
        )
    if not (package.origin and (Path(package.origin).parent / "meta.json").is_file()):
        raise ValueError(f"the package '{name}' is no spaCy pipeline; use blank:en, or an installed pipeline")
