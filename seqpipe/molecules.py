"""Data sets of DNA and proteins."""

from .datasets import Dataset, File, github

splice = Dataset(
    name="splice",
    description="splice junctions of primates, 60 bases around a donor EI, an acceptor IE or none N (data.held_out)",
    licence="CC BY 4.0 (as UCI states it)",
    citation=(
        "Michiel Noordewier, Geoffrey Towell, Jude Shavlik (1991): Training Knowledge-Based Neural Networks to "
        "Recognize Genes in DNA Sequences. Advances in Neural Information Processing Systems 3."
    ),
    homepage="https://archive.ics.uci.edu/dataset/69",
    splits={
        "train": (
            File(
                name="splice.arff",
                bytes=527517,
                sha256="7e9b1b59c6731059f40bf16874fcac85af43fa65504b05cc6517b1a4c70fd99a",
                url=github(
                    "renatopp/arff-datasets",
                    "c59f172882592bb58982cc54d2d3c8a2b57e9b73",
                    "classification/splice.arff",
                ),
            ),
        ),
    },
    advice=(
        "only 3,005 of the 3,190 sequences are distinct; data.held_out goes by the sequence, so that equal ones stay "
        "together. Names are not unique either: number the records by reader.columns.id: null"
    ),
)

_FLIP = github("J-SNACKKB/FLIP", "62cace8735f5610e2743cf06ce0f944b37fffaa6", "splits/secondary_structure/splits.zip")


def _flip(name: str, bytes: int, sha256: str) -> File:
    return File(
        name=name,
        bytes=bytes,
        sha256=sha256,
        url=_FLIP,
        member=f"splits/{name}",
        archive_sha256="2e9bbbfd18a055bcac7edd4e059a6bf4bb35ca3ad8f8fa4fc3106422652a4726",
    )


_SEQUENCES = (_flip("sequences.fasta", 2945498, "cc69cb36650161fa08874c7a3a2ceceb9c3bbab1b6394cb875647c1b8b4a4b03"),)

protein_ss = Dataset(
    name="protein_ss",
    description="secondary structure H, E or C of 11,153 proteins, residue by residue (NetSurfP-2.0, as in FLIP)",
    licence="AFL 3.0",
    citation=(
        "Michael Schantz Klausen et al. (2019): NetSurfP-2.0: Improved prediction of protein structural features by "
        "integrated deep learning. Proteins 87, 520-527. This form of it: Christian Dallago et al. (2021): FLIP: "
        "Benchmark tasks in fitness landscape inference for proteins. NeurIPS Datasets and Benchmarks."
    ),
    homepage="https://github.com/J-SNACKKB/FLIP",
    splits={"train": _SEQUENCES, "dev": _SEQUENCES, "test": _SEQUENCES},
    beside=(
        _flip("sampled.fasta", 3245266, "d74173c6ecd35339e9455565b45160f7285d401a1fc05e814af67bcb7bb83ad1"),
        _flip("mask.fasta", 2945498, "6ffafb87ab0d40781103594d3a8fa202d1db741fd49cc00fe6220797bf55897f"),
    ),
    where={
        "train": "SET=train VALIDATION=False",
        "dev": "SET=train VALIDATION=True",
        "test": "SET=test",
    },
    without={
        "1tii-C": "its sequence is in cb513",
        "1wfb-A": "its sequence is in cb513",
        "5jen-C": "its sequence is in ts115",
    },
)


def _ps4(name: str, bytes: int, sha256: str) -> dict[str, tuple[File, ...]]:
    path = f"ps4_data/data/{name.lower()}/{name}_HHblits.csv"
    url = github("omarperacha/ps4-dataset", "e1820264e0762fb44d496f53e08cdcb7ddf92598", path)
    return {"test": (File(name=f"{name}_HHblits.csv", bytes=bytes, sha256=sha256, url=url),)}


cb513 = Dataset(
    name="cb513",
    description="secondary structure of 511 protein chains, 83,991 residues to be scored, to test on (DSSP, 3 and 8)",
    licence="CC0 1.0",
    citation=(
        "James Cuff, Geoffrey Barton (1999): Evaluation and improvement of multiple sequence methods for protein "
        "secondary structure prediction. Proteins 34, 508-519. This form of it: Omar Peracha (2024): PS4: a next-"
        "generation dataset for protein single-sequence secondary structure prediction. BioTechniques 76."
    ),
    homepage="https://github.com/omarperacha/ps4-dataset",
    splits=_ps4("CB513", 2016196, "829e357259fd132e945af4ea4ffa4233f135e886b749a2fc5111b41102537afc"),
    folder="protein_ss",
)

ts115 = Dataset(
    name="ts115",
    description="secondary structure of 115 protein chains, 29,704 residues, to test on (DSSP, 3 and 8 classes)",
    licence="CC0 1.0",
    citation=(
        "Yuedong Yang et al. (2018): Sixty-five years of the long march in protein secondary structure prediction: the "
        "final stretch? Briefings in Bioinformatics 19, 482-494. This form of it: as cb513."
    ),
    homepage="https://github.com/omarperacha/ps4-dataset",
    splits=_ps4("TS115", 415898, "4c1bc9ff1b83c4f26f1d7e3df9a5efaea3a450a5e1be34cc52b9c168774049b7"),
    folder="protein_ss",
)
