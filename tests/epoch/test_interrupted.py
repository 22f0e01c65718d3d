"""Stopped, killed or out of disk in the middle: nothing that is half written passes for whole, and the same call again ends well."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from eegcli import epoch
from eegcli.artifacts.windows import open_windows
from eegcli.errors import InputError
from eegcli.reporter import Silent
from eegcli.settings import EpochSettings
from tests.kit.builders import recording, recordings_artifact
from tests.kit.files import contents

SCRIPT = """
import os, sys
from pathlib import Path
from eegcli import epoch
from eegcli.errors import EegcliError
from eegcli.reporter import Silent
from eegcli.settings import EpochSettings

class Fatal(Silent):
    def progress(self, items, label, total=None):
        for number, item in enumerate(items):
            if number == 7:
                os.kill(os.getpid(), int(sys.argv[2]))
            yield item

recordings = Path(sys.argv[1])
try:
    epoch.run(EpochSettings(recordings=(recordings,), output=recordings.with_name("windows")), reporter=Fatal())
except EegcliError as error:
    sys.exit(error.exit_code)
"""


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    return recordings_artifact(tmp_path / "toy-recordings", {f"{i:02d}": recording(i, seconds=20.0) for i in range(12)})


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 75), (signal.SIGKILL, -signal.SIGKILL)], ids=["stopped", "killed"])
def test_what_is_stopped_in_the_middle_is_not_taken_as_whole_and_ends_well_the_second_time(recordings, number, code):
    output = recordings.with_name("windows")
    done = subprocess.run([sys.executable, "-c", SCRIPT, str(recordings), str(int(number))], capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    assert not (output / "windows.h5").exists() and not (output / "done.json").exists()
    assert bool(list(output.glob(".*.tmp"))) == (number == signal.SIGKILL)
    with pytest.raises(InputError, match="unfinished"):
        open_windows(output)
    epoch.run(EpochSettings(recordings=(recordings,), output=output), reporter=Silent())
    undisturbed = epoch.run(EpochSettings(recordings=(recordings,), output=recordings.with_name("other")), reporter=Silent()).output
    assert contents(output) == contents(undisturbed)
    assert len(open_windows(output)) == 12 * 10
