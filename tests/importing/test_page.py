"""The page of import: every command on it runs, on small files of the shapes that it speaks of."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import numpy as np
import pytest

from eegcli.artifacts.windows import open_windows
from tests.importing import test_layouts as layouts
from tests.kit.commands import eegcli
from tests.kit.fixtures import one_thread  # noqa: F401
from tests.kit.matlab import write_mat73

PAGE = Path(__file__).parents[2] / "docs" / "commands" / "import.md"
BLOCKS = "\n".join(re.findall(r"(?:^ {4}.*\n)+", PAGE.read_text(encoding="utf-8").partition("## Reference")[0], re.MULTILINE))
LINES = re.findall(r"^ *(eegcli .+)$", BLOCKS, re.MULTILINE)


def trials(folder: Path) -> None:
    x, y = layouts.eeg(24, 3, 128), np.arange(24) % 2
    np.savez(folder / "trials.npz", X=x, y=y)
    np.save(folder / "trials.npy", x)
    (folder / "labels.tsv").write_text("condition\n" + "".join(f"c{label}\n" for label in y))


def matlab_triple(folder: Path) -> None:
    for number, (which, n) in enumerate((("train", 24), ("val", 12), ("test", 12))):
        (folder / "dl_child_mind_data" / which).mkdir(parents=True)
        cell = np.empty((n, 4), dtype=object)
        for row in range(n):
            cell[row] = [f"NDAR{which.upper()}{row // 3}", float(row // 3 % 2), 9.5, -50.0]
        x = layouts.eeg(n, 24, 256, seed=number).transpose(1, 2, 0)
        write_mat73(folder / "dl_child_mind_data" / which / f"X_{which}.mat", {f"X_{which}": x})
        write_mat73(folder / "dl_child_mind_data" / which / f"Y_{which}.mat", {f"Y_{which}": cell})


def bci(folder: Path) -> None:
    (folder / "bci-iiib").mkdir()
    layouts.four_npz_of_bci_iii_iiib(folder / "bci-iiib")


def ecg(folder: Path) -> None:
    value, label = np.tile(np.arange(18_000) % 97 / 97, 312), np.repeat(np.arange(312) // 2 % 6, 18_000)
    lines = (f"{a:.3f},{b}\n" for a, b in zip(value.tolist(), label.tolist(), strict=True))
    (folder / "ecg.csv").write_text("value,label\n" + "".join(lines))


def deap(folder: Path) -> None:
    (folder / "deap").mkdir()
    for number in range(1, 7):
        arrays = {"data": layouts.eeg(4, 40, 8064, seed=number, dtype="f8"), "labels": np.array([[2.0, 7, 5, 5], [8, 3, 5, 5]] * 2)}
        (folder / "deap" / f"s{number:02d}.dat").write_bytes(layouts.python2_pickle(arrays))


@pytest.mark.exhaustive
def test_every_command_of_the_page_runs(tmp_path):
    for make in (
        trials,
        matlab_triple,
        bci,
        ecg,
        deap,
        layouts.parquet_with_a_row_per_sample,
        layouts.epochs_of_mne,
        layouts.set_of_matlab_5,
    ):
        make(tmp_path)
    (tmp_path / "e.set").rename(tmp_path / "oddball.set")
    np.save(tmp_path / "X.npy", layouts.eeg(44, 1, 64, 512))
    np.save(tmp_path / "y.npy", np.arange(44) % 2)
    assert len(LINES) > 12
    for line in LINES:
        arguments = shlex.split(line)[1:]
        if arguments[0] == "import" and "--output" not in arguments and arguments[1].startswith(("trials", "oddball")):
            arguments += ["--output", f"w{len(list(tmp_path.iterdir()))}"]  # the page gives several ways to the same trials
        done = eegcli(*arguments, cwd=tmp_path)
        assert done.returncode == 0, f"{line}\n{done.stderr}"
    assert open_windows(tmp_path / "ecg-windows").x.shape == (312, 1, 18_000)
    assert open_windows(tmp_path / "deap-windows").x.shape == (24, 32, 99)
    assert open_windows(tmp_path / "deap-video").x.shape == (24, 32, 8064 - 3 * 128)
    assert open_windows(tmp_path / "X-windows").x.shape == (44, 64, 512)


@pytest.mark.parametrize("name", ["wait", "trial_key", "array"])
def test_options_that_no_example_shows_are_in_the_reference(name):
    assert f"`--{name.replace('_', '-')}`" in PAGE.read_text(encoding="utf-8")
