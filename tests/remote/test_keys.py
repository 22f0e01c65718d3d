"""A key says what a file holds: as git-annex spells it, so that clones, fetched and streamed files agree."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from eegcli.artifacts.table import from_rows, write_table
from eegcli.bids.keys import fetched_keys
from eegcli.bids.scan import find_recordings
from eegcli.files.annex import read_key
from eegcli.remote.file import RemoteFile
from eegcli.remote.keys import key_of

PATH = "sub-01/eeg/sub-01_task-rest_eeg.set"
FILE = RemoteFile(PATH, 105, None, None, "https://host/" + PATH)


@pytest.mark.parametrize(
    ("known", "key"),
    [
        ({"sha256": "a" * 64, "etag": '"x"'}, f"SHA256E-s105--{'a' * 64}.set"),
        ({"etag": f'"{"b" * 32}"', "region": ""}, f"MD5E-s105--{'b' * 32}.set"),
        ({"etag": f'"{"b" * 32}-13"', "region": ""}, f"XETAG-s105--{'b' * 32}-13.set"),
        ({"etag": f'"{"b" * 32}"'}, f"XETAG-s105--{'b' * 32}.set"),  # only S3 promises that it is an MD5
        ({"checksum": f"git:{'c' * 40}"}, f"XGIT-s105--{'c' * 40}.set"),
        ({"bytes": None, "etag": '"1"'}, "XETAG--1.set"),
    ],
)
def test_the_best_checksum_that_is_known_makes_the_key(known, key):
    assert key_of(replace(FILE, **known)) == key


@pytest.mark.parametrize("etag", ['W/"weak/../../x"', '"' + "long" * 100 + '"', '"ä\n"'])
def test_no_etag_makes_a_key_that_is_no_file_name(etag):
    key = key_of(replace(FILE, etag=etag))
    assert key.isascii() and "/" not in key and len(key) < 120


def test_keys_of_hbn_s_links_are_those_of_their_checksums(hbn):
    for recording in find_recordings(hbn["R1"])[::50]:
        annexed = read_key(recording.annex_key)
        path = recording.path.as_posix()
        assert key_of(RemoteFile(path, annexed.size, None, annexed.sha256, "https://host")) == recording.annex_key


def test_the_manifest_speaks_for_files_that_nobody_touched(tmp_path):
    for name in ("same", "younger", "longer", "gone"):
        (tmp_path / name).write_text("12345")
    rows = [{"path": name, "bytes": 5, "key": f"K-{name}"} for name in ("same", "younger", "longer", "gone")]
    write_table(tmp_path / "fetch.parquet", from_rows([*rows, {"path": "unknown", "bytes": 5, "key": None}]))
    later = (tmp_path / "fetch.parquet").stat().st_mtime_ns + 1_000_000
    os.utime(tmp_path / "younger", ns=(later, later))
    (tmp_path / "longer").write_text("123456")
    (tmp_path / "gone").unlink()
    assert fetched_keys(tmp_path) == {"same": "K-same"}


@pytest.mark.parametrize("content", [None, b"no table"])
def test_without_a_manifest_nothing_is_claimed(tmp_path, content):
    if content is not None:
        (tmp_path / "fetch.parquet").write_bytes(content)
    assert fetched_keys(tmp_path) == {}
