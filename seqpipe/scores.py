"""Scores of predictions: tags step by step, labels or numbers of records, and sequences of other lengths."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import sacrebleu
from rapidfuzz.distance import Levenshtein

from .coded import Coded
from .rates import rates, share
from .reader import Record
from .references import joined
from .tags import spans

Pair = tuple[Sequence[str], Sequence[str]]
"""True and predicted tags of one record."""

STEPS_AT_ONCE = 1_000_000
"""Steps that are counted together; what bounds memory where labels lie on disk."""


def entities(pairs: Iterable[Pair], lenient: bool = False) -> dict[str, Any]:
    """Scores of pairs of BIO tag sequences, true and predicted, from 0 to 1; 0 where there is nothing to divide by.

    A predicted span is right where a true span has its borders and its type. `lenient` reads spans out of malformed
    tags as `tags.spans` says. `macro_f1` is the mean over all types that are true or predicted somewhere.
    """
    gold: Counter[str] = Counter()
    guess: Counter[str] = Counter()
    right: Counter[str] = Counter()
    pairs = list(pairs)
    for true, predicted in pairs:
        wanted, found = spans(true, lenient), spans(predicted, lenient)
        gold.update(kind for *_, kind in wanted)
        guess.update(kind for *_, kind in found)
        right.update(kind for *_, kind in set(wanted) & set(found))
    types = {
        kind: {**rates(right[kind], guess[kind], gold[kind]), "support": gold[kind]} for kind in sorted(gold | guess)
    }
    return {
        **rates(right.total(), guess.total(), gold.total()),
        "macro_f1": share(sum(one["f1"] for one in types.values()), len(types)),
        "accuracy": accuracy(pairs),
        "types": types,
    }


def accuracy(pairs: Iterable[Pair]) -> float:
    """Share of the steps whose tag is right, of those whose true tag is known."""
    same = [a == b for true, predicted in pairs for a, b in zip(true, predicted, strict=True) if a is not None]
    return share(sum(same), len(same))


def steps(pairs: Iterable[Pair]) -> dict[str, Any]:
    """Scores as in `labels` of the label of each step; steps whose true label is not known (None) are left out."""
    counts: Counter[tuple[str, str | None]] = Counter()
    for true, predicted in pairs:
        if len(true) != len(predicted):
            raise ValueError(f"{len(true)} true labels, {len(predicted)} predicted ones")
        for start in range(0, len(true), STEPS_AT_ONCE):
            part = slice(start, start + STEPS_AT_ONCE)
            counts.update(_counted(Coded.of(true[part]), Coded.of(predicted[part])))
    return _judged(counts)


def labels(pairs: Iterable[tuple[str, str | None]]) -> dict[str, Any]:
    """Scores of pairs of a true and a predicted label: precision, recall and F1 of each label, and of all together.

    All are from 0 to 1, but for `mcc`, Matthews' correlation of all labels at once (Gorodkin 2004), from -1 to 1; 0
    where there is nothing to divide by. `macro_f1` is the mean over all labels that are true or predicted somewhere; no
    label at all (None) is wrong.
    """
    return _judged(Counter(pairs))


def _counted(true: Coded, predicted: Coded) -> Counter[tuple[str, str | None]]:
    """How often each predicted label stands where each true one does."""
    known = np.asarray(true.codes) >= 0
    rows = np.asarray(true.codes)[known].astype(np.int64)
    columns = np.maximum(np.asarray(predicted.codes)[known], -1) + 1
    found = [None, *predicted.symbols]
    cells = np.bincount(rows * len(found) + columns)
    counts: Counter[tuple[str, str | None]] = Counter()
    for cell in np.flatnonzero(cells).tolist():
        counts[true.symbols[cell // len(found)], found[cell % len(found)]] += int(cells[cell])
    return counts


def _judged(counts: Counter[tuple[str, str | None]]) -> dict[str, Any]:
    """What `labels` gives, from how often each predicted label stands for each true one."""
    gold: Counter[str] = Counter()
    guess: Counter[str | None] = Counter()
    for (true, found), count in counts.items():
        gold[true] += count
        guess[found] += count
    right = Counter({true: count for (true, found), count in counts.items() if true == found})
    kinds = {
        kind: {**rates(right[kind], guess[kind], gold[kind]), "support": gold[kind]}
        for kind in sorted({*gold, *(kind for kind in guess if kind is not None)})
    }
    return {
        "accuracy": share(right.total(), gold.total()),
        "macro_f1": share(sum(one["f1"] for one in kinds.values()), len(kinds)),
        "mcc": _correlation(right.total(), gold, guess),
        "labels": kinds,
    }


def _correlation(right: int, gold: Counter[str], guess: Counter[str | None]) -> float:
    """Covariance of true and predicted labels over the root of the product of their variances; whole numbers, exact."""
    total = gold.total()
    chance = sum(count * guess[kind] for kind, count in gold.items())
    spreads = (total**2 - sum(count**2 for count in side.values()) for side in (gold, guess))
    return share(right * total - chance, math.sqrt(math.prod(spreads)))


def error_rate(pairs: Iterable[Pair]) -> float:
    """Symbols to insert, delete or replace (Levenshtein 1966) in all predicted sequences, for each symbol of the true.

    The word error rate where symbols are words, the character error rate where they are characters. It can be above 1.
    """
    pairs = list(pairs)
    edits = sum(Levenshtein.distance(true, predicted) for true, predicted in pairs)
    return edits / max(sum(len(true) for true, _ in pairs), 1)


def transcripts(pairs: Iterable[Pair]) -> dict[str, float]:
    """`error_rate`, and as `accuracy` the share of the sequences that are right from end to end."""
    pairs = list(pairs)
    right = sum(list(true) == list(predicted) for true, predicted in pairs)
    return {"error_rate": error_rate(pairs), "accuracy": share(right, len(pairs))}


def sequences(pairs: Iterable[Pair]) -> dict[str, Any]:
    """Scores of pairs of a true and a predicted text, each as it is or as a list of words.

    `error_rate` and `accuracy` as in `transcripts`, of words in lists and of characters in texts. `bleu` (Papineni et
    al. 2002) and `chrf` (Popović 2015), from 0 to 1, are those of sacreBLEU with its defaults (Post 2018) on the texts,
    words joined by blanks.
    """
    pairs = list(pairs)
    true, found = ([joined(pair[side]) for pair in pairs] for side in (0, 1))
    return {
        **transcripts(pairs),
        "bleu": sacrebleu.corpus_bleu(found, [true], force=True).score / 100 if pairs else 0.0,
        "chrf": sacrebleu.corpus_chrf(found, [true]).score / 100 if pairs else 0.0,
    }


def numbers(pairs: Iterable[tuple[float, float]]) -> dict[str, float]:
    """Mean squared error, mean absolute error and R² of pairs of a true and a predicted number.

    R² is 1 - sum of squared errors / sum of squared distances of the true numbers from their mean: below 0 where the
    mean would do better, and 0 where all true numbers are the same.
    """
    pairs = list(pairs)
    count = len(pairs)
    squares = math.fsum((true - found) ** 2 for true, found in pairs)
    mean = share(math.fsum(true for true, _ in pairs), count)
    spread = math.fsum((true - mean) ** 2 for true, _ in pairs)
    return {
        "mse": share(squares, count),
        "mae": share(math.fsum(abs(true - found) for true, found in pairs), count),
        "r2": 1 - squares / spread if spread else 0.0,
    }


def seen_split(
    gold: Sequence[Record], predicted: Sequence[Record], train: Iterable[Record]
) -> dict[str, dict[str, float]]:
    """Scores apart for entities whose text and type occur in the training records (`seen`), and for the others.

    A predicted span belongs to the side of its own text and type. `support` counts true entities: where it is 0, the
    scores beside it are 0 and say nothing.
    """
    known = {(text, kind) for record in train for _, _, text, kind in _found(record)}
    counts: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
    for true, guess in zip(gold, predicted, strict=True):
        wanted, found = set(_found(true)), set(_found(guess))
        for name, spotted in (("gold", wanted), ("guess", found), ("right", wanted & found)):
            for _, _, text, kind in spotted:
                counts[(text, kind) in known][name] += 1
    return {
        side: {**rates(count["right"], count["guess"], count["gold"]), "support": count["gold"]}
        for side, count in (("seen", counts[True]), ("unseen", counts[False]))
    }


def _found(record: Record) -> Iterator[tuple[int, int, str, str]]:
    for start, end, kind in spans(record.target or ()):
        yield start, end, " ".join(record.input[start:end]), kind
