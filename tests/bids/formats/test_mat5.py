"""Samples of one-file `.set` files: the same as MNE reads, in every form that such a file has."""

from __future__ import annotations

from pathlib import Path

import mne
import numpy as np
import pytest
from scipy.io import savemat

from eegcli.bids.formats.mat5 import read_samples
from eegcli.bids.reading import read_recording
from eegcli.bids.scan import find_recordings
from eegcli.settings import PreprocessSettings
from tests.kit.trees import NAMES, SFREQ, noise, write_set


def write_flat(path: Path, data: np.ndarray, **options) -> None:
    """EEGLAB's form since 2021: the fields are variables of their own."""
    labels = np.zeros(len(data), dtype=[("labels", object)])
    labels["labels"] = list(NAMES[: len(data)])
    empty = np.zeros((0, 0))
    fields = {"setname": "x", "nbchan": len(data), "trials": 1.0, "pnts": data.shape[1], "srate": SFREQ, "xmin": 0.0, "data": data}
    fields |= {"chanlocs": labels, "event": empty, "icawinv": empty, "icasphere": empty, "icaweights": empty, "icaact": empty}
    path.parent.mkdir(parents=True, exist_ok=True)
    savemat(path, fields | {"epoch": empty, "ref": "common", "xmax": data.shape[1] / SFREQ}, appendmat=False, **options)


@pytest.fixture
def file(tmp_path) -> Path:
    (tmp_path / "dataset_description.json").write_text('{"Name": "x", "BIDSVersion": "1.9.0"}')
    return tmp_path / "sub-01/eeg/sub-01_task-rest_eeg.set"


def read(file: Path) -> np.ndarray:
    root = file.parents[2]
    return read_recording(find_recordings(root, PreprocessSettings(bids=root))[0]).data


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int16])
@pytest.mark.parametrize("n_times", [2560, 100_003])  # one block, and several of which the last is short
def test_the_samples_are_those_that_were_stored_bit_by_bit(file, dtype, n_times):
    data = noise(seconds=n_times / SFREQ)[:, :n_times].astype(dtype)
    write_flat(file, data)
    samples = read_samples(file, len(data), n_times, range(len(data)))
    np.testing.assert_array_equal(samples, data)
    assert samples.flags.c_contiguous and samples.dtype == (np.float64 if dtype == np.float64 else np.float32)
    np.testing.assert_array_equal(read_samples(file, len(data), n_times, [7, 0, 3]), data[[7, 0, 3]])
    np.testing.assert_array_equal(read(file), data)


def test_mne_reads_the_same_to_its_rounding(file):
    data = noise().astype(np.float32)
    write_flat(file, data)
    np.testing.assert_allclose(read(file), mne.io.read_raw_eeglab(file, verbose="ERROR").get_data() * 1e6, rtol=1e-12)


def test_forms_that_are_not_read_here_are_left_to_mne(file):
    data = noise().astype(np.float32)
    write_flat(file, data, do_compression=True)
    assert read_samples(file, *data.shape, range(len(data))) is None
    np.testing.assert_allclose(read(file), data, rtol=1e-6)
    write_set(file, data)  # everything in a structure EEG
    assert read_samples(file, *data.shape, range(len(data))) is None
    np.testing.assert_allclose(read(file), data, rtol=1e-6)
    write_flat(file, data)
    assert read_samples(file, len(data), data.shape[1] + 1, range(len(data))) is None  # the header says another length


@pytest.mark.parametrize("left", [0, 5, 127, 130, 300, 50_000])
def test_a_file_that_is_cut_off_is_not_read_here(file, left):
    data = noise(seconds=60).astype(np.float32)
    write_flat(file, data)
    file.write_bytes(file.read_bytes()[:left])
    assert read_samples(file, *data.shape, range(len(data))) is None


def test_a_file_of_another_kind_is_not_read_here(file):
    file.parent.mkdir(parents=True)
    for content in (
        b"x" * 1000,
        b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM" + b"\x89HDF" * 100,
        b" " * 124 + b"\x00\x01IM" + b"\xff" * 200,
    ):
        file.write_bytes(content)
        assert read_samples(file, 10, 100, range(10)) is None


def test_a_unit_other_than_microvolt_is_brought_there_in_double_precision(file):
    data = noise().astype(np.float32)
    write_flat(file, (data / 1e6).astype(np.float32))
    (file.parent / "sub-01_task-rest_channels.tsv").write_text("name\ttype\tunits\n" + "".join(f"{name}\tEEG\tV\n" for name in NAMES))
    result = read(file)
    assert result.dtype == np.float64
    np.testing.assert_allclose(result, data, rtol=1e-6)
