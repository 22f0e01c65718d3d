"""Windows at a distance: the head is read, then rows by range; their values are those of the file, bit by bit."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import eegcli
from eegcli.artifacts.remote_windows import HEADER, MAX_GAP, RemoteArray
from eegcli.artifacts.windows import open_windows
from eegcli.errors import ArtifactError, InputError
from tests.kit.cohorts import windows
from tests.kit.serving import serving

FAR = "bucket/far-windows"


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """120 windows of 8 x 2048 float32: 64 kB each."""
    root = tmp_path_factory.mktemp("served")
    windows(root / FAR, subjects=range(10), n_times=2048)
    with serving(root) as server:
        server.here = open_windows(root / FAR)
        yield server


@pytest.fixture
def far(served):
    opened = eegcli.open_windows(f"{served.url}/{FAR}")
    served.forget()
    return opened


def test_opening_fetches_the_head_and_the_table_and_no_window(served):
    served.forget()
    far = eegcli.open_windows(f"{served.url}/{FAR}")
    table_bytes = (served.root / FAR / "windows.parquet").stat().st_size
    assert served.asked("windows.h5") == [(f"{FAR}/windows.h5", f"bytes=0-{HEADER - 1}")]
    assert served.sent < HEADER + table_bytes + 10_000
    here = served.here
    assert (len(far), far.x.shape, far.ch_names, far.sfreq, far.digest) == (len(here), here.x.shape, here.ch_names, here.sfreq, here.digest)
    assert far.x.ndim == 3 and far.x.nbytes == here.x.nbytes and far.representation == here.representation
    assert list(far.table) == list(here.table) and (far.table["content_hash"] == here.table["content_hash"]).all()


def test_a_block_of_rows_is_one_range_of_exactly_its_bytes(served, far):
    block = far.read(30, 100)
    assert len(served.asked()) == 1 and served.sent == 70 * 8 * 2048 * 4
    assert block.dtype == np.float32
    np.testing.assert_array_equal(block, served.here.x[30:100])


def test_rows_that_lie_near_each_other_share_a_request(served, far):
    near, distant = [3, 4, 6], [60, 61]
    assert MAX_GAP // (8 * 2048 * 4) == 4
    np.testing.assert_array_equal(far.x[[*near, *distant]], served.here.x[[*near, *distant]])
    assert len(served.asked()) == 2
    assert served.sent == (4 + 2) * 8 * 2048 * 4, "row 5 comes along, rows 7 to 59 do not"


@pytest.mark.parametrize(
    "rows",
    [
        5,
        -1,
        slice(None),
        slice(10, 20),
        slice(20, 10),
        slice(90, 10, -17),
        [7, 3, 3, 110],
        [],
        np.array([[1, 2], [60, 0]]),
        np.arange(120) % 13 == 0,
        np.array([-2, 0], dtype=np.int32),
    ],
    ids=str,
)
def test_any_index_gives_what_numpy_gives(served, far, rows):
    np.testing.assert_array_equal(far.x[rows], served.here.x[rows if not isinstance(rows, list) or rows else np.array([], int)])


class Memory:
    """A file of which only ranges can be had, and which counts them."""

    def __init__(self, content: bytes) -> None:
        self.content, self.size, self.n_requests = content, len(content), 0

    def read(self, start: int, stop: int) -> bytearray:
        self.n_requests += 1
        return bytearray(self.content[start:stop])


@settings(deadline=None, max_examples=50)
@given(st.data())
def test_rows_are_those_of_the_array_whatever_is_asked_for(data):
    n_rows, row_kb = data.draw(st.integers(1, 20)), data.draw(st.sampled_from([1, 100, 300]))
    x = np.arange(n_rows * row_kb * 250, dtype="<f4").reshape(n_rows, row_kb, 250)
    memory = Memory(b"header" * 7 + x.tobytes())
    far = RemoteArray(memory, 42, x.shape)
    rows = data.draw(st.lists(st.integers(-n_rows, n_rows - 1), max_size=60))
    np.testing.assert_array_equal(far[rows], x[np.array(rows, dtype=int)])
    assert memory.n_requests <= len(set(np.array(rows, dtype=int) % n_rows))
    start, stop, step = data.draw(st.integers(-50, 50)), data.draw(st.integers(-50, 50)), data.draw(st.sampled_from([None, 1, 2, -1, -3]))
    np.testing.assert_array_equal(far[start:stop:step], x[start:stop:step])


@pytest.mark.parametrize("rows", [120, -121, [0, 500], [0.5], np.ones(3, bool)], ids=str)
def test_rows_that_are_not_there_are_an_index_error(far, rows):
    with pytest.raises(IndexError):
        far.x[rows]


def test_a_bucket_of_s3_works_as_well(served, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", served.url)
    far = eegcli.open_windows("s3://bucket/far-windows/")
    np.testing.assert_array_equal(far.read(0, 2), served.here.x[:2])


def test_windows_that_change_while_they_are_read_are_an_error(tmp_path):
    windows(tmp_path / "w", subjects=range(2))
    with serving(tmp_path) as served:
        far = eegcli.open_windows(f"{served.url}/w")
        content = bytearray((tmp_path / "w" / "windows.h5").read_bytes())
        content[-1] ^= 1
        (tmp_path / "w" / "windows.h5").write_bytes(content)
        with pytest.raises(InputError, match="changed on the server"):
            far.read(0, 1)


def test_a_server_without_ranges_is_refused_with_the_way_out(tmp_path):
    windows(tmp_path / "w", subjects=range(2), n_times=4096)
    with serving(tmp_path, ranges=False) as served, pytest.raises(InputError, match="whole files only"):
        eegcli.open_windows(f"{served.url}/w")


@pytest.mark.parametrize("missing", ["done.json", "settings.json", "windows.parquet", "windows.h5"])
def test_half_an_artifact_is_refused(tmp_path, missing):
    windows(tmp_path / "w", subjects=range(2))
    (tmp_path / "w" / missing).unlink()
    with serving(tmp_path) as served, pytest.raises((InputError, ArtifactError)):
        eegcli.open_windows(f"{served.url}/w")


def test_an_unfinished_artifact_of_another_digest_is_refused(tmp_path):
    windows(tmp_path / "w", subjects=range(2))
    done = json.loads((tmp_path / "w" / "done.json").read_text())
    (tmp_path / "w" / "done.json").write_text(json.dumps({"digest": "other", "files": done["files"]}))
    with serving(tmp_path) as served, pytest.raises(InputError, match="unfinished"):
        eegcli.open_windows(f"{served.url}/w")


def test_a_damaged_head_is_said_in_one_line(tmp_path):
    windows(tmp_path / "w", subjects=range(2))
    file = tmp_path / "w" / "windows.h5"
    file.write_bytes(b"\0" * 100 + file.read_bytes()[100:])
    with serving(tmp_path) as served, pytest.raises(ArtifactError, match="damaged"):
        eegcli.open_windows(f"{served.url}/w")
    file.write_bytes(b"")
    with serving(tmp_path) as served, pytest.raises((ArtifactError, InputError)):
        eegcli.open_windows(f"{served.url}/w")
