"""Data sets by name: what they are, whose, and where their files are to be found. Getting them is `seqpipe.fetch`'s."""

import hashlib
import os
import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import NamedTuple
from urllib.parse import urlsplit

import platformdirs


@dataclass(frozen=True, slots=True)
class File:
    """One file of a data set, and where it comes from. Raises ValueError where a download could not be checked."""

    name: str
    """Its name in the data set's folder."""
    bytes: int
    """Its size."""
    sha256: str | None = None
    """Its sum; None where the file is prepared by hand and may differ."""
    url: str | None = None
    """Where it is downloaded from (https), or the archive that holds it; None where it has to be put there by hand."""
    member: str | None = None
    """Its path inside the archive at `url`; None where `url` is the file itself."""
    archive_sha256: str | None = None
    """The sum of that archive."""
    also: tuple[str, ...] = ()
    """Other names under which a file that serves as well may be there."""

    @property
    def names(self) -> tuple[str, ...]:
        """All names under which it may be put into a folder by hand, that of its archive among them."""
        return (self.name, *self.also, *([self.archive] if self.archive else []))

    @property
    def archive(self) -> str | None:
        """The name of the archive that holds it, if one does."""
        return PurePosixPath(urlsplit(self.url).path).name if self.url and self.member else None

    def __post_init__(self) -> None:
        for name in (self.name, *self.also, *([self.member] if self.member else [])):
            if not is_inside(name):
                raise ValueError(f"{name!r} is no path inside a folder")
        if self.url and not self.sha256:
            raise ValueError(f"{self.name}: a file to download needs its sha256")
        if self.member and not (self.url and self.archive_sha256):
            raise ValueError(f"{self.name}: a member of an archive needs the archive's url and archive_sha256")


class Recipe(NamedTuple):
    """What one split of a generated data set is to be like."""

    length: int
    """As `data.generated.length` says."""
    records: int
    """How many."""
    chance: random.Random
    """Where all its random numbers come from, so that it is the same each time."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """A data set that `data.dataset` of a pipeline names; plugins add theirs by the hook `seqpipe_datasets`."""

    name: str
    """As it is named in a pipeline; the name of its folder too, where `folder` gives no other."""
    description: str
    """One line."""
    licence: str
    """As its source states it."""
    citation: str
    """The publication to cite."""
    homepage: str
    """Where a person can read on."""
    splits: Mapping[str, tuple[File, ...]]
    """Files of `train`, `dev` and `test`, as far as there are; none where it is generated."""
    advice: str = ""
    """What to put where, for files that have no download."""
    folder: str = ""
    """Name of its folder, where it shares one with other data sets."""
    beside: tuple[File, ...] = ()
    """Files that a reader finds beside those of the splits by their names, such as labels in a file of their own."""
    where: Mapping[str, str] = field(default_factory=dict)
    """For a file that serves several splits: what, as a regular expression, the heading of a split's records holds."""
    without: Mapping[str, str] = field(default_factory=dict)
    """Records that are left out, by their id, and why."""
    make: Callable[[Recipe], Iterable[str]] | None = None
    """For a data set that is generated: the text of a split's file, piece by piece."""
    suffix: str = ""
    """The ending of such a file, by which its reader knows its kind."""

    def __post_init__(self) -> None:
        if self.make and self.splits:
            raise ValueError(f"{self.name}: is either generated or has files")
        if not is_inside(self.place):
            raise ValueError(f"{self.place!r} is no path inside a folder")

    @property
    def place(self) -> str:
        """The name of its folder."""
        return self.folder or self.name

    @property
    def files(self) -> list[File]:
        """All files, a file that serves two splits once."""
        return list(dict.fromkeys([*(file for files in self.splits.values() for file in files), *self.beside]))

    @property
    def bytes(self) -> int:
        """Size of all files."""
        return sum(file.bytes for file in self.files)


def is_inside(name: str) -> bool:
    """Whether a relative path stays in its folder, on every system: not absolute, no drive, no `..`, not empty."""
    windows = PureWindowsPath(name)
    outside = PurePosixPath(name).is_absolute() or windows.drive or windows.root or ".." in windows.parts
    return bool(windows.parts) and not outside


def own_folder(dataset: Dataset) -> Path | None:
    """The user's own folder of a data set, `$SEQPIPE_DATA/FOLDER`; None where that is not set."""
    root = os.environ.get("SEQPIPE_DATA")
    return Path(root).expanduser() / dataset.place if root else None


def cache_folder(dataset: Dataset) -> Path:
    """Where downloads are kept: `$SEQPIPE_CACHE/FOLDER`, or a folder in the system's place for caches."""
    root = os.environ.get("SEQPIPE_CACHE")
    return (Path(root).expanduser() if root else platformdirs.user_cache_path("seqpipe")) / (
        dataset.folder or dataset.name
    )


def present(file: File, folder: Path | None) -> Path | None:
    """The file in this folder under one of its names, or None."""
    places = [folder / name for name in (file.name, *file.also)] if folder else []
    return next((place for place in places if os.path.isfile(place)), None)


def sha256(path: Path) -> str:
    """The sum of a file's content, 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def listing(datasets: Iterable[Dataset]) -> str:
    """A table of data sets: name, size, licence, where each is now, description; and what to cite for each."""
    datasets = sorted(datasets, key=lambda dataset: dataset.name)
    rows = [("name", "size", "licence", "here", "description")]
    for dataset in datasets:
        size = "any" if dataset.make else _size(dataset.bytes)
        rows.append((dataset.name, size, dataset.licence, _state(dataset), dataset.description))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([*lines, "", "to cite:", *(f"{one.name}: {one.citation}" for one in datasets)])


def describe(dataset: Dataset) -> str:
    """All there is to know about one data set: its facts, its files and their sums, and what to put where."""
    own = own_folder(dataset)
    lines = [
        f"{dataset.name}: {dataset.description}",
        "",
        f"licence   {dataset.licence}",
        f"cite      {dataset.citation}",
        f"homepage  {dataset.homepage}",
        f"size      {'as data.generated says' if dataset.make else f'{dataset.bytes} bytes'}",
        f"here      {_state(dataset)}",
        f"looked in {own or 'SEQPIPE_DATA (not set)'}",
        f"          {cache_folder(dataset)}",
    ]
    for split, files in dataset.splits.items():
        for file in files:
            lines += ["", *_facts(dataset, split, file)]
    for file in dataset.beside:
        lines += ["", *_facts(dataset, "beside", file)]
    for split, pattern in dataset.where.items():
        lines += [*([""] if split == next(iter(dataset.where)) else []), f"{split} where '{pattern}' is found"]
    if dataset.without:
        lines += ["", *(f"without {id}: {why}" for id, why in dataset.without.items())]
    return "\n".join([*lines, *(["", dataset.advice] if dataset.advice else [])])


def _facts(dataset: Dataset, split: str, file: File) -> list[str]:
    place = present(file, own_folder(dataset)) or present(file, cache_folder(dataset))
    altered = place and file.sha256 and sha256(place) != file.sha256
    source = f"{file.url}, member {file.member}" if file.member else file.url
    return [
        f"{split}: {' or '.join(file.names)}",
        f"  size    {file.bytes} bytes",
        f"  sha256  {file.sha256 or 'not recorded'}",
        f"  from    {source or 'no download'}",
        f"  here    {place or 'no'}{', but its sha256 is another' if altered else ''}",
    ]


def _state(dataset: Dataset) -> str:
    if dataset.make:
        return "generated"
    owned = [present(file, own_folder(dataset)) is not None for file in dataset.files]
    cached = [present(file, cache_folder(dataset)) is not None for file in dataset.files]
    if all(owned):
        return "in SEQPIPE_DATA"
    if all(cached):
        return "cached"
    if all(one or other for one, other in zip(owned, cached, strict=True)):
        return "in both folders"
    return "in part" if any(owned + cached) else "no"


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e5 else f"{count / 1e3:.1f} kB"


def github(repository: str, commit: str, path: str) -> str:
    """The address of a file of a repository as it was at a commit."""
    return f"https://raw.githubusercontent.com/{repository}/{commit}/{path}"


_WNUT = "leondz/emerging_entities_17", "e52a2d2a71ac1a051ca2d532eef28653c5c02603"
wnut17 = Dataset(
    name="wnut17",
    description="new and rare entities of six types in English posts and comments (IOB2)",
    licence="CC BY 4.0",
    citation=(
        "Leon Derczynski, Eric Nichols, Marieke van Erp, Nut Limsopatham (2017): Results of the WNUT2017 Shared Task "
        "on Novel and Emerging Entity Recognition. Proceedings of the 3rd Workshop on Noisy User-generated Text."
    ),
    homepage="https://github.com/leondz/emerging_entities_17",
    splits={
        "train": (
            File(
                name="train.conll",
                bytes=493781,
                sha256="731820e13f71af324c6b55a1575ec2ce59fbaa2a0806f8f0400b98d56cd6a7a5",
                url=github(*_WNUT, "wnut17train.conll"),
            ),
        ),
        "dev": (
            File(
                name="dev.conll",
                bytes=114749,
                sha256="e053b752b8155113ca66e7db08af5f2f5f43ab993694e4774f1ec5bad42312d8",
                url=github(*_WNUT, "emerging.dev.conll"),
            ),
        ),
        "test": (
            File(
                name="test.conll",
                bytes=192425,
                sha256="2aa79b764e56ec9264a1b30fdd9b70195bd00ff400b62edd8f399d5f13c178f0",
                url=github(*_WNUT, "emerging.test.annotated"),
            ),
        ),
    },
)

_MTL = "cambridgeltl/MTL-Bioinformatics-2016", "df0df02fae6dbb87d88ffcf323b9096528f06f84"
ncbi_disease = Dataset(
    name="ncbi_disease",
    description="disease names in abstracts of PubMed (IOB2)",
    licence="CC BY 4.0",
    citation=(
        "Rezarta Islamaj Doğan, Robert Leaman, Zhiyong Lu (2014): NCBI disease corpus: a resource for disease name "
        "recognition and concept normalization. Journal of Biomedical Informatics 47, 1-10. This form of it: Gamal "
        "Crichton, Sampo Pyysalo, Billy Chiu, Anna Korhonen (2017): A neural network multi-task learning approach to "
        "biomedical named entity recognition. BMC Bioinformatics 18, 368."
    ),
    homepage="https://github.com/cambridgeltl/MTL-Bioinformatics-2016",
    splits={
        "train": (
            File(
                name="train.tsv",
                bytes=1137445,
                sha256="58379baf4614b8d757d93dd7a21b202849ca99f9b9d71b49185523ff5443300c",
                url=github(*_MTL, "data/NCBI-disease-IOB/train.tsv"),
            ),
        ),
        "dev": (
            File(
                name="devel.tsv",
                bytes=200352,
                sha256="b4e1e7efcc2a35047bf2f3d281648357470e674f555d4a26a0049ac37d59cc61",
                url=github(*_MTL, "data/NCBI-disease-IOB/devel.tsv"),
            ),
        ),
        "test": (
            File(
                name="test.tsv",
                bytes=205664,
                sha256="8f088ce45dc4746592188f9e69de3d89d87f3bb8f0ed8c4a287d018123fa148d",
                url=github(*_MTL, "data/NCBI-disease-IOB/test.tsv"),
            ),
        ),
    },
)

ud_en_ewt = Dataset(
    name="ud_en_ewt",
    description="parts of speech in English web text (Universal Dependencies)",
    licence="CC BY-SA 4.0",
    citation=(
        "Natalia Silveira, Timothy Dozat, Marie-Catherine de Marneffe, Samuel Bowman, Miriam Connor, John Bauer, Chris "
        "Manning (2014): A Gold Standard Dependency Corpus for English. Proceedings of LREC."
    ),
    homepage="https://github.com/UniversalDependencies/UD_English-EWT",
    splits={
        "train": (File("train.tsv", bytes=2710957, also=("en_ewt-ud-train.conllu",)),),
        "dev": (File("dev.tsv", bytes=335783, also=("en_ewt-ud-dev.conllu",)),),
        "test": (File("test.tsv", bytes=334957, also=("en_ewt-ud-test.conllu",)),),
    },
    advice=(
        "take en_ewt-ud-train.conllu, en_ewt-ud-dev.conllu and en_ewt-ud-test.conllu as they are at commit "
        "15d613d8447b3478787d4c278730a1e48a945efb of https://github.com/UniversalDependencies/UD_English-EWT, or "
        "train.tsv, dev.tsv and test.tsv made from them: a word a line, FORM, UPOS and XPOS between tabs, without "
        "multiword ranges and empty nodes, a blank line after each sentence"
    ),
)
