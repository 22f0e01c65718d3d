"""Commands that answer windows which do not fit: run as they stand, they make windows that do."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest

from eegcli.artifacts.table import read_table
from eegcli.artifacts.windows import open_windows
from eegcli.config import read_recipe
from eegcli.errors import UsageError
from eegcli.files.atomic import read_json, write_json
from tests.kit.commands import eegcli
from tests.kit.trees import make_tree

CLEAN = ("--l-freq", "1", "--h-freq", "30", "--sfreq", "100")
LEAST = ("--threads", "1", "--device", "cpu")


def prepared(root: Path, name: str, *, clean=CLEAN, cut=("--length", "1"), raw=150.0) -> Path:
    make_tree(root / name, subjects=tuple(f"{name}{number}" for number in range(1, 7)), seed=100 * ord(name[0]), sfreq=raw)
    eegcli("preprocess", name, *clean, "--jobs", 1, cwd=root, check=True)
    eegcli("epoch", f"{name}-recordings", *cut, cwd=root, check=True)
    return root / f"{name}-windows"


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("remaking")
    prepared(root, "a", cut=("--length", "1", "--overlap", "0.5", "--reject", "9000", "--channels", "O1,O2,C3,C4"))
    eegcli("train", "a-windows", "--arch", "logistic", "--split", "2,2,2", "--output", "my run", *LEAST, cwd=root, check=True)
    return root


@pytest.fixture
def root(trained, tmp_path) -> Path:
    return shutil.copytree(trained, tmp_path / "root")


def commands_in(error: str) -> list[list[str]]:
    """Commands of a hint, as a shell would part them."""
    return [shlex.split(part) for part in error[error.index("eegcli preprocess") :].strip().split(" && ")]


@pytest.mark.parametrize(
    ("clean", "cut", "raw", "said"),
    [
        pytest.param(
            (*CLEAN[:4], "--sfreq", "50"), ("--length", "1"), 150.0, "resample sfreq: 100 there, 50 here", marks=pytest.mark.exhaustive
        ),
        (CLEAN, ("--length", "2", "--reject", "9000"), 150.0, "200 samples at 100 Hz, the network takes 100 at 100 Hz"),
        (
            (*CLEAN, "--channels", "C3,C4,O1,Fp1"),
            ("--length", "1", "--reject", "9000"),
            150.0,
            "channels that the network needs are missing (O2)",
        ),
    ],
    ids=["rate", "length", "channels"],
)
def test_the_commands_make_windows_that_fit(root, clean, cut, raw, said):
    prepared(root, "b", clean=clean, cut=cut, raw=raw)
    refused = eegcli("predict", "my run", "b-windows", *LEAST, cwd=root)
    assert refused.returncode == 3 and refused.stdout == "" and said in refused.stderr, refused.stderr
    preprocess, epoch = commands_in(refused.stderr)
    assert preprocess[:5] == ["eegcli", "preprocess", "b", "--recipe", "my run"] and "--overlap" in epoch
    made = [eegcli(*command[1:], *more, cwd=root) for command, more in ((preprocess, ("--jobs", 1)), (epoch, ()))]
    assert [one.returncode for one in made] == [0, 0], [one.stderr for one in made]
    new = root / made[1].stdout.strip()
    assert open_windows(new).ch_names == ("O1", "O2", "C3", "C4")
    allowed = ("--allow-differences",) * ("--missing-channels" in preprocess)
    done = eegcli("predict", "my run", new.name, *allowed, *LEAST, cwd=root)
    assert done.returncode == 0, done.stderr
    assert read_table(root / done.stdout.strip() / "votes.parquet")["unit"].tolist() == [f"b{number}" for number in range(1, 7)]


def test_commands_of_evaluate_are_the_same_and_need_the_windows_of_the_training_no_more(root):
    prepared(root, "b", cut=("--length", "2"))
    kept = commands_in(eegcli("evaluate", "my run", "--windows", "b-windows", "--allow-differences", *LEAST, cwd=root).stderr)
    shutil.rmtree(root / "a-windows")
    assert commands_in(eegcli("predict", "my run", "b-windows", "--allow-differences", *LEAST, cwd=root).stderr) == kept
    provenance = read_json(root / "my run" / "provenance.json")
    provenance = {name: value for name, value in provenance.items() if name != "windows_settings"} | {"windows": str(root / "a-windows")}
    # As of a run that an earlier version made: its segments are not known any more.
    write_json(root / "my run" / "provenance.json", provenance)
    left = commands_in(eegcli("predict", "my run", "b-windows", "--allow-differences", *LEAST, cwd=root).stderr)
    assert left[1][3:] == ["--length", "1", "--channels", "O1,O2,C3,C4", "--output", "b-for-my run-windows"]


def test_a_run_and_windows_are_recipes_of_preprocess(root, tmp_path):
    steps = read_recipe(str(root / "my run"))["preprocess"]["steps"]
    assert steps == read_recipe(str(root / "a-windows"))["preprocess"]["steps"]
    assert {step["step"]: step.get("sfreq") for step in steps}["resample"] == 100.0
    (root / "my run" / "cleaning.json").write_text('{"steps": []}')
    with pytest.raises(UsageError, match=r"cleaning\.json does not say by which steps"):
        read_recipe(str(root / "my run"))


@pytest.mark.exhaustive
def test_a_real_recording_of_other_people_is_predicted(real_data, tmp_path):
    """Rest against arithmetic of eegmat: six people teach, the others' recordings are cut otherwise, refused, and made anew."""
    source = real_data / "eegmat"
    people = sorted(path.name.removeprefix("sub-") for path in source.glob("sub-*"))
    clean = ("--l-freq", "1", "--h-freq", "25", "--sfreq", "64", "--jobs", "1")
    for name, chosen, cut in (("old", people[:6], "2"), ("new", people[6:9], "4")):
        eegcli("preprocess", source, "--subject", ",".join(chosen), *clean, "--output", f"{name}-recordings", cwd=tmp_path, check=True)
        eegcli("epoch", f"{name}-recordings", "--length", cut, cwd=tmp_path, check=True)
    eegcli(
        "train",
        "old-windows",
        "--target",
        "task",
        "--arch",
        "logistic",
        "--split",
        "2,2,2",
        "--output",
        "run",
        *LEAST,
        cwd=tmp_path,
        check=True,
    )
    refused = eegcli("predict", "run", "new-windows", *LEAST, cwd=tmp_path)
    assert refused.returncode == 3 and "256 samples at 64 Hz, the network takes 128 at 64 Hz" in refused.stderr
    preprocess, epoch = commands_in(refused.stderr)
    assert str(source) in " ".join(preprocess)
    copied = [*preprocess[1:-1], tmp_path / "made-recordings", "--subject", ",".join(people[6:9]), "--jobs", 1]
    eegcli(*copied, cwd=tmp_path, check=True)
    eegcli("epoch", "made-recordings", *epoch[3:-1], "made-windows", cwd=tmp_path, check=True)
    done = eegcli("predict", "run", "made-windows", *LEAST, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    votes = read_table(tmp_path / done.stdout.strip() / "votes.parquet")
    assert len(votes["unit"]) == 6 and not np.isnan(votes["probability"]).any() and not votes["seen_in_training"].any()
