"""The base of all options: declared once, they validate, default, document and write themselves."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationInfo


class Options(BaseModel):
    """Options of one component. A field's type, default and bounds are its validation, the docstring under it its help.

    Unknown names are refused, values are taken as they stand (the text "1" is not the number 1), and nothing can be
    changed after validation.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
        use_attribute_docstrings=True,
        protected_namespaces=(),
    )


def _resolved(value: str, info: ValidationInfo) -> str:
    folder = (info.context or {}).get("folder")
    if folder is None or value.startswith("spacy:"):
        return value
    path = Path(folder, value)
    if not path.exists():
        raise ValueError(f"no such file: {path}")
    if not path.is_file():
        raise ValueError(f"not a file: {path}")
    return str(path.absolute())


InputFile = Annotated[str, AfterValidator(_resolved)]
"""An option that names a file: relative to the pipeline file, there when the pipeline is checked, absolute afterwards.

Without a folder in the validation context (the pipeline of a run folder, where the file has done its work) the value is
left as it is, and so is `spacy:NAME`, which is no file.
"""
