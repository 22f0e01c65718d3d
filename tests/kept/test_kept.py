"""Artifacts as earlier versions wrote them: opened, looked at, used and recognised as finished by this one.

`make.py` wrote them; its `commands.json` says how. A version that can no longer read them says so in the changelog.
"""

from __future__ import annotations

import json
import lzma
import os
import re
import shutil
import statistics
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from eegcli import epoch, evaluate, explain, fetch, preprocess, train
from eegcli.artifacts.configuration import settings_from
from eegcli.artifacts.explanation import read_explanation
from eegcli.artifacts.folder import require
from eegcli.artifacts.recordings import open_recordings
from eegcli.artifacts.run import open_run
from eegcli.artifacts.schema import SCHEMA_VERSION
from eegcli.artifacts.table import read_table
from eegcli.artifacts.windows import open_windows
from eegcli.cli.main import main
from eegcli.describe import describe
from eegcli.errors import ArtifactError
from eegcli.fetch.manifest import read_manifest
from eegcli.reporter import Silent
from eegcli.settings import EpochSettings, EvaluateSettings, ExplainSettings, FetchSettings, PreprocessSettings, TrainSettings
from tests.kept.make import PLACE
from tests.kit.releases import raise_version, with_field

HERE = Path(__file__).parent
MADE = [
    pytest.param(folder.name, made, id=f"{folder.name}-{made['output'].replace('/', '-')}")
    for folder in sorted(HERE.iterdir())
    if (folder / "commands.json").is_file()
    for made in json.loads((folder / "commands.json").read_text())
]
OF_A_NETWORK = [p for p in MADE if p.values[1]["kind"] in ("evaluation", "explanation")]
ONE_OF_A_KIND = list({p.values[1]["kind"]: p for p in MADE if p.values[0] == "0.1.0"}.values())
# The signals of the demo are not kept.
DESCRIBED = [p for p in MADE if p.values[1]["kind"] in ("dataset", "recordings", "windows", "run") and p.values[1]["output"] != "demo"]
STAGES: dict[str, tuple[type, str | None, ModuleType]] = {
    "dataset": (FetchSettings, None, fetch),
    "recordings": (PreprocessSettings, "bids", preprocess),
    "windows": (EpochSettings, "recordings", epoch),
    "run": (TrainSettings, "windows", train),
    "evaluation": (EvaluateSettings, "run", evaluate),
    "explanation": (ExplainSettings, "run", explain),
}
# Train chooses the penalty of a closed form by subjects of the training set since it has another version for them.
FINISHED = [p for p in MADE if not (p.values[1]["kind"] == "run" and "logistic" in p.values[1]["arguments"])]
SECOND = 1_000_000_000


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of all kept artifacts, as they lay when they were made."""
    root = tmp_path_factory.mktemp("kept")
    for folder in HERE.iterdir():
        if (folder / "commands.json").is_file():
            unpack(folder, root / folder.name)
    return root


def unpack(folder: Path, copy: Path) -> None:
    shutil.copytree(folder, copy)
    for path in list(copy.rglob("*.xz")):
        path.with_suffix("").write_bytes(lzma.decompress(path.read_bytes()))
        path.unlink()
    # Simulated recordings are not kept. `fetch` asks for their sizes only, and nothing else here reads them.
    for entry in read_manifest(copy / "demo"):
        if not (copy / "demo" / entry.path).exists():
            (copy / "demo" / entry.path).touch()
            os.truncate(copy / "demo" / entry.path, entry.bytes)
    # What was fetched is older than its manifest: else its keys would not count.
    for path in copy.rglob("*"):
        os.utime(path, ns=(1_700_000_000 * SECOND,) * 2)


def eegcli(*arguments: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """The exit code of a command, run in `folder`."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["eegcli", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    return int(end.value.code or 0)


def state_of(folder: Path) -> dict[str, tuple[int, int]]:
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.stat().st_size)
        for path in folder.rglob("*")
        if path.is_file() and path.name != "done.json"
    }


@pytest.mark.parametrize(("version", "made"), MADE)
def test_a_kept_artifact_is_opened(version: str, made: dict[str, Any], kept: Path) -> None:
    path = kept / version / made["output"]
    done = json.loads((path / "done.json").read_text())
    match made["kind"]:
        case "dataset":
            assert {entry.status for entry in read_manifest(path)} == {"ok"}
        case "recordings":
            recordings = open_recordings(path)
            assert len(recordings) == done["n_recordings"]
            for row in range(len(recordings)):
                recording = recordings.read(row)
                assert recording.data.shape == (recordings.table["n_channels"][row], recordings.table["n_times"][row])
                assert recording.events.value.tolist() == ["closed", "closed"]
        case "windows":
            windows = open_windows(path)
            assert len(windows) == done["n_windows"]
            assert windows.x[:].shape[0] == done["n_windows"]
        case "run":
            run = open_run(path)
            assert {network.fold for network in run} == set(run.splits["fold"].tolist())
            each = run.metrics["networks"]
            assert [(one["fold"], one["seed"]) for one in each] == [(network.fold, network.seed) for network in run]
            assert [one["kept_epoch"] for one in each] == [network.metrics["kept_epoch"] for network in run]
            for name, mean in run.metrics["validation"].items():
                assert mean == pytest.approx(statistics.fmean(one["validation"][name] for one in each))
            for network in run:
                assert sum(weights.numel() for weights in network.model().parameters()) <= run.metrics["n_parameters"]
                assert network.history
        case "evaluation":
            assert json.loads((path / "metrics.json").read_text())["unit"] == "subject"
            assert len(read_table(path / "predictions.parquet")["fold"])
            assert len(read_table(path / "votes.parquet")["fold"])
        case "explanation":
            explanation = read_explanation(path / "explanation.h5")
            assert explanation.methods["saliency"].values.shape[0] == len(explanation.window)
        case _:
            raise AssertionError(f"no test opens {made['kind']}")


@pytest.mark.parametrize(("version", "made"), DESCRIBED)
def test_info_describes_a_kept_artifact(version: str, made: dict[str, Any], kept: Path) -> None:
    path = kept / version / made["output"]
    facts = describe(path)

    assert facts["kind"] == {"dataset": "BIDS data set"}.get(made["kind"], made["kind"])


@pytest.mark.parametrize(("version", "made"), FINISHED)
def test_the_command_that_made_a_kept_artifact_finds_it_finished(
    version: str, made: dict[str, Any], kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = state_of(kept / version)

    assert eegcli(*made["arguments"], "--output", made["output"], folder=kept / version, monkeypatch=monkeypatch) == 0

    assert state_of(kept / version) == before, "nothing is written"


@pytest.mark.parametrize(("version", "made"), [p for p in MADE if p not in FINISHED])
def test_a_closed_form_whose_penalty_the_validation_set_chose_is_not_taken_for_one_of_today(
    version: str, made: dict[str, Any], kept: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = state_of(kept / version)

    assert eegcli(*made["arguments"], "--output", made["output"], folder=kept / version, monkeypatch=monkeypatch) == 3

    assert "stage_version" in unwrapped(capsys)
    assert state_of(kept / version) == before, "nothing is written"


def test_recordings_that_an_earlier_version_read_stay_and_it_is_said(kept: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    made = next(p.values[1] for p in MADE if p.values[0] == "0.1.0" and p.values[1]["kind"] == "recordings")
    n = json.loads((kept / "0.1.0" / made["output"] / "done.json").read_text())["n_ok"]
    assert eegcli(*made["arguments"], "--output", made["output"], folder=kept / "0.1.0", monkeypatch=monkeypatch) == 0
    assert f"{n} recordings were cleaned by an earlier version" in capsys.readouterr().err


@pytest.mark.parametrize(("version", "made"), FINISHED)
def test_a_kept_artifact_is_finished_for_a_later_release_with_one_more_setting(
    version: str, made: dict[str, Any], kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cls, place, stage = STAGES[made["kind"]]
    output = Path(made["output"])
    monkeypatch.chdir(kept / version)
    before = state_of(kept / version)
    settings = settings_from(cls, json.loads((output / "settings.json").read_text()), made["output"])
    where = {} if place is None else {place: Path(made["arguments"][1])}

    raise_version(monkeypatch)
    stage.run(with_field(replace(settings, output=output, **where), "fp32"), reporter=Silent())

    assert state_of(kept / version) == before, "nothing is written"


@pytest.mark.parametrize(("version", "made"), MADE)
def test_a_schema_that_cannot_be_read_is_exit_4_and_both_are_named(version: str, made: dict[str, Any], kept: Path, tmp_path: Path) -> None:
    path = tmp_path / "copy"
    shutil.copytree(kept / version / made["output"], path)
    stored = json.loads((path / "settings.json").read_text())
    (path / "settings.json").write_text(json.dumps(stored | {"schema": 999}))

    with pytest.raises(ArtifactError, match=rf"written with schema 999, this version reads {SCHEMA_VERSION}") as caught:
        require(path, made["kind"])

    assert caught.value.exit_code == 4


def damage(path: Path, **changed: Any) -> None:
    stored = json.loads((path / "settings.json").read_text())
    (path / "settings.json").write_text(json.dumps({name: value for name, value in (stored | changed).items() if value is not ...}))


@pytest.fixture
def copy(kept: Path, tmp_path: Path) -> Path:
    """A copy of the artifacts of 0.1.0 to be damaged."""
    return Path(shutil.copytree(kept / "0.1.0", tmp_path / "copy"))


@pytest.mark.parametrize("made", [p.values[1] for p in ONE_OF_A_KIND], ids=lambda made: made["kind"])
def test_the_command_that_makes_an_artifact_refuses_a_schema_it_cannot_read(
    made: dict[str, Any], copy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    damage(copy / made["output"], schema=999)
    before = state_of(copy)

    assert eegcli(*made["arguments"], "--output", made["output"], folder=copy, monkeypatch=monkeypatch) == 4

    assert f"{made['output']}: written with schema 999, this version reads {SCHEMA_VERSION}" in unwrapped(capsys)
    assert state_of(copy) == before, "nothing is written"


@pytest.mark.parametrize("made", [p.values[1] for p in ONE_OF_A_KIND], ids=lambda made: made["kind"])
@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"settings": None}, "settings cannot be None"),
        ({"settings": ...}, "settings is missing"),
        ({"inputs": ...}, "inputs is missing"),
        ({"inputs": {"windows": 3}}, "windows cannot be 3"),
        ({"digest": ...}, "digest is missing"),
        ({"settings": {"seed": ["x"]}}, "seed cannot be ['x']"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_settings_that_were_damaged_are_exit_4_and_named(
    changed: dict[str, Any],
    said: str,
    made: dict[str, Any],
    copy: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    damage(copy / made["output"], **changed)

    with pytest.raises(ArtifactError, match=f"its settings.json is damaged \\({re.escape(said)}\\)"):
        require(copy / made["output"], made["kind"])
    assert eegcli(*made["arguments"], "--output", made["output"], folder=copy, monkeypatch=monkeypatch) == 4
    assert said in unwrapped(capsys)


@pytest.mark.parametrize(
    "arguments", [("info", "demo"), ("preprocess", "demo", "--dry-run"), ("epoch", "demo", "--length", "1", "--dry-run")]
)
def test_a_fetched_data_set_with_a_schema_that_cannot_be_read_is_exit_4(
    arguments: tuple[str, ...], copy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    damage(copy / "demo", schema=999)
    assert eegcli(*arguments, folder=copy, monkeypatch=monkeypatch) == 4
    assert "demo: written with schema 999" in unwrapped(capsys)


@pytest.mark.parametrize("inside", ["evaluation", "explanation"])
def test_info_of_a_run_refuses_what_it_cannot_read_inside(
    inside: str, copy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    damage(copy / "run-cv" / inside, schema=999)
    assert eegcli("info", "run-cv", folder=copy, monkeypatch=monkeypatch) == 4
    assert f"run-cv/{inside}: written with schema 999" in unwrapped(capsys)


def test_a_run_that_does_not_say_its_windows_asks_for_them(
    copy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (copy / "run-cv" / "provenance.json").unlink()
    assert eegcli("evaluate", "run-cv", folder=copy, monkeypatch=monkeypatch) == 4
    assert "Name them with --windows." in unwrapped(capsys)
    arguments = ("evaluate", "run-cv", "--windows", "windows", "--resamples", "200")
    assert eegcli(*arguments, folder=copy, monkeypatch=monkeypatch) == 0


def unwrapped(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(("version", "made"), OF_A_NETWORK)
def test_a_kept_run_gives_the_figures_it_gave(
    version: str, made: dict[str, Any], kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = kept / version

    assert eegcli(*made["arguments"], "--output", str(tmp_path / "again"), "--threads", "1", folder=folder, monkeypatch=monkeypatch) == 0

    old = json.loads((folder / made["output"] / "metrics.json").read_text())
    new = json.loads((tmp_path / "again" / "metrics.json").read_text())
    there = dict(leaves(new))
    differing = {name: (value, there.get(name)) for name, value in leaves(old) if not (name in there and agree(value, there[name]))}
    # A correlation of two votes is 1 or -1 whatever they are: it is not defined any more. Intervals were percentiles of a bootstrap, which covered too little.
    mended = {name for name, pair in differing.items() if name.endswith(".r") and abs(pair[0]) == 1 and pair[1] is None}
    mended |= {name for name in differing if name.endswith(("ci95.0", "ci95.1"))}
    # Of several folds the AUC is that within them; the one of before stands beside it.
    mended |= {name for name, pair in differing.items() if name.endswith(".auc") and agree(pair[0], there[f"{name}_pooled"])}
    if made["kind"] == "explanation":
        # The controls have other names, windows are chosen for them evenly over subjects, and there are more of them.
        replaced = ("methods.0.controls.", "methods.0.distance", "methods.0.farthest", "methods.0.passed", "methods.0.untrained_share.")
        mended |= {name for name in differing if name.startswith(replaced)}
        # Of several folds the first alone was explained.
        mended |= {name for name in differing if len(new["networks"]) > 1 and name.startswith(("fold", "seed", "methods.0.", "windows."))}
    assert not {name: pair for name, pair in differing.items() if name not in mended}


def leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Every figure of a JSON object, by its dotted name."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if items is None:
        yield name, value
        return
    for key, item in items:
        yield from leaves(item, f"{name}.{key}".removeprefix("."))


def agree(old: Any, new: Any) -> bool:
    # Other processors and libraries sum in another order.
    return new == pytest.approx(old, rel=1e-3, abs=1e-5) if isinstance(old, float) else new == old


def test_no_kept_artifact_names_the_machine_that_made_it() -> None:
    for path in HERE.rglob("provenance.json"):
        record = json.loads(path.read_text())
        assert (record["host"], record["cwd"].split("/")[1]) == ("host", PLACE.strip("/"))
