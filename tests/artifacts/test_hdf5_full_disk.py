"""HDF5 on a full disk: one error that can be caught, and no crash when the process ends."""

from __future__ import annotations

import os
import subprocess
import sys

import h5py
import numpy as np
import pytest

from eegcli.artifacts import hdf5

# A write that fails after so many bytes, as on a full disk; then the process ends as any other.
PROGRAM = """
import errno, io, sys
from pathlib import Path
import numpy as np
from eegcli.artifacts import hdf5

room = int(sys.argv[2])
class Full(io.FileIO):
    def write(self, data):
        if self.tell() + len(data) > room:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(data)

hdf5._Patient.__bases__ = (Full,)
try:
    with hdf5.writing_hdf5(Path(sys.argv[1]) / "a.h5") as file:
        for number in range(4):
            file.create_dataset(f"d{number}", data=np.arange(3000.0))
            file.create_group(f"g{number}").attrs["text"] = "x" * 500
except Exception as error:
    print(type(error).__name__, error)
    sys.exit(6)
"""


@pytest.mark.parametrize("room", [0, 700, 2048, 20_000, 50_000, 98_000])
def test_a_write_that_fails_is_an_error_and_no_crash(tmp_path, room):
    done = subprocess.run([sys.executable, "-c", PROGRAM, str(tmp_path), str(room)], capture_output=True, text=True)
    assert done.returncode == 6, done.stderr
    assert "full" in done.stdout.lower() or "No space" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_what_is_written_so_is_read_by_anybody(tmp_path):
    values = np.random.default_rng(0).standard_normal((5, 1000)).astype(np.float32)
    with hdf5.writing_hdf5(tmp_path / "a.h5") as file:
        file.create_dataset("x", data=values)
        file.attrs["ch_names"] = hdf5.text(["Fz", "Cz"])
    with h5py.File(tmp_path / "a.h5", "r") as file:
        np.testing.assert_array_equal(file["x"][:], values)
        assert file["x"].id.get_offset() + values.nbytes <= os.path.getsize(tmp_path / "a.h5")  # noqa: PTH202 - as the system says it
