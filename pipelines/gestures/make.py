"""Writes train.jsonl, dev.jsonl and test.jsonl: strokes of a pen, step by step (dx, dy), by a seed."""

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


def main() -> None:
    for seed, (split, count) in enumerate({"train": 160, "dev": 40, "test": 40}.items()):
        chance = random.Random(seed)
        rows = ({"frames": stroke(shape, chance), "target": shape} for shape in SHAPES for _ in range(count // 4))
        lines = (json.dumps(row, separators=(",", ":")) + "\n" for row in rows)
        Path(__file__).with_name(f"{split}.jsonl").write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
