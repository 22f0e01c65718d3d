"""The package from Python: open artifacts here and at an address, look at them, run stages."""

from __future__ import annotations

import logging
import pickle
import pkgutil
import re
import shutil
import subprocess
import sys
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import eegcli
from eegcli.errors import InputError, UnavailableError, UsageError
from eegcli.reporter import EegcliWarning, PythonReporter
from eegcli.result import Result
from eegcli.settings import EpochSettings, EvaluateSettings, ExplainSettings, TrainSettings
from tests.kit import cohorts
from tests.kit.builders import recording, recordings_artifact
from tests.kit.serving import serving

ROOT = Path(eegcli.__file__).parent
PACKAGES = sorted(
    ".".join(folder.relative_to(ROOT.parent).parts)
    for folder in (path.parent for path in ROOT.rglob("__init__.py"))
    if "cli" not in folder.relative_to(ROOT).parts and list(pkgutil.iter_modules([str(folder)]))
)


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """Recordings, windows, and a run with evaluation and explanation."""
    root = tmp_path_factory.mktemp("made")
    recordings_artifact(root / "toy-recordings", {f"{i:02d}": recording(i) for i in range(3)}, failed=("09",), sex=["F", "M", "F", None])
    windows = cohorts.windows(root / "toy-windows", subjects=range(12))
    run = eegcli.train.run(TrainSettings(windows=windows, arch="logistic", threads=1)).output
    eegcli.evaluate.run(EvaluateSettings(run=run, resamples=50, threads=1))
    eegcli.explain.run(ExplainSettings(run=run, method=("saliency",), n_windows=4, threads=1))
    return root


def opened(place: str) -> dict[str, object]:
    recordings = eegcli.open_recordings(f"{place}/toy-recordings")
    run = eegcli.open_run(f"{place}/toy-run-logistic-sex")
    return {
        "recordings": recordings,
        "recording": recordings.read(0),
        "windows": eegcli.open_windows(f"{place}/toy-windows"),
        "run": run,
        "history": run.history,
        "splits": run.splits,
        "evaluation": eegcli.open_evaluation(f"{place}/toy-run-logistic-sex"),
        "explanation": eegcli.open_explanation(f"{place}/toy-run-logistic-sex/explanation"),
    }


def test_what_is_opened_says_in_one_line_what_it_is(made):
    lines = {name: repr(thing) for name, thing in opened(str(made)).items()}
    assert lines["windows"] == "Windows: 144 x 8 x 128 uV, 64 Hz, 12 subjects"
    assert lines["recordings"] == "Recordings: 4 of toy, 4 subjects, 1 failed"
    assert lines["recording"] == "Recording: 4 x 8,960 uV, 64 Hz, 140.0 s, reference average, 6 events"
    assert lines["run"] == "Run: logistic on sex (F, M), 1 network, 12 subjects"
    assert lines["evaluation"].startswith("Evaluation: sex, 144 predictions, 12 votes; test accuracy ")
    assert lines["explanation"] == "Explanation: saliency of 8 windows of F, M, 8 channels, 64 Hz"
    assert lines["splits"].startswith("Table: 12 rows x 7 columns (dataset, subject, unit, fold, split")
    assert all(len(line) < 250 and "\n" not in line for line in lines.values())


def test_every_table_is_a_data_frame_where_pandas_is_installed(made):
    pytest.importorskip("pandas")
    things = opened(str(made))
    for name in ("recordings", "windows"):
        assert list(things[name].frame().columns) == list(things[name].table)
    assert things["windows"].frame()["age"].tolist() == things["windows"].table["age"].tolist()
    assert things["windows"].frame()["sex"].tolist() == things["windows"].table["sex"].tolist()
    assert things["recording"].frame()["onset"].tolist() == [2.0, 5.0, 25.0, 65.0, 85.0, 125.0]
    assert set(things["history"].frame().columns) > {"fold", "seed", "epoch"}
    assert len(things["splits"].frame()) == 12
    assert len(things["evaluation"].predictions.frame()) == 144 and len(things["evaluation"].votes.frame()) == 12
    assert things["explanation"].frame()["band"].nunique() == 4


def test_without_pandas_a_frame_says_what_to_install(made, monkeypatch):
    windows = eegcli.open_windows(made / "toy-windows")
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(UnavailableError, match="pandas is not installed") as raised:
        windows.frame()
    assert "pip install pandas" in raised.value.hint


def test_an_address_opens_what_a_path_does(made, tmp_path, monkeypatch):
    monkeypatch.setenv("EEGCLI_CACHE", str(tmp_path / "cache"))
    shutil.copytree(made, tmp_path / "served" / "bucket")
    with serving(tmp_path / "served", autoindex=False) as server:
        far, near = opened(f"{server.url}/bucket"), opened(str(made))
        assert repr(far.pop("windows")) == f"{near.pop('windows')!r}, at {server.url}/bucket/toy-windows"
        assert {name: repr(thing) for name, thing in far.items()} == {name: repr(thing) for name, thing in near.items()}
        assert near["recordings"].path == made / "toy-recordings" and far["recordings"].path.is_relative_to(tmp_path / "cache")


def test_an_evaluation_and_an_explanation_hold_tables_figures_and_arrays(made):
    things = opened(str(made))
    evaluation, explanation = things["evaluation"], things["explanation"]
    assert evaluation.path == made / "toy-run-logistic-sex" / "evaluation"
    test = evaluation.predictions["split"] == "test"
    hits = evaluation.predictions["truth"][test] == np.where(evaluation.predictions["p_F"][test] > 0.5, "F", "M")
    assert evaluation.splits["test"]["window"]["accuracy"] == pytest.approx(hits.mean())
    assert explanation.methods["saliency"].values.shape == (8, 8, 128)
    assert explanation.input_spectrum.shape == (2, 8, len(explanation.freqs))
    assert explanation.metrics["methods"][0]["name"] == "saliency"


def test_a_recording_that_failed_says_why_there_is_nothing_to_read(made):
    recordings = eegcli.open_recordings(made / "toy-recordings")
    for read in (recordings.read, recordings.read_events):
        with pytest.raises(InputError, match="toy-recordings: sub-09_task-rest failed: truncated"):
            read(3)


def test_windows_at_an_address_travel_to_another_process(made):
    with serving(made) as server:
        windows = eegcli.open_windows(f"{server.url}/toy-windows")
        windows.x[0]  # a connection is open
        again = pickle.loads(pickle.dumps(windows))
        np.testing.assert_array_equal(again.x[[5, 140]], windows.x[[5, 140]])
        assert again.digest == windows.digest and repr(again) == repr(windows)


def test_a_pickled_address_holds_no_credentials(made, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-to-be-found")
    with serving(made) as server:
        assert b"not-to-be-found" not in pickle.dumps(eegcli.open_windows(f"{server.url}/toy-windows"))


def test_an_address_is_one_in_capitals_too(made):
    with serving(made) as server:
        shouted = server.url.replace("http://", "HTTP://")
        assert eegcli.open_windows(f"{shouted}/toy-windows").path == f"{server.url}/toy-windows"
        assert repr(eegcli.open_run(f"{shouted}/toy-run-logistic-sex")).startswith("Run: logistic on sex")


@pytest.mark.parametrize("opener", ["open_recordings", "open_windows", "open_run", "open_evaluation", "open_explanation"])
@pytest.mark.parametrize("address", ["https://host/demo", "s3://bucket/demo"])
def test_an_address_in_a_path_is_refused_with_what_to_do(opener, address):
    with pytest.raises(InputError, match="an address as a Path, in which two slashes are one") as raised:
        getattr(eegcli, opener)(Path(address))
    assert repr(address) in raised.value.hint


def test_what_is_missing_is_said_of_the_place(made):
    with pytest.raises(InputError, match="nothing: not found"):
        eegcli.open_evaluation(made / "nothing")


def test_an_output_that_nobody_names_lies_where_the_command_puts_it(made, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(made / "toy-recordings", tmp_path / "toy-recordings")
    windows = eegcli.epoch.run(EpochSettings(recordings="toy-recordings")).output
    assert windows == Path("toy-windows")
    done = subprocess.run([sys.executable, "-m", "eegcli", "epoch", "toy-recordings"], capture_output=True, text=True, check=True)
    assert done.stdout == "toy-windows\n" and "finished" in done.stderr
    with pytest.raises(UsageError, match="no recordings are named"):
        eegcli.epoch.run(EpochSettings())


def test_a_stage_without_a_reporter_prints_nothing_but_warns(made, tmp_path, capfd, caplog):
    settings = TrainSettings(
        windows=str(made / "toy-windows"), output=str(tmp_path / "run"), arch="logistic", split_unit="recording", threads=1
    )
    with caplog.at_level(logging.INFO, "eegcli"), pytest.warns(EegcliWarning, match="participants are on both sides") as caught:
        eegcli.train.run(settings)
    assert caught[0].filename == __file__, "the warning is of the line that called"
    assert "sex: F 72 windows, M 72 windows" in caplog.messages
    assert capfd.readouterr() == ("", "")


def test_a_table_is_logged_a_line_a_row(caplog):
    with caplog.at_level(logging.INFO, "eegcli"):
        PythonReporter().table("Bands", ("", "alpha"), [["saliency", "40.1"]])
    assert caplog.messages == ["Bands\n          alpha\nsaliency  40.1"]


def test_a_result_says_in_one_line_what_it_is(made, tmp_path):
    run = made / "toy-run-logistic-sex"
    settings = TrainSettings(windows=made / "toy-windows", arch="logistic", threads=1)
    results = [
        eegcli.train.run(settings),
        eegcli.train.run(replace(settings, dry_run=True, output=tmp_path / "run")),
        eegcli.evaluate.run(EvaluateSettings(run=run, resamples=50, threads=1)),
        eegcli.explain.run(ExplainSettings(run=run, method=("saliency",), n_windows=4, threads=1)),
        eegcli.epoch.run(EpochSettings(recordings=made / "toy-recordings", output=tmp_path / "windows")),
    ]
    lines = [repr(result) for result in results]
    assert lines[0].startswith(f"TrainResult: {run} (arch logistic, target sex, kind classification, n_parameters ")
    assert lines[1] == f"DryRun: {tmp_path / 'run'}"
    assert lines[2].startswith(f"EvaluateResult: {run} (unit subject")
    assert all(line.startswith(f"{type(result).__name__}: ") for line, result in zip(lines, results, strict=True))
    assert all("\n" not in line and len(line) < 200 + len(str(result.output)) for line, result in zip(lines, results, strict=True))


def test_every_result_has_that_repr():
    for module in (eegcli.fetch, eegcli.preprocess, eegcli.epoch, eegcli.train, eegcli.evaluate, eegcli.explain):
        assert callable(module.run)
    ours = [cls for cls in Result.__subclasses__() if cls.__module__.startswith("eegcli.")]  # tests of other files have some, too
    assert len(ours) >= 7
    assert all(cls.__repr__ is Result.__repr__ for cls in ours)


def test_the_result_of_asr_is_one_line():
    signal = np.random.default_rng(0).standard_normal((8, 30 * 128)) * 10
    assert re.fullmatch(
        r"AsrResult: 8 x 3,840, \d+\.\d% of the samples changed, \d+\.\d s clean", repr(eegcli.preprocess.asr.repair(signal, 128.0))
    )


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_lists_its_modules(package):
    """A new package has the two lines of `eegcli.lazy.submodules`."""
    module = __import__(package, fromlist=["x"])
    inside = {found.name for found in pkgutil.iter_modules(module.__path__) if not found.name.startswith("_")}
    assert inside <= set(dir(module))
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        module.nonsense


def test_a_plain_import_reaches_every_module_and_imports_nothing_heavy():
    program = (
        "import sys, eegcli\n"
        "heavy = {'numpy', 'scipy', 'mne', 'torch', 'h5py', 'pyarrow', 'pandas', 'sklearn', 'urllib3', 'typer'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "assert callable(eegcli.preprocess.asr.repair) and callable(eegcli.models.build) and eegcli.stats.votes\n"
        "assert eegcli.torch.WindowsDataset and eegcli.train.split.holdout and {'torch', 'stats'} <= set(dir(eegcli))\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_opening_warns_of_nothing(made):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        opened(str(made))
