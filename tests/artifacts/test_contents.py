"""A done mark states digests of an artifact's files, and what is read is held against them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xxhash

from eegcli.artifacts import folder
from eegcli.artifacts.checked import CheckedArray
from eegcli.artifacts.contents import fits_seal, sealed
from eegcli.artifacts.windows import open_windows
from eegcli.errors import ArtifactError
from eegcli.fetch.manifest import Entry, write_manifest
from eegcli.fetch.manifest import describe as entry_of
from eegcli.files.digest import digest_of_file
from eegcli.verify import verify
from tests.kit import cohorts
from tests.kit.builders import recording, recordings_artifact
from tests.kit.trees import make_tree
from tests.kit.trees import recording as recording_of


@pytest.fixture
def windows(tmp_path: Path) -> Path:
    return cohorts.windows(tmp_path / "windows", subjects=range(3))


def test_digests_are_those_of_the_files(windows: Path) -> None:
    digests = json.loads((windows / "done.json").read_text())["digests"]
    table = (windows / "windows.parquet").read_bytes()
    assert digests["windows.parquet"] == xxhash.xxh3_128_hexdigest(table)
    array, content = open_windows(windows).x, (windows / "windows.h5").read_bytes()
    around = content[: array.offset] + content[array.offset + array.nbytes :]
    assert digests["windows.h5"] == f"{array.offset}+{array.nbytes}:{xxhash.xxh3_128_hexdigest(around)}"
    assert "provenance.json" not in digests


@pytest.mark.parametrize("without", [(0, 0), (0, 7), (5, 1 << 20), (3 << 20, 10), ((3 << 20) + 1, 5)])
def test_a_digest_may_leave_bytes_out(tmp_path: Path, without: tuple[int, int]) -> None:
    content = np.random.default_rng(0).bytes((3 << 20) + 6)
    (tmp_path / "file").write_bytes(content)
    left = content[: without[0]] + content[sum(without) :]
    assert digest_of_file(tmp_path / "file", without=without) == xxhash.xxh3_128_hexdigest(left)


def test_a_checksum_is_of_everything_else() -> None:
    content = sealed({"a": 1, "b": [0.1, None, "ü"]})
    assert fits_seal(json.loads(json.dumps(content)))
    assert not fits_seal({**content, "a": 2})
    assert fits_seal({"a": 1}), "an older version wrote none"


def test_an_artifact_that_states_no_digests_is_read_as_before_but_its_windows_are_checked(windows: Path) -> None:
    done = json.loads((windows / "done.json").read_text())
    (windows / "done.json").write_text(json.dumps({"digest": done["digest"], "kind": "windows"}))
    assert len(open_windows(windows).checked[:]) == 36
    with (windows / "windows.h5").open("r+b") as file:
        file.seek(-1, 2)
        file.write(b"\x55")
    with pytest.raises(ArtifactError, match=r"window 35 \(sub-02_task-sums, 10 s\) is not what was written"):
        open_windows(windows).checked[[35]]
    with pytest.raises(ArtifactError, match="window 35 "):
        verify(windows)


def test_any_index_of_numpy_gives_what_the_array_gives(windows: Path) -> None:
    opened = open_windows(windows)
    mask = np.arange(36) % 5 == 0
    for index in (slice(None), slice(3, 9, 2), np.array([7, 2, 7]), [1, 0], mask, -1, 4, np.array([], dtype=int)):
        np.testing.assert_array_equal(opened.checked[index], opened.x[index])
    assert opened.checked.shape == opened.x.shape and len(opened.checked) == 36


def test_a_window_is_hashed_once(windows: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed = []
    original = xxhash.xxh3_128_digest
    monkeypatch.setattr(xxhash, "xxh3_128_digest", lambda x: hashed.append(1) or original(x))
    checked = open_windows(windows).checked
    for _ in range(3):
        checked[np.arange(10)]
    assert len(hashed) == 10
    checked[np.arange(5, 15)]
    assert len(hashed) == 15


def test_hashes_that_are_none_are_named(windows: Path) -> None:
    with pytest.raises(ArtifactError, match="content_hash"):
        CheckedArray(np.zeros((2, 3), np.float32), {"content_hash": np.array(["zz", "00"], dtype=object)}, "x")


def test_verify_counts_and_names_the_first_with_the_number_of_others(tmp_path: Path) -> None:
    path = recordings_artifact(tmp_path / "r", {"01": recording(1), "02": recording(2), "03": recording(3)})
    files = [file for file in path.rglob("*") if file.suffix in (".h5", ".parquet") or file.name == "settings.json"]
    assert verify(path) == {"files": len(files), "bytes": sum(file.stat().st_size for file in files), "not_stated": 0}
    for subject in ("02", "03"):
        with (path / f"sub-{subject}/eeg/sub-{subject}_task-rest_desc-clean_eeg.h5").open("r+b") as file:
            file.seek(5000)
            file.write(b"\x01\x02\x03")
    with pytest.raises(ArtifactError, match=r"sub-02_task-rest_desc-clean_eeg.h5: is not what was written .*, and 1 more"):
        verify(path)


def test_a_cut_file_is_named_with_both_sizes(windows: Path) -> None:
    size = (windows / "windows.parquet").stat().st_size
    (windows / "windows.parquet").write_bytes(b"PAR1")
    with pytest.raises(ArtifactError, match=rf"windows.parquet: 4 bytes, where {size:,} were written"):
        folder.contents_of(windows).check_sizes()


@pytest.mark.parametrize("algorithm", ["xxh3-128", "sha256", "md5"])
def test_files_that_fetch_brought_are_held_against_its_manifest(tmp_path: Path, algorithm: str) -> None:
    tree = make_tree(tmp_path / "tree", ("01", "02"))
    names = sorted(file.relative_to(tree) for file in tree.rglob("*") if file.is_file())
    entries = [entry_of(tree, name, source="toy") for name in names]
    if algorithm != "xxh3-128":
        entries = [
            replace(entry, digest=f"{algorithm}:{hashlib.new(algorithm, (tree / entry.path).read_bytes()).hexdigest()}")
            for entry in entries
        ]
    write_manifest(tree, [*entries, Entry("gone.edf", 5, None, "toy", "not fetched"), Entry("participants.json", 0, None, "toy")])
    (tree / "participants.json").touch()
    n_bytes = sum((tree / name).stat().st_size for name in names)
    assert verify(tree) == {"files": len(names) + 1, "bytes": n_bytes, "not_stated": 1}

    signal = recording_of(tree, "02")
    content = bytearray(signal.read_bytes())
    content[-7] ^= 1
    signal.write_bytes(content)
    with pytest.raises(ArtifactError, match=r"sub-02_task-rest_eeg.edf: is not what was written"):
        verify(tree)
    signal.write_bytes(content[:-2])
    with pytest.raises(ArtifactError, match=rf"{len(content) - 2:,} bytes, where {len(content):,} were written"):
        verify(tree)
    signal.unlink()
    with pytest.raises(ArtifactError, match=r"sub-02_task-rest_eeg.edf: not found"):
        verify(tree)
