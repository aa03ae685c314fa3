"""Files of data sets: where they are looked for, and downloads from a real server that misbehaves."""

import hashlib
import http.server
import io
import logging
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tqdm import tqdm

from seqpipe import datasets, fetch
from seqpipe.datasets import Dataset, File
from seqpipe.errors import Mistake

CONTENT = b"Rose\tB-person\nsmiled\tO\n"
SUM = hashlib.sha256(CONTENT).hexdigest()


class Server(http.server.ThreadingHTTPServer):
    """Answers by what the path says, and counts what it was asked for."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[str] = []
        self.files: dict[str, bytes] = {"/good": CONTENT, "/other": CONTENT[::-1]}

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_port}{path}"


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        if self.path == "/away":
            self.send_response(302)
            self.send_header("Location", f"http://localhost:{self.server.server_port}/good")
            self.end_headers()
        elif self.path == "/truncated":
            self.send_response(200)
            self.send_header("Content-Length", str(len(CONTENT)))
            self.end_headers()
            self.wfile.write(CONTENT[:10])
        elif self.path in self.server.files:
            self.send_response(200)
            self.send_header("Content-Length", str(len(self.server.files[self.path])))
            self.end_headers()
            self.wfile.write(self.server.files[self.path])
        else:
            self.send_error(404)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEQPIPE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("SEQPIPE_DATA", raising=False)
    for variable in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(variable, "127.0.0.1,localhost")


def toy(url: str | None, **more: object) -> Dataset:
    file = replace(File("train.conll", len(CONTENT), SUM), url=url, **more)  # type: ignore[arg-type]
    return Dataset("toy", "toy data", "CC0", "Nobody (2020)", "https://example.org", {"train": (file,)})


def left(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def mistake(dataset: Dataset, split: str = "train") -> str:
    with pytest.raises(Mistake) as caught:
        fetch.locate(dataset, split)
    (line,) = caught.value.lines
    assert "\n" not in line
    return line


def expected(cache: Path, failure: str, state: str = "is not here", names: str = "train.conll") -> str:
    return (
        f"data set toy: {names} {state} (looked in {cache}/toy; SEQPIPE_DATA is not set) and {failure}; "
        f"get it by other means (licence CC0) and put it into {cache}/toy as {names}"
    )


# Downloads


def test_downloaded_once_and_kept(server: Server, tmp_path: Path) -> None:
    dataset = toy(server.url("/good"))
    assert fetch.locate(dataset, "train") == [tmp_path / "cache/toy/train.conll"]
    assert fetch.locate(dataset, "train") == fetch.fetch(dataset)
    assert (tmp_path / "cache/toy/train.conll").read_bytes() == CONTENT
    assert server.asked == ["/good"]
    assert left(tmp_path) == ["cache/toy/train.conll"]


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/missing", "the server answered 404 Not Found"),
        ("/other", "what came has another sha256 than recorded"),
        ("/truncated", "the connection broke off"),
        ("/away", "it is redirected to a place that is not https"),
    ],
)
def test_failed_download_leaves_nothing(server: Server, tmp_path: Path, path: str, reason: str) -> None:
    url = server.url(path)
    assert mistake(toy(url)) == expected(tmp_path / "cache", f"could not be downloaded from {url} ({reason})")
    assert left(tmp_path) == []
    assert server.asked == [path]


def test_connection_refused(server: Server, tmp_path: Path) -> None:
    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as closed:
        url = f"http://127.0.0.1:{closed.server_port}/good"
    assert mistake(toy(url)) == expected(tmp_path / "cache", f"could not be downloaded from {url} (no connection)")


@pytest.mark.parametrize("url", ["http://example.org/train", "ftp://example.org/train", "file:///etc/hostname"])
def test_only_https(tmp_path: Path, url: str) -> None:
    assert mistake(toy(url)) == expected(tmp_path / "cache", f"could not be downloaded from {url} (not https)")


def test_interrupted_download_leaves_nothing(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(self: object, count: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(tqdm, "update", interrupt)
    with pytest.raises(KeyboardInterrupt):
        fetch.locate(toy(server.url("/good")), "train")
    assert server.asked == ["/good"]
    assert left(tmp_path) == []


def test_all_missing_files_at_once(server: Server) -> None:
    one, other = toy(server.url("/a")).splits["train"][0], toy(server.url("/b")).splits["train"][0]
    dataset = replace(toy(None), splits={"train": (one,), "dev": (replace(other, name="dev.conll"),)})
    with pytest.raises(Mistake) as caught:
        fetch.fetch(dataset)
    assert [line.partition(" is not here")[0] for line in caught.value.lines] == [
        "data set toy: train.conll",
        "data set toy: dev.conll",
    ]


# Where files are looked for


def test_own_folder_comes_first(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = toy(server.url("/good"))
    fetch.locate(dataset, "train")
    monkeypatch.setenv("SEQPIPE_DATA", str(tmp_path / "own"))
    assert fetch.locate(dataset, "train") == [tmp_path / "cache/toy/train.conll"]
    (tmp_path / "own/toy").mkdir(parents=True)
    (tmp_path / "own/toy/train.conll").write_bytes(CONTENT)
    assert fetch.locate(dataset, "train") == [tmp_path / "own/toy/train.conll"]
    assert server.asked == ["/good"]


def test_altered_file_of_the_users_own_is_used_with_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    own = tmp_path / "toy/train.conll"
    own.parent.mkdir()
    own.write_bytes(b"mine\tO\n")
    monkeypatch.setenv("SEQPIPE_DATA", str(tmp_path))
    assert fetch.locate(toy("https://example.org/train"), "train") == [own]
    assert caplog.record_tuples == [
        (
            "seqpipe",
            logging.WARNING,
            f"{own}: not the file recorded for data set toy (another sha256); used as it is",
        )
    ]


def test_altered_file_in_the_cache_is_fetched_anew(server: Server, tmp_path: Path) -> None:
    cached = tmp_path / "cache/toy/train.conll"
    cached.parent.mkdir(parents=True)
    cached.write_bytes(b"damaged")
    assert fetch.locate(toy(server.url("/good")), "train") == [cached]
    assert cached.read_bytes() == CONTENT
    cached.write_bytes(b"damaged")
    url = server.url("/missing")
    failure = f"could not be downloaded from {url} (the server answered 404 Not Found)"
    assert mistake(toy(url)) == expected(tmp_path / "cache", failure, "is damaged there")


def test_without_download_the_advice_is_given(tmp_path: Path) -> None:
    line = mistake(datasets.ud_en_ewt, "dev")
    folder = tmp_path / "cache/ud_en_ewt"
    names = "dev.tsv or en_ewt-ud-dev.conllu"
    assert line.startswith(
        f"data set ud_en_ewt: {names} is not here (looked in {folder}; SEQPIPE_DATA is not set) and has no download; "
        "take en_ewt-ud-train.conllu, "
    )
    assert line.endswith(f" (licence CC BY-SA 4.0) and put it into {folder} as {names}")


@pytest.mark.parametrize("name", ["dev.tsv", "en_ewt-ud-dev.conllu"])
def test_either_form_serves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("SEQPIPE_DATA", str(tmp_path))
    (tmp_path / "ud_en_ewt").mkdir()
    (tmp_path / "ud_en_ewt" / name).write_text("word\tNOUN\tNN\n")
    assert fetch.locate(datasets.ud_en_ewt, "dev") == [tmp_path / "ud_en_ewt" / name]


def test_unknown_split() -> None:
    assert mistake(datasets.wnut17, "valid") == "data set wnut17: has no valid split; it has train, dev, test"


# Members of archives


def archived(server: Server, members: dict[str, bytes], known: str | None = None) -> Dataset:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    server.files["/data.zip"] = packed.getvalue()
    total = known or hashlib.sha256(packed.getvalue()).hexdigest()
    files = [
        File(f"{split}.conll", len(CONTENT), SUM, server.url("/data.zip"), f"data/{split}", total)
        for split in ("train", "dev")
    ]
    return replace(toy(None), splits={"train": (files[0],), "dev": (files[1],)})


def test_one_download_serves_all_members(server: Server, tmp_path: Path) -> None:
    dataset = archived(server, {"data/train": CONTENT, "data/dev": CONTENT, "README": b"more"})
    folder = tmp_path / "cache/toy"
    assert fetch.locate(dataset, "train") == [folder / "train.conll"]
    assert fetch.fetch(dataset) == [folder / "train.conll", folder / "dev.conll"]
    assert server.asked == ["/data.zip"]
    assert left(tmp_path) == ["cache/toy/dev.conll", "cache/toy/train.conll"]


@pytest.mark.parametrize(
    ("members", "known", "reason"),
    [
        ({"data/dev": CONTENT}, None, "its member data/train is not there or has another sha256 than recorded"),
        ({"data/train": b"x"}, None, "its member data/train is not there or has another sha256 than recorded"),
        ({"data/train": CONTENT}, "0" * 64, "what came has another sha256 than recorded"),
        ({"../evil": b"x"}, None, "holds '../evil', a path outside its folder"),
    ],
)
def test_bad_archive_leaves_nothing(
    server: Server, tmp_path: Path, members: dict[str, bytes], known: str | None, reason: str
) -> None:
    failure = f"could not be downloaded from {server.url('/data.zip')} ({reason})"
    wanted = expected(tmp_path / "cache", failure, names="train.conll or data.zip")
    assert mistake(archived(server, members, known)) == wanted
    assert left(tmp_path) == []


def test_an_archive_in_the_users_own_folder_is_not_downloaded(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = archived(server, {"data/train": CONTENT, "data/dev": CONTENT})
    monkeypatch.setenv("SEQPIPE_DATA", str(tmp_path / "own"))
    own = tmp_path / "own/toy/data.zip"
    own.parent.mkdir(parents=True)
    own.write_bytes(server.files["/data.zip"])
    assert fetch.locate(dataset, "train") == [tmp_path / "cache/toy/train.conll"]
    assert (tmp_path / "cache/toy/train.conll").read_bytes() == CONTENT
    assert server.asked == []
    own.write_bytes(b"another")
    (tmp_path / "cache/toy/train.conll").unlink()
    fetch.locate(dataset, "train")
    assert server.asked == ["/data.zip"]


def test_data_sets_of_one_source_share_a_folder(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = replace(toy(server.url("/good")), folder="shared")
    assert fetch.locate(dataset, "train") == [tmp_path / "cache/shared/train.conll"]
    (tmp_path / "own/shared").mkdir(parents=True)
    (tmp_path / "own/shared/train.conll").write_bytes(CONTENT)
    monkeypatch.setenv("SEQPIPE_DATA", str(tmp_path / "own"))
    assert fetch.locate(dataset, "train") == [tmp_path / "own/shared/train.conll"]
    assert f"looked in {tmp_path / 'own/shared'}" in datasets.describe(dataset)
    with pytest.raises(ValueError, match=r"^'\.\./x' is no path inside a folder$"):
        replace(dataset, folder="../x")
