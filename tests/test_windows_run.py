"""Windows and strands from the pipeline file to the command line."""

import json
from pathlib import Path

import pytest

from seqpipe import artifact
from seqpipe.cli import main
from seqpipe.errors import Mistake
from seqpipe.letters import Letters
from seqpipe.pipeline import load
from seqpipe.predict import label
from seqpipe.reader import Record
from seqpipe.run import run

ROOT = Path(__file__).parents[1]


def lines_of(file: Path, *overrides: str) -> list[str]:
    with pytest.raises(Mistake) as mistake:
        load(file, overrides)
    return [line.partition("windows.")[2] for line in mistake.value.lines]


def test_both_strands_need_strands_and_a_label_for_each_step(tiny: Path) -> None:
    strand = "strands: what this reader reads has no other strand; set it to one"
    assert lines_of(tiny, "windows={strands: both}") == [strand]
    tagged = ROOT / "pipelines" / "protein_ss.yaml"
    assert "strands: the head 'classifier' has no label for each step; set it to one" in lines_of(
        tagged, "windows={strands: both}", "head={type: classifier}"
    )


def test_a_strand_that_the_records_do_not_have_is_told_before_training(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("sequence\tlabel\nMKV\tHHE\n")
    file = tmp_path / "p.yaml"
    file.write_text(
        "reader: {type: sequences, alphabet: protein, target: tags}\ndata: {train: a.tsv}\n"
        "encoder: {type: lstm}\nhead: {type: tagger}\nwindows: {strands: both}\n"
    )
    with pytest.raises(Mistake) as mistake:
        run(load(file), tmp_path / "out")
    assert mistake.value.lines == (f"{tmp_path / 'a.tsv'}:2: has no other strand; set windows.strands to one",)


@pytest.fixture(scope="module")
def genes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run on made-up genes, hardly trained."""
    out = tmp_path_factory.mktemp("genes") / "run"
    small = ["train.epochs=1", "encoder.hidden_size=4", "windows={size: 300, context: 20, strands: both}"]
    run(load(ROOT / "pipelines" / "dna.yaml", small), out)
    return out


def test_the_share_of_labels_that_depends_on_the_cut_is_told(genes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cuts = {}
    for stitch in ("exact", "overlap"):
        option = f"windows={{size: 300, context: 1, stitch: {stitch}}}"
        assert main(["evaluate", str(genes), "--json", "--measure-cut", "--set", option]) == 0
        cuts[stitch] = json.loads(capsys.readouterr().out)["cut"]
    assert cuts["exact"] == 0 < cuts["overlap"] < 1
    file = str(ROOT / "pipelines" / "orfs" / "genome.gb")
    assert main(["predict", str(genes), file, "--measure-cut"]) == 0
    told = capsys.readouterr().err.splitlines()[-1]
    assert told.startswith("0.0000% of ")
    assert told.endswith(" steps in windows have another label where these are cut elsewhere")
    whole = ["predict", str(genes), file, "--measure-cut", "--set", "windows.size=1000000"]
    assert main(whole) == 0
    assert capsys.readouterr().err.splitlines()[-1] == "no record was so long that it went in windows"


def test_the_other_strand_of_a_genome_has_the_mirrored_labels(genes: Path) -> None:
    _, reader, model = artifact.load(genes)
    (record, *_) = reader.read(ROOT / "pipelines" / "orfs" / "genome.gb")
    other = Record("other", Letters("dna").reverse_complement(str(record.input)))
    for size in (300, 10**6):
        model.windows = model.windows.model_copy(update={"size": size})
        (one,), (two,) = (list(label(model, reader, [text])) for text in (record, other))
        assert len(set(one.target)) > 1
        assert [reader.mirror(tag) for tag in one.target] == list(two.target)[::-1]
