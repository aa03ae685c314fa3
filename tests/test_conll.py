"""Reading columns: schemes of tags, CoNLL-U, comments, and what is refused with which words."""

import gzip
import logging
import os
from pathlib import Path
from typing import Any

import pytest

from seqpipe.errors import Mistake
from seqpipe.lines import MOST
from seqpipe.reader import Record
from seqpipe.readers.conll import Conll


def reader(**options: Any) -> Conll:
    return Conll(Conll.Options.model_validate(options))


def read(path: Path, **options: Any) -> list[Record]:
    return list(reader(**options).read(path))


def wrong(path: Path, **options: Any) -> list[str]:
    """The lines of the mistake that reading raises, without the folder."""
    with pytest.raises(Mistake) as caught:
        read(path, **options)
    return [line.replace(f"{path.parent}{os.sep}", "") for line in caught.value.lines]


def test_words_tags_and_lines(file: Any) -> None:
    path = file("Ann B-per\nsleeps O\n\nin O\nNew B-place\nVell I-place\n")
    first, second = read(path)
    assert (first.id, first.input, first.target) == ("1", ["Ann", "sleeps"], ["B-per", "O"])
    assert (second.id, second.input, second.target) == ("2", ["in", "New", "Vell"], ["O", "B-place", "I-place"])
    assert (first.where, second.where) == (f"{path}:1", f"{path}:4")


@pytest.mark.parametrize("blank", ["\n", "\t\n", "  \n", "\r\n", "\n\n \n"])
def test_sentences_end_at_lines_of_white_space(file: Any, blank: str) -> None:
    assert [one.input for one in read(file(f"a\tO\n{blank}b\tO"))] == [["a"], ["b"]]


@pytest.mark.parametrize("sign", ["\u2028", "\u0085", "\u00a0", "\u3000", "\x1c"])
def test_other_white_space_of_unicode_is_text(file: Any, sign: str) -> None:
    assert read(file(f"a{sign}b O\n{sign}\tO\n"))[0].input == [f"a{sign}b", sign]


def test_byte_order_mark_and_crlf(file: Any) -> None:
    (one,) = read(file("\ufeffAnn\tB-per\r\nsleeps\tO\r\n"))
    assert (one.input, one.target) == (["Ann", "sleeps"], ["B-per", "O"])


def test_plain_tags(file: Any) -> None:
    one = reader(scheme="none")
    assert not one.target.spans
    assert reader().target.spans
    (record,) = one.read(file("The DET\ncat NOUN\n"))
    assert record.target == ["DET", "NOUN"]
    assert one.render(record) == "The/DET cat/NOUN"


def test_render_marks_spans() -> None:
    record = Record("1", ["a", "[b]", "c\\d", "e"], ["O", "B-x", "I-x", "O"])
    assert reader().render(record) == r"a [\[b\] c\\d](x) e"
    assert reader().render(Record("1", ["a"])) == "a"


def test_malformed_spans_are_repaired_and_told(file: Any, caplog: pytest.LogCaptureFixture) -> None:
    path = file("a O\nb I-x\n\nc I-y\nd I-y\ne I-x\n")
    with caplog.at_level(logging.WARNING, "seqpipe"):
        first, second = read(path)
    assert first.target == ["O", "B-x"]
    assert second.target == ["B-y", "I-y", "B-x"]
    assert caplog.messages == [
        f"{path}:2: 'I-x' does not fit the scheme bio; 3 such tags of this file are read as conlleval reads them"
    ]


def test_well_formed_files_warn_of_nothing(file: Any, caplog: pytest.LogCaptureFixture) -> None:
    read(file("a B-x\nb I-x\n"))
    assert caplog.messages == []


def test_columns_by_number_and_by_name(file: Any) -> None:
    text = "1\tAnn\tNOUN\tB-per\tx\n"
    for columns in ({"token": 1, "tag": 3}, {"token": -4, "tag": -2}, {"token": "FORM", "tag": "NER"}):
        (one,) = read(file(text), columns=columns, fields=["ID", "FORM", "UPOS", "NER", "MORE"])
        assert (one.input, one.target) == (["Ann"], ["B-per"])


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("Ann\nsleeps\n", {}),
        ("1 Ann\n2 sleeps\n", {"columns": {"token": 1, "tag": 2}}),
        ("1 Ann\n2 sleeps\n", {"columns": {"token": 1, "tag": -1}}),
        ("Ann\nsleeps\n", {"fields": ["FORM", "UPOS", "XPOS"], "columns": {"token": "FORM", "tag": "UPOS"}}),
    ],
)
def test_files_without_a_tag_column_are_unlabelled(file: Any, text: str, options: dict[str, Any]) -> None:
    (one,) = read(file(text), **options)
    assert (one.input, one.target) == (["Ann", "sleeps"], None)


CONLLU = """\
# newdoc
# sent_id = w-1
# text = Don't go.
1-2\tDon't\t_\t_\t_\t_\t_\t_\t_\t_
1\tDo\tdo\tAUX\tVBP\t_\t3\taux\t_\t_
2\tn't\tnot\tPART\tRB\t_\t3\tadvmod\t_\t_
3\tgo there\tgo\tVERB\tVB\t_\t0\troot\t_\t_
3.1\tgone\tgo\tVERB\tVB\t_\t_\t_\t_\t_

# sent_id = w-2
1\t#\t#\tSYM\tNN\t_\t0\troot\t_\t_

"""
UPOS = {"columns": {"token": "FORM", "tag": "UPOS"}, "scheme": "none"}


def test_conllu_names_its_columns_and_skips_what_is_no_word(file: Any, tmp_path: Path) -> None:
    path = file(CONLLU, "a.conllu")
    first, second = read(path, **UPOS, fields=["FORM", "UPOS", "XPOS"])
    assert (first.id, first.input, first.target) == ("w-1", ["Do", "n't", "go there"], ["AUX", "PART", "VERB"])
    assert (second.id, second.input, second.target) == ("w-2", ["#"], ["SYM"])
    changed = Record("1", first.input, ["X", "Y", "Z"], origin=first.origin)
    reader(**UPOS).write([changed, second], tmp_path / "b")
    expected = CONLLU.replace("\tAUX\t", "\tX\t").replace("\tPART\t", "\tY\t").replace("go\tVERB", "go\tZ", 1)
    assert (tmp_path / "b").read_text() == expected


def test_conllu_without_tags(file: Any) -> None:
    row = "1\tgo\t_\t_\t_\t_\t_\t_\t_\t_\n"
    assert read(file(row, "a.conllu"), **UPOS)[0].target is None
    feats = {"columns": {"token": "FORM", "tag": "FEATS"}, "scheme": "none"}
    assert read(file(row, "a.conllu"), **feats)[0].target == ["_"]
    both = row + "2\tgo\tgo\tVERB\t_\t_\t_\t_\t_\t_\n"
    assert wrong(file(both, "a.conllu"), **UPOS) == [
        "a.conllu:1: the tag is '_', unknown, while other tokens of the sentence have one"
    ]


def test_conllu_plus(file: Any) -> None:
    text = "# global.columns = ID FORM NER\n# sent_id = 5\n1-2\tzum\t_\n1\tzu\tO\n2\tdem\tB-x\n"
    (one,) = read(file(text, "a.tsv"), columns={"token": "FORM", "tag": "NER"})
    assert (one.id, one.input, one.target) == ("5", ["zu", "dem"], ["O", "B-x"])


def test_ids_are_unique(file: Any) -> None:
    rows = "# sent_id = a\nx O\n\n# sent_id = a\ny O\n\nz O\n"
    assert [one.id for one in read(file(rows))] == ["a", "a~2", "3"]


def test_comments(file: Any) -> None:
    text = "# one\n#two O\n# O\n\n# three\n#\tO\n"
    assert [one.input for one in read(file(text))] == [["#two", "#"], ["#"]]
    assert [one.input for one in read(file("% x\na O\n"), comment="% ")] == [["a"]]
    assert [one.input for one in read(file("# O\na O\n"), comment=None)] == [["#", "a"]]


NAMES = "ID, FORM, LEMMA, UPOS, XPOS, FEATS, HEAD, DEPREL, DEPS, MISC"
FAULTS: list[tuple[str | bytes, dict[str, Any], list[str]]] = [
    ("", {}, ["a.conll: no sentence in it; is it the right file?"]),
    ("\n# x\n\n", {}, ["a.conll: no sentence in it; is it the right file?"]),
    (b"a O\n\xff O\n", {}, ["a.conll:2: not UTF-8 (byte 0xff at position 1); save the file as UTF-8"]),
    ("a O\n\nb\0 O\n", {}, ["a.conll:3: a NUL character; is this a text file?"]),
    ("a O\rb O\r", {}, ["a.conll:1: a carriage return inside the line; let lines end in \\n or \\r\\n"]),
    (
        "a b c O\na b O\n",
        {},
        ["a.conll:2: 3 columns where 4 are needed, as many as in the first line of columns"],
    ),
    (
        "a O\nb\n\nc d O\n",
        {},
        [
            "a.conll:2: 1 column where 2 are needed, as many as in the first line of columns",
            "a.conll:4: 3 columns where 2 are needed, as many as in the first line of columns",
        ],
    ),
    ("a O\n", {"columns": {"tag": 3}}, ["a.conll:1: 2 columns where 4 are needed; see reader.columns"]),
    ("a O\n", {"columns": {"token": -3}}, ["a.conll:1: 2 columns where 3 are needed; see reader.columns"]),
    (
        "a b O\n",
        {"columns": {"token": 1, "tag": -2}},
        ["a.conll:1: token and tag are the same column; see reader.columns"],
    ),
    ("a\tO\n\tO\n", {}, ["a.conll:2: the token is empty"]),
    ("a\tO\nb\t\n", {}, ["a.conll:2: the tag is empty"]),
    (
        "a O\nb X\n",
        {},
        [
            "a.conll:2: 'X' is no tag of the scheme bio (O, B-type, I-type); "
            "is reader.columns.tag right, and reader.scheme?"
        ],
    ),
    (
        "a S-x\n",
        {"scheme": "bilou"},
        [
            "a.conll:1: 'S-x' is no tag of the scheme bilou (O, B-type, I-type, L-type, U-type); "
            "is reader.columns.tag right, and reader.scheme?"
        ],
    ),
    (
        "a O\n\nb O\nc O\nd O\n",
        {"max_length": 2},
        [
            "a.conll:3: the sentence that begins here has over 2 lines; "
            "is a blank line missing? if not, raise reader.max_length"
        ],
    ),
    (
        "# O\na O\n",
        {},
        ["a.conll:1: read as a comment, yet it looks like a token and its tag; set reader.comment (null: no comments)"],
    ),
    (
        "a O\n",
        {"columns": {"token": "FORM"}},
        ["a.conll:1: the file does not name its columns, so none is 'FORM'; name them in reader.fields"],
    ),
    (
        "a O\n",
        {"columns": {"token": "FROM"}, "fields": ["FORM", "NER"]},
        ["a.conll:1: no column named 'FROM'; did you mean 'FORM'?"],
    ),
]


@pytest.mark.parametrize(("text", "options", "expected"), FAULTS)
def test_faults(file: Any, text: str | bytes, options: dict[str, Any], expected: list[str]) -> None:
    assert wrong(file(text), **options) == expected


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        (
            "1\ta\n",
            UPOS,
            [f"a.conllu:1: 2 columns where 10 are needed: {NAMES}"],
        ),
        (
            CONLLU,
            {},
            [
                "a.conllu:4: the token column is ID, a number; "
                "say reader.columns: {token: FORM, tag: UPOS}, or another name"
            ],
        ),
        (
            CONLLU.replace("_\n\n#", "_\n#"),
            UPOS,
            ["a.conllu:9: a comment inside a sentence; is a blank line missing before it?"],
        ),
    ],
)
def test_faults_of_conllu(file: Any, text: str, options: dict[str, Any], expected: list[str]) -> None:
    assert wrong(file(text, "a.conllu"), **options) == expected


def test_at_most_twenty_mistakes_at_once(file: Any) -> None:
    lines = wrong(file("a X\n\n" * 50))
    assert len(lines) == MOST + 1
    assert lines[0].startswith("a.conll:1: 'X'")
    assert lines[MOST - 1].startswith("a.conll:39: 'X'")
    assert lines[-1] == "a.conll: more mistakes than these 20"


def test_mistakes_before_a_broken_line_are_told_with_it(file: Any) -> None:
    lines = wrong(file(b"a X\n\nb O\n\xff\n"))
    assert [line.split(" ")[0] for line in lines] == ["a.conll:1:", "a.conll:4:"]


def test_records_before_the_first_mistake_come_and_none_after(file: Any) -> None:
    records = reader().read(file("a O\n\nb X\n\nc O\n"))
    assert next(records).input == ["a"]
    with pytest.raises(Mistake):
        next(records)


def test_paths_that_are_no_files(tmp_path: Path, file: Any) -> None:
    assert wrong(tmp_path / "none") == ["none: no such file"]
    (tmp_path / "folder").mkdir()
    assert wrong(tmp_path / "folder") == ["folder: a folder, not a file; name the file inside it"]
    damaged = gzip.compress(b"a O\n" * 1000)[:-9]
    (line,) = wrong(file(damaged, "a.gz"))
    assert line.startswith("a.gz: damaged gzip data (")
    assert line.endswith("); fetch or pack the file anew")
    (line,) = wrong(file(b"a O\n", "b.gz"))
    assert line.startswith("b.gz: damaged gzip data (Not a gzipped file")


def test_one_column_cannot_be_both() -> None:
    with pytest.raises(ValueError, match="token and tag are the same column"):
        reader(columns={"token": 1, "tag": 1})
