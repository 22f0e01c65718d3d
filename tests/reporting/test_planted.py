"""Explanations of simulated recordings on the page: held against the file that says what was planted, and against nothing else."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from eegcli import epoch, evaluate, explain, fetch, preprocess, reporting
from eegcli.artifacts.contents import REPORT
from eegcli.artifacts.explanation import Attribution
from eegcli.errors import ArtifactError
from eegcli.fetch.demo.truth import FILE as WRITTEN
from eegcli.fetch.demo.worlds import WORLDS
from eegcli.reporter import Silent
from eegcli.reporting.answers import explained
from eegcli.reporting.content import Grid
from eegcli.reporting.material import Material, digest_of_material, gather
from eegcli.reporting.sections import planted
from eegcli.reporting.truth import FILE, Effect, Truth, read_truth
from eegcli.settings import (
    EpochSettings,
    EvaluateSettings,
    ExplainSettings,
    FetchSettings,
    PreprocessSettings,
    ReportSettings,
    TrainSettings,
)
from tests.kit.shared import once_for_all_workers

THETA, ALPHA = Effect("theta", (6.0, 8.0), ("E11", "E24")), Effect("upper alpha", (9.0, 11.0), ("E62", "E70"))
COHORT = Truth("demo", "Males have more.", (THETA, ALPHA), ("E11", "E24", "E62", "E70", "E36", "E104", "Cz", "E22"))


@pytest.fixture(scope="module")
def simulated(tmp_path_factory) -> Path:
    """A world in which a region tells the sexes apart, cleaned, cut, learnt by a closed form and explained."""

    def make(folder: Path) -> None:
        from eegcli import train

        quiet, demo, recordings, windows, run = Silent(), *(folder / name for name in ("world", "recordings", "windows", "run"))
        fetch.run(FetchSettings(source="demo", effect="region", output=demo, subjects=12, blocks=1, jobs=1), reporter=quiet)
        preprocess.run(PreprocessSettings(bids=demo, output=recordings, channels=("hbn-24",), jobs=1), reporter=quiet)
        epoch.run(EpochSettings(recordings=(recordings,), output=windows, segment=(WORLDS["region"].segment,)), reporter=quiet)
        learns = TrainSettings(windows=windows, output=run, arch="logistic", threads=1, device="cpu", no_baseline=True)
        train.run(learns, reporter=quiet)
        evaluate.run(EvaluateSettings(run=run, threads=1, device="cpu", permutations=0, resamples=50), reporter=quiet)
        explain.run(ExplainSettings(run=run, method=("patterns", "best-samples"), n_windows=12, threads=1, device="cpu"), reporter=quiet)

    return once_for_all_workers(tmp_path_factory, "simulated-and-explained", make)


@pytest.fixture
def moved(simulated, tmp_path) -> Path:
    """The same, all of it, elsewhere."""
    return Path(shutil.copytree(simulated, tmp_path / "elsewhere")) / "run"


@pytest.fixture
def own(moved) -> Path:
    """The moved run, whose provenance names no folder of the first."""
    for name, changes in (
        ("recordings", {"bids": "world"}),
        ("windows", {"recordings": ["recordings"]}),
    ):
        path = moved.parent / name / "provenance.json"
        stored = json.loads(path.read_text())
        path.write_text(json.dumps(stored | {"cwd": str(moved.parent), "free_settings": stored["free_settings"] | changes}))
    run = moved / "provenance.json"
    run.write_text(json.dumps(json.loads(run.read_text()) | {"windows": str(moved.parent / "windows")}))
    return moved


def words_of(material: Material) -> str:
    return " ".join(getattr(block, "words", "") or getattr(block, "why", "") for block in planted.blocks_of(material))


def rows_of(material: Material) -> list[tuple[str, ...]]:
    return [row for block in planted.blocks_of(material) if isinstance(block, Grid) for row in block.rows]


def shown(material: Material, *, passed: bool, place: dict[str, tuple[float, float]]) -> Material:
    """The run's material with a saliency that is large in one band at each of some channels."""
    explanation = material.explanation
    assert explanation is not None
    n_classes, n_channels, freqs = len(explanation.classes), len(explanation.ch_names), explanation.freqs
    spectrum = np.full((n_classes, n_channels, len(freqs)), 1e-3)
    for name, (low, high) in place.items():
        spectrum[:, explanation.ch_names.index(name), (freqs >= low) & (freqs <= high)] = 1.0
    result = Attribution(np.ones((1, n_channels, 8), np.float32), spectrum, spectrum.mean(axis=-1))
    metrics = {**explanation.metrics, "methods": [{"name": "saliency", "passed": passed}]}
    return replace(material, explanation=replace(explanation, methods={"saliency": result}, metrics=metrics), truths=(COHORT,))


def test_the_page_of_a_simulated_cohort_says_what_was_planted_and_whether_it_was_found(simulated):
    text = (simulated / "run" / REPORT).read_text(encoding="utf-8")
    assert WORLDS["region"].summary in text
    assert "What was planted, and what each method ranks highest" in text
    stated = json.loads((simulated / "world" / WRITTEN).read_text())["planted"]["channels"]
    row = next(row for row in rows_of(gather(simulated / "run")) if row[0] == "patterns")
    assert row[2] == "channel" and set(row[3].split(", ")) == set(stated)
    explanation = gather(simulated / "run").explanation
    pattern = np.abs(explanation.methods["patterns"].pattern).mean(axis=(0, 2))
    by_hand = [explanation.ch_names[item] for item in sorted(range(24), key=lambda item: -pattern[item])[:4]]
    assert row[4] == ", ".join(by_hand)
    assert row[5] == f"{len(set(by_hand) & set(stated))} of 4"
    assert "The recordings are simulated" in explained(gather(simulated / "run")).detail


def test_channels_are_translated_to_the_electrodes_of_the_truth():
    wanted = {"Fz": (6, 8), "F3": (6, 8), "Pz": (9, 11), "O1": (9, 11)}
    assert COHORT.electrodes_of(list(wanted)) == ["E11", "E24", "E62", "E70"]


@pytest.mark.parametrize(("passed", "verdict"), [(True, "ok"), (False, "")])
def test_what_shows_the_planted_places_has_full_marks(simulated, passed, verdict):
    place = {"Fz": (6.0, 8.0), "F3": (6.0, 8.0), "Pz": (9.0, 11.0), "O1": (9.0, 11.0)}
    material = shown(gather(simulated / "run"), passed=passed, place=place)
    rows = rows_of(material)
    assert [row[2] for row in rows] == ["frequency", "channel at 6 to 8 Hz", "channel at 9 to 11 Hz"]
    assert [row[5] for row in rows] == ["10 of 10", "2 of 2", "2 of 2"]
    assert rows[0][4] == "6 to 8, 9 to 11 Hz"
    assert set(rows[1][4].split(", ")) == {"Fz", "F3"}
    assert [row[1] for row in rows] == ["passed" if passed else "FAILED"] * 3
    said = next(block for block in planted.blocks_of(material) if "of 1 method" in getattr(block, "words", "")) if passed else None
    assert (said.verdict if said else "") == verdict
    assert ("1 finds what was planted." in words_of(material)) == passed


def test_what_shows_another_place_is_said_to_miss_it(simulated):
    material = shown(gather(simulated / "run"), passed=True, place={"T4": (18.0, 22.0), "C3": (1.0, 24.0), "C4": (1.0, 24.0)})
    assert "0 find what was planted (saliency: not its frequency, channel at 6 to 8 Hz, channel at 9 to 11 Hz)" in words_of(material)
    assert explained(material).detail.endswith("channel at 9 to 11 Hz).")


def test_where_nothing_was_planted_whatever_passed_is_wrong(simulated):
    nothing = (replace(COHORT, effects=()),)
    material = gather(simulated / "run")
    for passed, verdict, words in ((True, "broken", "passed, and there is nothing to show: saliency"), (False, "ok", "no method passed")):
        one = replace(shown(material, passed=passed, place={}), truths=nothing)
        assert words in words_of(one)
        assert verdict in [getattr(block, "verdict", None) for block in planted.blocks_of(one)]
        assert rows_of(one) == []


def test_a_run_of_another_target_is_held_against_nothing(simulated):
    material = gather(simulated / "run")
    other = replace(material, run=replace(material.run, metrics=material.run.metrics | {"target": "age"}))
    assert "depends on sex, and this run tells age" in words_of(other)
    assert rows_of(other) == [] and planted.finding(other) is None


def test_what_is_everywhere_has_no_place_to_be_found(simulated):
    everywhere = replace(COHORT, effects=(Effect("", None, None),))
    material = replace(shown(gather(simulated / "run"), passed=True, place={}), truths=(everywhere,))
    assert "no place to be found" in words_of(material) and rows_of(material) == []


def test_data_sets_of_different_effects_are_said_to_be(simulated):
    material = replace(gather(simulated / "run"), truths=(COHORT, replace(COHORT, dataset="other", effects=(THETA,))))
    assert "different effects: demo, other" in words_of(material)
    assert rows_of(material) == []
    alike = replace(material, truths=(COHORT, replace(COHORT, dataset="again")))
    assert f"{FILE} of demo, again" in words_of(alike)


def test_times_are_held_only_against_windows_that_were_cut_as_the_file_asks(simulated):
    late = Effect("", None, None, (0.5, 1.0))
    for segment, compared in ((WORLDS["region"].segment, True), ("tone=tone:-0.5:1.5", False)):
        material = shown(gather(simulated / "run"), passed=True, place={})
        course = np.where(np.arange(256) // 64 == 1, 1.0, 0.01)[None].repeat(2, axis=0)
        explanation = material.explanation
        result = replace(explanation.methods["saliency"], course=course)
        truth = replace(COHORT, effects=(late,), segment=segment)
        one = replace(material, explanation=replace(explanation, methods={"saliency": result}), truths=(truth,))
        assert ("Times are not compared" in words_of(one)) != compared
        assert bool([row for row in rows_of(one) if row[2] == "time" and row[5].split(" of ")[0] == row[5].split(" of ")[1]]) == compared


def test_the_file_is_found_where_everything_was_moved_to(own):
    assert [one.dataset for one in gather(own).truths] == ["world"]
    assert len(rows_of(gather(own))) == 2


def test_without_the_file_nothing_is_claimed(own):
    (own.parent / "world" / FILE).unlink()
    assert gather(own).truths == () and words_of(gather(own)) == ""


def test_recordings_of_another_data_set_among_them_are_not_called_simulated(own):
    shutil.copytree(own.parent / "recordings", own.parent / "real")
    path = own.parent / "real" / "provenance.json"
    stored = json.loads(path.read_text())
    windows = own.parent / "windows" / "provenance.json"
    cut = json.loads(windows.read_text())
    windows.write_text(json.dumps(cut | {"free_settings": cut["free_settings"] | {"recordings": ["recordings", "real"]}}))
    for bids in ("elsewhere", None):
        path.write_text(json.dumps(stored | {"free_settings": stored["free_settings"] | {"bids": bids}}))
        material = gather(own)
        assert material.truths == () and "not all recordings are of that" in words_of(material)
        assert "simulated" not in words_of(material) and planted.finding(material) is None


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        '{"summary": "x"}',
        '{"summary": "x", "effects": {"theta": 3}}',
        '{"summary": "x", "effects": {"theta": {"band_hz": [1], "strongest_channels": [], "topography_uv_per_nam": {}}}}',
        '{"summary": "x", "effect": "band", "planted": {"electrodes": {}, "channels": ["Fz"], "band_hz": null, "time_s": null}, "windows": {}}',
        b"\xff\xfe",
    ],
)
def test_a_file_that_is_not_as_it_was_written_is_said_to_be(own, content):
    path = own.parent / "world" / FILE
    before = digest_of_material(own)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ArtifactError, match=FILE):
        read_truth(own.parent / "world")
    material = gather(own)
    assert material.truths == () and FILE in words_of(material)
    assert digest_of_material(own) != before
    page = reporting.run(ReportSettings(paths=(own,)), reporter=Silent()).output.read_text(encoding="utf-8")
    assert "What was planted in the recordings is not known" in page


@pytest.mark.parametrize("effect", [None, *WORLDS])
def test_every_world_that_fetch_writes_is_read(effect, tmp_path):
    fetch.run(FetchSettings(source="demo", effect=effect, output=tmp_path / "d", subjects=2, blocks=1, jobs=1), reporter=Silent())
    truth = read_truth(tmp_path / "d")
    assert WRITTEN == FILE
    assert truth.summary
    if effect is None:
        assert [(one.name, one.band) for one in truth.effects] == [("theta", (6.0, 8.0)), ("upper alpha", (9.0, 11.0))]
    elif effect == "nothing":
        assert truth.effects == ()
    else:
        (only,) = truth.effects
        world = WORLDS[effect]
        assert (only.band, only.electrodes) == (world.band, world.channels)
        assert only.seconds == pytest.approx(world.seconds)
        assert only.has_a_place == (effect != "amplitude")
