"""Writes the verses beside it: quatrains of a river, put together by lot.

python pipelines/verses/make.py
"""

import random
from pathlib import Path

PLACES = ["river", "meadow", "ferry", "orchard", "harbour", "quarry", "mill-pond", "causeway"]
CREATURES = ["heron", "otter", "ferryman", "wagtail", "miller", "old dog", "swallow", "lantern boy"]
DOINGS = ["waits", "listens", "wanders", "settles", "lingers", "whistles"]
LIKENESSES = ["slow", "silver", "patient", "crooked", "quiet", "early", "salt-worn", "barefoot"]
RHYMES = [
    ["the light", "the night", "a kite", "its height"],
    ["the stone", "alone", "a bone", "unknown"],
    ["the rain", "again", "the lane", "the grain"],
    ["the tide", "the other side", "a bride", "where eels abide"],
    ["the reeds", "the weeds", "its seeds", "what nobody needs"],
]
LINES = [
    "The {creature} {doing} by the {place} and {end}",
    "Over the {likeness} {place}, {end}",
    "And the {likeness} {creature} {doing} for {end}",
    "Nobody asks the {creature} of {end}",
    "Down at the {place} it is {likeness}, then {end}",
]


def verses(count: int, seed: int) -> str:
    """Quatrains in which the second line rhymes with the fourth, and the first with the third."""
    chance = random.Random(seed)
    stanzas = []
    for number in range(1, count + 1):
        first, second = (chance.sample(rhyme, 2) for rhyme in chance.sample(RHYMES, 2))
        ends = [first[0], second[0], first[1], second[1]]
        lines = [
            line.format(end=end, **_words(chance)) for line, end in zip(chance.sample(LINES, 4), ends, strict=True)
        ]
        stanzas.append(f"{number}\n" + ",\n".join(lines) + ".\n")
    return "\n".join(stanzas)


def _words(chance: random.Random) -> dict[str, str]:
    lists = {"place": PLACES, "creature": CREATURES, "doing": DOINGS, "likeness": LIKENESSES}
    return {name: chance.choice(words) for name, words in lists.items()}


def main(folder: Path) -> None:
    """Write the one file."""
    (folder / "verses.txt").write_text(verses(100, seed=1), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(Path(__file__).parent)
