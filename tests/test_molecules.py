"""Data sets of DNA and proteins, as their sources describe them."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from seqpipe import cli, pipeline
from seqpipe.reader import Record
from seqpipe.splits import read_all, sources

ROOT = Path(__file__).parents[1]


def splits(name: str, *overrides: str) -> dict[str, list[Record]]:
    loaded = pipeline.load(ROOT / f"pipelines/{name}.yaml", overrides)
    return read_all(loaded, loaded.new_reader(), {one: sources(loaded, one) for one in pipeline.SPLITS})


def known(records: list[Record]) -> int:
    return sum(int((record.target.codes >= 0).sum()) for record in records)


def test_splice(real_data: Callable[[str], Path]) -> None:
    real_data("splice")
    found = splits("splice")
    assert {split: len(records) for split, records in found.items()} == {"train": 2544, "dev": 314, "test": 332}
    every = [record for records in found.values() for record in records]
    assert Counter(record.target for record in every) == {"N": 1655, "IE": 768, "EI": 767}
    assert {len(record.input) for record in every} == {60}
    assert len({record.input for record in every}) == 3005
    assert not {one.input for one in found["train"]} & {one.input for one in found["test"] + found["dev"]}


@pytest.fixture
def protein_ss(
    real_data: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, list[Record]]:
    real_data("protein_ss")
    monkeypatch.setenv("SEQPIPE_CACHE", str(tmp_path / "cache"))
    return splits("protein_ss")


def test_proteins_and_their_masks(protein_ss: dict[str, list[Record]]) -> None:
    residues = {split: sum(len(one.input) for one in records) for split, records in protein_ss.items()}
    # As the source counts them, without the three that are in test sets: of 309 residues together, and of 53.
    assert {split: len(records) for split, records in protein_ss.items()} == {"train": 9710, "dev": 1079, "test": 364}
    assert residues == {"train": 2479773 - 309, "dev": 280780 - 53, "test": 84541}
    assert known(protein_ss["test"]) == 75402
    assert {symbol for one in protein_ss["dev"] for symbol in one.target.used()} == {"C", "E", "H"}


def test_no_protein_to_test_on_is_trained_on(protein_ss: dict[str, list[Record]]) -> None:
    trained = {one.input for split in ("train", "dev") for one in protein_ss[split]}
    for name, chains, residues, scored in (("cb513", 511, 144011, 83991), ("ts115", 115, 29704, 29704)):
        found = splits("protein_ss", f"data.dataset={name}")["test"]
        assert (len(found), sum(len(one.input) for one in found), known(found)) == (chains, residues, scored)
        assert not {one.input for one in found} & trained


def test_eight_classes(real_data: Callable[[str], Path]) -> None:
    real_data("protein_ss")
    columns = "reader.columns={sequence: input, label: dssp8, mask: cb513_mask}"
    found = splits("protein_ss", "data.dataset=cb513", columns)["test"]
    assert set().union(*(one.target.used() for one in found)) == set("HGIEBTSC")


def test_facts_can_be_told(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("splice", "protein_ss", "cb513", "ts115"):
        assert cli.main(["data", name]) == 0
    told = capsys.readouterr().out
    assert "without 5jen-C: its sequence is in ts115" in told
    assert "beside: mask.fasta or splits.zip" in told
