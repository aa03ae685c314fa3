"""Each check of a reader finds the reader that is broken in just that, and says where to look."""

from pathlib import Path

import pytest

from seqpipe.testing import check_reader

BROKEN = Path(__file__).parent / "broken" / "broken_readers.py"

CAUGHT = {
    "AtOnce": "read gives a list; let it yield each record when it has been read",
    "Nothing": "read gives no seqpipe.Record of",
    "OneId": "the ids are not texts that differ: ['1', '1']",
    "Nowhere": "Record.where is '', which does not begin with the file",
    "Bare": "the reader has a codec of targets, but no record of",
    "Counting": "reading the file a second time gives other records",
    "OneRow": "input.encode gives 1 rows for 2 values",
    "Listing": "input.encode gives no arrays of one kind, steps first, such as [T] int64; see kind",
    "ByPlace": "input.encode gives other numbers for a value alone than among others; see kind",
    "Miscounting": "input.steps counts 7, but there are 5 numbers",
    "ATagTooFew": "2 tags for 3 steps; Tags are one for each step",
    "ForgottenState": "input: a codec restored from state() gives other numbers",
    "OtherTags": "target: decode does not give back what was encoded",
    "NoText": "text gives a list, not a text",
    "TextOfId": "text depends on more than the input",
    "TwoLines": "which is not one line",
    "NoScores": "score gives no dict of names and numbers",
    "Fewer": "augment does not give one record for each, in order",
    "AnyChance": "augment gives other records by the same random numbers; draw from `chance` alone",
    "InPlace": "augment changes the records that it is given",
    "HalfTurned": "reversed twice, the record is another",
    "NotWritten": "write leaves no file, or an empty one, for .lines, which `suffixes` lists",
    "NeverWritten": "write refuses .lines, which `suffixes` lists: ",
    "WrittenOtherwise": "what write makes of a.lines is read as other records",
    "Unasked": "a file that is not there is read as if it were",
    "Undecodable": "a file of noise raises UnicodeDecodeError",
    "Nameless": "a file that is not there is refused without its name",
}


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    path = tmp_path / "a.lines"
    path.write_text("bXaYbY\ncXcY\n")
    return path


@pytest.mark.parametrize("name", ["Lines", "Coding"])
def test_one_that_keeps_all_promises_passes(name: str, lines: Path) -> None:
    check_reader(name, lines, plugin=BROKEN)


@pytest.mark.parametrize("name", CAUGHT)
def test_one_that_breaks_a_promise_is_caught(name: str, lines: Path) -> None:
    with pytest.raises(AssertionError) as caught:
        check_reader(name, lines, plugin=BROKEN)
    first = str(caught.value).splitlines()[0]
    assert first.startswith(f"reader {name} on a.lines: ")
    assert CAUGHT[name] in first
