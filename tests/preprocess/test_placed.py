"""Positions travel: from electrodes.tsv to the recordings artifact, to windows, to maps."""

from __future__ import annotations

import json

import numpy as np
import pytest

from eegcli import epoch, preprocess
from eegcli.artifacts.recordings import open_recordings
from eegcli.artifacts.windows import open_windows
from eegcli.errors import InputError
from eegcli.reporter import Silent
from eegcli.representations.topomap import pixels
from eegcli.settings import EpochSettings, PreprocessSettings
from tests.kit.caps import LANDMARKS, TO_ALS, cap, write_electrodes
from tests.kit.reporters import CapturingReporter
from tests.kit.trees import NAMES, describe, make_tree, noise, write_edf

# Places of sixteen electrodes under an amplifier's own names.
WHERE = cap(("Fp1", "Fp2", "F3", "F4", "C3", "C4", "P3", "P4", "O1", "O2", "Fz", "Cz", "Pz", "Oz", "T7", "T8"))
OWN = tuple(f"G{n}" for n in range(1, 17))
PLAIN = ({"step": "remove-baseline"},)


def lettered(root, subject: str, *, seed: int = 0, **electrodes) -> None:
    """A recording whose 10-Hz rhythm is strong in front."""
    time = np.arange(20 * 128) / 128
    data = noise(16, seed=seed, scale=2.0) + 400 * np.clip(WHERE[:, 1:2], 0, None) * np.sin(2 * np.pi * 10 * time)
    folder = root / f"sub-{subject}/eeg"
    write_edf(folder / f"sub-{subject}_task-rest_eeg.edf", data, OWN)
    if electrodes:
        write_electrodes(folder, OWN, **({"positions": WHERE, "subject": subject} | electrodes))


def clean(root, *, reporter=None, **settings):
    settings = {"steps": PLAIN, "output": root.with_name("recordings")} | settings
    return preprocess.run(PreprocessSettings(bids=root, **settings), reporter=reporter or Silent())


def cut(recordings, name="topomap", **settings):
    settings = {
        "representation": name,
        "output": recordings.with_name("windows"),
        "bands": ("alpha=8-12",) if name != "raw" else (),
    } | settings
    return open_windows(epoch.run(EpochSettings(recordings=(recordings,), **settings), reporter=Silent()).output)


@pytest.fixture
def tree(tmp_path):
    describe(tmp_path / "ds")
    return tmp_path / "ds"


@pytest.mark.parametrize(
    "electrodes",
    [
        {"space": "CapTrak"},
        {"positions": WHERE @ TO_ALS, "space": "EEGLAB", "units": "mm"},
        {
            "positions": WHERE[:, [1, 2, 0]],
            "space": "Other",
            "landmarks": {name: np.array(at)[[1, 2, 0]] for name, at in LANDMARKS.items()},
        },
    ],
)
def test_a_map_is_drawn_from_digitised_positions_nose_up(tree, electrodes):
    lettered(tree, "01", **electrodes)
    recordings = open_recordings(clean(tree).output)
    assert recordings.table["positions"].tolist() == ["digitised"]
    np.testing.assert_allclose(recordings.read(0).electrodes.positions, WHERE, atol=1e-6)
    windows = cut(recordings.path)
    _, inside = pixels()
    mean = np.where(inside, windows.x[:, 0].mean(axis=0), np.nan)
    assert np.nanmean(mean[:8]) > 150 > 100 > np.nanmean(mean[16:])
    assert abs(np.nanmean(mean[:, :12]) - np.nanmean(mean[:, 12:])) < 40


def test_each_recording_s_map_has_its_own_positions_and_windows_keep_the_mean(tree):
    other = cap(("Fp1", "Fp2", "F3", "F4", "C3", "C4", "P3", "P4", "O1", "O2", "Fz", "Cz", "Pz", "Oz", "T7", "T8"), seed=7)
    lettered(tree, "01", space="CapTrak")
    lettered(tree, "02", space="CapTrak", positions=other)  # the same samples under another cap
    output = clean(tree).output
    windows = cut(output)
    n = len(windows) // 2
    assert not np.array_equal(windows.x[:n], windows.x[n:])
    np.testing.assert_allclose(windows.electrodes.positions, (WHERE + other) / 2, atol=1e-6)
    assert set(windows.electrodes.sources) == {"digitised"}
    centres = [np.array(open_recordings(output).read(row).electrodes.centre) for row in (0, 1)]
    mean = (WHERE + other) / 2 - (centres[0] + centres[1]) / 2
    for where, centre in zip((WHERE, other), centres, strict=True):
        cosine = ((where - centre) * mean).sum(axis=1) / np.linalg.norm(where - centre, axis=1) / np.linalg.norm(mean, axis=1)
        assert (np.degrees(np.arccos(cosine)) <= windows.spread + 1e-4).all()


def test_raw_windows_keep_positions_too(tree):
    lettered(tree, "01", space="CapTrak")
    windows = cut(clean(tree).output, "raw")
    np.testing.assert_allclose(windows.electrodes.positions, WHERE, atol=1e-6)
    np.testing.assert_array_equal(windows.x[0][:, :5], open_recordings(tree.with_name("recordings")).read(0).data[:, :5])


def test_a_recording_without_positions_fails_alone_and_all_of_them_together(tree):
    lettered(tree, "01", space="CapTrak")
    lettered(tree, "02")
    reporter = CapturingReporter()
    output = clean(tree, reporter=reporter).output
    assert any("16 of 16 channels have no known position" in said for said in reporter.warnings)
    result = epoch.run(EpochSettings(recordings=(output,), representation="topomap", output=tree.with_name("windows")), reporter=Silent())
    assert [(failure.name, failure.cause) for failure in result.failures] == [("sub-02_task-rest", "no positions")]
    with pytest.raises(InputError, match="where 16 of 16 channels lie on the head is not known"):
        cut(output, subject=("02",), output=tree.with_name("other"))
    with pytest.raises(InputError, match="where 16 of 16 channels lie on the head is not known"):
        cut(output, montage="10-05", output=tree.with_name("other"))


def test_data_asks_for_the_recording_s_own_positions(tmp_path):
    tree = make_tree(tmp_path / "ds", ("01", "02"))
    write_electrodes(tree / "sub-01/eeg", NAMES, cap(NAMES))
    output = clean(tree).output
    assert open_recordings(output).table["positions"].tolist() == ["digitised", "template"]
    result = epoch.run(
        EpochSettings(recordings=(output,), representation="topomap", montage="data", output=tmp_path / "w"),
        reporter=(said := CapturingReporter()),
    )
    assert [failure.name for failure in result.failures] == ["sub-02_task-rest"]
    auto = epoch.run(EpochSettings(recordings=(output,), representation="topomap", output=tmp_path / "a"), reporter=said)
    assert not auto.failures and "positions of electrodes, by recording: 1 digitised, 1 template" in said.warnings


def test_electrodes_tsv_is_part_of_what_a_recording_is_made_of(tree):
    lettered(tree, "01", space="CapTrak")
    assert clean(tree).ok == 1 and clean(tree).ok == 0
    path = tree / "sub-01/eeg/sub-01_space-CapTrak_electrodes.tsv"
    path.write_text(path.read_text().replace("G3\t", "G3\t0"))
    assert clean(tree).ok == 1
    system = tree / "sub-01/eeg/sub-01_space-CapTrak_coordsystem.json"
    system.write_text(system.read_text() + "\n")
    assert clean(tree).ok == 1


def test_the_montage_is_a_setting_of_the_recordings_and_its_first_default_changes_no_digest(tree):
    lettered(tree, "01", space="CapTrak")
    clean(tree, output=tree.with_name("auto"))
    clean(tree, output=tree.with_name("data"), montage="data")
    digests = [open_recordings(tree.with_name(name)).table["digest"][0] for name in ("auto", "data")]
    assert digests[0] != digests[1]
    assert json.loads((tree.with_name("data") / "settings.json").read_text())["settings"]["montage"] == "data"


def test_channels_that_were_not_digitised_are_counted(tmp_path):
    tree = make_tree(tmp_path / "ds", ("01",))
    write_electrodes(tree / "sub-01/eeg", NAMES, cap(NAMES), missing=("C3",))
    clean(tree, reporter=(said := CapturingReporter()))
    assert any("1 of 10 channels were not digitised" in warning for warning in said.warnings)
    electrodes = open_recordings(tmp_path / "recordings").read(0).electrodes
    assert electrodes.sources[NAMES.index("C3")] == "template" and electrodes.known.all()
