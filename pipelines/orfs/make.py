"""Writes the genome beside it: open reading frames on both strands of random sequence, in six GenBank records.

python pipelines/orfs/make.py
"""

import random
from collections.abc import Iterator
from pathlib import Path

RECORDS = 6
GENES = 30
STOPS = ["taa", "tag", "tga"]
SITE = "aggagg"
"""Where a ribosome binds, a few bases before the start (Shine & Dalgarno 1974)."""
OTHER_STRAND = str.maketrans("acgt", "tgca")


def bases(count: int, chance: random.Random) -> str:
    """Each base as likely as any other."""
    return "".join(chance.choice("acgt") for _ in range(count))


def codon(chance: random.Random) -> str:
    """Three in four begin with G and go on with another base, as those of genes like to (Trifonov 1987); no stop."""
    if chance.randint(1, 4) < 4:
        return "g" + chance.choice("act") + chance.choice("acgt")
    found = bases(3, chance)
    return codon(chance) if found in STOPS else found


def gene(chance: random.Random) -> tuple[str, str]:
    """What stands before a gene, and the gene from its start to its stop codon."""
    before = SITE + bases(chance.randint(5, 9), chance)
    codons = [codon(chance) for _ in range(chance.randint(30, 110))]
    return before, "".join(["atg", *codons, chance.choice(STOPS)])


def record(chance: random.Random) -> tuple[str, list[tuple[int, int, bool]]]:
    """A sequence, and each of its genes: start, counted from 0, stop, and whether it is on the other strand."""
    text, genes = bases(chance.randint(60, 120), chance), []
    for _ in range(GENES):
        before, coding = gene(chance)
        other = chance.randint(0, 1) == 1
        start = len(text) + (0 if other else len(before))
        genes.append((start, start + len(coding), other))
        text += (before + coding).translate(OTHER_STRAND)[::-1] if other else before + coding
        text += bases(chance.randint(20, 120), chance)
    return text, genes


def genbank(name: str, text: str, genes: list[tuple[int, int, bool]]) -> Iterator[str]:
    """The lines of a record."""
    yield f"LOCUS       {name:16} {len(text):>11} bp    DNA     linear   SYN 01-JAN-2025"
    yield "DEFINITION  Open reading frames in random sequence."
    yield f"ACCESSION   {name}"
    yield f"VERSION     {name}"
    yield "FEATURES             Location/Qualifiers"
    yield f"     source          1..{len(text)}"
    yield '                     /organism="synthetic construct"'
    yield '                     /mol_type="other DNA"'
    for number, (start, stop, other) in enumerate(genes, 1):
        place = f"{start + 1}..{stop}"
        yield f"     CDS             {f'complement({place})' if other else place}"
        yield f'                     /locus_tag="{name}_{number:02}"'
        yield "                     /transl_table=11"
    yield "ORIGIN"
    for start in range(0, len(text), 60):
        line = text[start : start + 60]
        yield f"{start + 1:>9} " + " ".join(line[place : place + 10] for place in range(0, len(line), 10))
    yield "//"


def main(folder: Path) -> None:
    """Write the one file."""
    chance = random.Random(1961)
    with open(folder / "genome.gb", "w", encoding="utf-8", newline="\n") as file:
        for number in range(1, RECORDS + 1):
            file.writelines(f"{line}\n" for line in genbank(f"orfs{number}", *record(chance)))


if __name__ == "__main__":
    main(Path(__file__).parent)
