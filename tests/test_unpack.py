"""Archives: honest ones come out whole, and hostile or damaged ones leave nothing."""

import io
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from seqpipe.errors import Mistake
from seqpipe.unpack import unpack

FILES = {"data/train": b"Rose\tB-person\n" * 50, "data/deep/er/dev": b"", "README": b"hello"}
ENDINGS = [".zip", ".tar", ".tar.gz", ".tar.bz2", ".tar.xz"]


def zipped(path: Path, members: dict[str, bytes], mode: int = 0) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            member = zipfile.ZipInfo(name)
            member.external_attr = mode << 16
            archive.writestr(member, content, zipfile.ZIP_DEFLATED)
    return path


def tarred(path: Path, members: dict[str, bytes], kind: bytes = tarfile.REGTYPE, link: str = "") -> Path:
    form = path.suffix[1:] if path.suffix != ".tar" else ""
    with tarfile.open(path, f"w:{form}") as archive:  # type: ignore[call-overload]
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, link
            member.size = len(content) if kind == tarfile.REGTYPE else 0
            archive.addfile(member, io.BytesIO(content))
    return path


def packed(path: Path, members: dict[str, bytes]) -> Path:
    return (zipped if path.suffix == ".zip" else tarred)(path, members)


def refused(archive: Path, folder: Path, limit: int = 10**6) -> str:
    before = sorted(folder.parent.rglob("*"))
    with pytest.raises(Mistake) as caught:
        unpack(archive, folder, limit)
    assert sorted(folder.parent.rglob("*")) == before
    (line,) = caught.value.lines
    assert "\n" not in line
    return line.removeprefix(f"{archive}: ")


@pytest.mark.parametrize("ending", ENDINGS)
def test_all_comes_out(tmp_path: Path, ending: str) -> None:
    unpack(packed(tmp_path / f"a{ending}", FILES), tmp_path / "new/out")
    found = tmp_path / "new/out"
    assert {str(p.relative_to(found)): p.read_bytes() for p in found.rglob("*") if p.is_file()} == FILES
    assert sorted(p.name for p in found.parent.iterdir()) == ["out"]


def test_the_kind_is_told_by_content(tmp_path: Path) -> None:
    unpack(zipped(tmp_path / "a.tar", FILES), tmp_path / "one")
    unpack(tarred(tmp_path / "b", FILES), tmp_path / "other")
    assert (tmp_path / "one/README").read_bytes() == (tmp_path / "other/README").read_bytes() == b"hello"


def test_archive_of_a_folder_itself(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/x").write_bytes(b"x")
    with tarfile.open(tmp_path / "a.tgz", "w:gz") as archive:
        archive.add(tmp_path / "in", ".")
    unpack(tmp_path / "a.tgz", tmp_path / "out")
    assert (tmp_path / "out/x").read_bytes() == b"x"


@pytest.mark.parametrize("ending", [".zip", ".tar.gz"])
@pytest.mark.parametrize("name", ["/abs", "../up", "a/../../up", "a/..", "C:\\x", "..\\up", "\\\\host\\x"])
def test_paths_outside(tmp_path: Path, ending: str, name: str) -> None:
    archive = packed(tmp_path / f"a{ending}", {"fine": b"x", name: b"evil"})
    assert refused(archive, tmp_path / "out") == f"holds {name!r}, a path outside its folder; do not trust it"


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
@pytest.mark.parametrize("link", ["/etc/passwd", "../up", "fine"])
def test_links_and_devices_in_tar(tmp_path: Path, kind: bytes, link: str) -> None:
    archive = tarred(tmp_path / "a.tar", {"odd": b""}, kind, link)
    assert refused(archive, tmp_path / "out") == "holds 'odd', a link or a device; do not trust it"


@pytest.mark.parametrize("mode", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK])
def test_links_and_devices_in_zip(tmp_path: Path, mode: int) -> None:
    archive = zipped(tmp_path / "a.zip", {"odd": b"/etc/passwd"}, mode | 0o777)
    assert refused(archive, tmp_path / "out") == "holds 'odd', a link or a device; do not trust it"


def test_a_link_is_not_written_through(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        link = tarfile.TarInfo("way")
        link.type, link.linkname = tarfile.SYMTYPE, str(tmp_path)
        archive.addfile(link)
        inner = tarfile.TarInfo("way/evil")
        inner.size = 1
        archive.addfile(inner, io.BytesIO(b"x"))
    assert "a link" in refused(tmp_path / "a.tar", tmp_path / "out")


@pytest.mark.parametrize("ending", ENDINGS)
def test_bomb(tmp_path: Path, ending: str) -> None:
    archive = packed(tmp_path / f"a{ending}", {"one": bytes(6000), "two": bytes(4001)})
    assert refused(archive, tmp_path / "out", 10_000) == ("unpacks to more than is allowed, at 'two'; do not trust it")
    unpack(archive, tmp_path / "out", 10_001)
    assert (tmp_path / "out/two").stat().st_size == 4001


def test_a_zip_that_lies_about_its_size(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", {"bomb": bytes(50_000)})
    true, false = (50_000).to_bytes(4, "little"), (100).to_bytes(4, "little")
    archive.write_bytes(archive.read_bytes().replace(true, false))
    assert refused(archive, tmp_path / "out", 1000).startswith("cannot be unpacked (Bad CRC-32 for file 'bomb')")


@pytest.mark.parametrize("content", [b"", b"PK", b"neither zip nor tar", b"\x1f\x8b\x08"])
def test_no_archive_at_all(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a").write_bytes(content)
    message = refused(tmp_path / "a", tmp_path / "out")
    assert message.startswith("cannot be unpacked (")
    assert message.endswith("); get it again")


@given(ending=some.sampled_from(ENDINGS), data=some.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damage_is_a_mistake_or_does_no_harm(
    tmp_path_factory: pytest.TempPathFactory, ending: str, data: some.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    archive = packed(folder / f"a{ending}", FILES)
    content = bytearray(archive.read_bytes())
    if data.draw(some.booleans()):
        del content[data.draw(some.integers(0, len(content) - 1)) :]
    else:
        for place in data.draw(some.lists(some.integers(0, len(content) - 1), min_size=1, max_size=4)):
            content[place] = data.draw(some.integers(0, 255))
    archive.write_bytes(content)
    try:
        unpack(archive, folder / "out")
    except Mistake:
        assert sorted(path.name for path in folder.iterdir()) == [archive.name]
    else:
        assert sorted(path.name for path in folder.iterdir()) == sorted([archive.name, "out"])
