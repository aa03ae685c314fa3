"""Pretrained vectors: the files that are about, what is wrong with damaged ones, and spaCy's."""

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import spacy

from seqpipe.errors import Mistake
from seqpipe.vectors import load


def written(folder: Path, text: str) -> str:
    path = folder / "vectors.txt"
    path.write_bytes(text.encode())
    return str(path)


def found(source: str, *wanted: str) -> dict[str, list[float]]:
    vectors = load(source, set(wanted))
    assert all(vector.dtype == np.float32 for vector in vectors.values())
    return {word: vector.tolist() for word, vector in vectors.items()}


def mistake(source: str, *wanted: str) -> str:
    with pytest.raises(Mistake) as told:
        load(source, set(wanted))
    return str(told.value)


@pytest.mark.parametrize("header", ["", "3 2\n"])
@pytest.mark.parametrize(("blanks", "end"), [("", "\n"), (" ", "\n"), ("", "\r\n"), (" ", " \r\n")])
def test_word2vec_and_glove(tmp_path: Path, header: str, blanks: str, end: str) -> None:
    lines = [f"{line}{blanks}" for line in ("rose 1 -2.5", "is 1e-1 3", "a 4 5")]
    source = written(tmp_path, header.replace("\n", end) + end.join(lines))
    assert found(source, "a", "rose", "absent") == {"rose": [1, -2.5], "a": [4, 5]}


def test_words_may_hold_blanks(tmp_path: Path) -> None:
    source = written(tmp_path, "rose 1 2\n. . . 3 4\nat name@domain.com 5 6\n")
    assert found(source, ". . .", "at name@domain.com") == {". . .": [3, 4], "at name@domain.com": [5, 6]}


def test_signs_that_break_lines_elsewhere_are_letters(tmp_path: Path) -> None:
    source = written(tmp_path, "a 1 2\nb\x85c 3 4\nd\u2028e 5 6\nf\rg 7 8\n")
    words = ("b\x85c", "d\u2028e", "f\rg")
    assert found(source, *words) == dict(zip(words, [[3, 4], [5, 6], [7, 8]], strict=True))


def test_vectors_of_one_number_need_no_header(tmp_path: Path) -> None:
    assert found(written(tmp_path, "rose 0.5\nis -1\n"), "rose", "is") == {"rose": [0.5], "is": [-1]}


def test_what_is_not_text_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "vectors.txt"
    path.write_bytes(b"b\xff 1 2\nrose 3 4\n")
    assert found(str(path), "rose") == {"rose": [3, 4]}


def test_capitals_serve_where_there_is_nothing_better(tmp_path: Path) -> None:
    source = written(tmp_path, "Rose 1 2\nROSE 3 4\nis 5 6\nIs 7 8\n")
    assert found(source, "rose", "is") == {"rose": [1, 2], "is": [5, 6]}
    assert found(source, "ROSE", "Rose") == {"ROSE": [3, 4], "Rose": [1, 2]}


def test_the_first_of_two_counts(tmp_path: Path) -> None:
    assert found(written(tmp_path, "rose 1 2\nrose 3 4\n"), "rose") == {"rose": [1, 2]}


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("rose 1", "rose"),
        ("rose", "rose"),
        ("rose 1 two 3", "rose"),
        ("rose 1 2 nan", "rose"),
        ("rose 1 2 inf", "rose"),
        ("Rose 1 2 3,5", "Rose"),
    ],
)
@pytest.mark.parametrize("header", ["", "9 3\n"])
def test_a_damaged_line_is_named(tmp_path: Path, line: str, word: str, header: str) -> None:
    source = written(tmp_path, f"{header}is 1 2 3\n{line}\na 1 2 3\n")
    number = 3 if header else 2
    assert mistake(source, "rose") == f"{source}:{number}: '{word}' needs 3 numbers; is the file damaged?"
    # What nobody wants is not looked into.
    assert found(source, "a") == {"a": [1, 2, 3]}


@pytest.mark.parametrize("text", ["", "\n", "word\n", "word\t1\t2\n", "5 0\n"])
def test_a_file_without_vectors_is_named(tmp_path: Path, text: str) -> None:
    source = written(tmp_path, text)
    assert mistake(source, "word") == (
        f"{source}:1: no vector here; a word2vec or GloVe text file has a word and its numbers a line"
    )


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    numbers = " ".join(["0.123"] * 100)
    source = written(tmp_path, "".join(f"word{row} {numbers}\n" for row in range(4000)))
    tracemalloc.start()
    vectors = load(source, {"word7", "word3999"})
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert set(vectors) == {"word7", "word3999"}
    assert Path(source).stat().st_size > 2_000_000
    assert peak < 200_000


def pipeline(folder: Path, vectors: dict[str, list[float]]) -> str:
    language = spacy.blank("en")
    for word, vector in vectors.items():
        language.vocab.set_vector(word, np.array(vector, np.float32))
    language.to_disk(folder / "pipeline")
    return f"spacy:{folder / 'pipeline'}"


def test_vectors_of_a_spacy_pipeline(tmp_path: Path) -> None:
    source = pipeline(tmp_path, {"rose": [1, 2], "Rose": [3, 4], "Vell": [5, 6], "NASA": [7, 8]})
    assert found(source, "rose", "vell", "nasa", "absent") == {"rose": [1, 2], "vell": [5, 6], "nasa": [7, 8]}


def test_a_spacy_pipeline_without_vectors_is_told(tmp_path: Path) -> None:
    source = pipeline(tmp_path, {})
    assert mistake(source, "rose") == (
        f"{source}: this spaCy pipeline holds no word vectors; name one that does, an _md or _lg one"
    )


def test_a_spacy_pipeline_that_is_not_there_is_told() -> None:
    assert mistake("spacy:xx_no_such", "rose") == (
        "spacy:xx_no_such: no such spaCy pipeline here; install it, or name a folder that holds one"
    )
