"""DNA that ships, held against Biopython: genes are genes, and sites are where its enzymes cut."""

import json
from collections import Counter
from pathlib import Path

import pytest
from Bio import Restriction, SeqIO
from Bio.Seq import Seq

from seqpipe import cli

FOLDER = Path(__file__).parent.parent / "pipelines"
ENZYMES = {"E": "EcoRI", "B": "BamHI", "H": "HindIII", "P": "PstI", "C": "HincII", "A": "AvaI", "G": "BglI"}


def test_every_gene_has_start_and_stop_codons_and_no_two_overlap() -> None:
    strands: Counter[int] = Counter()
    with open(FOLDER / "orfs" / "genome.gb") as file:
        for record in SeqIO.parse(file, "genbank"):
            genes = [feature for feature in record.features if feature.type == "CDS"]
            strands.update(gene.location.strand for gene in genes)
            for gene in genes:
                assert len(gene.extract(record.seq).translate(table=11, cds=True)) >= 31
            reached = 0
            for gene in genes:
                assert gene.location.start >= reached
                reached = gene.location.end
            assert 0.6 < sum(map(len, genes)) / len(record) < 0.8
    assert strands.total() == 180
    assert min(strands[1], strands[-1]) > 60


@pytest.mark.parametrize("split", ["train", "dev", "test"])
def test_sites_are_where_biopython_cuts(split: str) -> None:
    lines = (FOLDER / "restriction" / f"{split}.fasta").read_text().splitlines()
    found: Counter[str] = Counter()
    for text, labels in zip(lines[1::3], lines[2::3], strict=True):
        wanted = ["."] * len(text)
        for letter, name in ENZYMES.items():
            enzyme = getattr(Restriction, name)
            for cut in enzyme.search(Seq(text)):
                start = cut - 1 - enzyme.fst5
                wanted[start : start + enzyme.size] = letter * enzyme.size
                found[letter] += 1
        assert labels == "".join(wanted)
    assert min(found.values()) >= 20
    assert set(found) == set(ENZYMES)


def test_genes_are_found_and_come_out_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "run"
    assert cli.main(["run", str(FOLDER / "dna.yaml"), "--out", str(out)]) == 0
    genes = json.loads((out / "metrics.json").read_text())["test"]["genes"]
    assert genes["3' end"]["f1"] > 0.8
    assert cli.main(["predict", str(out), str(FOLDER / "orfs" / "genome.gb"), "--out", str(tmp_path / "new.gb")]) == 0
    found = 0
    with open(tmp_path / "new.gb") as file:
        for record in SeqIO.parse(file, "genbank"):
            for gene in (feature for feature in record.features if feature.type == "CDS"):
                # Structure alone, so that letters may be wrong where the network is.
                assert len(gene) % 3 == 0
                assert "<" not in str(gene.location)
                assert ">" not in str(gene.location)
                found += 1
    assert 160 < found < 200
