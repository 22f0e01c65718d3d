"""One bit flipped in any file of any artifact: the command that reads the file ends with 4 and names it, or `info --verify` does."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from eegcli import epoch, evaluate, explain, fetch, preprocess
from eegcli.artifacts.evaluation import open_evaluation
from eegcli.artifacts.explanation import open_explanation
from eegcli.artifacts.recordings import open_recordings
from eegcli.artifacts.run import open_run
from eegcli.artifacts.windows import open_windows
from eegcli.bids.keys import fetched_keys
from eegcli.describe import describe
from eegcli.errors import EegcliError
from eegcli.fetch.manifest import read_manifest
from eegcli.files.claim import ENDING
from eegcli.reporter import Silent
from eegcli.settings import EpochSettings, EvaluateSettings, ExplainSettings, FetchSettings, PreprocessSettings
from eegcli.torch import WindowsDataset
from eegcli.verify import verify
from tests.kit import cohorts
from tests.kit.trees import make_tree

SUBJECTS = tuple(f"{number:02d}" for number in range(1, 9))
# Nobody's result depends on them, and they differ between equal artifacts: nothing is stated of what is in them.
VARYING = {"provenance.json", "timing.parquet", "report.html"}  # the last is drawn again of what is verified
# For people: no command reads them. They are verified where that is asked for.
FOR_PEOPLE = {".bidsignore", "dataset_description.json", "quality.html", "left-out.parquet", "history.parquet"}


def reads_data_set(path: Path) -> None:
    read_manifest(path)
    fetched_keys(path)
    describe(path)


def reads_recordings(path: Path) -> None:
    recordings = open_recordings(path)
    for row in range(len(recordings)):
        recordings.read(row)


def reads_windows(path: Path) -> None:
    open_windows(path).checked[:]


def reads_run(path: Path) -> None:
    for network in open_run(path):
        network.model()
        assert network.history and network.metrics


READS: dict[str, Callable[[Path], object]] = {
    "data-set": reads_data_set,
    "recordings": reads_recordings,
    "windows": reads_windows,
    "run": reads_run,
    "run/evaluation": open_evaluation,
    "run/explanation": open_explanation,
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An artifact of every kind."""
    root = tmp_path_factory.mktemp("made")
    make_tree(root / "tree", SUBJECTS)
    fetch.run(FetchSettings(source=str(root / "tree"), output=root / "data-set"), reporter=Silent())
    steps = ({"step": "filter", "l_freq": 1.0, "h_freq": 25.0}, {"step": "resample", "sfreq": 64.0})
    preprocess.run(PreprocessSettings(bids=root / "data-set", output=root / "recordings", steps=steps, jobs=1), reporter=Silent())
    epoch.run(EpochSettings(recordings=root / "recordings", output=root / "windows", length=2.0), reporter=Silent())
    cohorts.train(root / "windows", root / "run", split=(4, 2, 2))
    evaluate.run(EvaluateSettings(run=root / "run", resamples=50, threads=1), reporter=Silent())
    explain.run(ExplainSettings(run=root / "run", n_windows=2, threads=1), reporter=Silent())
    return root


def files_of(path: Path) -> list[Path]:
    """Files of an artifact, without those of artifacts inside it."""
    inside = [done.parent for done in path.rglob("done.json") if done.parent != path]
    found = [file for file in sorted(path.rglob("*")) if file.is_file() and not any(file.is_relative_to(other) for other in inside)]
    return [file for file in found if not file.is_symlink() and file.suffix != ENDING]


def flips(file: Path, n: int) -> Iterator[tuple[int, int]]:
    """Places and bits: the first and the last byte, and others of the whole file."""
    chance, size = random.Random(file.name), file.stat().st_size
    places = {0, size - 1, *(chance.randrange(size) for _ in range(n - 2))} if size else set()
    yield from ((place, 1 << chance.randrange(8)) for place in sorted(places))


def flip(file: Path, place: int, bit: int) -> None:
    with file.open("r+b") as content:
        content.seek(place)
        byte = content.read(1)[0]
        content.seek(place)
        content.write(bytes([byte ^ bit]))


def unnoticed(path: Path, names: set[str] | None, read: Callable[[Path], object], n: int) -> list[str]:
    """Flips of the files of an artifact that `read` takes for what was written, or says without code 4 or the file's name."""
    found = []
    for file in files_of(path):
        if names is not None and file.name not in names:
            continue
        before = file.read_bytes()
        for place, bit in flips(file, n):
            flip(file, place, bit)
            try:
                read(path)
                found.append(f"{file.relative_to(path)}, byte {place}, bit {bit}: not noticed")
            except EegcliError as error:
                if error.exit_code != 4 or (
                    file.name not in error.message and "holds" not in error.message and "schema" not in error.message
                ):
                    found.append(f"{file.relative_to(path)}, byte {place}, bit {bit}: {error.exit_code}, {error.message}")
            file.write_bytes(before)
    return found


def is_read(file: Path) -> bool:
    return file.name not in VARYING | FOR_PEOPLE and file.suffix != ".png" and not file.name.endswith("_eeg.json")


@pytest.fixture
def copy(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "copy", symlinks=True))


@pytest.mark.parametrize("kind", READS)
def test_the_command_that_reads_a_file_notices_a_flipped_bit(kind: str, copy: Path) -> None:
    path = copy / kind
    names = {file.name for file in files_of(path) if is_read(file)}
    READS[kind](path)
    assert unnoticed(path, names, READS[kind], 5) == []


@pytest.mark.parametrize("kind", READS)
def test_info_verify_notices_a_flipped_bit_in_whatever_does_not_vary(kind: str, copy: Path) -> None:
    path = copy / kind
    names = {file.name for file in files_of(path)} - VARYING
    assert verify(path)["not_stated"] == (0 if kind != "data-set" else len(read_manifest(path)))
    assert unnoticed(path, names, verify, 5) == []


@pytest.mark.exhaustive
@pytest.mark.parametrize("kind", READS)
def test_every_hundredth_bit_is_noticed(kind: str, copy: Path) -> None:
    path = copy / kind
    names = {file.name for file in files_of(path) if is_read(file)}
    assert unnoticed(path, names, READS[kind], 150) == []
    assert unnoticed(path, {file.name for file in files_of(path)} - VARYING, verify, 60) == []


@pytest.mark.parametrize(
    ("file", "command"),
    [
        ("recordings/sub-03/eeg/sub-03_task-rest_desc-clean_eeg.h5", "epoch"),
        ("windows/windows.h5", "train"),
        ("windows/windows.h5", "evaluate"),
        ("windows/windows.h5", "explain"),
        ("windows/windows.h5", "WindowsDataset"),
        ("run/model.safetensors", "evaluate"),
        ("run/model.safetensors", "explain"),
    ],
)
def test_a_stage_ends_with_4_and_names_what_it_read(file: str, command: str, copy: Path) -> None:
    size = (copy / file).stat().st_size
    for place in range(size // 3, size - 1, size // 9):  # in windows of each set
        flip(copy / file, place, 4)
    out = copy / "out"
    stages: dict[str, Callable[[], object]] = {
        "epoch": lambda: epoch.run(EpochSettings(recordings=copy / "recordings", output=out), reporter=Silent()),
        "train": lambda: cohorts.train(copy / "windows", out, split=(4, 2, 2)),
        "evaluate": lambda: evaluate.run(EvaluateSettings(run=copy / "run", windows=copy / "windows", output=out), reporter=Silent()),
        "explain": lambda: explain.run(ExplainSettings(run=copy / "run", windows=copy / "windows", output=out), reporter=Silent()),
        "WindowsDataset": lambda: list(WindowsDataset(copy / "windows", target="sex")),
    }
    with pytest.raises(EegcliError, match=f"{Path(file).name}: (window [0-9]+ .*s\\) )?is not what was written") as caught:
        stages[command]()
    assert caught.value.exit_code == 4


def test_a_command_that_finds_nothing_to_do_does_not_say_that_all_is_well_of_windows_that_were_written_to(copy: Path) -> None:
    # As `cp -r` leaves them, whatever the order: the times say nothing, so the windows are read, and are right.
    (copy / "windows" / "windows.h5").touch()
    out = copy / "run" / "evaluation"
    commands = [
        lambda: describe(copy / "windows"),
        lambda: cohorts.train(copy / "windows", copy / "run", split=(4, 2, 2)),
        lambda: evaluate.run(EvaluateSettings(run=copy / "run", windows=copy / "windows", resamples=50), reporter=Silent()),
        lambda: epoch.run(EpochSettings(recordings=copy / "recordings", output=copy / "windows", length=2.0), reporter=Silent()),
    ]
    before = (out / "metrics.json").stat().st_mtime_ns
    for command in commands:
        command()
    assert (out / "metrics.json").stat().st_mtime_ns == before, "nothing was to do"
    x = open_windows(copy / "windows").x
    flip(copy / "windows" / "windows.h5", x.offset + x.nbytes - 9, 1)  # behind the array stand the positions of electrodes
    for command in commands:
        with pytest.raises(EegcliError, match=r"windows.h5: window \d+ \(sub-08_task-rest, 18 s\) is not what was written"):
            command()


def test_a_command_that_finds_nothing_to_do_looks_at_the_weights(copy: Path) -> None:
    flip(copy / "run" / "model.safetensors", (copy / "run" / "model.safetensors").stat().st_size - 5, 1)
    for command in (
        lambda: cohorts.train(copy / "windows", copy / "run", split=(4, 2, 2)),
        lambda: evaluate.run(EvaluateSettings(run=copy / "run", windows=copy / "windows", resamples=50), reporter=Silent()),
        lambda: explain.run(ExplainSettings(run=copy / "run", n_windows=2), reporter=Silent()),
    ):
        with pytest.raises(EegcliError, match=r"model.safetensors: is not what was written"):
            command()


def test_the_weights_of_another_run_are_not_evaluated(copy: Path) -> None:
    cohorts.train(copy / "windows", copy / "other", split=(4, 2, 2), seed=7)
    for name in ("model.safetensors", "model.json"):
        shutil.copy(copy / "other" / name, copy / "run" / name)
    with pytest.raises(EegcliError, match=r"run/model.json: is not what was written") as caught:
        evaluate.run(EvaluateSettings(run=copy / "run", windows=copy / "windows", output=copy / "out"), reporter=Silent())
    assert caught.value.exit_code == 4
