"""Pretrained word vectors, read for the words of a vocabulary only."""

import importlib
from collections.abc import Iterator
from itertools import chain

import numpy as np

from .errors import Mistake


def load(source: str, wanted: set[str]) -> dict[str, np.ndarray]:
    """Vectors of the wanted words: from a word2vec or GloVe text file, or from a spaCy pipeline's (`spacy:NAME`).

    The file is read line by line and what is not wanted is dropped, so memory does not grow with the file. A word that
    stands there only with capitals serves for its lower-cased form.

    Raises `Mistake` naming file and line where a vector is damaged or has another length than the first.
    """
    rows = _of_spacy(source.removeprefix("spacy:"), wanted) if source.startswith("spacy:") else _of_text(source, wanted)
    found: dict[str, np.ndarray] = {}
    lowered: dict[str, np.ndarray] = {}
    for word, vector in rows:
        if word in wanted:
            found.setdefault(word, vector)
        elif word.lower() in wanted:
            lowered.setdefault(word.lower(), vector)
    return lowered | found


def _of_text(path: str, wanted: set[str]) -> Iterator[tuple[str, np.ndarray]]:
    with open(path, encoding="utf-8-sig", errors="replace", newline="\n") as file:
        first = file.readline()
        cells = first.rstrip().split(" ")
        header = len(cells) == 2 and all(map(str.isdecimal, cells))
        size = int(cells[1]) if header else len(cells) - 1
        if size < 1:
            raise Mistake(f"{path}:1: no vector here; a word2vec or GloVe text file has a word and its numbers a line")
        lines = enumerate(file, 2)
        for number, line in lines if header else chain([(1, first)], lines):
            word, *cells = line.rstrip().split(" ")
            # A few words of GloVe hold blanks: the numbers are the last `size` cells.
            word = " ".join([word, *cells[:-size]])
            if word not in wanted and word.lower() not in wanted:
                continue
            try:
                vector = np.array(cells[-size:], np.float32)
            except ValueError:
                vector = np.empty(0, np.float32)
            if len(vector) != size or not np.isfinite(vector).all():
                raise Mistake(f"{path}:{number}: {word!r} needs {size} numbers; is the file damaged?")
            yield word, vector


def _of_spacy(name: str, wanted: set[str]) -> Iterator[tuple[str, np.ndarray]]:
    # Loaded here and by name: who reads vectors from a text file does not wait for spaCy.
    spacy = importlib.import_module("spacy")
    try:
        vocabulary = spacy.load(name, exclude=["parser", "tagger", "ner", "lemmatizer", "attribute_ruler"]).vocab
    except OSError:
        raise Mistake(
            f"spacy:{name}: no such spaCy pipeline here; install it, or name a folder that holds one"
        ) from None
    if not vocabulary.vectors_length:
        raise Mistake(f"spacy:{name}: this spaCy pipeline holds no word vectors; name one that does, an _md or _lg one")
    for word in sorted(wanted):
        for form in (word, word.title(), word.upper()):
            if vocabulary.has_vector(form):
                yield form, np.asarray(vocabulary.get_vector(form), np.float32)
