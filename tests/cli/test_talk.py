"""What a person sees: lines in a batch log, tables that align, a log file that has everything."""

from __future__ import annotations

from eegcli.cli.talk import Talk, table_lines


def test_figures_stand_to_the_right_and_text_to_the_left():
    lines = table_lines(("name", "n"), [["a", "1"], ["long", "23"]])
    assert lines == ["name   n", "────  ──", "a      1", "long  23"]


def test_a_batch_log_has_time_stamped_lines_and_no_control_characters(capsys):
    talk = Talk()
    assert list(talk.progress(range(3), "Counting")) == [0, 1, 2]
    talk.info("done")
    talk.warn("careful")
    error = capsys.readouterr().err
    assert "\033" not in error and "\r" not in error
    assert all(line[:4].isdigit() for line in error.splitlines())


def test_quiet_says_only_warnings_and_the_log_file_has_everything(tmp_path, capsys):
    talk = Talk(quiet=True, log_file=tmp_path / "log")
    talk.info("information")
    talk.debug("detail")
    talk.warn("careful")
    talk.table("Votes", ("a",), [["1"]])
    talk.close()
    assert "information" not in capsys.readouterr().err
    log = (tmp_path / "log").read_text()
    assert all(word in log for word in ("information", "detail", "careful", "Votes"))
