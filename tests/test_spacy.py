"""Running text: forms of files, offsets, sentences, and that what is read is written back. With real spaCy."""

import gzip
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.tokens import Doc, DocBin

from seqpipe import tags
from seqpipe.reader import Record
from seqpipe.readers import inline
from seqpipe.readers.spacy import Spacy


def reader(**options: Any) -> Spacy:
    return Spacy(Spacy.Options.model_validate(options))


ENGLISH = reader()
SPLIT = reader(sentences=True)


def read(path: Path, one: Spacy = ENGLISH) -> list[Record]:
    return list(one.read(path))


def content(records: list[Record]) -> list[tuple[Any, Any]]:
    return [(record.input, record.target) for record in records]


PRODIGY = {
    "text": "Ann saw New Vell.",
    "meta": {"source": "x"},
    "tokens": [],
    "spans": [{"start": 0, "end": 3, "label": "person", "token_start": 0}, {"start": 8, "end": 16, "label": "place"}],
    "answer": "accept",
}
TARGET = ["B-person", "O", "B-place", "I-place", "O"]


@pytest.mark.parametrize(
    "document",
    [
        PRODIGY,
        {"text": PRODIGY["text"], "label": [[0, 3, "person"], [8, 16, "place"]]},
        {"id": 4, "text": PRODIGY["text"], "labels": [[8, 16, "place"], [0, 3, "person"]]},
        {"text": PRODIGY["text"], "entities": [[0, 3, "person"], [7, 16, "place"]]},
        {
            "text": PRODIGY["text"],
            "entities": [
                {"id": 1, "start_offset": 0, "end_offset": 3, "label": "person"},
                {"id": 2, "start_offset": 8, "end_offset": 16, "label": "place"},
            ],
            "label": "news",
        },
    ],
)
def test_forms_of_json(file: Any, document: dict[str, Any]) -> None:
    (one,) = read(file(json.dumps(document) + "\n\n", "a.jsonl"))
    assert one.input == ["Ann", "saw", "New", "Vell", "."]
    assert one.target == TARGET
    assert one.where.endswith("a.jsonl:1")


def test_unlabelled_and_empty_are_two_things(file: Any) -> None:
    bare, none = read(file('{"text": "Ann"}\n{"text": "Ann", "spans": []}\n', "a.jsonl"))
    assert (bare.target, none.target) == (None, ["O"])


def test_text_lines_do_not_shift(file: Any) -> None:
    records = read(file("Ann  saw\tBob.\r\n\r\n   \nEnd", "a.txt"))
    assert content(records) == [(["Ann", "saw", "Bob", "."], None), ([], None), ([], None), (["End"], None)]
    assert [record.id for record in records] == ["1", "2", "3", "4"]


def test_inline_marks(file: Any, tmp_path: Path) -> None:
    text = r"[Ann Lee](person)'s \[sic\] saw [New Vell](big place), \\ here."
    (one,) = records = read(file(text + "\n", "a.inline"))
    assert tags.spans(one.target) == [(0, 2, "person"), (7, 9, "big place")]
    assert ENGLISH.render(one) == text
    ENGLISH.write(records, tmp_path / "b.inline")
    assert (tmp_path / "b.inline").read_text() == text + "\n"


def test_predictions_in_json_keep_the_other_keys(file: Any, tmp_path: Path) -> None:
    (one,) = read(file(json.dumps(PRODIGY), "a.jsonl"))
    predicted = replace(one, target=["O", "O", "B-place", "I-place", "O"], confidence=[0.5, 0.6, 0.75, 0.1, 0.2])
    ENGLISH.write([predicted], tmp_path / "b.jsonl")
    written = json.loads((tmp_path / "b.jsonl").read_text())
    span = {"start": 8, "end": 16, "label": "place", "text": "New Vell", "confidence": 0.75}
    assert written == {**PRODIGY, "spans": [span]}


def test_doccano_spans_are_replaced_by_predicted_ones(file: Any, tmp_path: Path) -> None:
    (one,) = read(file('{"id": 7, "text": "Ann", "label": [[0, 3, "person"]]}', "a.jsonl"))
    ENGLISH.write([replace(one, target=["O"])], tmp_path / "b.jsonl")
    assert json.loads((tmp_path / "b.jsonl").read_text()) == {"id": 7, "text": "Ann", "spans": []}


def test_unlabelled_json_is_written_without_spans(file: Any, tmp_path: Path) -> None:
    ENGLISH.write(read(file('{"text": "\\ud83d\\ude00 ok", "m": "\\ud800"}', "a.jsonl")), tmp_path / "b.jsonl")
    assert json.loads((tmp_path / "b.jsonl").read_text()) == {"text": "😀 ok", "m": "\ud800"}


def test_columns(file: Any, tmp_path: Path) -> None:
    ENGLISH.write(read(file("[Ann](x) sleeps\n", "a.inline")), tmp_path / "b.conll")
    assert (tmp_path / "b.conll").read_text() == "Ann\tB-x\nsleeps\tO\n\n"
    ENGLISH.write(read(file("Ann sleeps\n", "a.txt")), tmp_path / "b.conll")
    assert (tmp_path / "b.conll").read_text() == "Ann\nsleeps\n\n"


def doc_bin(*docs: Doc) -> bytes:
    return bytes(DocBin(docs=docs).to_bytes())


def test_doc_bin_with_its_own_tokens(file: Any, tmp_path: Path) -> None:
    nlp = spacy.blank("en")
    words = ["don't", " ", "New York", "!"]
    doc = Doc(nlp.vocab, words=words, spaces=[True, False, False, False])
    doc.set_ents([doc.char_span(7, 15, label="place")], default="outside")
    bare = nlp("No one knows")
    records = read(file(doc_bin(doc, bare), "a.spacy"))
    assert content(records) == [(["don't", "New York", "!"], ["O", "B-place", "O"]), (["No", "one", "knows"], None)]
    assert records[1].where.endswith("a.spacy: document 2")
    ENGLISH.write(records, tmp_path / "b.spacy")
    first, second = DocBin().from_disk(tmp_path / "b.spacy").get_docs(nlp.vocab)
    assert (first.text, second.text) == (doc.text, bare.text)
    assert [(ent.text, ent.label_, ent.start_char) for ent in first.ents] == [("New York", "place", 7)]
    assert not second.has_annotation("ENT_IOB")
    assert content(read(tmp_path / "b.spacy")) == content(records)


def test_gzip(file: Any, tmp_path: Path) -> None:
    records = read(file(gzip.compress(b"[Ann](x) sleeps\n"), "a.inline.gz"))
    for name in ("b.inline.gz", "b.jsonl.gz", "b.spacy.gz"):
        ENGLISH.write(records, tmp_path / name)
        assert content(read(tmp_path / name)) == [(["Ann", "sleeps"], ["B-x", "O"])]


STORY = "Ann sleeps. Bob Lee wakes.  Where?\n\nHere."


def test_sentences_are_records_and_come_together_again(file: Any, tmp_path: Path) -> None:
    documents = [{"text": STORY, "spans": [{"start": 12, "end": 19, "label": "x"}], "k": 1}, {"text": "", "spans": []}]
    records = read(file("".join(json.dumps(one) + "\n" for one in documents), "a.jsonl"), SPLIT)
    assert [record.id for record in records] == ["1.1", "1.2", "1.3", "1.4", "2.1"]
    assert [len(record.input) for record in records] == [3, 4, 2, 2, 0]
    assert records[1].target == ["B-x", "I-x", "O", "O"]
    assert SPLIT.render(records[1]) == "[Bob Lee](x) wakes."
    SPLIT.write(records, tmp_path / "b.jsonl")
    written = [json.loads(line) for line in (tmp_path / "b.jsonl").read_text().splitlines()]
    documents[0]["spans"][0]["text"] = "Bob Lee"  # type: ignore[index]
    assert written == documents
    SPLIT.write(records, tmp_path / "b.spacy")
    assert [doc.text for doc in DocBin().from_disk(tmp_path / "b.spacy").get_docs(spacy.blank("en").vocab)] == [
        STORY,
        "",
    ]


def test_a_span_across_a_border_keeps_sentences_together(file: Any) -> None:
    text = "One. [Two. Three](x) four. Five."
    assert [len(record.input) for record in read(file(text, "a.inline"), SPLIT)] == [2, 5, 2]
    assert len(read(file(text, "a.inline"))) == 1


def test_a_pipeline_in_a_folder_sets_its_own_borders(file: Any, tmp_path: Path) -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer", config={"punct_chars": [";"]})
    nlp.to_disk(tmp_path / "own")
    options = Spacy.Options.model_validate({"pipeline": "own", "sentences": True}, context={"folder": tmp_path})
    assert options.pipeline == str(tmp_path / "own")
    records = read(file("One. Two; three.", "a.txt"), Spacy(options))
    assert [record.input for record in records] == [["One", ".", "Two", ";"], ["three", "."]]


def test_borders_that_a_doc_bin_sets_itself(file: Any) -> None:
    doc = Doc(spacy.blank("en").vocab, words=["a", "b", "c"], sent_starts=[True, False, True])
    assert [record.input for record in read(file(doc_bin(doc), "a.spacy"), SPLIT)] == [["a", "b"], ["c"]]


def test_languages(file: Any) -> None:
    (one,) = read(file("L'été d'Anne.", "a.txt"), reader(pipeline="blank:fr"))
    assert one.input == ["L'", "été", "d'", "Anne", "."]


def test_checking_options_does_not_import_spacy() -> None:
    code = (
        "import sys; from seqpipe.readers.spacy import Spacy; Spacy(Spacy.Options(pipeline='blank:de'));"
        "assert 'spacy' not in sys.modules and 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


PIECES = [
    *("Ann", "n't", "'s", "a.b", "U.S.", ".", "?", "[", "]", "(", ")", "\\"),
    *("\U0001f600", "\U0001f469\u200d\U0001f469\u200d\U0001f467", "e\u0301te\u0301", "\u200d", "Ⅷ", "ß", "日本"),
    *(" ", "  ", "\r\n", "\n", "\t", "\u00a0", "\u2028", "\u0085", "\u3000", "\ufeff"),
]
texts = (
    st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=12)
    .map("".join)
    .filter(lambda text: "\0" not in text and not any("\ud800" <= sign <= "\udfff" for sign in text))
)


@st.composite
def labelled(draw: st.DrawFn) -> dict[str, Any]:
    """A document whose spans begin and end with tokens."""
    text = draw(texts)
    offsets = ENGLISH.tokenizer.cut(text).offsets
    borders = sorted(draw(st.sets(st.integers(0, len(offsets)), max_size=6)))
    kinds = st.sampled_from(["x", "a-b", "to ()[]\\"])
    spans = [
        {"start": offsets[start][0], "end": offsets[end - 1][1], "label": draw(kinds)}
        for start, end in zip(borders[::2], borders[1::2], strict=False)
    ]
    return {"text": text, "spans": [{**span, "text": text[span["start"] : span["end"]]} for span in spans]}


@settings(deadline=None)
@given(texts)
def test_tokens_are_what_stands_at_their_offsets(text: str) -> None:
    offsets = ENGLISH.tokenizer.cut(text).offsets
    words = [text[start:end] for start, end in offsets]
    assert "".join(words) == "".join(text.split())
    assert words == [token.text for token in spacy_english(text) if not token.is_space]


spacy_english = spacy.blank("en")


@settings(deadline=None)
@given(st.lists(labelled(), min_size=1, max_size=3), st.sampled_from([ENGLISH, SPLIT]))
def test_what_is_read_is_written_back(
    tmp_path_factory: pytest.TempPathFactory, documents: list[dict[str, Any]], one: Spacy
) -> None:
    folder = tmp_path_factory.getbasetemp()
    given_text = "".join(json.dumps(document, ensure_ascii=False) + "\n" for document in documents)
    (folder / "a.jsonl").write_bytes(given_text.encode())
    records = read(folder / "a.jsonl", one)
    one.write(records, folder / "b.jsonl")
    assert (folder / "b.jsonl").read_bytes() == given_text.encode()
    one.write(records, folder / "b.spacy")
    docs = DocBin().from_disk(folder / "b.spacy").get_docs(spacy_english.vocab)
    found = [(doc.text, [(ent.start_char, ent.end_char, ent.label_) for ent in doc.ents]) for doc in docs]
    wanted = [(text["text"], [(s["start"], s["end"], s["label"]) for s in text["spans"]]) for text in documents]
    assert found == wanted
    assert content(read(folder / "b.spacy")) == content(read(folder / "a.jsonl"))
    one.write(records, folder / "b.inline")
    lines = (folder / "b.inline").read_bytes().decode().removesuffix("\n").split("\n")
    assert [inline.parse(line, "") for line in lines] == wanted


HARROWMERE = Path(__file__).parent.parent / "pipelines" / "harrowmere"


def test_the_corpus_that_ships_is_written_back_byte_for_byte(tmp_path: Path) -> None:
    paths = sorted(HARROWMERE.glob("**/*.inline"))
    assert len(paths) > 50
    for path in paths:
        records = read(path)
        ENGLISH.write(records, tmp_path / "b.inline")
        assert (tmp_path / "b.inline").read_bytes() == path.read_bytes()
        assert "".join(f"{ENGLISH.render(record)}\n" for record in records) == path.read_text()


@pytest.mark.parametrize(("answer", "labelled"), [("accept", True), ("reject", False), ("ignore", False)])
def test_what_a_prodigy_annotator_did_not_accept_is_no_label(tmp_path: Path, answer: str, labelled: bool) -> None:
    line = {"text": "Ada sings", "spans": [{"start": 0, "end": 3, "label": "p"}], "answer": answer}
    (tmp_path / "a.jsonl").write_text(json.dumps(line) + "\n")
    (record,) = Spacy(Spacy.Options()).read(tmp_path / "a.jsonl")
    assert record.target == (["B-p", "O"] if labelled else None)
