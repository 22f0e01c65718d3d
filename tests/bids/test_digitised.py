"""Digitised positions are brought to head coordinates in metres, whatever the frame and unit, or refused with the reason."""

from __future__ import annotations

import mne
import numpy as np
import pytest

from eegcli.bids.reading import read_recording
from eegcli.bids.scan import find_recordings
from tests.kit.caps import LANDMARKS, STANDARD, TO_ALS, cap, write_electrodes
from tests.kit.heads import HYDROCEL, head_directions
from tests.kit.trees import describe, make_tree, noise, write_edf

NAMES = ("Fp1", "Fp2", "F3", "F4", "C3", "C4", "P3", "P4", "O1", "O2")
SIXTEEN = tuple(f"G{n}" for n in range(1, 17))
WHERE = cap(NAMES)


@pytest.fixture
def tree(tmp_path):
    return make_tree(tmp_path / "ds", ("01",))


def read(root):
    return read_recording(find_recordings(root)[0])


def turned(degrees: float) -> np.ndarray:
    """A turn about an odd axis, for frames whose axes nobody knows."""
    return mne.transforms.rotation3d(*np.radians([degrees, degrees / 2, -degrees / 3])).T


@pytest.mark.parametrize("space", ["CapTrak", ""])
@pytest.mark.parametrize(
    ("frame", "units", "axes"),
    [
        ("CapTrak", "m", np.eye(3)),
        ("CapTrak", "mm", np.eye(3)),
        ("ElektaNeuromag", "cm", np.eye(3)),
        ("EEGLAB", "mm", TO_ALS),
        ("CTF", "cm", TO_ALS),
        ("CapTrak", None, np.eye(3)),  # no unit is stated: written in mm
        ("CapTrak", "n/a", np.eye(3)),
    ],
)
def test_every_frame_and_unit_gives_the_same_metres_in_head_coordinates(tree, space, frame, units, axes):
    write_electrodes(tree / "sub-01/eeg", NAMES, WHERE @ axes, space=space and frame, frame=frame, units=units)
    reading = read(tree)
    np.testing.assert_allclose(reading.electrodes.positions, WHERE, atol=1e-6)
    assert reading.electrodes.source == "digitised"
    assert any("states no unit" in said for said in reading.warnings) is (units in (None, "n/a"))


@pytest.mark.parametrize("frame", ["CapTrak", "CTF", "Other", "fsaverage"])
def test_landmarks_make_head_coordinates_of_any_frame(tree, frame):
    turn, shift = turned(70.0), np.array([0.02, -0.03, 0.01])
    landmarks = {name: np.array(where) @ turn.T + shift for name, where in LANDMARKS.items()}
    write_electrodes(tree / "sub-01/eeg", NAMES, WHERE @ turn.T + shift, space=frame, landmarks=landmarks)
    reading = read(tree)
    np.testing.assert_allclose(reading.electrodes.positions, WHERE, atol=1e-6)
    assert reading.warnings == ()


def test_mne_reads_the_same_positions(tree):
    import mne_bids

    write_electrodes(tree / "sub-01/eeg", NAMES, WHERE, landmarks=LANDMARKS)
    raw = mne_bids.read_raw_bids(mne_bids.BIDSPath(subject="01", task="rest", datatype="eeg", root=tree), verbose="ERROR")
    theirs = np.array([raw.info["chs"][raw.ch_names.index(name)]["loc"][:3] for name in NAMES])
    np.testing.assert_allclose(read(tree).electrodes.positions, theirs, atol=1e-6)


@pytest.mark.parametrize("frame", ["CapTrak", "Other"])
def test_a_frame_that_is_not_the_one_stated_is_seen_by_the_names(tree, frame):
    write_electrodes(tree / "sub-01/eeg", NAMES, WHERE @ TO_ALS, space=frame)
    reading = read(tree)
    found = reading.electrodes.positions - reading.electrodes.centre
    expected = WHERE - read_centre(WHERE)
    angle = np.degrees(np.arccos((found * expected).sum(1) / np.linalg.norm(found, axis=1) / np.linalg.norm(expected, axis=1)))
    assert angle.max() < 15.0  # turned as far as standard positions and this cap are alike
    assert any("the nose lies elsewhere" in said for said in reading.warnings) is (frame == "CapTrak")


def read_centre(points: np.ndarray) -> np.ndarray:
    """Centre of a sphere by MNE's own fit."""
    return mne.bem._fit_sphere(points)[1]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"units": "m", "positions": 1000 * WHERE}, "radius of 5 to 15 cm"),
        ({"units": "m", "positions": WHERE / 1000}, "radius of 5 to 15 cm"),
        ({"units": "n/a", "positions": 7 * WHERE}, "in none it is a head"),
        ({"units": "pixels"}, "'pixels', no length"),
        ({"positions": WHERE * [1, 1, 0]}, "radius of 5 to 15 cm"),  # drawn on a plane
        ({"positions": WHERE[[5, 0, 8, 2, 9, 1, 3, 7, 4, 6]]}, "contradict the names"),
        ({"names": tuple(f"Q{n}" for n in range(10))}, "no position of a channel"),
    ],
)
def test_what_is_no_head_or_another_one_is_said_and_not_used(tree, change, reason):
    arguments = {"names": NAMES, "positions": WHERE, **change}
    write_electrodes(tree / "sub-01/eeg", arguments.pop("names"), arguments.pop("positions"), **arguments)
    reading = read(tree)
    assert [said for said in reading.warnings if "electrodes.tsv is not used" in said and reason in said]
    assert reading.electrodes.source == "unknown" and np.isnan(reading.electrodes.positions).all()


@pytest.mark.parametrize("content", ["", "nothing\tlike it\n1\t2\n", "name\tx\ty\tz\nFp1\t1\n"])
def test_a_table_that_cannot_be_read_costs_positions_alone(tree, content):
    write_electrodes(tree / "sub-01/eeg", NAMES, WHERE)
    (tree / "sub-01/eeg/sub-01_space-CapTrak_electrodes.tsv").write_text(content)
    reading = read(tree)
    assert reading.data.shape[0] == len(NAMES) and reading.electrodes.source == "unknown"
    assert any("electrodes.tsv is not used" in said for said in reading.warnings)


def test_rows_are_matched_by_name_in_any_case_and_missing_ones_stay_unknown(tree):
    names = [name.upper() for name in reversed(NAMES)]
    where = WHERE[::-1].copy()
    where[names.index("C3")] = 0.0  # a digitiser's zero
    where[names.index("C4")] = (0.5, 0.1, 0.2)  # half a metre from the head
    write_electrodes(tree / "sub-01/eeg", names, where, missing=("P3",))
    reading = read(tree)
    known = np.isfinite(reading.electrodes.positions).all(axis=1)
    assert [name for name, there in zip(NAMES, known, strict=True) if not there] == ["C3", "C4", "P3"]
    np.testing.assert_allclose(reading.electrodes.positions[known], WHERE[known], atol=1e-6)
    assert any("has C4 far off the head" in said for said in reading.warnings)


def test_positions_of_this_head_go_before_those_on_a_template_brain(tree):
    folder = tree / "sub-01/eeg"
    write_electrodes(folder, NAMES, WHERE[::-1], space="MNI152NLin2009bAsym")
    write_electrodes(folder, NAMES, WHERE, space="CapTrak")
    np.testing.assert_allclose(read(tree).electrodes.positions, WHERE, atol=1e-6)


def test_a_coordinate_system_belongs_to_the_table_of_its_space(tree):
    folder = tree / "sub-01/eeg"
    write_electrodes(folder, NAMES, WHERE, space="CapTrak", units="mm")
    (folder / "sub-01_space-AAA_coordsystem.json").write_text('{"EEGCoordinateSystem": "CTF", "EEGCoordinateUnits": "m"}')
    np.testing.assert_allclose(read(tree).electrodes.positions, WHERE, atol=1e-6)


def fif(root, names, montage) -> None:
    info = mne.create_info(list(names), 128.0, "eeg")
    info.set_montage(montage, verbose="ERROR")
    (root / "sub-01/eeg").mkdir(parents=True)
    mne.io.RawArray(noise(len(names)) / 1e6, info, verbose="ERROR").save(root / "sub-01/eeg/sub-01_task-rest_eeg.fif", verbose="ERROR")


def test_a_fif_is_digitised_unless_its_positions_are_a_template_s(tmp_path):
    landmarks = {"nasion": LANDMARKS["NAS"], "lpa": LANDMARKS["LPA"], "rpa": LANDMARKS["RPA"]}
    for name in ("measured", "template"):
        describe(tmp_path / name)
    fif(tmp_path / "measured", NAMES, mne.channels.make_dig_montage(dict(zip(NAMES, WHERE, strict=True)), coord_frame="head", **landmarks))
    fif(tmp_path / "template", NAMES, STANDARD)
    measured, template = (read(tmp_path / name).electrodes for name in ("measured", "template"))
    assert (measured.source, template.source) == ("digitised", "file")
    np.testing.assert_allclose(measured.positions, WHERE, atol=1e-6)


def test_the_positions_in_a_set_are_a_cap_s_and_electrodes_tsv_goes_before_them(tmp_path, real_data):
    describe(tmp_path)
    folder = tmp_path / "sub-01/eeg"
    folder.mkdir(parents=True)
    for name in ("eeglab_data.set", "eeglab_data.fdt"):
        (folder / name.replace("eeglab_data.set", "sub-01_task-square_eeg.set")).symlink_to(real_data / "eeglab-sample" / name)
    reading = read(tmp_path)
    assert reading.electrodes.source == "file"
    standard = mne.channels.make_standard_montage(STANDARD).ch_names
    names = [name for name in reading.ch_names if name in standard]
    write_electrodes(folder, names, cap(names))
    assert read(tmp_path).electrodes.source == "digitised"


def test_without_a_coordinate_system_the_name_tells_the_frame_and_the_head_the_unit(tree):
    folder = tree / "sub-01/eeg"
    write_electrodes(folder, NAMES, WHERE @ TO_ALS, space="CTF", units="cm")
    (folder / "sub-01_space-CTF_coordsystem.json").unlink()
    reading = read(tree)
    np.testing.assert_allclose(reading.electrodes.positions, WHERE, atol=1e-6)
    assert any("taken for cm" in said for said in reading.warnings)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_the_coordinate_system_is_read_in_any_encoding(tree, encoding):
    folder = tree / "sub-01/eeg"
    write_electrodes(folder, NAMES, WHERE, units="mm")
    path = folder / "sub-01_space-CapTrak_coordsystem.json"
    path.write_bytes(path.read_text().replace("{", '{"EEGCoordinateSystemDescription": "gemessen f\u00fcr jeden", ', 1).encode(encoding))
    np.testing.assert_allclose(read(tree).electrodes.positions, WHERE, atol=1e-6)


def test_tables_above_the_recording_are_found_and_those_of_another_session_are_not(tmp_path):
    describe(tmp_path)
    for session in ("1", "2"):
        write_edf(tmp_path / f"sub-01/ses-{session}/eeg/sub-01_ses-{session}_task-rest_run-1_eeg.edf", noise())
    write_electrodes(tmp_path / "sub-01/ses-1/eeg", NAMES, WHERE, subject="01_ses-1")
    sources = [read_recording(recording).electrodes.source for recording in find_recordings(tmp_path)]
    assert sources == ["digitised", "unknown"]
    for path in (tmp_path / "sub-01/ses-1/eeg").glob("*_space-*"):
        path.rename(tmp_path / "sub-01" / path.name.replace("_ses-1", ""))
    assert [read_recording(recording).electrodes.source for recording in find_recordings(tmp_path)] == ["digitised", "digitised"]


def test_numbers_of_another_net_do_not_speak_against_its_positions(tmp_path):
    describe(tmp_path)
    names = tuple(f"E{n}" for n in range(1, 129))
    write_edf(tmp_path / "sub-01/eeg/sub-01_task-rest_eeg.edf", noise(128, seconds=2.0), names)
    where = head_directions(HYDROCEL)[np.random.default_rng(0).permutation(128)] * 0.09 + [0.0, 0.01, 0.04]
    write_electrodes(tmp_path / "sub-01/eeg", names, where)
    reading = read(tmp_path)
    assert reading.electrodes.source == "digitised" and reading.warnings == ()
    np.testing.assert_allclose(reading.electrodes.positions, where, atol=1e-6)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("0.", "0,", ()),  # the comma of another language
        ("name\tx\ty\tz", "Name\tX\tY\tZ", ()),
        ("\nC3\t", "\nC3\tleft", ("electrodes.tsv has coordinates that are no numbers: not used",)),
    ],
)
def test_tables_are_read_as_programs_write_them(tree, before, after, said):
    write_electrodes(tree / "sub-01/eeg", NAMES, WHERE)
    path = tree / "sub-01/eeg/sub-01_space-CapTrak_electrodes.tsv"
    path.write_text(path.read_text().replace(before, after))
    reading = read(tree)
    assert reading.warnings == said and np.isfinite(reading.electrodes.positions).all(axis=1).sum() == len(NAMES) - len(said)
