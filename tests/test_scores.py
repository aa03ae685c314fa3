"""Scores against seqeval, scikit-learn, conlleval's rules stated once more, and by hand."""

import random
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seqeval import metrics
from seqeval.scheme import IOB2
from sklearn.metrics import classification_report, matthews_corrcoef

from seqpipe import scores
from seqpipe.coded import Coded
from seqpipe.reader import Record
from seqpipe.readers.conll import Conll
from seqpipe.scores import seen_split

Pairs = list[tuple[list[str], list[str]]]

tag = st.sampled_from(["O", "O", "B-per", "I-per", "B-work-of-art", "I-work-of-art", "I-x"])
pairs = st.lists(st.lists(st.tuples(tag, tag), min_size=1, max_size=10), min_size=1, max_size=6).map(
    lambda rows: [([a for a, _ in row], [b for _, b in row]) for row in rows]
)


def seqeval_scores(given_pairs: Pairs, **mode: Any) -> dict[str, Any]:
    true, predicted = [a for a, _ in given_pairs], [b for _, b in given_pairs]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        report = metrics.classification_report(true, predicted, output_dict=True, zero_division=0, **mode)
    micro = report.pop("micro avg")
    macro, _ = report.pop("macro avg"), report.pop("weighted avg")
    names = {"precision": "precision", "recall": "recall", "f1-score": "f1", "support": "support"}
    return {
        **{names[name]: value for name, value in micro.items() if name != "support"},
        "macro_f1": macro["f1-score"],
        "accuracy": metrics.accuracy_score(true, predicted),
        "types": {kind: {names[name]: value for name, value in row.items()} for kind, row in report.items()},
    }


def assert_same(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    assert ours.keys() == theirs.keys()
    assert ours["types"].keys() == theirs["types"].keys()
    for kind, row in ours.pop("types").items():
        assert row == pytest.approx(theirs["types"][kind])
    theirs.pop("types")
    assert ours == pytest.approx(theirs)


def has_entities(given_pairs: Pairs, lenient: bool) -> bool:
    return bool(scores.entities(given_pairs, lenient)["types"])


@settings(deadline=None)
@given(pairs)
def test_strict_is_seqevals_strict_mode(given_pairs: Pairs) -> None:
    if has_entities(given_pairs, lenient=False):
        assert_same(scores.entities(given_pairs), seqeval_scores(given_pairs, mode="strict", scheme=IOB2))


@settings(deadline=None)
@given(pairs)
def test_lenient_is_seqevals_default(given_pairs: Pairs) -> None:
    if has_entities(given_pairs, lenient=True):
        assert_same(scores.entities(given_pairs, lenient=True), seqeval_scores(given_pairs))


def conlleval_counts(given_pairs: Pairs) -> tuple[int, int, int]:
    """True, predicted and right chunks, found as conlleval finds them: step by step over both columns at once.

    In IOB tags a chunk begins at a `B`, or at an `I` after `O` or after another type; a chunk under way ends where the
    next tag is `O` or begins one. A chunk is right when both columns begin it, and end it, at the same steps, with the
    same type all through.
    """
    gold = guess = right = 0
    for true, predicted in given_pairs:
        both_open = False
        last = ("O", "O")
        for now in [*zip(true, predicted, strict=True), ("O", "O")]:
            steps = list(zip(last, now, strict=True))
            begins = [new != "O" and (new[0] == "B" or old == "O" or old[2:] != new[2:]) for old, new in steps]
            ends = [old != "O" and (new == "O" or first) for old, new, first in zip(last, now, begins, strict=True)]
            if both_open and (all(ends) or any(ends)):
                right += all(ends)
                both_open = False
            gold, guess = gold + begins[0], guess + begins[1]
            if all(begins) and now[0][2:] == now[1][2:]:
                both_open = True
            last = now
    return gold, guess, right


@settings(deadline=None)
@given(pairs)
def test_lenient_is_conlleval(given_pairs: Pairs) -> None:
    gold, guess, right = conlleval_counts(given_pairs)
    result = scores.entities(given_pairs, lenient=True)
    assert sum(one["support"] for one in result["types"].values()) == gold
    assert result["precision"] == (right / guess if guess else 0)
    assert result["recall"] == (right / gold if gold else 0)


def test_by_hand() -> None:
    result = scores.entities([(["B-a", "I-a", "O", "B-b"], ["B-a", "I-a", "B-c", "O"]), (["O"], ["I-a"])])
    assert result["precision"] == result["recall"] == result["f1"] == 0.5
    assert result["macro_f1"] == pytest.approx(1 / 3)
    assert result["accuracy"] == 0.4
    assert result["types"]["b"] == {"precision": 0, "recall": 0, "f1": 0, "support": 1}
    assert result["types"]["c"]["support"] == 0


def test_nothing_to_score() -> None:
    rates = {"precision": 0.0, "recall": 0.0, "f1": 0.0, "macro_f1": 0.0}
    assert scores.entities([]) == {**rates, "accuracy": 0.0, "types": {}}
    assert scores.entities([(["O"], ["O"])]) == {**rates, "accuracy": 1.0, "types": {}}


def record(words: str, tags: str) -> Record:
    return Record("1", words.split(), tags.split())


def test_seen_and_unseen_apart() -> None:
    train = [record("Ann saw Bob", "B-per O B-per"), record("New Vell", "B-place I-place")]
    gold = [record("Ann in New Vell with Cid", "B-per O B-place I-place O B-per"), record("Bob Dee", "B-per B-per")]
    guess = [record("Ann in New Vell with Cid", "B-per O B-per I-per O B-per"), record("Bob Dee", "O B-place")]
    result = seen_split(gold, guess, train)
    assert result["seen"]["support"] == 3
    assert result["unseen"]["support"] == 2
    assert result["seen"]["recall"] == pytest.approx(1 / 3)
    assert result["unseen"]["recall"] == 0.5
    assert result["seen"]["f1"] == pytest.approx(2 * 1 * (1 / 3) / (1 + 1 / 3))
    assert result["unseen"]["f1"] == pytest.approx(2 * (1 / 3) * 0.5 / (1 / 3 + 0.5))


def test_seen_needs_the_same_type() -> None:
    one = [record("Vell", "B-place")]
    assert seen_split(one, one, [record("Vell", "B-team")])["unseen"]["support"] == 1
    assert seen_split(one, one, [])["unseen"]["f1"] == 1.0
    seen = {"precision": 1.0, "recall": 1.0, "f1": 1.0, "support": 1}
    nothing = dict.fromkeys(seen, 0.0)
    assert seen_split(one, one, one) == {"seen": seen, "unseen": nothing}


def test_real_tags_with_noise_score_as_in_seqeval(real_data: Callable[[str], Path]) -> None:
    true = [list(one.target) for one in Conll(Conll.Options()).read(real_data("wnut17") / "dev.conll")]
    symbols = sorted({one for row in true for one in row})
    chance = random.Random(1)
    noisy = [[chance.choice(symbols) if chance.random() < 0.05 else one for one in row] for row in true]
    given_pairs = list(zip(true, noisy, strict=True))
    assert_same(scores.entities(given_pairs), seqeval_scores(given_pairs, mode="strict", scheme=IOB2))
    assert_same(scores.entities(given_pairs, lenient=True), seqeval_scores(given_pairs))


def edits(true: list[str], predicted: list[str]) -> int:
    """The fewest insertions, deletions and replacements, by the recursion that defines them."""
    if not true or not predicted:
        return len(true) + len(predicted)
    if true[0] == predicted[0]:
        return edits(true[1:], predicted[1:])
    ways = (true[1:], predicted), (true, predicted[1:]), (true[1:], predicted[1:])
    return 1 + min(edits(*way) for way in ways)


words = st.lists(st.sampled_from(["a", "ab", "", "-1", "ß"]), max_size=5)


@settings(deadline=None)
@given(st.lists(st.tuples(words, words), min_size=1, max_size=4))
def test_error_rate_counts_the_fewest_edits(given_pairs: Pairs) -> None:
    total = sum(len(true) for true, _ in given_pairs)
    found = scores.transcripts(given_pairs)
    assert found["error_rate"] == pytest.approx(sum(edits(*pair) for pair in given_pairs) / max(total, 1))
    assert found["accuracy"] == pytest.approx(sum(a == b for a, b in given_pairs) / len(given_pairs))


def test_error_rate_of_nothing_and_above_one() -> None:
    assert scores.transcripts([]) == {"error_rate": 0, "accuracy": 0}
    assert scores.error_rate([(["a"], ["b", "c", "d"])]) == 3
    assert scores.error_rate([([], ["b", "c"])]) == 2


base = st.sampled_from(["+CDS", "-CDS", "other", "tRNA"])
genomes = st.lists(st.lists(st.tuples(base | st.none(), base), max_size=20), min_size=1, max_size=4)


@settings(deadline=None)
@given(genomes, st.integers(1, 7))
def test_steps_score_as_in_scikit_learn_where_the_truth_is_known(rows: list[Any], at_once: int) -> None:
    given_pairs = [([a for a, _ in row], [b for _, b in row]) for row in rows]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scores, "STEPS_AT_ONCE", at_once)
        found = scores.steps(given_pairs)
    assert found == scores.steps([(Coded.of(a), Coded.of(b)) for a, b in given_pairs])
    assert found["accuracy"] == scores.accuracy(given_pairs)
    known = [pair for row in rows for pair in row if pair[0]]
    if not known:
        assert found == {"accuracy": 0, "macro_f1": 0, "mcc": 0, "labels": {}}
        return
    true, predicted = zip(*known, strict=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        report = classification_report(true, predicted, output_dict=True, zero_division=0)
        correlation = matthews_corrcoef(true, predicted)
    assert found["mcc"] == pytest.approx(correlation)
    assert found["macro_f1"] == pytest.approx(report["macro avg"]["f1-score"])
    assert list(found["labels"]) == sorted({*true, *predicted})
    for kind, row in found["labels"].items():
        assert list(row.values()) == pytest.approx(list(report[kind].values()))


def test_a_step_without_a_predicted_label_is_wrong() -> None:
    found = scores.steps([(["a", "a", "b", None], ["a", None, None, "b"])])
    assert found["accuracy"] == pytest.approx(1 / 3)
    assert found["labels"]["a"] == {"precision": 1, "recall": 0.5, "f1": pytest.approx(2 / 3), "support": 2}
    assert found["labels"]["b"] == {"precision": 0, "recall": 0, "f1": 0, "support": 1}


def test_correlation_of_a_genome_is_that_of_its_share() -> None:
    """Counts that overflow 64 bits when multiplied: the correlation depends on proportions alone."""
    small = Coded(np.array([0, 0, 1, 2, 1, 0, 2, 2]), ["a", "b", "c"]), Coded(np.array([0, 1, 1, 2, 1, 0, 2, 0]), "abc")
    large = [Coded(np.repeat(side.codes, 400_000).astype(np.int8), side.symbols) for side in small]
    assert scores.steps([tuple(large)])["mcc"] == pytest.approx(scores.steps([small])["mcc"], rel=1e-12)


def test_labels_that_several_numbers_stand_for_are_one() -> None:
    true, predicted = np.array([0, 1, 2, 2, 1]), np.array([1, 0, 2, 1, 2])
    found = scores.steps([(Coded(true, ["a", "a", "b"]), Coded(predicted, ["a", "a", "b"]))])
    assert found == scores.steps([("aabba", "aabab")])
    assert found["labels"]["a"]["support"] == 3


def test_other_numbers_of_steps_are_refused() -> None:
    with pytest.raises(ValueError, match="2 true labels, 1 predicted ones"):
        scores.steps([(["a", "b"], ["a"])])
