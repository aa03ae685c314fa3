"""Letters of DNA, RNA and proteins: what each code means, held against Biopython's tables and sequences."""

from typing import get_args

import numpy as np
import pytest
from Bio.Data import IUPACData
from Bio.Seq import Seq
from hypothesis import given
from hypothesis import strategies as st

from seqpipe.errors import Mistake
from seqpipe.letters import Alphabet, Letters

VALUES = {
    "dna": IUPACData.ambiguous_dna_values,
    "rna": IUPACData.ambiguous_rna_values,
    "protein": IUPACData.extended_protein_values,
}
ALPHABETS = get_args(Alphabet)


def meaning(codec: Letters, letter: str) -> dict[str, float]:
    (codes,) = codec.encode([letter]).rows
    return {
        base: share for base, share in zip(codec.letters, codec.fractions[codes[0]].tolist(), strict=False) if share
    }


@pytest.mark.parametrize("soft_masking", [False, True])
@pytest.mark.parametrize("alphabet", ALPHABETS)
def test_each_letter_means_what_biopython_says(alphabet: Alphabet, soft_masking: bool) -> None:
    codec = Letters(alphabet, soft_masking)
    assert len(codec) == codec.fractions.shape[1] == (20 if alphabet == "protein" else 4)
    for letter, means in VALUES[alphabet].items():
        if alphabet != "protein" or letter not in "UO":
            wanted = {base: np.float32(1 / len(means)) for base in means}
            assert meaning(codec, letter) == meaning(codec, letter.lower()) == wanted
    assert codec.fractions.sum(1) == pytest.approx(1)


def test_rare_residues_are_what_they_are_made_of() -> None:
    codec = Letters("protein")
    assert [meaning(codec, letter) for letter in "UO"] == [{"C": 1}, {"K": 1}]


def test_the_first_codes_are_the_bases() -> None:
    assert Letters("dna").encode(["ACGT"]).rows[0].tolist() == [0, 1, 2, 3]
    assert np.array_equal(Letters("rna").fractions[:4], np.eye(4))
    assert Letters("protein").letters[:20] == IUPACData.protein_letters


@pytest.mark.parametrize("alphabet", ALPHABETS)
def test_case_counts_with_soft_masking_only(alphabet: Alphabet) -> None:
    both = "".join(VALUES[alphabet]) + "".join(VALUES[alphabet]).lower()
    plain, masking = Letters(alphabet), Letters(alphabet, soft_masking=True)
    assert plain.decode(plain.encode([both]).rows[0]) == both.upper()
    (codes,) = masking.encode([both]).rows
    assert masking.decode(codes) == both
    assert masking.masked[codes].tolist() == [letter.islower() for letter in both]
    assert not plain.masked.any()


@pytest.mark.parametrize("alphabet", ALPHABETS)
@given(text=st.text(st.characters(max_codepoint=0x2FF) | st.sampled_from("ACGTacgtN-.*?\U0001f9ec")))
def test_the_first_unknown_letter_is_found(alphabet: Alphabet, text: str) -> None:
    codec = Letters(alphabet)
    known = set(VALUES[alphabet]) | set("".join(VALUES[alphabet]).lower())
    place = next((place for place, letter in enumerate(text) if letter not in known), None)
    assert codec.unknown(text) == place
    if place is None:
        assert len(codec.encode([text]).rows[0]) == len(text)
    else:
        with pytest.raises(Mistake, match=f"^letter {place + 1}, "):
            codec.encode(["A", text])


@pytest.mark.parametrize(("alphabet", "text"), [("dna", "ACU"), ("rna", "ACT"), ("protein", "AC*"), ("dna", "AC-")])
def test_letters_of_others_are_unknown(alphabet: Alphabet, text: str) -> None:
    with pytest.raises(Mistake) as mistake:
        Letters(alphabet).encode([text])
    assert mistake.value.lines == (f"letter 3, {text[2]!r}, is none of {alphabet}",)


@pytest.mark.parametrize("alphabet", ["dna", "rna"])
@given(data=st.data())
def test_the_other_strand_is_biopythons(alphabet: Alphabet, data: st.DataObject) -> None:
    codec, letters = Letters(alphabet), "".join(VALUES[alphabet])
    text = data.draw(st.text(st.sampled_from(letters + letters.lower() + "-.")))
    other = Seq(text).reverse_complement_rna() if alphabet == "rna" else Seq(text).reverse_complement()
    assert codec.reverse_complement(text) == other
    assert codec.complement(text)[::-1] == other
    assert codec.reverse_complement(codec.reverse_complement(text)) == text


def test_the_complement_of_a_code_means_the_complements() -> None:
    codec = Letters("dna", soft_masking=True)
    (codes,) = codec.encode([codec.complement(codec.letters)]).rows
    assert np.array_equal(codec.fractions[codes], codec.fractions[:, ::-1])
    assert np.array_equal(codec.masked[codes], codec.masked)


def test_proteins_have_no_complement() -> None:
    with pytest.raises(ValueError, match="proteins have no complement"):
        Letters("protein").reverse_complement("ACD")


def test_nothing_is_learned_and_the_state_comes_back() -> None:
    codec = Letters("protein", soft_masking=True)
    codec.fit(["ACD"])
    other = Letters("dna")
    other.restore(codec.state())
    assert other.state() == codec.state() == {"alphabet": "protein", "soft_masking": True}
    assert np.array_equal(other.fractions, codec.fractions)
    assert np.array_equal(other.encode(["acDEx"]).rows[0], codec.encode(["acDEx"]).rows[0])


@pytest.mark.parametrize("state", [{"alphabet": "xna", "soft_masking": True}, {"alphabet": "dna", "soft_masking": 1}])
def test_a_damaged_state_is_refused(state: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="no alphabet"):
        Letters("dna").restore(state)


@given(st.text("acgtnryACGTNRY-", max_size=30), st.text("acgtACGT", max_size=30))
def test_both_strands_of_dna_are_one_identity_and_nothing_else_is(text: str, other: str) -> None:
    dna, rna = Letters("dna"), Letters("rna")
    same = {text.upper(), str(Seq(text.upper()).reverse_complement())}
    assert {dna.identity(one) for one in (*same, text, text.lower())} == {min(same)}
    assert (dna.identity(text) == dna.identity(other)) == (other.upper() in same)
    assert (rna.identity(text) == rna.identity(other)) == (other.upper() == text.upper())
