"""Writes lines of symbols beside it, each with the most frequent one as its label.

python pipelines/placeholder/make.py
"""

import random
from pathlib import Path

SYMBOLS = ("do", "re", "mi")


def line(chance: random.Random) -> str:
    """Five of one symbol, and one or two of each other."""
    label = chance.choice(SYMBOLS)
    symbols = [one for one in SYMBOLS for _ in range(5 if one == label else chance.randint(1, 2))]
    chance.shuffle(symbols)
    return f"{label}: {' '.join(symbols)}\n"


def main(folder: Path) -> None:
    """Write the three files."""
    for seed, (split, count) in enumerate({"train": 120, "dev": 30, "test": 30}.items()):
        chance = random.Random(seed)
        text = "".join(line(chance) for _ in range(count))
        (folder / f"{split}.placeholder").write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(Path(__file__).parent)
