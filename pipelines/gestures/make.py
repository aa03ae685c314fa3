"""Writes the strokes of a pen beside it, step by step (dx, dy).

python pipelines/gestures/make.py
"""

import json
import math
import random
from pathlib import Path

SHAPES = ("circle", "line", "square", "zigzag")


def heading(shape: str, part: float) -> float:
    """Where the pen goes after that part of the stroke, in radians."""
    if shape == "circle":
        return 2 * math.pi * part
    if shape == "square":
        return math.pi / 2 * int(4 * part)
    if shape == "zigzag":
        return math.pi / 3 * (-1) ** int(4 * part)
    return 0.0


def stroke(shape: str, chance: random.Random) -> list[list[float]]:
    """12 to 24 steps of a shape, turned and scaled at random, drawn by a shaky hand."""
    steps, turn, size = chance.randint(12, 24), chance.uniform(0, 2 * math.pi), chance.uniform(0.5, 1.5)
    found = []
    for step in range(steps):
        angle = turn + heading(shape, step / steps) + chance.gauss(0, 0.2)
        found.append([round(size * math.cos(angle), 2), round(size * math.sin(angle), 2)])
    return found


def main(folder: Path) -> None:
    """Write the three files."""
    for seed, (split, count) in enumerate({"train": 160, "dev": 40, "test": 40}.items()):
        chance = random.Random(seed)
        rows = ({"frames": stroke(shape, chance), "target": shape} for shape in SHAPES for _ in range(count // 4))
        lines = (json.dumps(row, separators=(",", ":")) + "\n" for row in rows)
        (folder / f"{split}.jsonl").write_text("".join(lines), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(Path(__file__).parent)
