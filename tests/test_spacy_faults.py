"""Running text that is refused, in which words, and pipelines of spaCy that are not there."""

import os
from pathlib import Path
from typing import Any

import pytest
import spacy
from pydantic import ValidationError
from spacy.tokens import Doc, DocBin, Span

from seqpipe.errors import Mistake
from seqpipe.reader import Record
from seqpipe.readers.spacy import Spacy


def reader(**options: Any) -> Spacy:
    return Spacy(Spacy.Options.model_validate(options))


ENGLISH = reader()


def read(path: Path, one: Spacy = ENGLISH) -> list[Record]:
    return list(one.read(path))


def wrong(path: Path, one: Spacy = ENGLISH) -> list[str]:
    with pytest.raises(Mistake) as caught:
        read(path, one)
    return [line.replace(f"{path.parent}{os.sep}", "") for line in caught.value.lines]


def doc_bin(*docs: Doc) -> bytes:
    return bytes(DocBin(docs=docs).to_bytes())


NEEDED = 'is neither {"start": 0, "end": 4, "label": "x"} nor [0, 4, "x"]'
FAULTS: list[tuple[str, str | bytes, list[str]]] = [
    ("a.txt", "", ["a.txt: no text in it; is it the right file?"]),
    ("a.jsonl", "\n \n", ["a.jsonl: no text in it; is it the right file?"]),
    ("a.txt", b"ok\n\xe9t\xe9\n", ["a.txt:2: not UTF-8 (byte 0xe9 at position 1); save the file as UTF-8"]),
    ("a.txt", "a\0b\n", ["a.txt:1: a NUL character; is this a text file?"]),
    (
        "a.jsonl",
        '{"text": "ok"}\n{"text": "a\n',
        ["a.jsonl:2: broken JSON at column 10 (Unterminated string starting at)"],
    ),
    ("a.jsonl", "[1]\n", ['a.jsonl:1: a JSON list where an object is needed: {"text": "..."}']),
    ("a.jsonl", "{}\n", ["a.jsonl:1: there is no 'text'; a document needs its text under 'text'"]),
    ("a.jsonl", '{"text": 5}', ["a.jsonl:1: 'text' is a number; a document needs its text under 'text'"]),
    ("a.jsonl", '{"text": "a\\u0000"}', ["a.jsonl:1: the text holds a NUL at character 1; mend or remove it"]),
    (
        "a.jsonl",
        '{"text": "\\ud800"}',
        ["a.jsonl:1: the text holds a half of a surrogate pair at character 0; mend or remove it"],
    ),
    ("a.jsonl", '{"text": "a", "label": "b"}', ["a.jsonl:1: 'label' is a text where a list of spans is needed"]),
    ("a.jsonl", '{"text": "a", "spans": null}', ["a.jsonl:1: 'spans' is a null where a list of spans is needed"]),
    ("a.jsonl", '{"text": "a", "spans": [{"start": 0, "end": 1}]}', [f"a.jsonl:1: 'spans': span 1 {NEEDED}"]),
    ("a.jsonl", '{"text": "a", "label": [[0, 1, "x"], [0, true, "x"]]}', [f"a.jsonl:1: 'label': span 2 {NEEDED}"]),
    ("a.jsonl", '{"text": "a", "label": [[0, 1, ""]]}', [f"a.jsonl:1: 'label': span 1 {NEEDED}"]),
    (
        "a.jsonl",
        '{"text": "rose bush", "label": [[0, 7, "x"], [5, 12, "x"], [4, 5, "x"], [3, 3, "x"]]}\n'
        '{"text": "rose bush", "label": [[0, 9, "x"], [5, 9, "y"]]}',
        [
            "a.jsonl:1: the span 0-7 'rose bu' (x) cuts the token 'bush' (5-9); move it to the token's borders",
            "a.jsonl:1: the span 3-3 '' (x) leaves the text, which has 9 characters; it needs 0 <= start < end",
            "a.jsonl:1: the span 4-5 ' ' (x) holds no token; remove it",
            "a.jsonl:1: the span 5-12 'bush' (x) leaves the text, which has 9 characters; it needs 0 <= start < end",
            "a.jsonl:2: the span 5-9 'bush' (y) overlaps a span that ends at 9; keep one of them",
        ],
    ),
    (
        "a.inline",
        "ok\n[a](x\nb]\n[[a](x)](y)\n[](x)\n[a]()\n",
        [
            f"a.inline:{line}: '{text}' is no mark like [text](label); write \\[ \\] \\\\ for the signs themselves"
            for line, text in ((2, "[a](x"), (3, "]"), (4, "[[a](x)](y)"), (5, "[](x)"), (6, "[a]()"))
        ],
    ),
    ("a.inline", "a\\b\n", ["a.inline:1: '\\b' means nothing; write \\\\ for a backslash"]),
    (
        "a.inline",
        "a\\",
        ["a.inline:1: '\\' is no mark like [text](label); write \\[ \\] \\\\ for the signs themselves"],
    ),
    ("a.csv", "a", ["a.csv: the reader spacy cannot read '.csv' files; it reads .txt, .jsonl, .inline, .spacy"]),
]


@pytest.mark.parametrize(("name", "text", "expected"), FAULTS)
def test_faults(file: Any, name: str, text: str | bytes, expected: list[str]) -> None:
    assert wrong(file(text, name)) == expected


def test_json_nested_beyond_reason(file: Any) -> None:
    (line,) = wrong(file('{"text": ' + "[" * 100_000, "a.jsonl"))
    assert line.startswith("a.jsonl:1: broken JSON")


def test_length(file: Any) -> None:
    path = file("ok\none two so. Then\n", "a.txt")
    assert wrong(path, reader(max_length=4)) == [
        "a.txt:2: 5 tokens where reader.max_length is 4; set reader.sentences: true"
    ]
    assert wrong(path, reader(max_length=3, sentences=True)) == [
        "a.txt:2: 4 tokens where reader.max_length is 3; raise reader.max_length"
    ]
    assert len(read(path, reader(max_length=4, sentences=True))) == 3


def test_damaged_doc_bins(file: Any) -> None:
    whole = doc_bin(spacy.blank("en")("Ann sleeps."))
    for damaged in (b"", b"no DocBin", whole[:-4], whole[:20] + b"\xff\xff" + whole[22:]):
        (line,) = wrong(file(damaged, "a.spacy"))
        assert line.startswith("a.spacy: no DocBin that spaCy can read (")
        assert line.endswith("); write it anew with spaCy")


def test_paths_that_are_no_files(tmp_path: Path) -> None:
    (tmp_path / "folder.spacy").mkdir()
    assert wrong(tmp_path / "none.jsonl") == ["none.jsonl: no such file"]
    assert wrong(tmp_path / "none.spacy") == ["none.spacy: no such file"]
    assert wrong(tmp_path / "folder.spacy") == ["folder.spacy: a folder, not a file; name the file inside it"]


def test_writing_in_a_form_that_is_none(file: Any, tmp_path: Path) -> None:
    records, path = read(file("a", "a.txt")), tmp_path / "b.xml"
    with pytest.raises(Mistake) as caught:
        ENGLISH.write(records, path)
    assert caught.value.lines == (
        f"{path}: the reader spacy cannot write '.xml' files; it writes .jsonl, .spacy, .inline, .conll",
    )


def test_columns_cannot_hold_a_tab(file: Any, tmp_path: Path) -> None:
    doc = Doc(spacy.blank("en").vocab, words=["a\tb"])
    records = read(file(doc_bin(doc), "a.spacy"))
    with pytest.raises(Mistake, match=r"the token 'a\\tb' holds a tab or a line end, which columns cannot hold"):
        ENGLISH.write(records, tmp_path / "b.conll")
    assert [path.name for path in tmp_path.iterdir()] == ["a.spacy"]


@pytest.mark.parametrize(
    ("pipeline", "expected"),
    [
        ("blank:ne_w", "spaCy knows no language 'ne_w'"),
        ("blank:", "spaCy knows no language ''"),
        (
            "en_core_web_smm",
            "no spaCy pipeline 'en_core_web_smm' is installed; "
            "run: python -m spacy download en_core_web_smm, or use blank:en",
        ),
        ("json", "the package 'json' is no spaCy pipeline; use blank:en, or an installed pipeline"),
        ("./none", "'./none' is no folder with a spaCy pipeline (one that holds meta.json)"),
        ("os.path", "'os.path' is no folder with a spaCy pipeline (one that holds meta.json)"),
    ],
)
def test_pipelines_that_are_not_there(pipeline: str, expected: str) -> None:
    with pytest.raises(ValidationError) as caught:
        reader(pipeline=pipeline)
    assert caught.value.errors()[0]["msg"].startswith(f"Value error, {expected}")
    unchecked = Spacy.Options.model_validate({"pipeline": pipeline}, context={"folder": None})
    assert unchecked.pipeline == pipeline


def test_a_pipeline_that_cannot_be_loaded(file: Any, tmp_path: Path) -> None:
    path = file("a", "a.txt")
    (tmp_path / "meta.json").write_text("{}")
    (line,) = wrong(path, reader(pipeline=str(tmp_path)))
    assert line.startswith(f"reader.pipeline: spaCy cannot load '{tmp_path}': ")


def test_a_docbin_with_tokens_that_nobody_labelled_is_refused(tmp_path: Path) -> None:
    doc = spacy.blank("en")("Ada sings")
    doc.set_ents([Span(doc, 0, 1, label="p")], default="missing")
    DocBin(docs=[doc], attrs=["ENT_IOB", "ENT_TYPE"]).to_disk(tmp_path / "a.spacy")
    with pytest.raises(Mistake, match="1 of 2 tokens have no entity annotation, others have"):
        list(Spacy(Spacy.Options()).read(tmp_path / "a.spacy"))
