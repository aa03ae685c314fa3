"""The lens from the command line: its pictures, the numbers beside them, and what it says where it cannot see."""

import csv
import io
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from matplotlib.colors import to_hex

from seqpipe import Mistake, artifact, pipeline
from seqpipe.cli import main
from seqpipe.codec import Codec, Label, Tags
from seqpipe.compare import FORGET_BIASES, RADII, Setting, compare
from seqpipe.flow import Curve, Row
from seqpipe.lens import compare_cells, look, table
from seqpipe.plots import COLOURS, Panel, apart, draw, save
from seqpipe.plugins import discover
from seqpipe.reader import Record
from seqpipe.run import run as train
from seqpipe.subject import pieces

SMALL = Setting(steps=30, hidden_size=16, seed=1)
PLUGIN = """
import seqpipe
import torch
from torch import nn


class Walk(seqpipe.Encoder):
    '''Goes on from a state, and shows nothing of how.'''

    def __init__(self, options, codec):
        super().__init__(options, codec)
        self.width = 4
        self.table = nn.Embedding(len(codec) + 1, 4)
        self.onward = nn.Linear(8, 4)

    @classmethod
    def causal(cls, options):
        return {causal}

    def forward(self, input, state=None):
        words = self.table(input.forms.word[input.values])
        h = words.new_zeros(len(words), 4) if state is None else state
        steps = []
        for word in words.unbind(1):
            h = self.onward(torch.cat([word, h], 1)).tanh()
            steps.append(h)
        values = torch.stack(steps, 1)
        final = values[torch.arange(len(values)), input.lengths - 1]
        return seqpipe.States(values, input.lengths, final, lambda: final)


@seqpipe.hookimpl
def seqpipe_encoders():
    return {{"{name}": f"{{__name__}}:Walk"}}
"""


def lens(capsys: pytest.CaptureFixture[str], *arguments: Any) -> tuple[int, str, str]:
    code = main(["lens", *map(str, arguments)])
    out, err = capsys.readouterr()
    return code, out, err


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))


def test_a_pipeline_is_seen_before_training(tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "new" / "seen"
    paths = [out / name for name in ("gradients.png", "gradients.csv", "gates.png", "gates.csv")]
    assert lens(capsys, tiny, "--out", out) == (0, "".join(f"{path}\n" for path in paths), "")
    assert sorted(out.iterdir()) == sorted(paths)
    assert {path.read_bytes()[:4] for path in paths[::2]} == {b"\x89PNG"}
    seen = rows(paths[1])
    assert {row["layer"] for row in seen} == {"layer 1 forward", "layer 1 backward"}
    assert {row["quantity"] for row in seen} == {"h", "c"}
    # All of dev has a last step.
    assert [row["records"] for row in seen if row["steps_back"] == "0"] == ["20"] * 4
    assert {row["gate"] for row in rows(paths[3])} == {"input", "forget", "output"}


def test_a_run_is_seen_after_training_with_its_clipping(
    tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, sets = tmp_path / "out", ("train.epochs=2", "train.clip_norm=0.5")
    train(pipeline.load(tiny, sets), out)
    code, shown, err = lens(capsys, out, tmp_path / "test.conll", "--out", tmp_path / "seen", "--format", "svg")
    assert (code, err) == (0, "")
    names = ["gradients", "gates", "clipping"]
    assert shown.split() == [str(tmp_path / "seen" / f"{name}.{kind}") for name in names for kind in ("svg", "csv")]
    noted = [json.loads(line) for line in (out / artifact.EPOCHS).read_text().splitlines()]
    found = [{key: float(value) for key, value in row.items()} for row in rows(tmp_path / "seen" / "clipping.csv")]
    assert found == [{"epoch": one["epoch"], **one["gradient"]} for one in noted]
    assert len(found) == 2
    assert found[0]["clipped"] > 0
    text = (tmp_path / "seen" / "clipping.svg").read_text()
    assert "<svg" in text
    assert "<dc:date>" not in text


def test_a_run_of_before_has_no_clipping_to_show(tiny: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    train(pipeline.load(tiny, ("train.epochs=1",)), out)
    for old in ("", '{"epoch": 1, "loss": 1.0}\n', '{"epoch": 1, "gradient": {"updates": 0}}\n'):
        (out / artifact.EPOCHS).write_text(old)
        assert list(look(out, (), discover(), (), (5, 20))) == ["gradients", "gates"]
    for damaged in ("no", '{"epoch": 1, "gradient": {"updates": 4}}', '{"epoch": 1, "gradient": 4}', "[]"):
        (out / artifact.EPOCHS).write_text(damaged)
        with pytest.raises(Mistake, match=r"epochs\.jsonl: damaged \(\w+\); delete it, or take an intact copy"):
            look(out, (), discover(), (), (5, 20))
    (out / artifact.EPOCHS).unlink()
    assert list(look(out, (), discover(), (), (5, 20))) == ["gradients", "gates"]


def drawn(picture: Any) -> list[list[float]]:
    """The heights of the solid and dashed lines, in order."""
    return [[float(y) for y in line.get_ydata()] for axes in picture.axes for line in axes.lines]


def listed(text: str, column: str) -> list[list[float]]:
    """The same of a table, a list for each curve."""
    curves: dict[tuple[str, str], list[float]] = {}
    for row in csv.DictReader(io.StringIO(text)):
        first, second, *_ = row.values()
        curves.setdefault((first, second), []).append(float(row[column]))
    return list(curves.values())


def test_tables_have_what_the_pictures_show(tiny: Path) -> None:
    found = look(tiny, ("encoder.num_layers=2",), discover(), (), (64, 200))
    assert list(found) == ["gradients", "gates"]
    for name, column, count in (("gradients", "median", 8), ("gates", "mean", 12)):
        picture, text = found[name]
        assert drawn(picture) == listed(text, column)
        assert len(drawn(picture)) == count
    picture, text = compare_cells(SMALL, discover())["cells"]
    assert drawn(picture) == listed(text, "median")
    assert len(drawn(picture)) == 5 + 2 + 3 + 3 + 8 + 5


@pytest.fixture(scope="module")
def page() -> dict[tuple[str, str], list[float]]:
    return {(one.layer, one.quantity): [row.median for row in one.rows] for one in compare(SMALL, discover())}


def test_vanilla_cell_vanishes_or_explodes_by_the_spectral_radius(page: dict[tuple[str, str], list[float]]) -> None:
    far = [page["radius", f"radius {radius:g}"] for radius in RADII]
    assert all(len(one) == 31 for one in far)
    assert [one[0] for one in far] == pytest.approx([1.0] * 5)
    assert [one[30] for one in far] == sorted(one[30] for one in far)
    assert far[0][30] < 1e-9
    assert far[-1][30] > 10


def test_clipping_caps_the_update(page: dict[tuple[str, str], list[float]]) -> None:
    free, clipped = page["clipping", "not clipped"], page["clipping", "clip_norm 5"]
    assert max(free) > 50
    assert clipped == pytest.approx([min(one, 5) for one in free], rel=1e-5)


@pytest.mark.parametrize("cell", ["cec", "lstm1997"])
def test_carousel_alone_is_constant(page: dict[tuple[str, str], list[float]], cell: str) -> None:
    along = page[cell, "along c alone"]
    assert along == pytest.approx([along[0]] * 31)
    assert along[0] == pytest.approx(page[cell, "c"][0])


def test_forget_gate_decays_near_its_power(page: dict[tuple[str, str], list[float]]) -> None:
    lines = [line for (panel, _), line in page.items() if panel == "forget"]
    assert len(lines) == 2 * len(FORGET_BIASES)
    for measured, power in zip(lines[::2], lines[1::2], strict=True):
        assert power[0] == measured[0]
        # Gates move around their bias with what comes in.
        assert measured[30] ** (1 / 30) == pytest.approx(power[30] ** (1 / 30), rel=0.1)
        assert measured == sorted(measured, reverse=True)


def test_a_plugins_encoder_is_seen_by_what_it_carries(
    tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "lens_walk.py"
    file.write_text(PLUGIN.format(causal=True, name="walk"))
    options = ("--plugin", file, "--set", "encoder={type: walk}", "--out", tmp_path)
    code, out, err = lens(capsys, tiny, *options)
    assert (code, err) == (0, "")
    assert [Path(one).name for one in out.split()] == ["gradients.png", "gradients.csv"]
    seen = rows(tmp_path / "gradients.csv")
    assert {(row["layer"], row["quantity"]) for row in seen} == {("carried state", "h")}
    assert seen[0]["steps_back"] == "1"
    assert float(seen[0]["median"]) > float(seen[-1]["median"]) > 0


def test_one_line_for_each_mistake(tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    blind = tmp_path / "lens_blind.py"
    blind.write_text(PLUGIN.format(causal=False, name="blind"))
    reviews = Path(__file__).parents[1] / "pipelines" / "reviews.yaml"
    file, empty = tmp_path / "a file", tmp_path / "no run"
    file.write_text("")
    empty.mkdir()
    seen = ("--out", tmp_path / "seen")
    wanted: dict[tuple[Any, ...], str] = {
        ("gone", *seen): "gone: no such run or pipeline; name a run folder or a pipeline file",
        (empty, *seen): f"{empty}: no run folder that can be read (pipeline.yaml is missing); `seqpipe run` makes one",
        seen: "seqpipe lens: name a run folder or a pipeline file, or say --cells and name none",
        (tiny, "--cells", *seen): "seqpipe lens: name a run folder or a pipeline file, or say --cells and name none",
        (tiny, tmp_path / "x.conll", *seen): f"{tmp_path / 'x.conll'}: no such file",
        (reviews, "--steps", 2, *seen): (
            f"{reviews}: no records to look at of at most 2 steps; name files with some, or raise --steps"
        ),
        (tiny, "--out", file): f"{file}: File exists; --out names another folder",
        (tiny, "--plugin", blind, "--set", "encoder={type: blind}", *seen): (
            "encoder: Walk looks ahead and does not show its steps; give Walk a method `trace`"
        ),
    }
    for arguments, line in wanted.items():
        assert lens(capsys, *arguments) == (2, "", f"{line}\n")
    code, _, err = lens(capsys, tiny)
    assert (code, err) == (2, "seqpipe lens: Missing option '--out'. See seqpipe lens --help.\n")
    assert not (tmp_path / "seen").exists()


def test_a_network_must_fit_into_memory(tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = lens(capsys, tiny, "--set", "encoder.hidden_size=10000000000", "--out", tmp_path)
    assert code == 2
    assert re.fullmatch(r"encoder, head: cannot be built \(.*\); too large\?\n", err)


def test_records_must_be_labelled(tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bare.conll").write_text("Ada\n\n")
    code, _, err = lens(capsys, tiny, tmp_path / "bare.conll", "--out", tmp_path)
    assert code == 2
    assert re.fullmatch(r".*bare\.conll:1: .*\n", err)


def test_without_matplotlib_the_extra_is_named(
    tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("seqpipe.lens", "seqpipe.plots"):
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib.axes", None)
    wanted = "seqpipe lens: draws with matplotlib, which is missing; pip install 'seqpipe[lens]'\n"
    assert lens(capsys, tiny, "--out", tmp_path) == (2, "", wanted)


class Fake:
    def __init__(self, target: type[Codec] | None, aligned: bool) -> None:
        self.target, self.aligned = target, aligned


def cut(target: type[Codec] | None, aligned: bool, records: int, steps: int) -> list[tuple[str, Any]]:
    found = [Record(str(n), "abcdefghij"[:n], "0123456789"[:n] if aligned else "x") for n in (3, 0, 10)]
    chosen = pieces(Fake(target, aligned), found, records, steps)  # type: ignore[arg-type]
    return [(str(one.input), one.target) for one in chosen]


def test_records_that_are_too_long() -> None:
    assert cut(Tags, True, 9, 4) == [("abc", "012"), ("abcd", "0123")]
    assert cut(Label, False, 9, 4) == [("abc", "x")]
    assert cut(Label, False, 9, 10) == [("abc", "x"), ("abcdefghij", "x")]
    assert [one for one, _ in cut(None, False, 9, 4)] == ["abc", "abcd", "efgh", "ij"]
    assert [one for one, _ in cut(None, False, 2, 4)] == ["abc", "efgh"]


def test_names_of_lines_do_not_cover_each_other() -> None:
    assert apart([0.2, 0.5, 0.9], 0.1) == [0.2, 0.5, 0.9]
    assert apart([0.5, 0.5, 0.5], 0.1) == pytest.approx([0.5, 0.6, 0.7])
    assert apart([-3.0, 1.0, 7.0], 0.1) == pytest.approx([0.0, 0.9, 1.0])


def test_every_line_is_named_in_its_colour() -> None:
    """Also one that leaves the picture, is infinite, or never was."""
    lines = {"flat": [1.0, 1.0], "gone": [1.0, 1e-30], "none": [0.0, 0.0], "over": [1.0, float("inf")], "nowhere": []}
    curves = [
        Curve("x", name, [Row(place, 1, *[value] * 4) for place, value in enumerate(values)])
        for name, values in lines.items()
    ]
    axes = draw("all", [Panel("x", "a", "b", curves)]).axes[0]
    assert {text.get_text(): text.get_color() for text in axes.texts} == dict(
        zip(list(lines)[:4], COLOURS, strict=False)
    )
    assert [to_hex(line.get_color()).upper() for line in axes.lines] == list(COLOURS[:4])


def test_the_same_picture_is_the_same_file(tmp_path: Path) -> None:
    curve = Curve("l", "h", [Row(0, 2, 0.5, 1.0, 1.5, 1.0), Row(1, 1, 0.1, 0.2, 0.3, 0.2)])
    for name in ("a.svg", "b.svg", "a.png", "b.png"):
        save(draw("all", [Panel("x", "a", "b", [curve])]), tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_a_table_has_a_line_for_each_place() -> None:
    curve = Curve("l", "h", [Row(0, 2, 0.5, 1.0, 1.5, 1.0), Row(1, 1, 0.0, 0.0, 0.0, 0.0)])
    heads = "layer,quantity,steps_back,records,lower_quartile,median,upper_quartile,mean"
    wanted = f"{heads}\nl,h,0,2,0.5,1.0,1.5,1.0\nl,h,1,1,0.0,0.0,0.0,0.0\n"
    assert table(("layer", "quantity", "steps_back", "records"), [curve]) == wanted
