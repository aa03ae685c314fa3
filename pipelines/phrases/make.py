"""Writes the phrases beside it: English of a small grammar and its French, with names that most files have once.

python pipelines/phrases/make.py
"""

import random
from pathlib import Path

NOUNS = {
    "cat": ("chat", "m"),
    "dog": ("chien", "m"),
    "boy": ("garçon", "m"),
    "baker": ("boulanger", "m"),
    "neighbour": ("voisin", "m"),
    "girl": ("fille", "f"),
    "cow": ("vache", "f"),
    "queen": ("reine", "f"),
    "mouse": ("souris", "f"),
    "teacher": ("maîtresse", "f"),
}
THINGS = {
    "cake": ("gâteau", "m"),
    "bread": ("pain", "m"),
    "hat": ("chapeau", "m"),
    "boat": ("bateau", "m"),
    "table": ("table", "f"),
    "apple": ("pomme", "f"),
    "key": ("clef", "f"),
    "house": ("maison", "f"),
}
BEFORE = {"little": ("petit", "petite"), "big": ("grand", "grande"), "pretty": ("joli", "jolie")}
AFTER = {
    "green": ("vert", "verte"),
    "white": ("blanc", "blanche"),
    "black": ("noir", "noire"),
    "red": ("rouge", "rouge"),
    "round": ("rond", "ronde"),
}
VERBS = {"sees": ("see", "voit"), "takes": ("take", "prend"), "finds": ("find", "trouve"), "sells": ("sell", "vend")}
PLACES = {
    "in the garden": "dans le jardin",
    "under the bridge": "sous le pont",
    "at school": "à la maternelle",
    "near the church": "près du temple",
}
TIMES = {"today": "maintenant", "tomorrow": "demain", "every day": "chaque jour"}
SYLLABLES = ("ka", "lo", "mir", "ta", "ven", "du", "sel", "ri", "on", "ba", "jo", "zu", "pe", "nam")


def thing(chance: random.Random, nouns: dict[str, tuple[str, str]]) -> tuple[str, str]:
    """A noun with its article, and now and then with an adjective, which French has before it or behind."""
    english, (french, gender) = chance.choice(list(nouns.items()))
    article, le = chance.choice([("the", {"m": "le", "f": "la"}), ("a", {"m": "un", "f": "une"})])
    form = "mf".index(gender)
    kind = chance.random()
    if kind < 0.3:
        word, forms = chance.choice(list(BEFORE.items()))
        return f"{article} {word} {english}", f"{le[gender]} {forms[form]} {french}"
    if kind < 0.6:
        word, forms = chance.choice(list(AFTER.items()))
        return f"{article} {word} {english}", f"{le[gender]} {french} {forms[form]}"
    return f"{'an' if (article, english) == ('a', 'apple') else article} {english}", f"{le[gender]} {french}"


def phrase(chance: random.Random) -> tuple[str, str]:
    """A sentence and its translation; names are so many that most are rare."""
    name = "".join(chance.sample(SYLLABLES, chance.choice([2, 3]))).capitalize()
    who = (name, name) if chance.random() < 0.4 else thing(chance, NOUNS)
    what = thing(chance, THINGS)
    says, (plain, dit) = chance.choice(list(VERBS.items()))
    verbs = (f"does not {plain}", f"ne {dit} pas") if chance.random() < 0.3 else (says, dit)
    sides = [[who[side], verbs[side], what[side]] for side in (0, 1)]
    for more in (PLACES, TIMES):
        if chance.random() < 0.4:
            for side, words in zip(sides, chance.choice(list(more.items())), strict=True):
                side.append(words)
    english, french = (" ".join(side) for side in sides)
    return f"{english[0].upper()}{english[1:]} .", f"{french[0].upper()}{french[1:]} ."


def main(folder: Path) -> None:
    """Write the three files; a phrase is in one of them only."""
    chance = random.Random(1)
    seen: set[str] = set()
    for split, count in {"train": 3000, "dev": 200, "test": 200}.items():
        rows = []
        while len(rows) < count:
            english, french = phrase(chance)
            if english not in seen:
                seen.add(english)
                rows.append(f"{english}\t{french}\n")
        (folder / f"{split}.tsv").write_text("".join(["en\tfr\n", *rows]), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(Path(__file__).parent)
