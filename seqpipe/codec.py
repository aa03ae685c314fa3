"""Codecs turn the values of a record into numbers and back: the only thing outside the network that learns from data.

A codec is fitted once, on the training records, and then frozen; what it learned is plain JSON. It knows symbols only:
sequences carry their lengths, so there is no padding sign, and a head that needs an extra sign takes `len(codec)`.
"""

import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np
from pydantic import Field

from . import tags as schemes
from .coded import Coded
from .errors import Mistake
from .options import Options


class Forms(NamedTuple):
    """What the distinct words of a text look like, one row a word. Number 0 is an unknown word, affix or shape."""

    word: np.ndarray
    """[N] the word itself, as the vocabulary knows it."""
    affixes: np.ndarray
    """[N, 8] its first 1, 2, 3 and 4 letters, then its last 1, 2, 3 and 4."""
    shape: np.ndarray
    """[N] its pattern of capitals, small letters and digits."""
    letters: np.ndarray
    """[N, L] its letters; 0 where there is none, 1 an unknown letter."""


class Encoded(NamedTuple):
    """Numbers of several values: an array each, and for words the `Forms` that the arrays point into."""

    rows: list[np.ndarray]
    forms: Forms | None = None


class Codec(ABC):
    """Values of one kind to numbers and back."""

    @abstractmethod
    def fit(self, values: Iterable[Any]) -> None:
        """Learn from the values of the training records, in one pass."""

    @abstractmethod
    def encode(self, values: Sequence[Any]) -> Encoded:
        """Numbers of each value; the symbols a codec has not learned have their number too, documented there."""

    def steps(self, values: Iterable[Any]) -> int:
        """How many numbers the values become, all in all."""
        return sum(len(value) for value in values)

    def identity(self, text: str) -> str:
        """The same for all texts of values that are the same thing, such as both strands of a piece of DNA."""
        return text

    @abstractmethod
    def decode(self, numbers: Sequence[int]) -> Any:
        """The value that the numbers stand for."""

    @abstractmethod
    def __len__(self) -> int:
        """How many different numbers there are, or how many there are in one frame."""

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """What `fit` learned, as JSON knows it."""

    @abstractmethod
    def restore(self, state: dict[str, Any]) -> None:
        """Take over what another codec's `state` gave."""


class Symbols(Codec):
    """Sequences of symbols (tags, bases, notes), `[T]` of numbers from 0; -1 stands for a symbol never learned.

    It stands for None too: a step of which nothing is known.
    """

    def __init__(self) -> None:
        self.symbols: list[str] = []
        self.number: dict[str, int] = {}

    def fit(self, values: Iterable[Sequence[Any]]) -> None:
        found = {symbol for value in values for symbol in (value.used() if isinstance(value, Coded) else set(value))}
        self.restore({"symbols": sorted(symbol for symbol in found if symbol is not None)})

    def encode(self, values: Sequence[Sequence[Any]]) -> Encoded:
        return Encoded([self._numbers(value) for value in values])

    def _numbers(self, value: Sequence[Any]) -> Any:
        if isinstance(value, Coded):
            return value.numbers(self.number)
        return np.array([-1 if symbol is None else self.number.get(symbol, -1) for symbol in value], np.int64)

    def decode(self, numbers: Sequence[int]) -> list[str]:
        return [self.symbols[number] for number in numbers]

    def __len__(self) -> int:
        return len(self.symbols)

    def state(self) -> dict[str, Any]:
        return {"symbols": self.symbols}

    def restore(self, state: dict[str, Any]) -> None:
        if not isinstance(state["symbols"], list) or not all(isinstance(one, str) for one in state["symbols"]):
            raise TypeError("symbols must be a list of texts")
        self.symbols = list(state["symbols"])
        self.number = {symbol: number for number, symbol in enumerate(self.symbols)}


class Tags(Symbols):
    """A tag for each step. With `spans`, the tags are BIO outside and BIOES inside, where the borders are sharper.

    A span of a type never learned, or a tag never learned, is numbered -1 step by step; so is a tag that may end its
    span or not, where what follows is unknown.
    """

    def __init__(self, spans: bool) -> None:
        super().__init__()
        self.spans = spans

    def state(self) -> dict[str, Any]:
        return {"spans": self.spans, **super().state()}

    def restore(self, state: dict[str, Any]) -> None:
        if state.get("spans", self.spans) != self.spans:
            kinds = {True: "spans, in a tagging scheme", False: "single tags, scheme: none"}
            raise Mistake(f"the tags were learned as {kinds[not self.spans]}; the reader gives {kinds[self.spans]}")
        if self.spans and not all(re.fullmatch(r"O|[BIES]-.+", symbol) for symbol in state["symbols"]):
            raise ValueError("symbols that no tagging scheme has")
        super().restore(state)

    def fit(self, values: Iterable[Sequence[str]]) -> None:
        if self.spans:
            types = sorted({tag[2:] for value in values for tag in value if tag not in (None, "O")})
            self.restore({"symbols": ["O", *(f"{part}-{kind}" for kind in types for part in "BIES")]})
        else:
            super().fit(values)

    def encode(self, values: Sequence[Sequence[str]]) -> Encoded:
        return super().encode([schemes.bioes_known(value) for value in values] if self.spans else values)

    def decode(self, numbers: Sequence[int]) -> list[str]:
        tags = super().decode(numbers)
        return schemes.bio(tags) if self.spans else tags


class Label(Symbols):
    """One label for a whole sequence: a single number `[]`, -1 for a label never learned."""

    def fit(self, values: Iterable[Any]) -> None:
        super().fit([value] for value in values)

    def encode(self, values: Sequence[Any]) -> Encoded:
        return Encoded([np.array(self.number.get(value, -1), np.int64) for value in values])

    def decode(self, numbers: Any) -> Any:
        """The label of a number; None for an empty sequence, which has no label."""
        return self.symbols[int(numbers)] if np.size(numbers) else None


class WordOptions(Options):
    """Which words count as the same, and which as known. Spelling features see every word as it is written."""

    lowercase: bool = True
    """Whether `Rose` and `rose` are one word of the vocabulary."""
    zero_digits: bool = True
    """Whether all digits are one, so that `1987` and `2004` are one word of the vocabulary."""
    min_count: int = Field(default=1, ge=1)
    """Words seen less often in training are unknown."""
    max_letters: int = Field(default=24, ge=1)
    """Letters of a word that are looked at: the first half and the last half of so many, where it has more."""


class Words(Codec):
    """Sequences of words: `[T]` of indices into `Forms`, one row for each distinct word of what is encoded together.

    Number 0 is the word, affix or shape never learned; letters start at 2 (0 none, 1 never learned).
    """

    affix_lengths: ClassVar[tuple[int, ...]] = (1, 2, 3, 4)
    parts: ClassVar[tuple[str, ...]] = ("words", "affixes", "shapes", "letters")

    def __init__(self, options: WordOptions) -> None:
        self.options = options
        self.counts: dict[str, dict[str, int]] = {part: {} for part in self.parts}
        self.number: dict[str, dict[str, int]] = {}

    def fit(self, values: Iterable[Sequence[str]]) -> None:
        forms = Counter(word for value in values for word in value)
        seen: dict[str, Counter[str]] = {part: Counter() for part in self.parts}
        for form, count in forms.items():
            seen["words"][self.normal(form)] += count
            seen["shapes"][shape(form)] += count
            for affix in self.affixes(form):
                seen["affixes"][affix] += count
            for letter in form:
                seen["letters"][letter] += count
        least = {"words": self.options.min_count, "affixes": 2}
        self.restore(
            {part: {x: n for x, n in seen[part].most_common() if n >= least.get(part, 1)} for part in self.parts}
        )

    def normal(self, form: str) -> str:
        """The word of the vocabulary that `form` counts as."""
        if self.options.lowercase:
            form = form.lower()
        if self.options.zero_digits:
            form = "".join("0" if letter.isdigit() else letter for letter in form)
        return form

    def affixes(self, form: str) -> list[str]:
        """Prefixes and suffixes; `^` and `$` tell them apart, and a word too short for one gives itself whole."""
        form = self.normal(form)
        return [f"^{form[:n]}" for n in self.affix_lengths] + [f"{form[-n:]}$" for n in self.affix_lengths]

    def encode(self, values: Sequence[Sequence[str]]) -> Encoded:
        index: dict[str, int] = {}
        rows = [np.array([index.setdefault(word, len(index)) for word in value], np.int64) for value in values]
        return Encoded(rows, self.forms(list(index)))

    def forms(self, words: Sequence[str]) -> Forms:
        """The rows for `words`, in their order."""
        word, affix = self.number["words"], self.number["affixes"]
        shapes, letter = self.number["shapes"], self.number["letters"]
        affixes = 2 * len(self.affix_lengths)
        most = self.options.max_letters
        spelt = [w if len(w) <= most else w[: most - most // 2] + w[len(w) - most // 2 :] for w in words]
        letters = np.zeros((len(words), max([1, *map(len, spelt)])), np.int64)
        for row, form in zip(letters, spelt, strict=True):
            row[: len(form)] = [letter.get(x, 1) for x in form]
        return Forms(
            np.array([word.get(self.normal(w), 0) for w in words], np.int64),
            np.array([[affix.get(a, 0) for a in self.affixes(w)] for w in words], np.int64).reshape(-1, affixes),
            np.array([shapes.get(shape(w), 0) for w in words], np.int64),
            letters,
        )

    def decode(self, numbers: Sequence[int]) -> list[str]:
        words = list(self.counts["words"])
        return [words[number - 1] if number else "<unknown>" for number in numbers]

    def __len__(self) -> int:
        return len(self.counts["words"]) + 1

    def state(self) -> dict[str, Any]:
        return {"options": self.options.model_dump(), **self.counts}

    def restore(self, state: dict[str, Any]) -> None:
        """What was learned, and the options it was learned with, whichever this codec was made with."""
        self.options = WordOptions(**state.get("options", self.options.model_dump()))
        self.counts = {part: dict(state[part]) for part in self.parts}
        if not all(isinstance(count, int) for counts in self.counts.values() for count in counts.values()):
            raise TypeError("counts must be whole numbers")
        self.number = {
            part: {symbol: number for number, symbol in enumerate(known, 2 if part == "letters" else 1)}
            for part, known in self.counts.items()
        }


def shape(word: str) -> str:
    """Pattern of a word: `X` a capital, `x` a small letter, `d` a digit, other signs as they are; runs of over 3 cut.

    >>> shape("McDonald-1987's")
    "XxXxxx-ddd'x"
    """
    signs: list[str] = []
    for letter in word:
        sign = "d" if letter.isdigit() else "X" if letter.isupper() else "x" if letter.isalpha() else letter
        if signs[-3:] != [sign] * 3:
            signs.append(sign)
    return "".join(signs[:12])
