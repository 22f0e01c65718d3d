"""Help costs nothing: no heavy import before a command runs."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ["numpy", "scipy", "mne", "mne_bids", "torch", "h5py", "pyarrow", "pandas", "sklearn", "matplotlib", "joblib", "dask", "pydantic"]
COMMANDS = ["fetch", "preprocess", "epoch", "train", "evaluate", "explain", "info", "models"]


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
    stages = ", ".join(f"eegcli.{stage}" for stage in ("train", "evaluate", "explain", "describe", "epoch"))
    program = (
        "import sys\nfor name in ('mne', 'mne_bids'):\n    sys.modules[name] = None\n"
        f"import {stages}, eegcli.models, eegcli.artifacts.run, eegcli.artifacts.windows"
    )
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
