"""The files that a pipeline names: paths and globs."""

import os
from glob import escape, glob, has_magic
from pathlib import Path


def absolute(pattern: str, folder: Path) -> str:
    """A path or glob that is relative to `folder`, made absolute; what stands in the folder's own name is no glob."""
    if has_magic(pattern) and not Path(folder, pattern).exists():
        return os.path.join(escape(os.path.abspath(folder)), pattern)
    return os.path.abspath(folder / pattern)


def expand(pattern: str) -> list[Path]:
    """The files that an absolute path or glob (`**` too) stands for, sorted; empty where there is none."""
    if os.path.lexists(pattern) or not has_magic(pattern):
        return [Path(pattern)] if os.path.isfile(pattern) else []
    return sorted(Path(found) for found in glob(pattern, recursive=True) if os.path.isfile(found))


def fault(pattern: str, folder: Path) -> str | None:
    """What is wrong with a path or glob as the user wrote it; None where it leads to files."""
    full = absolute(pattern, folder)
    if not pattern:
        return "an empty path"
    if os.path.isdir(full):
        return f"'{pattern}' is a folder; name the files in it, such as '{pattern.rstrip('/')}/*'"
    if expand(full):
        return None
    what = "no file matches" if has_magic(pattern) else "no such file:"
    return f"{what} '{pattern}' in {os.path.normpath(folder)}"
