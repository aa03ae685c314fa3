"""The labels that options ask for, and the options that make no sense."""

import re
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from seqpipe.labelling import Labelling, LabelOptions, stop_codons

ALL = {"phase": True, "edges": True, "introns": True}


def labels(**options: Any) -> list[str]:
    return Labelling(LabelOptions(**options)).symbols


def test_labels_tell_what_is_asked_for() -> None:
    assert labels(strands=False) == ["other", "CDS", "tRNA", "rRNA"]
    assert labels(labels={"tRNA": "RNA", "CDS": "gene", "rRNA": "RNA"}) == ["other", "+RNA", "+gene", "-RNA", "-gene"]
    assert labels(labels={"CDS": "CDS"}, phase=True) == ["other", *(f"{s}CDS{n}" for s in "+-" for n in (1, 2, 3))]
    assert labels(labels={"exon": "exon"}, strands=False, introns=True) == ["other", "exon", "intron"]
    edges = [f"{kind}{place}" for kind in ("CDS", "start", "stop") for place in (1, 2, 3)]
    assert labels(**ALL) == ["other", *(sign + one for sign in "+-" for one in [*edges, "tRNA", "rRNA", "intron"])]


@pytest.mark.parametrize("options", [{}, {"strands": False}, {"phase": True}, ALL])
def test_mirroring_changes_the_strand_and_nothing_else(options: dict[str, Any]) -> None:
    labelling = Labelling(LabelOptions(**options))
    assert [labelling.mirror(labelling.mirror(one)) for one in labelling.symbols] == labelling.symbols
    assert sorted(map(labelling.mirror, labelling.symbols)) == sorted(labelling.symbols)
    assert labelling.mirror("other") == "other"
    if labelling.options.strands:
        assert labelling.mirror("+tRNA") == "-tRNA"


def test_the_other_strand_follows_from_right_to_left() -> None:
    labelling = Labelling(LabelOptions(**ALL))
    other = [labelling.symbols.index(labelling.mirror(one)) for one in labelling.symbols]
    assert np.array_equal(labelling.follows, labelling.follows[np.ix_(other, other)].T)


def test_what_follows_what_in_a_gene() -> None:
    labelling = Labelling(LabelOptions(labels={"CDS": "CDS"}, phase=True, edges=True))
    after = {
        one: {labelling.symbols[code][1:] for code in np.flatnonzero(row)}
        for one, row in zip(labelling.symbols, labelling.follows, strict=True)
    }
    assert after["+start1"] == {"start2"}
    assert after["+start3"] == {"CDS1", "stop1"}
    assert after["+CDS3"] == {"CDS1", "stop1"}
    assert after["+CDS1"] == {"CDS2"}
    assert after["+stop2"] == {"stop3"}
    assert after["+stop3"] == set()
    assert after["-CDS1"] == {"start3", "CDS3"}
    assert after["-start1"] == set()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"phase": True, "strands": False}, "codons are read on one strand; give strands: true"),
        ({"edges": True}, "start and stop codons take codons; give phase: true"),
        ({"phase": True, "labels": {"tRNA": "RNA"}}, "takes a label for CDS that no other type has"),
        ({"phase": True, "labels": {"CDS": "x", "tRNA": "x"}}, "takes a label for CDS that no other type has"),
        ({"labels": {"CDS": "other"}}, "'other' is the label of what no feature covers"),
        ({"labels": {"CDS": ""}}, "an empty label"),
        ({"labels": {}}, "at least 1 item"),
        ({"labels": {"gene": "intron"}, "introns": True}, "'intron' is the label of what lies between parts"),
        ({"labels": {"CDS": "CDS", "tRNA": "stop1"}, "phase": True, "edges": True}, "start1 to stop3 are the labels"),
        ({"transl_table": 7}, "no genetic code 7; there are: 1, 2, 3, 4, 5, 6, 9, 10, 11, 12"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(said)):
        LabelOptions(**options)


def test_stop_codons_are_those_of_the_code() -> None:
    assert stop_codons(1) == stop_codons(11) == {"TAA", "TAG", "TGA"}
    assert stop_codons(4) == {"TAA", "TAG"}
