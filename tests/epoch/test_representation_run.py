"""The stage with other representations than raw: the same windows, their attributes, bytes, picture and refusals."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from eegcli import epoch
from eegcli.artifacts.windows import open_windows
from eegcli.bids.montage import channel_set
from eegcli.describe import describe
from eegcli.errors import InputError, UsageError
from eegcli.reporter import Silent
from eegcli.representations import Signals, prepare
from eegcli.settings import EpochSettings
from tests.kit.builders import recording, recordings_artifact

HBN_24 = channel_set(["hbn-24"])
SEGMENTS = ("closed=instructed_toCloseEyes:3:37", "open=instructed_toOpenEyes:3:17")
UNITS = {"raw": "uV", "bands": "dB", "topomap": "0-255", "fft": "ln uV^2, rad"}
SHAPES = {"raw": (24, 128), "bands": (24, 3), "topomap": (3, 24, 24), "fft": (24, 128)}


def head(seed: int, *, sfreq: float = 64.0):
    """A recording of the 24 channels of HBN."""
    return replace(recording(seed, n_channels=24, sfreq=sfreq), ch_names=HBN_24)


@pytest.fixture
def recordings(tmp_path) -> Path:
    spoiled = head(2)
    spoiled.data[:, 4000:4200] = np.nan
    return recordings_artifact(tmp_path / "toy-recordings", {"01": head(1), "02": spoiled}, sex=["F", "M"])


def run(recordings: Path, name: str, **settings):
    output = recordings.with_name(f"{name}-windows")
    return epoch.run(
        EpochSettings(recordings=(recordings,), output=output, representation=name, **({"segment": SEGMENTS} | settings)), reporter=Silent()
    )


@pytest.mark.parametrize("name", SHAPES)
def test_each_representation_holds_the_same_windows_in_its_own_shape_and_unit(recordings, name):
    raw, made = open_windows(run(recordings, "raw", montage="hydrocel-128").output), open_windows(run(recordings, name).output)
    assert made.x.shape == (len(raw), *SHAPES[name])
    assert (made.representation, made.units, made.n_times, made.sfreq, made.ch_names) == (name, UNITS[name], 128, 64.0, HBN_24)
    assert made.bands == (("theta=4-7", "alpha=7-13", "beta=14-25") if name in ("bands", "topomap") else ())
    assert made.table["onset"].tolist() == raw.table["onset"].tolist() and made.table["segment"].tolist() == raw.table["segment"].tolist()
    expected = prepare(name, Signals(HBN_24, 64.0, 128))(np.array(raw.x))
    assert np.array(made.x).tobytes() == expected.tobytes()
    assert np.isfinite(made.x).all()  # what is not finite, dead, clipped or cut is left out before


def test_info_says_what_the_windows_hold(recordings):
    facts = describe(run(recordings, "topomap", bands=("theta=4-7", "alpha=8-12")).output)
    assert facts["representation"] == "topomap" and facts["bands_hz"] == ["theta=4-7", "alpha=8-12"]
    assert facts["shape"][1:] == [2, 24, 24] and facts["units"] == "0-255"


def test_equal_windows_have_equal_hashes_in_whatever_recording_they_lie(tmp_path):
    one = head(1)
    later = replace(one, events=replace(one.events, onset=one.events.onset + 3))  # other neighbours, another number of windows
    source = recordings_artifact(tmp_path / "toy-recordings", {"01": one, "02": later})
    table = open_windows(run(source, "topomap", segment=("w=instructed_toCloseEyes:0:40",), length=1.0).output).table
    at = {(s, round(o, 6)): h for s, o, h in zip(table["subject"], table["onset"], table["content_hash"], strict=True)}
    shared = [(at["01", onset], at["02", onset]) for subject, onset in at if subject == "01" and ("02", onset) in at]
    assert len(shared) > 20 and all(one == other for one, other in shared)


def test_bytes_do_not_depend_on_the_threads_of_the_machine(recordings, tmp_path):
    found = []
    for threads in ("1", "2"):
        output = tmp_path / f"windows-{threads}"
        command = [sys.executable, "-m", "eegcli", "epoch", recordings, "--representation", "topomap", "-o", output, "-q"]
        variables = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), threads)
        subprocess.run(command, check=True, capture_output=True, env=os.environ | variables)
        found.append({name: (output / name).read_bytes() for name in ("windows.h5", "windows.parquet", "topomap.png", "settings.json")})
    assert found[0] == found[1]


@pytest.mark.usefixtures("figures_as_for_users")
def test_the_picture_has_a_map_for_each_segment_and_band(recordings):
    output = run(recordings, "topomap").output
    with Image.open(output / "topomap.png") as image:
        one = np.asarray(image.convert("RGB")).astype(int)
    assert one.shape[1] > 600 and (np.ptp(one, axis=2) > 60).mean() > 0.2  # coloured maps, not an empty page
    run(recordings, "bands")
    assert not (recordings.with_name("bands-windows") / "topomap.png").exists()


def test_a_dry_run_says_shape_and_bytes(recordings):
    for name, shape in SHAPES.items():
        data = run(recordings, name, dry_run=True).data()
        assert data["shape"] == list(shape) and data["representation"] == name
        assert data["bytes"] == 4 * data["n_windows"] * int(np.prod(shape))


def test_raw_windows_do_not_care_for_a_montage(recordings):
    first = run(recordings, "raw")
    assert run(recordings, "raw", montage="hydrocel-128") == first  # finished, and of the same configuration


def test_channels_without_a_position_stop_before_anything_is_written(tmp_path):
    source = recordings_artifact(tmp_path / "toy-recordings", {"01": recording(1)})
    with pytest.raises(InputError, match=r"where 4 of 4 channels lie on the head is not known \(E1, E2, E3, E4\)"):
        run(source, "topomap")
    assert not source.with_name("topomap-windows").exists()
    assert open_windows(run(source, "bands").output).x.shape[1:] == (4, 3)


def test_a_rate_below_the_bands_is_bad_input(tmp_path):
    source = recordings_artifact(tmp_path / "toy-recordings", {"01": head(1, sfreq=40.0)})
    with pytest.raises(InputError, match="beta=14-25 Hz reaches beyond 20 Hz"):
        run(source, "bands")


def test_what_makes_no_sense_is_a_usage_error(recordings):
    with pytest.raises(UsageError, match="the representation fft has no bands"):
        run(recordings, "fft", bands=("alpha=8-12",))
    with pytest.raises(UsageError, match="no representation is named 'topomaps'"):
        run(recordings, "topomaps")


def test_windows_that_are_kept_though_not_finite_are_not_hidden(recordings):
    windows = open_windows(run(recordings, "topomap", segment=(), keep_dead=True).output)
    broken = np.isnan(windows.x).any(axis=(1, 2, 3))
    assert 0 < broken.sum() < 6


def test_closed_eyes_light_the_back_of_the_head_in_a_real_recording(real_data, tmp_path):
    from eegcli import preprocess
    from eegcli.settings import PreprocessSettings

    tree = tmp_path / "real"
    (tree / "sub-001" / "eeg").mkdir(parents=True)
    (tree / "dataset_description.json").write_text('{"Name": "real", "BIDSVersion": "1.9.0"}')
    for task, source in (("open", "S001R01.edf"), ("closed", "S001R02.edf")):
        (tree / "sub-001" / "eeg" / f"sub-001_task-{task}_eeg.edf").symlink_to((real_data / "physionet-s001" / source).resolve())
    steps = ({"step": "filter", "l_freq": 0.5, "h_freq": 30.0}, {"step": "resample", "sfreq": 128.0})
    preprocess.run(PreprocessSettings(bids=tree, steps=steps, output=tmp_path / "real-recordings", jobs=1), reporter=Silent())
    windows = open_windows(run(tmp_path / "real-recordings", "topomap", segment=()).output)
    alpha = {task: np.array(windows.x[windows.table["task"] == task][:, 1]).mean(axis=0) for task in ("open", "closed")}
    front, back = slice(2, 9), slice(17, 22)
    assert alpha["closed"][back, 6:18].mean() > alpha["closed"][front, 6:18].mean() + 60
    contrast = {task: image[back, 6:18].mean() - image[front, 6:18].mean() for task, image in alpha.items()}
    assert contrast["closed"] > contrast["open"]
