"""Getting the files of a data set: the user's own folder first, then the cache, then the download."""

import logging
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pooch
import requests
from tqdm import tqdm

from .datasets import Dataset, File, cache_folder, own_folder, present, sha256
from .errors import Mistake
from .unpack import unpack

log = logging.getLogger("seqpipe")

SECONDS = (10, 60)
"""How long to wait for a connection, and for more bytes on it."""


def locate(dataset: Dataset, split: str) -> list[Path]:
    """The files of one split, downloaded where they are not here yet, as those are that belong beside them.

    A file in the user's own folder is used as it is, with a warning where its sha256 is not the recorded one; such a
    file in the cache is fetched anew. Raises `Mistake`, a line for each file that cannot be had.
    """
    if split not in dataset.splits:
        raise Mistake(f"data set {dataset.name}: has no {split} split; it has {', '.join(dataset.splits)}")
    wanted = dataset.splits[split]
    return _all(dataset, [*wanted, *dataset.beside])[: len(wanted)]


def fetch(dataset: Dataset) -> list[Path]:
    """All files of a data set, as `locate` finds or downloads them. Raises `Mistake` also where it is generated."""
    if dataset.make:
        raise Mistake(f"data set {dataset.name}: nothing to fetch; a run that names it generates it")
    return _all(dataset, dataset.files)


def _all(dataset: Dataset, files: Sequence[File]) -> list[Path]:
    paths: list[Path] = []
    lines: list[str] = []
    for file in files:
        try:
            paths.append(_one(dataset, file))
        except Mistake as mistake:
            lines += mistake.lines
    if lines:
        raise Mistake(*lines)
    return paths


def _one(dataset: Dataset, file: File) -> Path:
    own = present(file, own_folder(dataset))
    if own:
        if file.sha256 and sha256(own) != file.sha256:
            log.warning("%s: not the file recorded for data set %s (another sha256); used as it is", own, dataset.name)
        return own
    cached = present(file, cache_folder(dataset))
    if cached and file.sha256 in (None, sha256(cached)):
        return cached
    if not file.url:
        raise Mistake(_missing(dataset, file, "has no download", dataset.advice or "get it"))
    try:
        if file.member:
            return _from_archive(dataset, file)
        return _download(file.url, file.sha256, cache_folder(dataset) / file.name, file.bytes)
    except (OSError, ValueError, Mistake) as error:
        failure = f"could not be downloaded from {file.url} ({_reason(error)})"
        raise Mistake(_missing(dataset, file, failure, "get it by other means")) from error


def _download(url: str, known: str | None, target: Path, size: int) -> Path:
    """`url` as `target` once its sum is right: until then it has another name, and after a failure none."""
    if not _is_safe(url):
        raise ValueError("not https")
    pooch.get_logger().setLevel(logging.WARNING)
    with tqdm(total=size or 1, desc=target.name, unit="B", unit_scale=True, disable=None) as bar:
        downloader = pooch.HTTPDownloader(
            progressbar=bar, timeout=SECONDS, headers={"Accept-Encoding": "identity"}, hooks={"response": _stay_safe}
        )
        pooch.retrieve(url, f"sha256:{known}", target.name, target.parent, downloader=downloader)
    return target


def _from_archive(dataset: Dataset, wanted: File) -> Path:
    """The file out of its archive, which is got once for all of the data set's files that are in it."""
    assert wanted.url
    folder = cache_folder(dataset)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as aside:
        unpacked = Path(aside) / "unpacked"
        archive = _archive_here(dataset, wanted)
        if archive is None:
            archive = _download(wanted.url, wanted.archive_sha256, Path(aside) / "archive", wanted.bytes)
        unpack(archive, unpacked)
        for file in dataset.files:
            if file.url == wanted.url and file.member:
                member = unpacked / file.member
                if not member.is_file() or sha256(member) != file.sha256:
                    raise ValueError(f"its member {file.member} is not there or has another sha256 than recorded")
                (folder / file.name).parent.mkdir(parents=True, exist_ok=True)
                os.replace(member, folder / file.name)
    return folder / wanted.name


def _archive_here(dataset: Dataset, wanted: File) -> Path | None:
    """The archive where it was put by hand, in the user's own folder or the cache; None where none is, or another."""
    for folder in (own_folder(dataset), cache_folder(dataset)):
        archive = folder / wanted.archive if folder and wanted.archive else None
        if archive and archive.is_file():
            if sha256(archive) == wanted.archive_sha256:
                return archive
            log.warning("%s: not the archive recorded for data set %s (another sha256)", archive, dataset.name)
    return None


def _is_safe(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname == "127.0.0.1")


def _stay_safe(response: requests.Response, **_: Any) -> None:
    """Called with every answer, also with those that send us elsewhere."""
    if not _is_safe(urljoin(response.url, response.headers.get("location", ""))):
        raise ValueError("it is redirected to a place that is not https")


def _missing(dataset: Dataset, file: File, failure: str, remedy: str) -> str:
    own, cache = own_folder(dataset), cache_folder(dataset)
    looked = f"{own}, {cache}" if own else f"{cache}; SEQPIPE_DATA is not set"
    names = " or ".join(file.names)
    state = "is damaged there" if present(file, cache) else "is not here"
    return (
        f"data set {dataset.name}: {names} {state} (looked in {looked}) and {failure}; "
        f"{remedy} (licence {dataset.licence}) and put it into {own or cache} as {names}"
    )


def _reason(error: Exception) -> str:
    """Why a download failed, in a few words."""
    match error:
        case requests.HTTPError(response=requests.Response() as answer):
            return f"the server answered {answer.status_code} {answer.reason}".rstrip()
        case requests.Timeout():
            return "no answer in time"
        case requests.exceptions.ChunkedEncodingError():
            return "the connection broke off"
        case requests.ConnectionError():
            return "no connection"
        case Mistake():
            return str(error).partition(": ")[2].partition(";")[0]
        case ValueError() if "hash" in str(error).lower():
            return "what came has another sha256 than recorded"
        case _:
            return " ".join(str(error).split())
