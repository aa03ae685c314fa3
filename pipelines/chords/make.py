"""Writes the songs beside it: chords in four parts over common cadences, in any key.

python pipelines/chords/make.py
"""

import json
import random
from pathlib import Path

DEGREES = {"I": (0, 4, 7), "ii": (2, 5, 9), "IV": (5, 9, 12), "V": (7, 11, 14), "vi": (9, 12, 16)}
"""Semitones above the tonic."""
CADENCES = ("I IV V I", "I vi ii V I", "I vi IV V I", "vi ii V I", "I V vi IV I V I")


def song(chance: random.Random) -> list[list[int]]:
    """Two or three cadences in one key; each chord sounds for one or two steps, over its root in the bass."""
    tonic = 55 + chance.randrange(8)
    frames = []
    for _ in range(chance.choice((2, 3))):
        for degree in chance.choice(CADENCES).split():
            root, third, fifth = (tonic + semitones for semitones in DEGREES[degree])
            chord = sorted({root - 12, *((root, third, fifth) if root < 65 else (root - 12, third - 12, fifth - 12))})
            frames += [chord] * chance.choice((1, 2))
    return frames


def main(folder: Path) -> None:
    """Write the three files."""
    for seed, (split, count) in enumerate({"train": 80, "dev": 20, "test": 20}.items()):
        chance = random.Random(seed)
        lines = (json.dumps({"frames": song(chance)}, separators=(",", ":")) + "\n" for _ in range(count))
        (folder / f"{split}.jsonl").write_text("".join(lines), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(Path(__file__).parent)
