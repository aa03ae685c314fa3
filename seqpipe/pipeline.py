"""The pipeline file: read, checked as a whole before any data is opened, resolved."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from . import files, source
from .errors import Mistake
from .fitting import Part, misfits, misfits_in_chunks, misfits_of_strands
from .options import Options
from .plugins import Plugins, discover
from .problems import problems
from .reader import Reader
from .settings import DataOptions, Generated, TrainOptions, WindowOptions
from .source import Key, Source
from .suggest import suggest
from .versions import absent

PARTS = ("reader", "encoder", "head")
SECTIONS = ("reader", "data", "encoder", "head", "windows", "train")
SPLITS = ("train", "dev", "test")

AnyOptions = TypeVar("AnyOptions", bound=Options)


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A pipeline file without mistakes. Two are equal where they say the same, wherever they were read from."""

    path: Path = field(compare=False)
    reader: Part
    encoder: Part
    head: Part
    data: DataOptions | None
    """Where the records come from, with absolute paths; None only where a trained pipeline has none."""
    windows: WindowOptions
    """How long records go through the network."""
    train: TrainOptions
    plugins: Plugins = field(compare=False, repr=False)
    """Where its parts came from, and where a data set by name is to be looked up."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """What the pipeline was trained with, by name; empty before."""

    def new_reader(self) -> Reader:
        """The reader, its codecs not fitted yet; without its targets where the head learns from the input itself."""
        reader: Reader = self.reader.cls(self.reader.options)
        if self.head.cls.target is None:
            reader.target = None
        return reader

    def files(self, split: str) -> list[Path]:
        """The files of `train`, `dev` or `test`, globs expanded; empty where the pipeline names none.

        Raises ValueError for a data set by name: `seqpipe.fetch` knows where its files are.
        """
        if self.data and self.data.dataset:
            raise ValueError(f"the files of the data set {self.data.dataset} are not named in {self.path}")
        named = getattr(self.data, split, None) or []
        patterns = [named] if isinstance(named, str) else named
        return list(dict.fromkeys(path for pattern in patterns for path in files.expand(pattern)))

    def dump(self) -> str:
        """The pipeline as YAML with every default written out; `load` reads an equal pipeline from it."""
        sections: dict[str, Any] = {}
        for name in SECTIONS:
            section = getattr(self, name)
            if isinstance(section, Part):
                sections[name] = {"type": section.type, **section.options.model_dump(mode="json")}
            elif section is not None:
                sections[name] = section.model_dump(mode="json")
        if self.versions:
            sections["versions"] = dict(self.versions)
        return source.write(sections)


def load(
    path: Path | str, overrides: Sequence[str] = (), plugins: Plugins | None = None, *, trained: bool = False
) -> Pipeline:
    """Read a pipeline file, with `overrides` of the form `a.b=VALUE` put over it.

    With `trained`, the file of a run folder: no data section is needed, and the files that it names are not looked for.
    Raises `Mistake` with a line for each mistake in the file.
    """
    text = source.read(Path(path))
    wrong: list[str] = []
    for setting in overrides:
        try:
            text = source.override(text, setting)
        except Mistake as mistake:
            wrong += mistake.lines
    if wrong:
        raise Mistake(*wrong)
    return _Check(Path(path), text, plugins or discover(), trained).pipeline()


class _Check:
    """One file on its way to a pipeline, and the mistakes found so far."""

    def __init__(self, path: Path, text: Source, plugins: Plugins, trained: bool) -> None:
        self.path = path
        self.folder = path.parent
        self.text = text
        self.plugins = plugins
        self.trained = trained
        self.found: list[tuple[Key, str]] = []

    def pipeline(self) -> Pipeline:
        """The pipeline, or a `Mistake` with all that was found."""
        self.top()
        reader, encoder, head = (self.part(kind) for kind in PARTS)
        data = self.data()
        windows = self.options(WindowOptions, self.section("windows", needed=False), ("windows",))
        train = self.options(TrainOptions, self.section("train", needed=False), ("train",))
        versions = self.section("versions", needed=False) or {}
        self.fit(reader, encoder, head, data, windows, train)
        if self.found or self.text.faults:
            raise Mistake(*self.lines())
        assert reader
        assert encoder
        assert head
        assert windows
        assert train
        return Pipeline(self.path, reader, encoder, head, data, windows, train, self.plugins, versions)

    def lines(self) -> Iterator[str]:
        """The mistakes in the order of the file, those of `--set` last."""
        placed = [(*self.text.where(key), ".".join(map(str, key)), what) for key, what in self.found]
        placed += [(line, f"{self.text.name}:{line}", "", what) for line, what in self.text.faults]
        for _, place, dotted, what in sorted(placed, key=lambda one: one[0]):
            yield " ".join(f"{place}: {dotted + ': ' if dotted else ''}{what}".split())

    def top(self) -> None:
        if not isinstance(self.text.values, dict):
            sections = ", ".join(SECTIONS)
            self.found.append(((), f"not a pipeline; it begins with the sections {sections}"))
            raise Mistake(*self.lines())
        for name in self.text.values:
            if name not in (*SECTIONS, "versions"):
                self.found.append(((name,), f"unknown section{suggest(name, SECTIONS)}"))

    def section(self, name: str, needed: bool = True) -> dict[str, Any] | None:
        if name not in self.text.values:
            if needed:
                self.found.append(((name,), "missing section"))
            return None if needed else {}
        section = {} if self.text.values[name] is None else self.text.values[name]
        if not isinstance(section, dict):
            self.found.append(((name,), "not a section; write its options below it, indented"))
            return None
        return section

    def part(self, kind: str) -> Part | None:
        section = self.section(kind)
        if section is None:
            return None
        name = section.get("type")
        if not isinstance(name, str):
            what = "must be a name" if "type" in section else "missing"
            self.found.append(((kind, "type"), f"{what}; there are: {', '.join(self.plugins.names(kind))}"))
            return None
        try:
            cls = self.plugins.load(kind, name)
        except Mistake as mistake:
            self.found.append(((kind, "type"), self.absent(kind, name) or str(mistake)))
            return None
        options = self.options(cls.Options, {key: value for key, value in section.items() if key != "type"}, (kind,))
        return None if options is None else Part(name, cls, options)

    def absent(self, kind: str, name: str) -> str:
        """Which plugin gave a part that none gives here, as far as a run folder can tell; empty where it cannot."""
        versions = self.text.values.get("versions")
        if name in self.plugins.names(kind) or not isinstance(versions, dict):
            return ""
        lost = absent(versions, self.plugins)
        return lost and f"no {kind} named '{name}' is installed; {lost}"

    def options(self, options: type[AnyOptions], values: dict[str, Any] | None, key: Key) -> AnyOptions | None:
        """YAML holds what JSON does, so JSON's rules apply: a list may become a tuple, text never a number."""
        if values is None:
            return None
        folder = None if self.trained else self.folder
        try:
            return options.model_validate_json(json.dumps(values), context={"folder": folder})
        except ValidationError as error:
            self.found += [((*key, *below), what) for below, what in problems(error, options, values)]
            return None

    def data(self) -> DataOptions | None:
        if self.trained and "data" not in self.text.values:
            return None
        section = self.section("data")
        if section is None:
            return None
        if not self.trained:
            self.sources(section)
        data = self.options(DataOptions, section, ("data",))
        if data is None:
            return None
        made = {"generated": data.generated or self.generated(data)}
        return data.model_copy(update=made | {split: self.absolute(getattr(data, split)) for split in SPLITS})

    def generated(self, data: DataOptions) -> Generated | None:
        """The defaults, where the data set is a generated one."""
        try:
            named = self.plugins.load("dataset", data.dataset) if data.dataset else None
        except Mistake:
            return None
        return Generated() if named and named.make else None

    def sources(self, section: dict[str, Any]) -> None:
        """Faults of the data set and the files that are named, as far as they can be named so at all."""
        name = section.get("dataset")
        if isinstance(name, str):
            try:
                dataset = self.plugins.load("dataset", name)
            except Mistake as mistake:
                self.found.append((("data", "dataset"), str(mistake)))
            else:
                if section.get("generated") is not None and not dataset.make:
                    self.found.append((("data", "generated"), f"the data set {name} is not generated; leave this out"))
        for split in SPLITS:
            named = section.get(split)
            places: list[tuple[Key, Any]] = [((), named)]
            if isinstance(named, list):
                places = [((place,), one) for place, one in enumerate(named)]
            for place, pattern in places:
                if isinstance(pattern, str) and (what := files.fault(pattern, self.folder)):
                    self.found.append((("data", split, *place), what))

    def absolute(self, named: str | list[str] | None) -> str | list[str] | None:
        """Paths and globs as they are for whoever stands elsewhere than the pipeline file."""
        if isinstance(named, list):
            return [files.absolute(pattern, self.folder) for pattern in named]
        return None if named is None else files.absolute(named, self.folder)

    def fit(
        self,
        reader: Part | None,
        encoder: Part | None,
        head: Part | None,
        data: DataOptions | None,
        windows: WindowOptions | None,
        train: TrainOptions | None,
    ) -> None:
        made = None
        try:
            if reader is not None:
                made = reader.cls(reader.options)
        except Mistake as mistake:
            self.found += [(("reader",), line) for line in mistake.lines]
        self.found += misfits(made, encoder, head, self.plugins)
        if train is not None and train.bptt:
            self.found += misfits_in_chunks(encoder, head)
        if windows is not None and windows.strands == "both":
            self.found += misfits_of_strands(made, head)
        cuts = data.held_out.cuts if data else None
        if cuts and made and made.target is not None and head and head.cls.target is not None and not head.cls.aligned:
            what = f"cuts records, but '{head.type}' learns one target for the whole of each; hold out whole records"
            self.found.append((("data", "held_out", cuts), what))
