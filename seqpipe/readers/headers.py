"""Labels in the headers of FASTA: where they stand, and headers with other ones in their place."""

import re
from typing import Any, Self

from pydantic import Field, model_validator

from ..options import Options


class InHeader(Options):
    """Where in a FASTA header the label stands: one of three ways to say so."""

    field: str | None = Field("label", pattern=r"^[^\s=]+$")
    """Name of a field, as in `>AB1 label=EI`."""
    word: int | None = Field(None, ge=-1)
    """Number of a word, 1 for the one after the name, or -1 for the last, as in `>AB1 EI`."""
    pattern: str | None = None
    """A regular expression whose one group holds the label, such as `class_(\\w+)`."""

    @model_validator(mode="before")
    @classmethod
    def _for_field(cls, given: Any) -> Any:
        """A word or pattern given takes the place of the field's default."""
        if isinstance(given, dict) and any(given.get(other) is not None for other in ("word", "pattern")):
            return {"field": None} | given
        return given

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if sum(way is not None for way in (self.field, self.word, self.pattern)) != 1:
            raise ValueError("give one of field, word and pattern")
        if self.word == 0:
            raise ValueError("word 0 is the name of the record; give 1 for the word after it, or -1 for the last")
        try:
            groups = re.compile(self.expression).groups
        except re.error as error:
            raise ValueError(f"pattern is no regular expression ({error})") from None
        if groups != 1:
            raise ValueError(f"pattern has {groups} groups where one is needed, around the label")
        return self

    @property
    def expression(self) -> str:
        """A regular expression, whichever way the place is given; its group is the label."""
        if self.pattern is not None:
            return self.pattern
        if self.field is not None:
            return rf"(?<!\S){re.escape(self.field)}=(\S+)"
        return r"^\S+\s(?:.*\s)?(\S+)$" if self.word == -1 else rf"^\S+(?:\s+\S+){{{(self.word or 1) - 1}}}\s+(\S+)"

    def find(self, header: str) -> str | None:
        """The label in a header, None where there is none."""
        found = re.search(self.expression, header)
        return found[1] if found else None

    def put(self, header: str, label: str) -> str:
        """The header with this label in its place; where there is none yet, with the label at the end."""
        found = re.search(self.expression, header)
        if found and found[1] is not None:
            return f"{header[: found.start(1)]}{label}{header[found.end(1) :]}"
        return f"{header} {self.field}={label}" if self.field else f"{header} {label}"
