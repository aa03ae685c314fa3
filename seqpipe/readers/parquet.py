"""Tables in Parquet files: all that needs pyarrow, which only the extra `parquet` installs."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

import pyarrow
from pyarrow import parquet

from ..errors import Mistake
from ..lines import opened


def read(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Place and cells of each row. Raises `Mistake` where the file is no Parquet."""
    with opened(path) as file:
        try:
            batches = parquet.ParquetFile(file).iter_batches()
            found = (row for batch in batches for row in batch.to_pylist())
            yield from ((f"{path}: row {number}", row) for number, row in enumerate(found, 1))
        except pyarrow.ArrowException as error:
            reason = str(error).split("\n")[0]
            raise Mistake(f"{path}: no Parquet that pyarrow can read ({reason})") from None


def write(rows: Iterable[dict[Any, Any]], file: IO[bytes]) -> None:
    """All rows as one table; types follow from the values."""
    parquet.write_table(pyarrow.Table.from_pylist(list(rows)), file)
