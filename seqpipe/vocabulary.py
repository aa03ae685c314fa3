"""Sequences of words, of which only the frequent ones are known."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice

from pydantic import Field

from .codec import Symbols
from .errors import Mistake
from .options import Options


class VocabularyOptions(Options):
    """Which words are known."""

    min_count: int = Field(default=1, ge=1)
    """Words seen less often in training are unknown."""
    most: int | None = Field(default=None, ge=1)
    """How many words are known at most, the most frequent ones; null for all."""


class Vocabulary(Symbols):
    """Sequences of words, `[T]` of numbers from 0, the most frequent first; -1 stands for an unknown one.

    Raises `Mistake` where no word is frequent enough.
    """

    def __init__(self, options: VocabularyOptions) -> None:
        super().__init__()
        self.options = options

    def fit(self, values: Iterable[Sequence[str]]) -> None:
        counts = Counter(word for value in values for word in value)
        ranked = sorted(counts, key=lambda word: (-counts[word], word))
        frequent = (word for word in ranked if counts[word] >= self.options.min_count)
        known = list(islice(frequent, self.options.most))
        if counts and not known:
            often = counts[ranked[0]]
            raise Mistake(
                f"reader: no word is left to be known, the most frequent one occurs {often} times; lower min_count"
            )
        self.restore({"symbols": known})
