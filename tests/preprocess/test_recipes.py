"""The shipped recipes: their steps, the published flow by another computation, and simulated recordings through all of them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from eegcli import epoch, fetch, preprocess
from eegcli.artifacts.recordings import open_recordings
from eegcli.artifacts.table import read_table
from eegcli.bids.montage import channel_set
from eegcli.config import read_recipe
from eegcli.fetch.demo.cohort import make_person
from eegcli.fetch.demo.disturbance import disturb, undisturbed
from eegcli.fetch.demo.head import FULL_NAMES, HeadModel, make_head
from eegcli.fetch.demo.simulation import simulate
from eegcli.preprocess.sequence import definition_of, sequence_of_steps
from eegcli.preprocess.signal import Signal
from eegcli.preprocess.steps.drop_channels import drop_channels
from eegcli.preprocess.steps.recover_reference import recover_reference
from eegcli.preprocess.steps.reference import reference
from eegcli.registry import RECIPES, STEPS
from eegcli.reporter import Silent
from eegcli.settings import EpochSettings, FetchSettings, PreprocessSettings
from eegcli.settings.setting import declared
from tests.kit.shared import once_for_all_workers

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # MNE on `boundary`, as with the real data set
CUT = "closed=instructed_toCloseEyes:3:37"


def steps_of(name: str) -> tuple[dict[str, object], ...]:
    return tuple(read_recipe(name)["preprocess"]["steps"])


def needs(*recipes: str) -> pytest.MarkDecorator:
    lacking = {str(step["step"]) for name in recipes for step in steps_of(name)} - set(STEPS)
    return pytest.mark.skipif(bool(lacking), reason=f"these steps are not there: {', '.join(sorted(lacking))}")


def test_help_shows_the_values_of_the_default_recipe():
    steps = {step["step"]: step for step in steps_of("default")}
    laid = {flag.setting: (steps.get(name, {}).get(flag.option), flag) for name in STEPS for flag in definition_of(name).flags}
    stated = {name: ",".join(value) if isinstance(value, list) else f"{value:g}" for name, (value, _) in laid.items() if value is not None}
    stated |= {name: flag.off for name, (value, flag) in laid.items() if value is None and flag.off is not None}
    shown = {name: field.setting.shown or "" for name, field in declared(PreprocessSettings).items()}
    assert {name: text for name, text in shown.items() if "recipe" in text} == {name: f"recipe: {text}" for name, text in stated.items()}


def run(bids: Path, name: str, output: Path, **settings: object) -> Path:
    asked = {"steps": steps_of(name), "jobs": 1} | settings
    preprocess.run(PreprocessSettings(bids=bids, output=output, **asked), reporter=Silent())
    return output


def windows_of(recordings: Path, name: str, output: Path) -> np.ndarray:
    """Count the windows that each recording gives with the recipe's table for `epoch`."""
    table = read_recipe(name)["epoch"]
    settings = EpochSettings(recordings=recordings, output=output, length=table["length"], segment=tuple(table.get("segment", ())))
    epoch.run(settings, reporter=Silent())
    return np.unique(read_table(output / "windows.parquet")["recording"].astype(str), return_counts=True)[1]


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> dict[int, Path]:
    """One person with five, three and two closed blocks."""

    def make(folder: Path) -> None:
        for blocks in (5, 3, 2):
            fetch.run(FetchSettings(source="demo", subjects=1, blocks=blocks, jobs=1, output=folder / f"b{blocks}"), reporter=Silent())

    folder = once_for_all_workers(tmp_path_factory, "demo-of-blocks", make)
    return {blocks: folder / f"b{blocks}" for blocks in (5, 3, 2)}


@pytest.fixture(scope="module")
def head() -> HeadModel:
    """The forward model of the small cap."""
    return make_head()


# --- what they say ---


def test_every_recipe_is_in_the_registry_and_has_its_file():
    files = {path.stem for path in (Path(preprocess.__file__).parents[1] / "recipes").glob("*.toml")}
    assert files == set(RECIPES)


@pytest.mark.parametrize("name", [name for name in RECIPES if "preprocess" in read_recipe(name)])
def test_every_step_of_every_recipe_is_one(name):
    if lacking := {str(step["step"]) for step in steps_of(name)} - set(STEPS):
        pytest.skip(f"these steps are not there: {', '.join(sorted(lacking))}")
    assert sequence_of_steps(PreprocessSettings(bids=Path("b"), steps=steps_of(name)))


def test_hbn_is_the_talk_s_list_and_truong2021_the_published_code_s():
    assert [step["step"] for step in steps_of("hbn")] == [
        *("bad-channels", "remove-baseline", "filter", "resample", "recover-reference", "bad-channels", "interpolate", "reference"),
        *("asr", "pick", "filter"),
    ]
    assert [step["step"] for step in steps_of("truong2021")] == [
        *("drop-channels", "remove-baseline", "filter", "resample", "recover-reference", "reference", "keep-segments"),
        *("bad-channels", "interpolate", "pick"),
    ]


def test_both_recipes_share_band_rate_reference_segments_and_channels():
    shared: list[dict[str, dict[str, object]]] = []
    for name in ("hbn", "truong2021"):
        steps: dict[str, dict[str, object]] = {}
        for step in steps_of(name):
            steps.setdefault(str(step["step"]), {}).update({key: value for key, value in step.items() if key != "step"})
        shared.append(steps)
    for step in ("filter", "resample", "recover-reference", "reference", "pick"):
        assert shared[0][step] == shared[1][step]
    assert shared[0]["filter"] == {"l_freq": 0.25, "h_freq": 25.0, "l_trans_bandwidth": 0.25, "h_trans_bandwidth": 0.25}
    assert shared[0]["reference"] == {"channels": ["E57", "E100"]} and shared[0]["resample"] == {"sfreq": 128.0}
    assert read_recipe("hbn")["epoch"]["segment"] == shared[1]["keep-segments"]["segments"] == [CUT]


def test_the_bad_channel_criteria_of_truong2021_are_the_published_ones():
    found = next(step for step in steps_of("truong2021") if step["step"] == "bad-channels")
    assert found == {"step": "bad-channels", "flat_seconds": 5.0, "correlation": 0.7, "line_noise": 4.0, "max_bad_time": 0.5}


# --- the published flow, computed in another way ---


def test_cz_by_average_reference_and_then_the_mastoids_is_cz_as_zeros_against_the_mastoids():
    # The published code: without Cz, to the average of all channels and the reference (EEGLAB's refloc: the reference is minus the
    # average then), and after that to the mean of E57 and E100. Written out for n channels x_i against Cz.
    names = tuple(f"E{i}" for i in range(1, 129))
    x = 30 * np.random.default_rng(0).standard_normal((128, 200)) + 100 * np.random.default_rng(1).standard_normal((128, 1))
    average = x.sum(axis=0) / 129  # over 128 electrodes and Cz, which is zero against itself
    with_cz = np.vstack([x - average, -average])
    mastoids = (with_cz[56] + with_cz[99]) / 2
    published = np.delete(with_cz - mastoids, (56, 99), axis=0)

    file = Signal(np.vstack([x, np.zeros(200)]), (*names, "Cz"), 128.0, reference="Cz")
    ours = reference(recover_reference(drop_channels(file, channels=("Cz",)), channel="Cz"), channels=("E57", "E100"))
    assert ours.ch_names == (*(name for name in names if name not in ("E57", "E100")), "Cz")
    np.testing.assert_allclose(ours.data, published, atol=1e-9)
    # The hbn recipe leaves the flat Cz where it is.
    np.testing.assert_allclose(reference(recover_reference(file, channel="Cz"), channels=("E57", "E100")).data, published, atol=1e-9)


@pytest.mark.parametrize(("blocks", "published"), [(5, 81), (3, 49), (2, 33)])
def test_the_published_numbers_of_windows_come_out_of_files(demo, tmp_path, blocks, published):
    # Bad channels are another matter: without these steps, which need the other channels, the cut is the same.
    steps = tuple(step for step in steps_of("truong2021") if step["step"] not in ("bad-channels", "interpolate"))
    recordings = run(demo[blocks], "truong2021", tmp_path / "recordings", steps=steps)
    assert set(windows_of(recordings, "truong2021", tmp_path / "windows")) == {published}
    table = read_table(recordings / "recordings.parquet")
    assert set(table["seconds"]) == {34.0 * blocks}


# --- whole recipes on simulated recordings ---


@needs("truong2021")
@pytest.mark.parametrize(("blocks", "published"), [(5, 81), (3, 49), (2, 33)])
def test_the_whole_published_flow_gives_the_published_numbers_of_windows(demo, tmp_path, blocks, published):
    recordings = run(demo[blocks], "truong2021", tmp_path / "recordings")
    assert set(windows_of(recordings, "truong2021", tmp_path / "windows")) == {published}
    assert open_recordings(recordings).read(0).ch_names == channel_set(("hbn-24",))


@needs("hbn")
def test_hbn_keeps_the_whole_recording_and_loses_no_window(demo, tmp_path):
    recordings = run(demo[5], "hbn", tmp_path / "recordings")
    assert set(windows_of(recordings, "hbn", tmp_path / "windows")) == {5 * 17}
    one = open_recordings(recordings).read(0)
    assert one.ch_names == channel_set(("hbn-24",)) and one.sfreq == 128.0 and one.reference == "E57, E100"


def test_minimal_leaves_channels_and_reference_alone(demo, tmp_path):
    recordings = run(demo[2], "minimal", tmp_path / "recordings")
    one = open_recordings(recordings).read(0)
    assert len(one.ch_names) == 28 and one.reference == "Cz" and one.sfreq == 128.0
    assert windows_of(recordings, "minimal", tmp_path / "windows")[0] == one.data.shape[1] // 256
    power = np.abs(np.fft.rfft(one.data[:-1] * np.hanning(one.data.shape[1]))) ** 2
    frequency = np.fft.rfftfreq(one.data.shape[1], 1 / 128)
    assert power[:, frequency < 0.1].sum() < 1e-3 * power.sum() and power[:, frequency > 55].sum() < 1e-4 * power.sum()


@needs("hbn", "truong2021")
@pytest.mark.parametrize("name", ["hbn", "truong2021"])
def test_planted_bad_channels_of_the_whole_net_are_found_and_good_ones_are_not(full_size_demo, tmp_path, name):
    recordings = run(full_size_demo, name, tmp_path / name)
    planted = json.loads((full_size_demo / "demo-truth.json").read_text())["subjects"]["sub-DEMO001"]["bad_channels"]
    table = open_recordings(recordings).table
    found = {
        channel
        for column in ("flat_channels", "line_noise_channels", "uncorrelated_channels")
        for channel in (table[column][0] or "").split(",")
        if channel
    }
    # The low-pass at 25 Hz takes the mains away: what is left of such a channel is good.
    must = {channel for channel, kind in planted.items() if kind != "line"}
    assert must <= found <= set(planted) and set(planted) <= set(FULL_NAMES)


@needs("hbn")
def test_hbn_repairs_movements_and_leaves_the_rest(head):
    person = make_person(1, 0)
    clean, course = simulate(undisturbed(person), head, seed=0, blocks=2)
    spoiled = clean.copy()
    found = disturb(spoiled, person, head, course, seed=0)

    def through(data: np.ndarray, *left_out: str) -> Signal:
        signal = Signal(data.astype(float), head.ch_names, 500.0, reference="Cz")
        steps = tuple(step for step in steps_of("hbn") if step["step"] not in left_out)
        for step in sequence_of_steps(PreprocessSettings(bids=Path("b"), steps=steps)):
            signal = step(signal)
        return signal

    truth = through(clean, "bad-channels", "interpolate", "asr").data
    inside, outside = np.zeros(truth.shape[1], bool), np.ones(truth.shape[1], bool)
    for artifact in found:
        if not artifact.kind.startswith("bad-"):
            stretch = slice(artifact.start * 128 // 500, (artifact.start + artifact.n_times) * 128 // 500 + 1)
            outside[stretch] = False
            inside[stretch] |= artifact.kind == "movement"
    error = {
        (name, where): np.sqrt(np.mean((data[:, mask] - truth[:, mask]) ** 2))
        for name, data in (("found", through(spoiled, "asr").data), ("repaired", through(spoiled).data))
        for where, mask in (("inside", inside), ("outside", outside))
    }
    assert error["repaired", "inside"] < 0.7 * error["found", "inside"]
    assert error["repaired", "outside"] < 0.35 * truth.std()
