"""Q3 and Q8 against counting by hand, and against scikit-learn."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import precision_recall_fscore_support

from seqpipe.coded import Coded
from seqpipe.readers.structure import THREE, score

EIGHT = "HGIEBTSC"
CLASSES = st.lists(st.tuples(st.sampled_from([*EIGHT, None]), st.sampled_from(EIGHT)), min_size=1)


def test_by_hand() -> None:
    #   helix   strand  coil
    true = [*"HHG", *"EB", *"CTS", None]
    found = [*"HGG", *"HB", *"CCE", "H"]
    scores = score([(true, found)])
    assert scores["q8"] == pytest.approx(4 / 8)  # H, G, B, C
    assert scores["q3"] == pytest.approx(6 / 8)  # all but E as H and S as E
    assert scores["q3_classes"]["H"] == {
        "precision": pytest.approx(3 / 4),
        "recall": 1,
        "f1": pytest.approx(6 / 7),
        "support": 3,
    }
    assert scores["q3_classes"]["E"]["recall"] == 1 / 2
    assert scores["q3_classes"]["C"] == {
        "precision": 1,
        "recall": pytest.approx(2 / 3),
        "f1": pytest.approx(0.8),
        "support": 3,
    }


def test_three_classes_have_no_q8() -> None:
    assert score([("HEC", "HEE")])["q3"] == pytest.approx(2 / 3)
    assert "q8" not in score([("HEC", "HEE")])
    # Eight classes are known, but three are told apart.
    assert score([("GBT", "HEC")])["q3"] == 1
    assert "q8" not in score([("GBT", "HEC")])


def test_other_labels_are_no_structure() -> None:
    assert score([("HEX", "HEC")]) == score([("HEC", ["B-sig", "O", "O"])]) == score([]) == {}
    assert score([([None, None], "HE")]) == {}


@settings(deadline=None)
@given(st.lists(CLASSES, min_size=1, max_size=4))
def test_as_counting_and_scikit_learn_have_it(proteins: list[list[tuple[Any, str]]]) -> None:
    pairs = [tuple(zip(*protein, strict=True)) for protein in proteins]
    known = [(true, found) for protein in proteins for true, found in protein if true is not None]
    for kind in (list, Coded.of):
        scores = score([(kind(true), kind(found)) for true, found in pairs])
        if not known:
            assert scores == {}
            return
        three = [(THREE[true], THREE[found]) for true, found in known]
        assert scores["q3"] == pytest.approx(sum(a == b for a, b in three) / len(known))
        if "q8" in scores:
            assert scores["q8"] == pytest.approx(sum(a == b for a, b in known) / len(known))
        names = list(scores["q3_classes"])
        rates = precision_recall_fscore_support(*zip(*three, strict=True), labels=names, zero_division=0)
        for name, *values in zip(names, *rates, strict=True):
            assert list(scores["q3_classes"][name].values()) == pytest.approx(values)
