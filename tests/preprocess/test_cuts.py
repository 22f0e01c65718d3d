"""Cuts and padding: nothing reaches across where recording was interrupted, in any format; and parts that change are seen."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import mne
import numpy as np
import pytest

from eegcli import epoch
from eegcli.artifacts.recordings import open_recordings
from eegcli.artifacts.windows import open_windows
from eegcli.bids.errors import RecordingError
from eegcli.bids.padding import PADDING
from eegcli.preprocess.asr import repair
from eegcli.preprocess.asr.calibration import calibrate
from eegcli.preprocess.asr.processing import process, process_stretches
from eegcli.preprocess.cohort import find_cohort
from eegcli.preprocess.signal import Signal
from eegcli.preprocess.steps.bad_channels import bad_channels
from eegcli.preprocess.steps.filter import cuts
from eegcli.preprocess.steps.filter import filter as filter_step
from eegcli.preprocess.steps.remove_drifts import remove_drifts
from eegcli.reporter import Silent
from eegcli.settings import EpochSettings, PreprocessSettings
from eegcli.study.events import Events
from tests.kit.formats import write_brainvision, write_records
from tests.kit.trees import NAMES, SFREQ, describe, noise, write_edf, write_set
from tests.preprocess.asr.conftest import mixture

HALF = 1280  # samples, 10 s


def jump() -> np.ndarray:
    """20 s whose level jumps in the middle, as it does where recording was interrupted."""
    data = noise()
    data[:, HALF:] += np.where(np.arange(len(data)) % 2, 400.0, -300.0)[:, np.newaxis]
    return data


def edf(path: Path, data: np.ndarray) -> None:
    write_records(path, data, stamps=[*range(10), *range(40, 50)])


def bdf(path: Path, data: np.ndarray) -> None:
    status = np.zeros(2560)
    status[:5], status[HALF : HALF + 5] = 1 << 16, 1 << 16
    write_records(path, [*data, status], [*NAMES, "Status"], kind="BDF", digital=[10])


def brainvision(path: Path, data: np.ndarray) -> None:
    write_brainvision(path, data, ["New Segment,,1,1,0", f"New Segment,,{HALF + 1},1,0"])


def eeglab(path: Path, data: np.ndarray) -> None:
    write_set(path, data, events=[((HALF - 0.5) / SFREQ, "boundary")])


def fif(path: Path, data: np.ndarray) -> None:
    path.parent.mkdir(parents=True)
    info = mne.create_info(list(NAMES), SFREQ, "eeg")
    parts = [mne.io.RawArray(part / 1e6, info, verbose="ERROR") for part in (data[:, :HALF], data[:, HALF:])]
    mne.concatenate_raws(parts, verbose="ERROR").save(path, verbose="ERROR")


FORMATS: dict[str, Callable[[Path, np.ndarray], None]] = {".edf": edf, ".bdf": bdf, ".vhdr": brainvision, ".set": eeglab, ".fif": fif}


@pytest.mark.parametrize("extension", FORMATS)
def test_each_side_of_a_cut_is_cleaned_as_if_it_were_a_recording_of_its_own(run, tmp_path, extension):
    describe(tmp_path / "ds")
    FORMATS[extension](tmp_path / f"ds/sub-01/eeg/sub-01_task-rest_eeg{extension}", jump())
    for label, half in (("02", jump()[:, :HALF]), ("03", jump()[:, HALF:])):
        write_edf(tmp_path / f"ds/sub-{label}/eeg/sub-{label}_task-rest_eeg.edf", half)
    steps = ({"step": "filter", "l_freq": 0.5, "h_freq": 40.0}, {"step": "remove-drifts"})
    recordings = open_recordings(run(tmp_path / "ds", steps=steps).output)
    whole, *halves = [recordings.read(row) for row in range(3)]
    np.testing.assert_allclose(
        whole.data, np.concatenate([half.data for half in halves], axis=1), atol=0.2
    )  # µV; a ringing step has hundreds
    assert np.abs(whole.data).max() < 150
    result = epoch.run(
        EpochSettings(recordings=recordings.path, subject=("01",), length=4.0, output=tmp_path / "windows"), reporter=Silent()
    )
    windows = open_windows(result.output)
    assert windows.table["onset"].tolist() == [0.0, 4.0, 12.0, 16.0] and result.left_out == {"boundary": 1}


@pytest.mark.parametrize("onset", [(HALF - 0.5) / SFREQ, HALF / SFREQ, (HALF + 0.5) / SFREQ, (HALF + 1) / SFREQ - 1e-5])
def test_a_boundary_between_samples_and_one_on_the_first_sample_are_the_same_cut(onset):
    events = Events(np.array([onset]), np.zeros(1), np.array(["boundary"], dtype=object))
    assert cuts(Signal(noise(), NAMES, SFREQ, events=events)) == [HALF if onset <= HALF / SFREQ else HALF + 1]


@pytest.mark.parametrize("step", [lambda signal: filter_step(signal, l_freq=0.5), remove_drifts])
@pytest.mark.parametrize("name", [PADDING, "BAD_ACQ_SKIP"])
def test_the_step_into_padding_does_not_ring_in_the_signal(step, name):
    data = noise() + 500.0
    padded = np.concatenate([data, np.zeros((10, 256))], axis=1)
    events = Events(np.array([20.0]), np.array([2.0]), np.array([name], dtype=object))
    alone, before = step(Signal(data, NAMES, SFREQ)), step(Signal(padded, NAMES, SFREQ, events=events))
    np.testing.assert_allclose(before.data[:, :2560], alone.data, atol=1e-6)
    assert np.abs(step(Signal(padded, NAMES, SFREQ)).data[:, :2560] - alone.data).max() > 100  # unmarked, it does


def test_asr_begins_anew_at_a_cut_with_one_calibration():
    data = mixture(16, 60.0, SFREQ)
    calibration = calibrate(data.copy(), SFREQ, cutoff=5.0)
    edges = [(0, 3000), (3000, 3001), (3001, 3020), (3020, data.shape[1])]  # some shorter than a window
    repaired = process_stretches(data, SFREQ, calibration, edges)
    for start, stop in edges:
        part = process(data[:, start:stop].copy(), SFREQ, calibration)
        np.testing.assert_array_equal(repaired.data[:, start:stop], part.data)
        np.testing.assert_array_equal(repaired.changed[start:stop], part.changed)
    assert np.isfinite(repaired.data).all() and repaired.changed.any()
    np.testing.assert_array_equal(
        process_stretches(data, SFREQ, calibration, [(0, data.shape[1])]).data, process(data, SFREQ, calibration).data
    )


def test_padding_does_not_serve_as_clean():
    data = mixture(16, 60.0, SFREQ)
    data[:, -1280:] = 1e-9 * data[:, -1280:]
    empty = np.zeros(data.shape[1], bool)
    empty[-1280:] = True
    assert not repair(data, SFREQ, empty=empty).calibration_mask[-1280:].any()
    assert repair(data, SFREQ).calibration_mask[-1280:].any()


def test_channels_are_not_called_flat_for_padding():
    data = np.concatenate([noise(seconds=60), np.zeros((10, 1280))], axis=1)
    data[3, 1000:2000] = 1.0
    events = Events(np.array([60.0]), np.array([10.0]), np.array([PADDING], dtype=object))
    options = {"line_noise": 0.0, "correlation": 0.0}
    assert bad_channels(Signal(data, NAMES, SFREQ, events=events), **options).bad_channels == ("F4",)
    assert bad_channels(Signal(data, NAMES, SFREQ, events=events), **options).data is data
    with pytest.raises(RecordingError, match="10 flat"):
        bad_channels(Signal(data, NAMES, SFREQ), **options)


def test_the_last_two_seconds_of_eegmat_are_in_no_window_and_all_others_are(run, real_data, tmp_path):
    shutil.copytree(real_data / "eegmat/sub-02", tmp_path / "ds/sub-02")
    for name in ("dataset_description.json", "participants.tsv"):
        shutil.copy(real_data / "eegmat" / name, tmp_path / "ds" / name)
    result = epoch.run(EpochSettings(recordings=run(tmp_path / "ds").output, output=tmp_path / "windows"), reporter=Silent())
    table = open_windows(result.output).table
    ends = {task: max(table["onset"][table["task"] == task].tolist()) for task in ("rest", "arithmetic")}
    assert ends == {"rest": 178.0, "arithmetic": 58.0} and len(table["onset"]) == 90 + 30  # of 182 and 62 s
    assert result.left_out == {"padding": 2}


@pytest.mark.parametrize(
    ("files", "changed"),
    [
        (("sub-01_task-rest_eeg.vhdr", "sub-01_task-rest_eeg.eeg", "sub-01_task-rest_eeg.vmrk"), "sub-01_task-rest_eeg.eeg"),
        (("sub-01_task-rest_eeg.vhdr", "sub-01_task-rest_eeg.eeg", "sub-01_task-rest_eeg.vmrk"), "sub-01_task-rest_eeg.vmrk"),
        (("sub-01_task-rest_eeg.vhdr", "sub-01_task-rest_eeg.dat", "sub-01_task-rest_eeg.vmrk"), "sub-01_task-rest_eeg.dat"),
        (("sub-01_task-rest_eeg.vhdr", "s2.EEG", "s2.vmrk"), "s2.EEG"),
        (("sub-01_task-rest_eeg.set", "sub-01_task-rest_eeg.fdt"), "sub-01_task-rest_eeg.fdt"),
        (("sub-01_task-rest_eeg.set", "before.fdt"), "before.fdt"),
        (("sub-01_task-rest_split-01_eeg.fif", "sub-01_task-rest_split-02_eeg.fif"), "sub-01_task-rest_split-02_eeg.fif"),
        (("sub-01_task-rest_eeg.fif", "sub-01_task-rest_eeg-1.fif", "sub-01_task-rest_eeg-2.fif"), "sub-01_task-rest_eeg-2.fif"),
        (("sub-01_task-rest_eeg.edf", "sub-01_electrodes.tsv", "sub-01_coordsystem.json"), "sub-01_electrodes.tsv"),
        (("sub-01_task-rest_eeg.edf", "sub-01_electrodes.tsv", "sub-01_coordsystem.json"), "sub-01_coordsystem.json"),
    ],
)
def test_every_file_of_a_recording_is_part_of_its_digest(tmp_path, files, changed):
    describe(tmp_path / "ds")
    folder = tmp_path / "ds/sub-01/eeg"
    folder.mkdir(parents=True)
    for name in files:
        (folder / name).write_bytes(b"content")
    settings = PreprocessSettings(bids=tmp_path / "ds")

    def digest() -> str:
        return find_cohort(settings, (), tmp_path / "out").works[0].digest

    before = digest()
    assert digest() == before
    (folder / changed).write_bytes(b"other content")
    assert (after := digest()) != before
    (folder / "notes.txt").write_bytes(b"of nobody")
    assert digest() == after
