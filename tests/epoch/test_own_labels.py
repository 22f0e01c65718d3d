"""Labels of one's own in the windows: of recordings, which --where may ask for, and of windows by their onset."""

from __future__ import annotations

import numpy as np
import pytest

from eegcli import epoch
from eegcli.artifacts.windows import open_windows
from eegcli.errors import InputError
from eegcli.result import DryRun
from eegcli.settings import EpochSettings
from tests.kit import builders
from tests.kit.reporters import CapturingReporter

NAMES = ("sub-01_task-rest", "sub-02_task-rest", "sub-03_task-rest")


@pytest.fixture
def recordings(tmp_path):
    return builders.recordings_artifact(
        tmp_path / "recordings", {name[4:6]: builders.recording(seed, seconds=10.0) for seed, name in enumerate(NAMES)}
    )


def cut(recordings, labels, reporter=None, **wishes):
    labels_file = recordings.with_name("labels.tsv")
    labels_file.write_text(labels)
    settings = EpochSettings(recordings=recordings, output=recordings.with_name("windows"), labels=labels_file, **wishes)
    return epoch.run(settings, reporter=reporter or CapturingReporter())


def test_labels_of_recordings_are_columns_of_the_windows(recordings):
    heard = CapturingReporter()
    result = cut(recordings, "participant_id\ttask\tmood\n02\trest\tlow\nsub-03\ttask-rest\thigh\n09\trest\tlow\n", heard)
    table = open_windows(result.output).table
    expected = {NAMES[0]: None, NAMES[1]: "low", NAMES[2]: "high"}
    assert [expected[name] for name in table["recording"]] == table["mood"].tolist()
    assert any("1 of 3 rows fit none of the recordings: line 4 (09 rest)" in line for line in heard.warnings)
    assert any("1 of 3 recordings have no row, of 1 subject: 01" in line for line in heard.warnings)


def test_labels_may_select(recordings):
    result = cut(recordings, "recording\tquality\n" + "".join(f"{name}\t{row}\n" for row, name in enumerate(NAMES)), where="quality > 1")
    assert set(open_windows(result.output).table["recording"]) == {NAMES[2]}


def test_labels_of_windows_are_found_by_onset(recordings):
    result = cut(recordings, f"recording\tonset\tstage\n{NAMES[0]}\t2.0\tN1\n{NAMES[0]}\t4\tN2\n{NAMES[1]}\t0.0\tREM\n")
    table = open_windows(result.output).table
    found = {(name, onset): stage for name, onset, stage in zip(table["recording"], table["onset"], table["stage"], strict=True) if stage}
    assert found == {(NAMES[0], 2.0): "N1", (NAMES[0], 4.0): "N2", (NAMES[1], 0.0): "REM"}
    assert np.array_equal(np.unique(table["onset"]), [0, 2, 4, 6, 8])


def test_a_changed_table_is_another_configuration_and_columns_of_recordings_are_not_replaced(recordings):
    cut(recordings, "participant_id\tmood\n01\tlow\n02\thigh\n")
    with pytest.raises(InputError, match="labels"):
        cut(recordings, "participant_id\tmood\n01\tlow\n02\tlow\n")
    with pytest.raises(InputError, match="status is what recordings call something else"):
        cut(recordings, "participant_id\tstatus\n01\tlow\n02\thigh\n")


def test_a_dry_run_says_what_fits_nobody(recordings):
    heard = CapturingReporter()
    assert isinstance(cut(recordings, "participant_id\tmood\n01\tlow\n07\thigh\n", heard, dry_run=True), DryRun)
    assert any("line 3 (07)" in line for line in heard.warnings)
