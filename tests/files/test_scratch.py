"""Temporary files lie where the cluster wants them, or nowhere."""

from __future__ import annotations

import errno
import tempfile

import mne
import pytest

from eegcli.errors import UnavailableError
from eegcli.files.scratch import scratch
from tests.kit.commands import eegcli_process
from tests.kit.trees import make_tree


def test_slurm_s_folder_comes_before_tmpdir(tmp_path, monkeypatch):
    for name in ("SLURM_TMPDIR", "TMPDIR"):
        (tmp_path / name).mkdir()
        monkeypatch.setenv(name, str(tmp_path / name))
    with scratch("view-") as folder:
        assert folder.parent == tmp_path / "SLURM_TMPDIR" and folder.is_dir()
    assert not folder.exists()
    monkeypatch.delenv("SLURM_TMPDIR")
    with scratch("view-") as folder:
        assert folder.parent == tmp_path / "TMPDIR"


def test_a_full_folder_is_said_in_one_line(tmp_path, monkeypatch):
    def full(*_args, **_options):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.delenv("SLURM_TMPDIR", raising=False)
    monkeypatch.setattr(tempfile, "mkdtemp", full)
    with pytest.raises(UnavailableError, match=r"TMPDIR=.*cannot be written there \(No space left on device\)"), scratch("view-"):
        pass


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_missing_folder_ends_the_command_with_one_line(tmp_path, jobs, monkeypatch):
    tree = make_tree(tmp_path / "ds")
    for file in tree.rglob("*.edf"):  # MNE is shown a view of FIF files, whose parts name each other
        mne.io.read_raw_edf(file, verbose="ERROR").save(file.with_suffix(".fif"), verbose="ERROR")
        file.unlink()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "missing"))
    # A process of its own: workers that an earlier test left in this one know another TMPDIR.
    done = eegcli_process("preprocess", tree, "--jobs", jobs, cwd=tmp_path)
    assert done.returncode == 6 and done.stdout == ""
    assert len(done.stderr.splitlines()) == 1 and "Set TMPDIR to a folder with some space." in done.stderr
