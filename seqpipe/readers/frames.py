"""Frames: sequences of real numbers, or of keys that sound at once, in JSON lines."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from ..codec import Codec, Label, Tags
from ..errors import Mistake
from ..frames import Frames, Number
from ..lines import gathered, written
from ..options import Options
from ..reader import Reader, Record
from ..vocabulary import Vocabulary, VocabularyOptions
from . import rows
from .documents import check, json_object
from .rows import Cells, Row

_LARGEST = 1e30


class Columns(Options):
    """Which key of a line is which."""

    frames: str = "frames"
    """Key of the frames: a list of frames, each a list of as many numbers."""
    target: str = "target"
    """Key of what is to be learned, and of what is predicted; null in it, or a line without it, is unlabelled."""

    @model_validator(mode="after")
    def _two(self) -> Self:
        if self.frames == self.target:
            raise ValueError("frames and target are the same key")
        return self


class Keys(Options):
    """The keys that there are, by number, such as 21 to 108 for those of a piano in MIDI."""

    lowest: int
    """Number of the lowest key."""
    highest: int
    """Number of the highest key."""

    @model_validator(mode="after")
    def _some(self) -> Self:
        if self.highest < self.lowest:
            raise ValueError("highest is below lowest")
        return self


class FrameLines(Reader):
    """Frames and their target in each line, a JSON object: `{"frames": [[0.1, 2], [3, 4]], "target": "x"}`."""

    suffixes = (".jsonl", ".jsonl.gz")

    class Options(Options):
        columns: Columns = Columns()
        """Which key holds the frames, which the target."""
        target: Literal["label", "number", "tags", "text", "none"] = "label"
        """What the target is: a label or a number for all, a tag for each frame, words, or nothing to be read."""
        keys: Keys | None = None
        """Given where a frame is the list of keys that sound, as in [60, 64, 67]; it becomes a 0 or 1 for each key."""
        standardise: bool = False
        """Whether each number of a frame is to have mean 0 and standard deviation 1 over the training records."""
        max_length: int = Field(10_000, ge=1)
        """Frames in a sequence; a longer one is refused."""
        words: VocabularyOptions = VocabularyOptions()
        """Which words of a text are known."""

        @model_validator(mode="after")
        def _on_or_off(self) -> Self:
            if self.keys and self.standardise:
                raise ValueError("keys are on or off; leave standardise out")
            return self

    def __init__(self, options: Any) -> None:
        super().__init__(options)
        self.input = Frames(options.standardise)
        targets: dict[str, Codec] = {
            "label": Label(),
            "number": Number(),
            "tags": Tags(spans=False),
            "text": Vocabulary(options.words),
        }
        self.target = targets.get(options.target)
        self.features = options.keys.highest - options.keys.lowest + 1 if options.keys else 0

    def read(self, path: Path) -> Iterator[Record]:
        """The lines in order, blank ones left out; one without a frame gives an empty record, so that nothing shifts.

        Raises `Mistake` with all wrong lines of the file.
        """
        path, number = Path(path), 0
        self.features = self.features or len(self.input)
        if len(self.input) not in (0, self.features):
            learned = f"{len(self.input)} numbers a frame were learned from"
            raise Mistake(f"reader.keys: {self.features} keys, but {learned}; give the keys that were trained with")
        for number, record in enumerate(gathered(rows.objects(path), self._record, path), 1):
            yield replace(record, id=str(number))
        if not number:
            raise Mistake(f"{path}: no line in it; is it the right file?")

    def _record(self, line: tuple[str, str]) -> Record:
        where, text = line
        columns = self.options.columns
        cells = json_object(text, where, f'{{"{columns.frames}": ...}}')
        if columns.frames not in cells:
            raise Mistake(f"{where}: no key '{columns.frames}'; see reader.columns")
        frames = self._frames(cells[columns.frames], where)
        target = None if self.target is None else self._target(cells.get(columns.target), len(frames), where)
        return Record("", frames, target, where, origin=text)

    def _frames(self, value: Any, where: str) -> Any:
        """`[T, D]` float32"""
        if not isinstance(value, list) or not all(isinstance(frame, list) for frame in value):
            raise Mistake(f"{where}: the frames are no list of lists of numbers, but {value!r:.40}")
        if len(value) > self.options.max_length:
            raise Mistake(
                f"{where}: {len(value)} frames where reader.max_length is {self.options.max_length}; raise it"
            )
        if self.options.keys:
            return np.array([self._on(frame, where) for frame in value], np.float32).reshape(-1, self.features)
        width = self.features or len(next(iter(value), ()))
        for step, frame in enumerate(value):
            if len(frame) != width or not width:
                needed = f"{width} are needed, as in the first one that was read" if width else "one or more are needed"
                raise Mistake(f"{where}: frame {step} (from 0) has {len(frame)} numbers where {needed}")
        found = (
            _numbers([number for frame in value for number in frame], where).astype(np.float32).reshape(-1, width or 1)
        )
        # Only now: a first line that is wrong is not to judge the others.
        self.features = width
        return found

    def _on(self, frame: list[Any], where: str) -> Any:
        keys, found = self.options.keys, np.zeros(self.features, np.float32)
        for key in frame:
            if type(key) is not int or not keys.lowest <= key <= keys.highest:
                raise Mistake(
                    f"{where}: the key {key!r:.40} is none from {keys.lowest} to {keys.highest}; see reader.keys"
                )
            found[key - keys.lowest] = 1
        return found

    def _target(self, value: Any, steps: int, where: str) -> Any:
        if value is None:
            return None
        if self.options.target == "label":
            return rows.label(value, where)
        if self.options.target == "number":
            return float(_numbers([value], where)[0])
        if self.options.target == "text":
            if not isinstance(value, str):
                raise Mistake(f"{where}: the target is no text, but {value!r:.40}")
            check(value, where)
            return value.split()
        if not isinstance(value, list) or not all(isinstance(tag, str) for tag in value):
            raise Mistake(f"{where}: the target is no list of tags, but {value!r:.40}")
        if len(value) != steps:
            raise Mistake(f"{where}: {len(value)} tags for {steps} frames; each frame needs one")
        return value

    def text(self, record: Record) -> str:
        """The frames as JSON, whichever way the file writes them."""
        return str(np.asarray(record.input).tolist())

    def identity(self, record: Record) -> str:
        """The numbers of the frames, byte by byte."""
        return np.asarray(record.input).tobytes().hex()

    def write(self, records: Iterable[Record], path: Path) -> None:
        """Write the lines with their targets filled in, and a key `confidence` where there is one.

        Frames that a head has made, which follow the record's own, are written as the file has frames.
        """
        with written(Path(path)) as file:
            rows.write_objects((self._filled(record) for record in records), file)

    def _filled(self, record: Record) -> Row:
        cells: Cells = dict(json_object(record.origin, record.where).items())
        cells[self.options.columns.target] = self._shown(record.target)
        if record.confidence is not None:
            cells["confidence"] = np.round(record.confidence, 6).tolist()
        return Row(record.where, cells)

    def _shown(self, target: Any) -> Any:
        """A target as JSON has it."""
        if self.target is not None and self.options.target == "text" and target is not None:
            return " ".join(target)
        if self.target is None and self.options.keys and target is not None:
            return [[place + self.options.keys.lowest for place, on in enumerate(frame) if on] for frame in target]
        return target

    def render(self, record: Record) -> str:
        """How many frames, the first of them, and the target."""
        frames: Sequence[Any] = np.asarray(record.input, np.float64).round(3).tolist()
        if self.options.keys:
            frames = [[place + self.options.keys.lowest for place, on in enumerate(frame) if on] for frame in frames]
        shown = f"{frames[:3]}"[:60]
        return f"{len(frames)} frames {shown}... -> {self._shown(record.target)}"


def _numbers(values: list[Any], where: str) -> Any:
    """`[N]` float64 of values that are all numbers, finite and not too large for float32."""
    if not {*map(type, values)} <= {int, float} or not all(-_LARGEST <= value <= _LARGEST for value in values):
        wrong = next(one for one in values if type(one) not in (int, float) or not -_LARGEST <= one <= _LARGEST)
        raise Mistake(f"{where}: {wrong!r:.40} where a number from -1e30 to 1e30 is needed")
    return np.array(values, np.float64)
