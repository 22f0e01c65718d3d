"""Help costs nothing: no heavy import before a command runs."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from eegcli.registry.commands import COMMANDS

HEAVY = ["numpy", "scipy", "mne", "mne_bids", "torch", "h5py", "pyarrow", "pandas", "sklearn", "matplotlib", "joblib", "dask", "pydantic"]


def modules_after(*arguments: str) -> set[str]:
    program = (
        "import sys\nfrom eegcli.cli.main import main\nsys.argv = ['eegcli', *sys.argv[1:]]\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\nprint('\\n' + ' '.join(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True)
    return {name.split(".")[0] for name in done.stdout.splitlines()[-1].split()}


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["models"], ["train", "--nonsense"], *([name, "--help"] for name in COMMANDS)]
)
def test_nothing_heavy_is_imported(arguments):
    assert not modules_after(*arguments) & set(HEAVY)


def test_all_stages_after_preprocess_are_imported_without_mne():
    stages = ", ".join(f"eegcli.{stage}" for stage in ("train", "evaluate", "predict", "explain", "describe", "epoch"))
    program = (
        "import sys\nfor name in ('mne', 'mne_bids'):\n    sys.modules[name] = None\n"
        f"import {stages}, eegcli.models, eegcli.artifacts.run, eegcli.artifacts.windows"
    )
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)


EMPTY = "import typer\napp = typer.Typer(add_completion=False, no_args_is_help=True)\n" + "".join(
    f"@app.command()\ndef command{number}() -> None:\n    'Do something.'\n" for number in range(len(COMMANDS))
)
LIMITS = {"--help": 1.3, "train --help": 1.4}


def test_help_takes_little_more_than_that_of_an_empty_application(tmp_path: Path) -> None:
    (tmp_path / "empty.py").write_text(f"{EMPTY}app()\n")
    (tmp_path / "ours.py").write_text("from eegcli.cli.main import main\nmain()\n")
    calls = {"empty": ["empty.py", "--help"], **{words: ["ours.py", *words.split()] for words in LIMITS}}
    # Time of the processor, the least of several in turns: what else the machine does is not in it. Two rounds where that is enough.
    least = dict.fromkeys(calls, float("inf"))
    for number in range(5):
        if number >= 2 and not _too_long(least):
            break
        for name, arguments in calls.items():
            before = _seconds()
            subprocess.run([sys.executable, *arguments], cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)
            least[name] = min(least[name], _seconds() - before)
    assert not _too_long(least)


def _too_long(seconds: dict[str, float]) -> dict[str, float]:
    """Calls over their limit, as multiples of the empty application's time."""
    ratios = {name: seconds[name] / seconds["empty"] for name in LIMITS}
    return {name: ratio for name, ratio in ratios.items() if ratio > LIMITS[name]}


def _seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
