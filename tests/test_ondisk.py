"""Arrays in a file: what arrays in memory are, in less memory, and nothing left behind."""

import gc
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqpipe.coded import Coded
from seqpipe.ondisk import OnDisk

SHAPES = st.lists(st.integers(0, 9), min_size=1, max_size=3)


@settings(deadline=None)
@given(SHAPES, st.data())
def test_it_is_what_an_array_is(shape: list[int], data: st.DataObject) -> None:
    array = np.arange(1, np.prod(shape) + 1, dtype=np.int16).reshape(shape)
    disk = OnDisk(array.shape, array.dtype)
    assert not np.asarray(disk).any()
    disk[:] = array
    assert np.array_equal(disk, array)
    assert np.array_equal(OnDisk.of(disk), array)
    assert len(list(disk)) == len(disk) == len(array)
    assert all(np.array_equal(disk[row], array[row]) for row in range(-len(array), len(array)))
    start, stop = sorted((data.draw(st.integers(0, len(array))), data.draw(st.integers(0, len(array)))))
    assert np.array_equal(disk[start:stop], array[start:stop])
    view = disk.part(start, stop).part(0, stop - start)
    assert np.array_equal(view, array[start:stop])
    view[:] = 7
    array[start:stop] = 7
    assert np.array_equal(disk, array)


def test_rows_that_are_not_there() -> None:
    with pytest.raises(IndexError):
        OnDisk((3,), np.int8)[3]
    with pytest.raises(ValueError, match="broadcast"):
        OnDisk((3,), np.int8)[0:2] = np.arange(3)


def test_labels_may_lie_on_disk() -> None:
    codes = OnDisk((70_000,), np.int16)
    codes[5:8] = [-1, 1, 2]
    labels = Coded(codes, ["a", "b", "c"])
    assert labels[4:8] == ["a", None, "b", "c"]
    assert labels[6] == "b"
    assert labels.used() == {"a", "b", "c"}
    assert sum(label == "a" for label in labels) == 70_000 - 3
    assert labels == Coded(np.asarray(codes), ["a", "b", "c"])


def test_nothing_is_left_where_tmpdir_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    disk = OnDisk((1000, 3), np.float32)
    disk[10:20] = 1.5
    assert list(tmp_path.iterdir()) == []
    rows, part = disk[5:25], disk.part(10, 30)
    del disk
    gc.collect()
    assert rows.sum() == part[:].sum() == 45
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "absent"))
    with pytest.raises(FileNotFoundError):
        OnDisk((3,), np.int8)
