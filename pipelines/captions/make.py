"""Writes the captions beside it: eight measurements of a picture of one thing, and what it shows in words.

python pipelines/captions/make.py
"""

import json
import random
from pathlib import Path

COLOURS = {"red": (0.9, 0.1, 0.1), "green": (0.1, 0.8, 0.2), "blue": (0.1, 0.2, 0.9), "yellow": (0.9, 0.9, 0.1)}
SHAPES = {"circle": (1.0, 1.0), "square": (1.0, 0.2), "bar": (3.0, 0.2), "oval": (2.0, 0.9)}
"""How many times as wide as high, and how round."""
ROWS = {"at the top": 0.8, "in the middle": 0.5, "at the bottom": 0.2}
COLUMNS = {"on the left": 0.2, "on the right": 0.8}


def picture(chance: random.Random) -> tuple[list[float], str]:
    """Red, green, blue, width, height, roundness, x and y, none of them exact; and the caption."""
    colour, shape = chance.choice(list(COLOURS)), chance.choice(list(SHAPES))
    row, column = chance.choice(list(ROWS)), chance.choice(["", *COLUMNS])
    size, height = chance.choice([("small", 0.05), ("", 0.1), ("big", 0.2)])
    wide, round_ = SHAPES[shape]
    place = (COLUMNS.get(column, 0.5), ROWS[row])
    numbers = (*COLOURS[colour], wide * height, height, round_, *place)
    words = ("a", size, colour, shape, row, column)
    return [round(one + chance.gauss(0, 0.02), 3) for one in numbers], " ".join(word for word in words if word)


def main(folder: Path) -> None:
    """Write the three files."""
    for seed, (split, count) in enumerate({"train": 600, "dev": 100, "test": 100}.items()):
        chance = random.Random(seed)
        made = [picture(chance) for _ in range(count)]
        lines = (json.dumps({"frames": [numbers], "target": words}) + "\n" for numbers, words in made)
        (folder / f"{split}.jsonl").write_text("".join(lines), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(Path(__file__).parent)
