"""Which labels may follow which: what a pipeline file says, and which sequences it allows."""

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqpipe import transitions
from seqpipe.errors import Mistake
from seqpipe.transitions import Allowed

GENE = ["other", "+a1", "+a2", "+a3", "-a1", "-a2", "-a3"]


def pairs(labels: Sequence[str], rules: Allowed) -> dict[str, set[str]]:
    rows = zip(labels, rules.pairs, strict=True)
    return {label: set(itertools.compress(labels, row)) for label, row in rows}


def test_what_is_not_mentioned_is_free() -> None:
    rules = transitions.allowed("abc", {"a": ["b"]}, [], [])
    assert pairs("abc", rules) == {"a": {"b"}, "b": {*"abc"}, "c": {*"abc"}}
    assert rules.first.all()
    assert rules.last.all()


def test_chains_and_patterns_say_much_in_little() -> None:
    rules = transitions.allowed(
        GENE,
        {
            "other": ["other", "+a1", "-a3"],
            "+a1 > +a2 > +a3": ["+a1", "other"],
            "-a3 > -a2 > -a1": ["-a3", "other"],
            "*a1": ["other"],
        },
        ["other", "+*"],
        ["*3"],
    )
    assert pairs(GENE, rules) == {
        "other": {"other", "+a1", "-a3"},
        "+a1": {"+a2", "other"},
        "+a2": {"+a3"},
        "+a3": {"+a1", "other"},
        "-a3": {"-a2"},
        "-a2": {"-a1"},
        "-a1": {"-a3", "other"},
    }
    assert [*itertools.compress(GENE, rules.first)] == ["other", "+a1", "+a2", "+a3"]
    assert [*itertools.compress(GENE, rules.last)] == ["+a3", "-a3"]


def test_a_label_that_nothing_may_follow_is_the_last() -> None:
    assert pairs("ab", transitions.allowed("ab", {"a": []}, [], [])) == {"a": set(), "b": {"a", "b"}}


def test_a_label_that_holds_a_star_is_itself_too() -> None:
    assert pairs(["*", "a"], transitions.allowed(["*", "a"], {"a": ["*"]}, [], []))["a"] == {"*", "a"}
    assert pairs(["x.y", "xzy"], transitions.allowed(["x.y", "xzy"], {"xzy": ["x.y"]}, [], []))["xzy"] == {"x.y"}


def test_unknown_names_are_named_all_at_once_with_those_that_there_are() -> None:
    with pytest.raises(Mistake) as caught:
        transitions.allowed("ab", {"a > x": ["b", "y*"], "x": []}, ["a", "z"], ["x"])
    there = "the training records have: a, b"
    assert caught.value.lines == (
        f"head.transitions: no label 'x'; {there}",
        f"head.transitions: no label 'y*'; {there}",
        f"head.first: no label 'z'; {there}",
        f"head.last: no label 'x'; {there}",
    )


@pytest.mark.parametrize("text", ["", "a > > b", "> a", "a >"])
def test_a_chain_lacks_no_label(text: str) -> None:
    with pytest.raises(ValueError, match="a label is missing"):
        transitions.chain(text)


bits = st.lists(st.booleans(), min_size=15, max_size=15)


@given(bits, st.lists(st.integers(-1, 2), min_size=1, max_size=6))
def test_a_fault_is_found_where_no_labels_for_the_unknown_would_do(flags: list[bool], numbers: list[int]) -> None:
    rules = Allowed(np.array(flags[:3]), np.array(flags[3:6]), np.array(flags[6:]).reshape(3, 3))
    first = range(3) if numbers[0] < 0 else np.flatnonzero(rules.first)
    last = range(3) if numbers[-1] < 0 else np.flatnonzero(rules.last)
    ways = itertools.product(*(range(3) if number < 0 else [number] for number in numbers))
    fits = any(
        way[0] in first and way[-1] in last and all(rules.pairs[a, b] for a, b in itertools.pairwise(way))
        for way in ways
    )
    assert (transitions.fault(np.array(numbers), "abc", rules) is None) == fits


def test_a_fault_says_what_and_where() -> None:
    rules = transitions.allowed("abc", {"a > b": ["a"]}, ["a", "c"], ["b", "c"])
    assert transitions.fault(np.array([0, 1, 0, 1]), "abc", rules) is None
    assert transitions.fault(np.array([0, 1, -1, 0, 1]), "abc", rules) == "'a' at step 4 cannot follow 'b' at step 2"
    assert transitions.fault(np.array([2, 0, 0]), "abc", rules) == "'a' at step 3 cannot be last"
    assert transitions.fault(np.array([1, 0, 0]), "abc", rules) == "'b' at step 1 cannot be first"
    assert transitions.fault(np.array([-1, 2, 0, 2, -1]), "abc", rules) == "'c' at step 4 cannot follow 'a' at step 3"
    assert transitions.fault(np.array([0, *[-1] * 100_000, 1]), "abc", rules) is None
    assert transitions.fault(np.array([0, *[-1] * 100_001, 1]), "abc", rules) is not None
    rules = transitions.allowed("abc", {"c > a > b": []}, [], [])
    assert transitions.fault(np.array([-1, 2, 0]), "abc", rules) == "'c' at step 2 cannot come after anything"
    assert transitions.fault(np.array([0, 1, -1]), "abc", rules) == "'b' at step 2 cannot come before anything"
    assert transitions.fault(np.array([-1, -1, -1]), "abc", rules) is None
    assert transitions.fault(np.array([-1, -1, -1, -1]), "abc", rules) == "no labels of so many steps are well-formed"
