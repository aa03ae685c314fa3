"""Codons and bases drawn anew: the same proteins in other letters."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from Bio.Data import CodonTable
from Bio.Seq import Seq
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from seqpipe.annotation import annotate
from seqpipe.coded import Coded
from seqpipe.feature import Feature
from seqpipe.labelling import Labelling, LabelOptions
from seqpipe.readers.genome import Genome
from seqpipe.recoding import RecodeOptions, Recoding, relatives, synonyms

LABELLING = Labelling(LabelOptions(phase=True, edges=True))


CODONS = [a + b + c for a in "ACGT" for b in "ACGT" for c in "ACGT"]


def recoding(codons: float = 1, bases: float = 0, **more: float) -> Recoding:
    return Recoding(RecodeOptions(codons=codons, bases=bases, **more), LABELLING, "ACGT")


def genome(seed: int, genes: int = 6, codons: int = 30) -> tuple[str, list[Feature]]:
    """Random genes on both strands, whole ones and spliced ones, and what lies between."""
    chance = Random(seed)
    sense = list(CodonTable.unambiguous_dna_by_id[4].forward_table)
    text, features = "", []
    for _ in range(genes):
        text += "".join(chance.choices("ACGTN", k=20))
        gene = "ATG" + "".join(chance.choices(sense, k=codons)) + "TAA"
        strand, cut = chance.choice((1, -1)), 3 * chance.randint(2, codons)
        start = len(text)
        parts = ((start, start + cut), (start + cut + 10, start + len(gene) + 10))
        gene = gene if strand > 0 else str(Seq(gene).reverse_complement())
        text += gene[:cut] + "".join(chance.choices("ACGT", k=10)) + gene[cut:]
        features.append(Feature("CDS", parts, strand, table=4))
    return text + "ACGTACGT", features


def protein(text: str, feature: Feature) -> str:
    gene = Seq("".join(text[start:stop] for start, stop in feature.parts))
    return str((gene if feature.strand > 0 else gene.reverse_complement()).translate(table=4))


@given(st.integers(0, 10_000), st.integers(0, 10_000), st.booleans())
def test_proteins_and_what_lies_beside_them_are_kept(seed: int, draw: int, lower: bool) -> None:
    text, features = genome(seed)
    text = text.lower() if lower else text
    labels = annotate(features, text, LABELLING)
    found = recoding()(text, labels, 4, Random(draw))
    assert len(found) == len(text)
    assert found.islower() == lower
    assert [protein(found, one) for one in features] == [protein(text, one) for one in features]
    for place, label in enumerate(labels):
        assert label is not None
        if "CDS" not in label:
            assert found[place] == text[place]
    assert found == recoding()(text, labels, 4, Random(draw))


@given(st.integers(0, 1000))
def test_only_bases_beside_all_features_are_drawn_where_codons_are_not(seed: int) -> None:
    text, features = genome(seed)
    labels = annotate(features, text, LABELLING)
    found = recoding(0, 1)(text, labels, 4, Random(seed))
    differ = {place for place, (one, other) in enumerate(zip(text, found, strict=True)) if one != other}
    assert all(labels[place] == "other" and text[place] != "N" for place in differ)


def test_every_synonym_has_the_same_chance_and_shares_are_from_none_to_the_highest() -> None:
    gene = "ATG" + "TTA" * 20_000 + "TAG"
    labels = annotate([Feature("CDS", ((0, len(gene)),))], gene, LABELLING)
    shares = []
    counts: Counter[str] = Counter()
    for seed in range(40):
        found = recoding(0.6)(gene, labels, 4, Random(seed))
        codons = Counter(found[at : at + 3] for at in range(3, len(gene) - 3, 3))
        shares.append(1.2 * (1 - codons.pop("TTA") / 20_000))
        counts += codons
    assert min(shares) < 0.1
    assert 0.5 < max(shares) < 0.62
    assert counts.keys() == {"TTG", "CTA", "CTC", "CTG", "CTT"}
    assert max(counts.values()) < 1.05 * min(counts.values())


def test_what_is_not_known_stays() -> None:
    gene = "ATG" + "TTA" * 100 + "TAG"
    labels = annotate([Feature("CDS", ((0, len(gene)),), -1)], gene, LABELLING)
    assert recoding()(gene, Coded(np.full(len(gene), -1), labels.symbols), 4, Random(1)) == gene
    unclear = gene.replace("TTA", "TTN")
    assert recoding()(unclear, annotate([Feature("CDS", ((0, len(gene)),))], gene, LABELLING), 4, Random(1)) == unclear
    for text in ("", "A", "AC"):
        assert recoding()(text, Coded.of(["+CDS1"] * len(text)), 4, Random(1)) == text


@given(st.integers(0, 1000))
def test_other_residues_leave_genes_open_and_their_ends_as_they_are(seed: int) -> None:
    text, features = genome(seed)
    labels = annotate(features, text, LABELLING)
    found = recoding(0, residues=1)(text, labels, 4, Random(seed))
    for one in features:
        before, after = protein(text, one), protein(found, one)
        assert len(after) == len(before)
        assert after.index("*") == len(after) - 1
    assert all(found[place] == text[place] for place, label in enumerate(labels) if label and "CDS" not in label)


@given(st.integers(0, 1000))
def test_start_codons_are_drawn_from_three(seed: int) -> None:
    text, features = genome(seed)
    labels = annotate(features, text, LABELLING)
    found = recoding(0, starts=1)(text, labels, 4, Random(seed))
    differ = {place for place, (one, other) in enumerate(zip(text, found, strict=True)) if one != other}
    assert all("start" in (labels[place] or "") for place in differ)
    for one in features:
        gene = Seq(found[one.start : one.stop])
        assert str(gene if one.strand > 0 else gene.reverse_complement())[:3] in ("ATG", "GTG", "TTG")


@pytest.mark.parametrize("table", [1, 4, 11])
def test_synonyms_are_those_of_the_genetic_code(table: int) -> None:
    means = [str(Seq(codon).translate(table=table)) for codon in CODONS]
    for codon, meant, row in zip(CODONS, means, synonyms(table), strict=True):
        wanted = {codon} if meant == "*" else {one for one, other in zip(CODONS, means, strict=True) if other == meant}
        assert {CODONS[number] for number in np.flatnonzero(row)} == wanted
        assert row[row > 0] == pytest.approx(1 / len(wanted))


@pytest.mark.parametrize("table", [1, 4, 11])
def test_related_residues_have_the_odds_of_blosum62(table: int) -> None:
    found = relatives(table)
    np.testing.assert_allclose(found.sum(1), 1)
    lysine, arginine, tryptophan, stop = (CODONS.index(codon) for codon in ("AAA", "AGA", "TGG", "TAA"))
    # In half bits: lysine for itself 5, for arginine 2, for tryptophan -3.
    assert found[lysine, lysine] / found[lysine, arginine] == pytest.approx(2**1.5)
    assert found[lysine, arginine] / found[lysine, tryptophan] == pytest.approx(2**2.5)
    assert found[stop].tolist() == np.eye(64)[stop].tolist()
    assert not found[lysine, stop]


def test_the_reader_recodes_in_training_alone(file: Callable[..., Path]) -> None:
    gene = "ATG" + "TTA" * 200 + "TAA"
    path = file(f"##gff-version 3\nx\t.\tCDS\t1\t{len(gene)}\t.\t+\t0\tID=a\n##FASTA\n>x\n{gene}\n", "a.gff3")
    options: dict[str, Any] = {"phase": True, "edges": True, "recode": {"codons": 1}, "reverse_complement": True}
    reader = Genome(Genome.Options(**options))
    records = list(reader.read(path))
    assert records[0].input == gene
    epochs = [reader.augment(records, Random(seed))[0] for seed in range(20)]
    assert len({one.input for one in epochs}) == 20
    assert {one.target[0] for one in epochs} == {"+start1", "-stop3"}
    forward = [one.input if one.target[0] == "+start1" else str(Seq(one.input).reverse_complement()) for one in epochs]
    assert {str(Seq(one).translate()) for one in forward} == {str(Seq(gene).translate())}
    plain = Genome(Genome.Options(phase=True))
    assert plain.augment(records, Random(1)) is records


@pytest.mark.parametrize("share", ["codons", "residues"])
def test_codons_without_phase_are_refused(share: str) -> None:
    with pytest.raises(ValidationError, match="only labels with phase tell codons; give phase: true"):
        Genome.Options(recode={share: 0.5})
    with pytest.raises(ValidationError, match="only labels with edges tell start codons; give edges: true"):
        Genome.Options(phase=True, recode={"starts": 0.5})
