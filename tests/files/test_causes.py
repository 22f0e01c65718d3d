"""Causes of failed files: the machine's are told from the content's, whichever library raises them."""

from __future__ import annotations

import errno
import json
import os
import stat
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from eegcli.artifacts.hdf5 import reading_hdf5, writing_hdf5
from eegcli.artifacts.table import read_table, write_table
from eegcli.cli.main import main
from eegcli.cli.session import slug
from eegcli.errors import ArtifactError, EegcliError, UnavailableError
from eegcli.files.atomic import read_json, write_json, write_text, writing
from eegcli.files.causes import cause_of, disk_errors, unreadable


@pytest.mark.parametrize(
    ("number", "cause"),
    [
        (errno.ENOSPC, "disk full"),
        (errno.EDQUOT, "quota exceeded"),
        (errno.EFBIG, "file too large"),
        (errno.EROFS, "read-only"),
        (errno.EACCES, "permission denied"),
        (errno.EIO, "input/output error"),
        (errno.ESTALE, "stale file handle"),
        (errno.ENAMETOOLONG, "name too long"),
    ],
)
def test_an_error_of_the_machine_has_a_cause_of_its_own_by_number_and_by_text(number, cause):
    assert cause_of(OSError(number, os.strerror(number))) == cause
    assert cause_of(RuntimeError(f"library: {os.strerror(number)} (os error {number})")) == cause
    with pytest.raises(UnavailableError) as raised, disk_errors(Path("here")):
        raise OSError(number, os.strerror(number))
    assert raised.value.cause == cause and raised.value.message.startswith("here: ") and raised.value.exit_code == 6


def test_a_bug_stays_a_bug_and_an_error_in_words_stays_as_it_is():
    with pytest.raises(ZeroDivisionError), disk_errors(Path("here")):
        _ = 1 / 0
    with pytest.raises(ArtifactError, match="permission denied to nobody"), disk_errors(Path("here")):
        raise ArtifactError("permission denied to nobody")


def test_weights_that_do_not_fit_on_the_disk_are_a_full_disk_not_a_bug(tmp_path):
    # What the library says, in a class of its own that is no OSError: tried on a full tmpfs.
    said = "Error while serializing: I/O error: No space left on device (os error 28)"
    with pytest.raises(UnavailableError, match="the disk is full") as raised, writing(tmp_path / "model.safetensors"):
        raise SafetensorError(said)
    assert raised.value.cause == "disk full" and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_every_file_has_the_mode_that_the_umask_says_whoever_writes_it(tmp_path, umask):
    before = os.umask(umask)
    try:
        write_text(tmp_path / "text", "x")
        write_json(tmp_path / "json", {})
        write_table(tmp_path / "table", {"a": np.arange(3)})
        with writing_hdf5(tmp_path / "hdf5") as file:
            file["x"] = 1
        with writing(tmp_path / "weights") as temporary:
            save_file({"a": torch.zeros(3)}, temporary)
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == dict.fromkeys(("text", "json", "table", "hdf5", "weights"), 0o666 & ~umask)
    assert load_file(tmp_path / "weights")["a"].shape == (3,)


@pytest.mark.parametrize("read", [read_json, read_table, lambda path: reading_hdf5(path).__enter__()], ids=["json", "table", "hdf5"])
def test_what_may_not_be_read_is_not_called_damaged(tmp_path, monkeypatch, read):
    path = tmp_path / "file"
    path.write_bytes(b"x" * 100)
    with pytest.raises(ArtifactError):
        read(path)

    def refuse(*args: object, **kwargs: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_text", refuse)  # whoever runs the tests may be root, who may read everything
    monkeypatch.setattr(h5py, "File", refuse)
    monkeypatch.setattr("pyarrow.parquet.ParquetFile", refuse)
    with pytest.raises(UnavailableError, match="may not be read \\(permission denied\\)") as raised:
        read(path)
    assert raised.value.cause == "permission denied" and "chmod" in str(raised.value.hint)


def test_content_that_is_damaged_is_of_the_content():
    error = unreadable("a", ValueError("no magic bytes"), "not a Parquet file")
    assert isinstance(error, ArtifactError) and error.cause == "damaged"


def test_an_error_of_a_file_that_nobody_expected_is_no_bug(monkeypatch, capsys, tmp_path):
    def refuse(*args: object, **kwargs: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", "/data/x")

    monkeypatch.setattr("eegcli.describe.describe", refuse)
    monkeypatch.setattr("sys.argv", ["eegcli", "info", str(tmp_path), "--json"])
    with pytest.raises(SystemExit) as done:
        main()
    said = capsys.readouterr()
    assert done.value.code == 6
    assert json.loads(said.out)["errors"][0]["code"] == "permission-denied"
    assert "/data/x: permission denied" in said.err and "bug" not in said.err


@pytest.mark.parametrize(("cause", "code"), [("disk full", "disk-full"), ("InputError", "input-error"), ("events.tsv", "events-tsv")])
def test_a_cause_has_a_code_for_scripts(cause, code):
    assert slug(cause) == code
    assert isinstance(EegcliError("x", cause=cause), Exception)
