"""docs/own-network.md is executed: its network, its commands and its Python, in order."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit import cohorts
from tests.kit.commands import eegcli

PAGE = (Path(__file__).parents[2] / "docs" / "own-network.md").read_text(encoding="utf-8")
NETWORK, PROGRAM = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
COMMANDS = [line.strip() for line in re.findall(r"^ {4}(eegcli .*)$", PAGE, re.MULTILINE)]
(CHECK,) = re.findall(r"^```bash\n(python .*)\n```", PAGE, re.MULTILINE)
QUICK = {"train": ["--epochs", "2"], "explain": ["--n-windows", "4"], "models": [], "evaluate": []}


@pytest.mark.exhaustive
def test_the_page_runs(tmp_path):
    windows = (*cohorts.CH_NAMES, *(f"E{i}" for i in range(16)))
    cohorts.windows(tmp_path / "demo-windows", subjects=range(12), n_windows=4, ch_names=windows, n_times=256)
    (tmp_path / "mynet.py").write_text(NETWORK, encoding="utf-8")
    assert [shlex.split(line)[1] for line in COMMANDS] == ["models", "train", "evaluate", "explain"]
    for line in COMMANDS:
        _, name, *words = shlex.split(line)
        place = ["--device", "cpu", "--threads", "1"] if name != "models" else []
        eegcli(name, *words, *QUICK[name], *place, cwd=tmp_path, check=True)
    (tmp_path / "mynet.py").rename(tmp_path / "gone.py")
    done = subprocess.run(
        [sys.executable, "-c", f"{PROGRAM}\nprint(type(network.network).__name__)"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.stdout.strip() == "Net", done.stderr
    (tmp_path / "gone.py").rename(tmp_path / "mynet.py")
    _, *words = shlex.split(CHECK)
    subprocess.run([sys.executable, *words], cwd=tmp_path, check=True, capture_output=True)


def test_the_page_says_the_defaults_of_training():
    from eegcli.registry import entry_of

    training = entry_of("./mynet.py:Net").training
    assert training is not None and (training.optimizer, training.batch_size, training.epochs) == ("adamw", 64, 50)
    assert f"AdamW\n(learning rate {training.lr:g}, weight decay {training.weight_decay:g}), 64 windows a batch, 50 epochs" in PAGE


def test_the_network_of_the_page_is_twenty_lines():
    assert len([line for line in NETWORK.splitlines() if line.strip()]) <= 20
