"""Writes waves beside it, slow and fast, one number a step.

python pipelines/placeholder/make.py
"""

import json
import math
import random
from pathlib import Path

PERIODS = {"slow": 12, "fast": 5}


def wave(label: str, chance: random.Random) -> list[list[float]]:
    """15 to 25 steps of a wave that begins anywhere, with noise."""
    start = chance.uniform(0, 2 * math.pi)
    steps = range(chance.randint(15, 25))
    return [[round(math.sin(start + 2 * math.pi * step / PERIODS[label]) + chance.gauss(0, 0.1), 2)] for step in steps]


def main(folder: Path) -> None:
    """Write the three files."""
    for seed, (split, count) in enumerate({"train": 60, "dev": 20, "test": 20}.items()):
        chance = random.Random(seed)
        rows = ({"frames": wave(label, chance), "target": label} for label in PERIODS for _ in range(count // 2))
        lines = (json.dumps(row, separators=(",", ":")) + "\n" for row in rows)
        (folder / f"{split}.jsonl").write_text("".join(lines), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(Path(__file__).parent)
