"""Writing a file so that a reader sees the old one or the new one, never a part."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import Mistake


@contextmanager
def aside(path: Path) -> Iterator[Path]:
    """A path beside `path` to write to: renamed to it when all is written and on disk, removed if not.

    What is no regular file, such as a pipe or `/dev/stdout`, cannot be renamed over: it is itself the path to write to.
    Raises `Mistake` where it cannot be written.
    """
    try:
        if path.is_dir():
            raise Mistake(f"{path}: is a folder; name a file in it")
        if path.exists() and not path.is_file():
            yield path
            return
        path = Path(os.path.realpath(path))
        part = path.with_name(f"{path.name}.part")
        try:
            yield part
            with part.open("rb+") as file:
                os.fsync(file.fileno())
            # Some libraries make files that only their owner can read.
            os.umask(umask := os.umask(0))
            part.chmod(0o666 & ~umask)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise Mistake(f"{path}: cannot be written ({error.strerror})") from None
