"""Lines of symbols with a label in front."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

import seqpipe


class PlaceholderReader(seqpipe.Reader):
    """A record a line, `label: symbol symbol symbol`; one without a colon is unlabelled."""

    suffixes = (".placeholder",)

    class Options(seqpipe.Options):
        on_error: Literal["stop", "skip"] = "stop"
        """Whether a line that cannot be read stops everything, or is left out and told at the end."""

    def __init__(self, options: Any) -> None:
        super().__init__(options)
        self.input = seqpipe.Symbols()
        self.target = seqpipe.Label()
        self.skipped = [] if options.on_error == "skip" else None

    def read(self, path: Path) -> Iterator[seqpipe.Record]:
        """The lines in order. Raises `Mistake` with all wrong lines of the file."""
        path, number = Path(path), 0
        lines = seqpipe.text_lines(path)
        for record in seqpipe.gathered(lines, lambda line: self._record(path, *line), path, self.skipped):
            number += 1
            yield record
        if not number and not self.skipped:
            raise seqpipe.Mistake(f"{path}: no line in it; is it the right file?")

    def _record(self, path: Path, number: int, line: str) -> seqpipe.Record:
        label, colon, symbols = line.rpartition(":")
        where = f"{path}:{number}"
        if colon and not label.strip():
            raise seqpipe.Mistake(f"{where}: no label before the colon; write 'label: symbols', or leave the colon out")
        return seqpipe.Record(str(number), symbols.split(), label.strip() or None, where)

    def write(self, records: Iterable[seqpipe.Record], path: Path) -> None:
        """Write the lines with their (predicted) labels."""
        with seqpipe.written(Path(path)) as file:
            for record in records:
                label = "" if record.target is None else f"{record.target}: "
                file.write(f"{label}{' '.join(record.input)}\n".encode())
