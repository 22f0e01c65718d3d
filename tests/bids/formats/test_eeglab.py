"""EEGLAB files in every form, with events that lack a latency, numeric boundaries, and samples under another name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from eegcli.bids.errors import RecordingError
from eegcli.bids.formats.eeglab import NO_LATENCY
from eegcli.bids.formats.pointers import RENAMED
from eegcli.bids.reading import Reading, read_recording
from eegcli.bids.scan import find_recordings
from tests.kit.formats import write_set73
from tests.kit.trees import NAMES, SFREQ, describe, noise, tsv, write_set


@pytest.fixture
def file(tmp_path) -> Path:
    describe(tmp_path)
    return tmp_path / "sub-01/eeg/sub-01_task-rest_eeg.set"


def read(file: Path) -> Reading:
    return read_recording(find_recordings(file.parents[2])[0])


def listed(reading: Reading) -> list[tuple[float, str]]:
    return list(zip(reading.events.onset.tolist(), reading.events.value.tolist(), strict=True))


def write_mat5(file: Path, data: object, events: list[dict[str, object]], *, structure: bool = False, **options: bool) -> None:
    """Fields as variables, or in a structure; fields that an event lacks are empty."""
    labels = np.array([(name,) for name in NAMES], dtype=[("labels", object)])
    keys = list(dict.fromkeys(key for event in events for key in event))
    empty = np.zeros((0, 0))
    rows = np.array([tuple(event.get(key, empty) for key in keys) for event in events], dtype=[(key, object) for key in keys])
    fields = {
        "nbchan": 10.0,
        "trials": 1.0,
        "pnts": 2560.0,
        "srate": SFREQ,
        "data": data,
        "chanlocs": labels,
        "event": rows if keys else empty,
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    savemat(file, {"EEG": fields} if structure else fields, appendmat=False, **options)


@pytest.mark.parametrize("inside", [True, False])
@pytest.mark.parametrize("fdt", [False, True])
@pytest.mark.parametrize("events", [(), (("cue", 641.0),), (("cue", 641.0), ("größer", 1281.0)), ((7, 641.0), (8, 1281.5))])
def test_matlab_7_3_is_read_out_of_the_box(file, inside, fdt, events):
    write_set73(file, noise(), events, inside=inside, fdt=fdt)
    reading = read(file)
    np.testing.assert_array_equal(reading.data, noise().astype(np.float32))
    assert (reading.ch_names, reading.sfreq) == (NAMES, SFREQ)
    assert listed(reading) == [((latency - 1) / SFREQ, str(kind)) for kind, latency in events]


def test_some_channels_of_matlab_7_3_are_those_that_were_stored(file):
    write_set73(file, noise(), names=NAMES)
    tsv(
        file.with_name("sub-01_task-rest_channels.tsv"),
        "name type units\n" + "\n".join(f"{n} {'EEG' if n > 'F4' else 'MISC'} uV" for n in NAMES),
    )
    kept = [index for index, name in enumerate(NAMES) if name > "F4"]
    np.testing.assert_array_equal(read(file).data, noise().astype(np.float32)[kept])


def test_an_event_without_latency_costs_itself_and_is_said(file):
    write_mat5(
        file,
        noise(),
        [{"type": "cue", "latency": 641.0}, {"type": "lost"}, {"type": "none", "latency": np.nan}, {"type": "b", "latency": 1281.0}],
    )
    reading = read(file)
    assert listed(reading) == [(5.0, "cue"), (10.0, "b")] and reading.warnings == (NO_LATENCY,)


def test_a_boundary_among_numeric_types_is_a_boundary_which_events_tsv_does_not_hide(file):
    events = [{"type": 1, "latency": 641.0}, {"type": -99, "latency": 1280.5, "duration": 500.0}, {"type": 2, "latency": 1921.0}]
    write_mat5(file, noise(), events)
    assert listed(read(file)) == [(5.0, "1"), (1279.5 / SFREQ, "boundary"), (15.0, "2")]
    assert read(file).events.duration.tolist() == [0.0, 0.0, 0.0]  # what was cut out has no length in the data
    tsv(file.with_name("sub-01_task-rest_events.tsv"), "onset duration trial_type\n5 0 go")
    assert listed(read(file)) == [(5.0, "go"), (1279.5 / SFREQ, "boundary")]
    write_mat5(file, noise(), [*events, {"type": "word", "latency": 2000.0}])  # a name among them: numbers are names
    file.with_name("sub-01_task-rest_events.tsv").unlink()
    assert [value for _, value in listed(read(file))] == ["1", "-99", "2", "word"]


@pytest.mark.parametrize("structure", [False, True])
@pytest.mark.parametrize(("ending", "turned"), [(".fdt", True), (".dat", False)])
def test_samples_beside_the_set_are_found_under_its_own_name(file, structure, ending, turned):
    write_mat5(file, f"before{ending}", [], structure=structure)
    samples = noise().astype("<f4")
    file.with_suffix(ending).write_bytes((samples.T if turned else samples).tobytes())
    reading = read(file)
    np.testing.assert_array_equal(reading.data, samples)
    assert reading.warnings == (RENAMED,)


def test_samples_that_are_missing_or_too_few_are_named(file):
    write_mat5(file, file.with_suffix(".fdt").name, [])
    with pytest.raises(RecordingError, match=r"names sub-01_task-rest_eeg.fdt, which is not here") as caught:
        read(file)
    assert caught.value.cause == "companion"
    file.with_suffix(".fdt").write_bytes(noise().astype("<f4").tobytes()[:-4])
    with pytest.raises(RecordingError, match=r"102,396 bytes of 102,400") as caught:
        read(file)
    assert caught.value.cause == "truncated"


def test_a_set_among_several_samples_of_other_names_takes_the_one_that_it_names(file):
    write_mat5(file, "b.fdt", [])
    for seed, name in enumerate("abc"):
        file.with_name(f"{name}.fdt").write_bytes(noise(seed=seed).T.astype("<f4").tobytes())
    np.testing.assert_array_equal(read(file).data, noise(seed=1).astype(np.float32))
    write_mat5(file, "d.fdt", [])
    with pytest.raises(RecordingError, match=r"several could be meant: a.fdt, b.fdt, c.fdt"):
        read(file)
    for name in "ab":
        file.with_name(f"{name}.fdt").write_bytes(b"shorter")  # of another recording, by its length
    np.testing.assert_array_equal(read(file).data, noise(seed=2).astype(np.float32))
    assert read(file).warnings == (RENAMED,)


@pytest.mark.parametrize("options", [{"structure": True}, {"structure": True, "do_compression": True}, {"do_compression": True}, {}])
def test_every_form_of_matlab_5_gives_the_same(file, options):
    write_mat5(file, noise(), [{"type": "cue", "latency": 641.0}], **options)
    reading = read(file)
    np.testing.assert_allclose(reading.data, noise(), rtol=1e-6)
    assert listed(reading) == [(5.0, "cue")]


def test_what_is_no_eeglab_file_is_not_called_damaged(file):
    file.parent.mkdir(parents=True)
    savemat(file, {"x": np.zeros(3)}, appendmat=False)
    with pytest.raises(RecordingError, match="no EEGLAB structure") as caught:
        read(file)
    assert caught.value.cause == "format" and "Fetch the file again" not in caught.value.message
    write_set(file, noise(), trials=4)
    with pytest.raises(RecordingError, match="cut into epochs"):
        read(file)


@pytest.mark.parametrize("structure", [False, True])
def test_fields_of_a_laboratory_s_own_are_columns_of_the_events(file, structure):
    events = [
        {"type": "go", "latency": 129.0, "urevent": 1.0, "accuracy": 1.0, "stim": "left.png", "rt": 0.25},
        {"type": "boundary", "latency": 500.5, "duration": 64.0},
        {"type": "go", "latency": 641.0, "urevent": 2.0, "accuracy": 0.0, "stim": "right.png"},
    ]
    write_mat5(file, noise(), events, structure=structure)
    found = read(file).events
    assert found.value.tolist() == ["go", "boundary", "go"]
    assert set(found.columns) == {"accuracy", "stim", "rt"}
    np.testing.assert_array_equal(found.columns["accuracy"].astype(float), [1, np.nan, 0])
    np.testing.assert_array_equal(found.columns["rt"].astype(float), [0.25, np.nan, np.nan])
    assert found.columns["stim"].tolist() == ["left.png", None, "right.png"]
