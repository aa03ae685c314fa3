"""Archives from strangers: zip and tar, whole or not at all, and nothing outside the folder."""

import stat
import tarfile
import tempfile
import zipfile
from pathlib import Path

from .datasets import is_inside
from .errors import Mistake

LIMIT = 8 * 2**30
"""Bytes that an archive may unpack to."""


def unpack(archive: Path, folder: Path, limit: int = LIMIT) -> None:
    """Unpack zip, tar, tar.gz, tar.xz or tar.bz2 into `folder`, which must not exist and appears only when all is done.

    Raises `Mistake` for an archive that is damaged, that holds absolute paths, `..`, links or devices, or that
    unpacks to more than `limit` bytes.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as aside:
        fresh = Path(aside) / "unpacked"
        fresh.mkdir()
        try:
            (_unzip if _is_zip(archive) else _untar)(archive, fresh, limit)
            fresh.rename(folder)
        except Mistake:
            raise
        except Exception as error:  # on damage the standard library raises whatever its parsing runs into
            reason = " ".join(str(error).split()) or type(error).__name__
            raise Mistake(f"{archive}: cannot be unpacked ({reason}); get it again") from error


def _is_zip(archive: Path) -> bool:
    with archive.open("rb") as file:
        return file.read(2) == b"PK"


def _unzip(archive: Path, folder: Path, limit: int) -> None:
    with zipfile.ZipFile(archive) as opened:
        for member in opened.infolist():
            # Archives made elsewhere than on Unix leave the kind 0; no more than the declared size is ever read.
            kind = stat.S_IFMT(member.external_attr >> 16)
            limit = _check(archive, member.filename, kind in (0, stat.S_IFREG, stat.S_IFDIR), member.file_size, limit)
        opened.extractall(folder)


def _untar(archive: Path, folder: Path, limit: int) -> None:
    with tarfile.open(archive) as opened:
        for member in opened:
            limit = _check(archive, member.name, member.isfile() or member.isdir(), member.size, limit)
            opened.extract(member, folder, filter="data")


def _check(archive: Path, name: str, plain: bool, size: int, left: int) -> int:
    """How many bytes are left after this member. Links are refused wherever they point: no data set needs them."""
    if name.rstrip("/") not in ("", ".") and not is_inside(name):
        raise Mistake(f"{archive}: holds {name!r}, a path outside its folder; do not trust it")
    if not plain:
        raise Mistake(f"{archive}: holds {name!r}, a link or a device; do not trust it")
    if size > left:
        raise Mistake(f"{archive}: unpacks to more than is allowed, at {name!r}; do not trust it")
    return left - size
