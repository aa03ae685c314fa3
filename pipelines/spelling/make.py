"""Writes the words of lamps beside it, in whole numbers from one generator, which are the same on every machine.

python pipelines/spelling/make.py
"""

import json
import random
from pathlib import Path

SPLITS = {"train": 600, "dev": 100, "test": 100}
LETTERS = "aeioulmnrst"
LAMPS = 5


def word(chance: random.Random) -> str:
    """Two or three syllables, some of them with a double consonant between."""
    syllables = [chance.choice("lmnrst") + chance.choice("aeiou") for _ in range(chance.randint(2, 3))]
    doubled = [one[0] + one if chance.random() < 0.3 else one for one in syllables[1:]]
    return "".join([syllables[0], *doubled])


def frames(word: str, lamps: dict[str, list[int]], chance: random.Random) -> list[list[int]]:
    """Each letter fades in for one frame and shines for one to three, each lamp from 0 to 9; all of it in fog."""
    found = []
    for letter in word:
        for share in [2] + [1] * chance.randint(1, 3):
            seen = [lamp // share + chance.randint(-1, 1) + chance.randint(-1, 1) for lamp in lamps[letter]]
            found.append([min(max(lamp, 0), 9) for lamp in seen])
    return found


def main(folder: Path) -> None:
    """Write the three files; no word is in two of them, or twice in one."""
    chance = random.Random(1897)
    lamps = {letter: [chance.choice([0, 4, 8]) for _ in range(LAMPS)] for letter in LETTERS}
    words: dict[str, None] = {}
    while len(words) < sum(SPLITS.values()):
        words[word(chance)] = None
    rest = iter(words)
    for split, count in SPLITS.items():
        with open(folder / f"{split}.jsonl", "w", encoding="utf-8", newline="\n") as file:
            for one in (next(rest) for _ in range(count)):
                line = {"frames": frames(one, lamps, chance), "word": " ".join(one)}
                file.write(json.dumps(line, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main(Path(__file__).parent)
