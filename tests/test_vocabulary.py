"""Words by how often they occur."""

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqpipe.errors import Mistake
from seqpipe.vocabulary import Vocabulary, VocabularyOptions

TEXTS = st.lists(st.lists(st.sampled_from(["a", "b", "c", "dd", ""]), max_size=8), max_size=6)


@given(TEXTS, st.integers(1, 4), st.none() | st.integers(1, 4))
def test_it_knows_the_most_frequent_words_and_no_others(texts: list[list[str]], least: int, most: int | None) -> None:
    codec = Vocabulary(VocabularyOptions(min_count=least, most=most))
    counts = Counter(word for text in texts for word in text)
    ranked = [word for word, count in sorted(counts.items(), key=lambda one: (-one[1], one[0])) if count >= least]
    if counts and not ranked:
        with pytest.raises(
            Mistake, match=rf"^reader: no word is left .* occurs {max(counts.values())} times; lower min"
        ):
            codec.fit(texts)
        return
    codec.fit(texts)
    assert codec.symbols == ranked[:most]
    rows = codec.encode(texts).rows
    assert [[codec.symbols[number] if number >= 0 else None for number in row] for row in rows] == [
        [word if word in codec.symbols else None for word in text] for text in texts
    ]


def test_what_it_learned_survives_json() -> None:
    codec, twin = (Vocabulary(VocabularyOptions(most=2)) for _ in range(2))
    codec.fit([["b", "a", "a"], ["c"]])
    twin.restore(json.loads(json.dumps(codec.state())))
    assert twin.symbols == ["a", "b"]
    assert twin.decode([1, 0]) == ["b", "a"]
