"""Every pipeline file in the repository trains, scores and predicts, made small."""

import json
from collections.abc import Callable
from importlib.metadata import entry_points
from itertools import islice
from pathlib import Path

import pytest

from seqpipe import artifact, cli, pipeline, plugins
from seqpipe.heads.classifier import Classifier
from seqpipe.heads.lm import Lm
from seqpipe.heads.tagger import Tagger
from seqpipe.predict import label

ROOT = Path(__file__).parent.parent
FILES = sorted([*ROOT.glob("pipelines/*.yaml"), *ROOT.glob("plugins/*/pipelines/*.yaml")])
SMALL = (
    "encoder.hidden_size=8",
    "train.epochs=1",
    "train.tokens_per_batch=4000",
    "encoder.embed={size: 8, letters: 0}",
)
GENERATED = {True: ("data.generated={length: 12, train: 60, dev: 10, test: 10}",), False: ()}


MORE = {
    "translate": ("reader.subwords=600", "data.limit=200", "head.hidden_size=8", "head.max_length=20"),
    "protein_ss": ("data.limit=100",),
    "genes": ("data.limit=1", "windows.strands=one", "windows.size=4000"),
}
"""What makes single pipelines small."""


def test_all_were_found() -> None:
    assert len(FILES) == 25
    assert set(MORE) <= {file.stem for file in FILES}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_it_begins_with_the_command_that_runs_it(file: Path) -> None:
    first = file.read_text(encoding="utf-8").splitlines()[0]
    root = ROOT if file.parent == ROOT / "pipelines" else file.parent.parent
    assert first.startswith("# ")
    assert first.endswith(f"  seqpipe run {file.relative_to(root)}")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_it_runs(
    file: Path,
    tmp_path: Path,
    real_data: Callable[[str], Path],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SEQPIPE_CACHE", str(tmp_path / "cache"))
    for package in file.parent.parent.glob("seqpipe_*/__init__.py"):
        pytest.importorskip(package.parent.name, reason="this plugin is not installed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plugins, "entry_points", entry_points)
        data = pipeline.load(file).data
        assert data is not None
        if data.dataset and not data.generated:
            real_data(plugins.discover().load("dataset", data.dataset).place)
        sets = [
            part
            for one in (*SMALL, *GENERATED[bool(data.generated)], *MORE.get(file.stem, ()))
            for part in ("--set", one)
        ]
        assert cli.main(["run", str(file), "--out", str(tmp_path / "run"), *sets]) == 0
        out = capsys.readouterr().out
        assert f"seqpipe predict {tmp_path / 'run'}" in out
        loaded = artifact.load(tmp_path / "run")
        metrics = json.loads((tmp_path / "run" / artifact.METRICS).read_text())
        # Of one text there may be no more than its end to score on.
        split = "test" if "test" in metrics else "dev"
        assert 0 < metrics[split]["loss"] < 100
        if type(loaded.model.head) in (Classifier, Tagger):
            assert 0 < metrics[split]["accuracy"] <= 1
        if type(loaded.model.head) is Lm:
            assert 1 < metrics[split]["perplexity"] < 65
        files = json.loads((tmp_path / "run" / artifact.DATA).read_text())[split]["files"]
        records = list(islice(loaded.reader.read(Path(files[0]["path"])), 200))
        assert [one.id for one in label(loaded.model, loaded.reader, records)] == [one.id for one in records]
