"""Terminal output: lines in a batch log, tables that align, a log file that has everything."""

from __future__ import annotations

import pytest

from eegcli.cli.terminal import TerminalReporter, table_lines
from tests.kit.commands import eegcli


def test_figures_stand_to_the_right_and_text_to_the_left():
    lines = table_lines(("name", "n"), [["a", "1"], ["long", "23"]])
    assert lines == ["name   n", "────  ──", "a      1", "long  23"]


def test_a_batch_log_has_time_stamped_lines_and_no_control_characters(capsys):
    reporter = TerminalReporter()
    assert list(reporter.progress(range(3), "Counting")) == [0, 1, 2]
    reporter.info("done")
    reporter.warn("careful")
    error = capsys.readouterr().err
    assert "\033" not in error and "\r" not in error
    assert all(line[:4].isdigit() for line in error.splitlines())


def test_quiet_says_only_warnings_and_the_log_file_has_everything(tmp_path, capsys):
    reporter = TerminalReporter(quiet=True, log_file=tmp_path / "log")
    reporter.info("information")
    reporter.debug("detail")
    reporter.warn("careful")
    reporter.table("Votes", ("a",), [["1"]])
    reporter.close()
    assert "information" not in capsys.readouterr().err
    log = (tmp_path / "log").read_text()
    assert all(word in log for word in ("information", "detail", "careful", "Votes"))


@pytest.mark.parametrize("said", [("--log-file", "notes.txt"), ()], ids=["option", "environment"])
def test_a_command_writes_the_log_file_that_it_is_given(said, tmp_path):
    environment = {} if said else {"EEGCLI_LOG_FILE": "notes.txt"}
    done = eegcli("info", "nothing-here", *said, cwd=tmp_path, **environment)
    assert done.returncode == 3, done.stderr
    assert "nothing-here" in (tmp_path / "notes.txt").read_text()
