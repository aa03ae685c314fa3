"""Data sets: the facts that are recorded of them, those that ship, and what is printed of them."""

import hashlib
import importlib
import os
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from seqpipe import builtin, datasets, genomes, memory, molecules, sentences, texts
from seqpipe.datasets import Dataset, File

CONTENT = b"Rose\tB-person\nsmiled\tO\n"
URL = "https://example.org/train"
SUM = hashlib.sha256(CONTENT).hexdigest()
REAL = os.environ.get("SEQPIPE_DATA", "none")  # The fixture below hides it from the tests.
LABELLED = [sentences.sst2, sentences.sst5, sentences.mr, sentences.trec]
MOLECULES = [molecules.splice, molecules.protein_ss, molecules.cb513, molecules.ts115]
FETCHED = [
    datasets.wnut17,
    datasets.ncbi_disease,
    datasets.ud_en_ewt,
    texts.tatoeba_en_fr,
    texts.shakespeare,
    *LABELLED,
    *MOLECULES,
    genomes.mycoplasma,
    genomes.plastids,
    genomes.phages,
]
BUILTIN = [*FETCHED, memory.adding, memory.copying]
TOY = Dataset(
    "toy",
    "toy data",
    "CC0",
    "Nobody (2020)",
    "https://example.org",
    {"train": (File("train.conll", len(CONTENT), SUM, URL),)},
)


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEQPIPE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("SEQPIPE_DATA", raising=False)


def cached(folder: Path) -> None:
    """Puts the file of the toy data set where a download would."""
    (folder / "cache/toy").mkdir(parents=True)
    (folder / "cache/toy/train.conll").write_bytes(CONTENT)


def test_facts_that_cannot_be_checked_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^train: a file to download needs its sha256$"):
        File("train", 1, url="https://example.org/train")
    with pytest.raises(ValueError, match=r"^train: a member of an archive needs the archive's url and archive_sha256$"):
        File("train", 1, SUM, "https://example.org/data.tar", member="train")
    for name in ("/etc/passwd", "../x", "a/../../x", "C:\\x", "\\x", "a\\..\\x", ""):
        with pytest.raises(ValueError, match=r"is no path inside a folder$"):
            File(name, 1)


def test_builtin_names_lead_to_their_data_sets() -> None:
    for name, place in builtin.seqpipe_datasets().items():
        module, _, attribute = place.partition(":")
        assert getattr(importlib.import_module(module), attribute).name == name
    assert sorted(builtin.seqpipe_datasets()) == sorted(dataset.name for dataset in BUILTIN)


@pytest.mark.parametrize("dataset", FETCHED, ids=lambda dataset: dataset.name)
def test_recorded_sums_are_those_of_the_files(dataset: Dataset) -> None:
    if not (Path(REAL) / dataset.place).is_dir():
        pytest.skip(f"the environment variable SEQPIPE_DATA leads to no folder that holds {dataset.place}")
    for file in dataset.files:
        path = Path(REAL) / dataset.place / (file.archive or file.name)
        if file.archive:
            assert datasets.sha256(path) == file.archive_sha256
            with zipfile.ZipFile(path) as archive:
                content = archive.read(file.member or "")
            assert (len(content), hashlib.sha256(content).hexdigest()) == (file.bytes, file.sha256)
        else:
            assert path.stat().st_size == file.bytes
            assert file.sha256 in (None, datasets.sha256(path))


def test_every_built_in_file_has_a_pinned_address_or_advice() -> None:
    for dataset in FETCHED:
        whole = ("mr", "phages", "shakespeare", "splice", "tatoeba_en_fr")
        wanted = {name: ["train"] for name in whole}
        wanted |= {name: ["train", "test"] for name in ("trec", "mycoplasma", "plastids")}
        wanted |= {"cb513": ["test"], "ts115": ["test"]}
        assert list(dataset.splits) == wanted.get(dataset.name, ["train", "dev", "test"])
        for file in dataset.files:
            assert dataset.advice if file.url is None else file.url.startswith("https://raw.githubusercontent.com/")


def test_cache_is_in_the_systems_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SEQPIPE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/tmp/elsewhere")
    folder = datasets.cache_folder(datasets.wnut17)
    assert folder.parts[-2:] == ("seqpipe", "wnut17")
    assert not sys.platform.startswith("linux") or folder == Path("/tmp/elsewhere/seqpipe/wnut17")


def test_looking_up_imports_nothing_heavy() -> None:
    code = "import seqpipe.datasets, sys; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"pooch", "requests", "torch", "numpy", "pydantic"} & set(run.stdout.split())
    assert "platformdirs" in run.stdout.split()


def test_listing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert datasets.listing([TOY]).splitlines() == [
        "name  size    licence  here  description",
        "toy   0.0 kB  CC0      no    toy data",
        "",
        "to cite:",
        f"toy: {TOY.citation}",
    ]
    cached(tmp_path)
    assert "  cached  toy data" in datasets.listing([TOY])
    monkeypatch.setenv("SEQPIPE_DATA", str(tmp_path / "cache"))
    assert "  in SEQPIPE_DATA  toy data" in datasets.listing([TOY])
    more = replace(TOY, splits={**TOY.splits, "dev": (File("dev.conll", 2_500_000),)})
    assert "toy   2.5 MB  CC0      in part  toy data" in datasets.listing([more])
    names = [line.split()[0] for line in datasets.listing(BUILTIN).partition("\n\n")[0].splitlines()]
    assert names == ["name", *sorted(dataset.name for dataset in BUILTIN)]


def test_describe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = replace(TOY, advice="put it there")
    cache = tmp_path / "cache/toy"
    assert datasets.describe(dataset).splitlines() == [
        "toy: toy data",
        "",
        "licence   CC0",
        "cite      Nobody (2020)",
        "homepage  https://example.org",
        "size      23 bytes",
        "here      no",
        "looked in SEQPIPE_DATA (not set)",
        f"          {cache}",
        "",
        "train: train.conll",
        "  size    23 bytes",
        f"  sha256  {SUM}",
        f"  from    {URL}",
        "  here    no",
        "",
        "put it there",
    ]
    cached(tmp_path)
    assert f"  here    {cache}/train.conll" in datasets.describe(dataset).splitlines()
    (cache / "train.conll").write_bytes(b"")
    assert f"  here    {cache}/train.conll, but its sha256 is another" in datasets.describe(dataset).splitlines()
    monkeypatch.setenv("SEQPIPE_DATA", str(tmp_path))
    assert f"looked in {tmp_path}/toy" in datasets.describe(dataset).splitlines()
