"""Writes the sequences beside it: where enzymes of Biopython's table cut, base by base.

python pipelines/restriction/make.py
"""

import random
import re
from collections.abc import Iterator
from pathlib import Path

from Bio import Restriction
from Bio.Data.IUPACData import ambiguous_dna_values

SPLITS = {"train": 500, "dev": 100, "test": 100}
ENZYMES = {"E": "EcoRI", "B": "BamHI", "H": "HindIII", "P": "PstI", "C": "HincII", "A": "AvaI", "G": "BglI"}
"""Each by the letter of its sites' bases; all of their sites read the same on both strands."""
SITES = {letter: str(getattr(Restriction, name).site) for letter, name in ENZYMES.items()}
PATTERNS = {
    letter: re.compile("".join(f"[{ambiguous_dna_values[code]}]" for code in site)) for letter, site in SITES.items()
}


def bases(codes: str, chance: random.Random) -> str:
    """A base for each code of IUPAC, of those that it stands for."""
    return "".join(chance.choice(sorted(ambiguous_dna_values[code])) for code in codes)


def sequence(chance: random.Random) -> str:
    """Sites, most of them right and some with a base that another took the place of, and what may be between."""
    parts = [bases("N" * chance.randint(10, 40), chance)]
    for _ in range(chance.randint(1, 4)):
        site = bases(chance.choice(list(SITES.values())), chance)
        if chance.randint(1, 3) == 1:
            place = chance.randrange(len(site))
            site = site[:place] + chance.choice("ACGT") + site[place + 1 :]
        parts += [site, bases("N" * chance.randint(5, 40), chance)]
    return "".join(parts)


def labels(text: str) -> str | None:
    """The letter of an enzyme for each base of its sites, a dot for others; None where sites overlap."""
    found = ["."] * len(text)
    for letter, pattern in PATTERNS.items():
        for start in range(len(text)):
            if site := pattern.match(text, start):
                if set(found[start : site.end()]) != {"."}:
                    return None
                found[start : site.end()] = letter * len(site[0])
    return "".join(found)


def records(count: int, chance: random.Random) -> Iterator[tuple[str, str]]:
    """Sequences with their labels."""
    while count:
        text = sequence(chance)
        if marked := labels(text):
            yield text, marked
            count -= 1


def main(folder: Path) -> None:
    """Write the three files."""
    chance = random.Random(1970)
    for split, count in SPLITS.items():
        with open(folder / f"{split}.fasta", "w", encoding="utf-8", newline="\n") as file:
            for number, (text, marked) in enumerate(records(count, chance), 1):
                file.write(f">{split}{number}\n{text}\n{marked}\n")


if __name__ == "__main__":
    main(Path(__file__).parent)
