"""The windows store: what is written is what is read, in any number, and it can be memory-mapped by anyone."""

from __future__ import annotations

import errno
import pickle
from pathlib import Path

import h5py
import numpy as np
import pytest
import xxhash
from hypothesis import given, settings
from hypothesis import strategies as st

from eegcli.artifacts import folder
from eegcli.artifacts.table import column
from eegcli.artifacts.windows import open_windows
from eegcli.artifacts.windows_writer import create_windows
from eegcli.errors import ArtifactError, InputError, UnavailableError
from eegcli.settings import EpochSettings
from tests.kit.marks import restate


def write(path: Path, x: np.ndarray, *, blocks: int = 1) -> Path:
    target = folder.open_folder(path, "windows", EpochSettings(recordings=Path("r")), inputs={}, version=1)
    with create_windows(path, x.shape[1:], ch_names=[f"E{i + 1}" for i in range(x.shape[1])], sfreq=128.0) as windows:
        for part in np.array_split(x, blocks):
            windows.append(part, {"subject": column(f"s{i}" for i in range(len(part)))})
    target.finish()
    return path


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 40), st.integers(1, 300), st.integers(1, 64), st.integers(1, 4), st.integers(0, 2**31))
def test_every_array_comes_back_bit_for_bit(tmp_path_factory, n_windows, n_channels, n_times, blocks, seed):
    x = np.random.default_rng(seed).standard_normal((n_windows, n_channels, n_times)).astype(np.float32)
    path = write(tmp_path_factory.mktemp("w") / "a-windows", x, blocks=min(blocks, n_windows))
    windows = open_windows(path)
    assert isinstance(windows.x, np.memmap)
    np.testing.assert_array_equal(windows.x, x)
    with h5py.File(path / "windows.h5") as file:  # any HDF5 reader sees the same
        np.testing.assert_array_equal(file["x"][()], x)
        assert file["x"].chunks is None and file["x"].compression is None


def test_a_pickle_holds_the_place_and_each_process_maps_the_array_for_itself(tmp_path, monkeypatch):
    x = np.random.default_rng(0).standard_normal((50, 8, 64)).astype(np.float32)
    write(tmp_path / "a", x)
    monkeypatch.chdir(tmp_path)
    windows = open_windows("a")
    stored = pickle.dumps(windows)
    assert len(stored) < 1000 < x.nbytes
    monkeypatch.chdir("/")
    again = pickle.loads(stored)
    assert isinstance(again.x, np.memmap) and again.digest == windows.digest
    np.testing.assert_array_equal(again.x, x)


def test_content_hash_is_that_of_the_float32_bytes(tmp_path):
    x = np.arange(2 * 3 * 8, dtype=np.float32).reshape(2, 3, 8)
    windows = open_windows(write(tmp_path / "a", x))
    assert windows.table["content_hash"].tolist() == [xxhash.xxh3_128_hexdigest(x[i].tobytes()) for i in range(2)]


def test_same_windows_are_the_same_bytes_however_they_were_appended(tmp_path):
    x = np.random.default_rng(0).standard_normal((7, 24, 16)).astype(np.float32)
    one, two = write(tmp_path / "1", x), write(tmp_path / "2", x, blocks=3)
    assert (one / "windows.h5").read_bytes() == (two / "windows.h5").read_bytes()


def test_the_digest_says_what_is_in_it_not_where_it_lies(tmp_path):
    x = np.zeros((2, 1, 4), np.float32)
    first, moved, other = write(tmp_path / "1", x), write(tmp_path / "2", x), write(tmp_path / "3", x + 1)
    assert open_windows(first).digest == open_windows(moved).digest != open_windows(other).digest


def test_an_interrupted_writer_leaves_nothing(tmp_path):
    with pytest.raises(KeyboardInterrupt), create_windows(tmp_path / "a", (2, 4), ch_names=["a", "b"], sfreq=1.0) as windows:
        windows.append(np.zeros((1, 2, 4)), {"subject": column(["1"])})
        raise KeyboardInterrupt
    assert list((tmp_path / "a").iterdir()) == []


@pytest.mark.parametrize("full_at", [2, 4, 5])
def test_a_disk_that_is_full_leaves_nothing_whichever_block_meets_it(tmp_path, full_at):
    class Full:
        """A file on a disk with room for some blocks."""

        def __init__(self, file):
            self.file, self.n = file, 0

        def write(self, block):
            self.n += 1
            if self.n >= full_at:
                raise OSError(errno.ENOSPC, "No space left on device")
            return self.file.write(block)

        def __getattr__(self, name):
            return getattr(self.file, name)

    with (
        pytest.raises(UnavailableError, match="the disk is full"),
        create_windows(tmp_path / "a", (2, 4), ch_names=["a", "b"], sfreq=1.0) as windows,
    ):
        windows._file = Full(windows._file)
        for number in range(5):  # the last block is the fifth: it fails only when all is done
            windows.append(np.full((3, 2, 4), number, np.float32), {"subject": column(["1"])})
    assert list((tmp_path / "a").iterdir()) == []


def test_a_column_of_one_value_stands_for_all_windows_of_a_block(tmp_path):
    path = tmp_path / "a"
    target = folder.open_folder(path, "windows", EpochSettings(recordings=Path("r")), inputs={}, version=1)
    with create_windows(path, (2, 4), ch_names=["a", "b"], sfreq=1.0) as windows:
        windows.append(np.zeros((3, 2, 4)), {"subject": column(["1"]), "onset": np.array([0.0, 2.0, 4.0])})
        windows.append(np.zeros((2, 2, 4)), {"subject": column(["2"]), "onset": np.array([0.0, 2.0]), "age": np.array([9.0])})
        with pytest.raises(ValueError, match="3 rows, but 2 in column 'onset'"):
            windows.append(np.zeros((3, 2, 4)), {"subject": column(["2"]), "onset": np.array([0.0, 2.0])})
    target.finish()
    table = open_windows(path).table
    assert table["subject"].tolist() == ["1", "1", "1", "2", "2"]
    np.testing.assert_array_equal(table["age"], [np.nan] * 3 + [9.0, 9.0])


def test_a_wrong_shape_is_refused(tmp_path):
    with (
        pytest.raises(ValueError, match="windows of shape"),
        create_windows(tmp_path / "a", (2, 4), ch_names=["a", "b"], sfreq=1.0) as windows,
    ):
        windows.append(np.zeros((1, 4, 2)), {"subject": column(["1"])})


def test_a_table_of_another_length_is_refused(tmp_path):
    from eegcli.artifacts.table import read_table, take, write_table

    path = write(tmp_path / "a", np.zeros((3, 1, 4), np.float32))
    write_table(path / "windows.parquet", take(read_table(path / "windows.parquet"), np.arange(2)))
    restate(path)
    with pytest.raises(ArtifactError, match="3 windows, but 2 rows"):
        open_windows(path)


def test_a_truncated_array_is_refused(tmp_path):
    path = write(tmp_path / "a", np.zeros((30, 8, 64), np.float32))
    with (path / "windows.h5").open("r+b") as file:
        file.truncate(10_000)
    with pytest.raises(ArtifactError, match=r"windows\.h5"):
        open_windows(path)


def test_an_unfinished_artifact_is_refused(tmp_path):
    path = write(tmp_path / "a", np.zeros((3, 1, 4), np.float32))
    (path / "done.json").unlink()
    with pytest.raises(InputError, match="unfinished"):
        open_windows(path)
