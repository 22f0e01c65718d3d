"""participants.tsv as people write it."""

from __future__ import annotations

import numpy as np
import pytest

from eegcli import epoch, preprocess
from eegcli.bids.participants import columns_for, load_participants, read_participants
from eegcli.errors import InputError, UsageError
from eegcli.reporter import Silent
from eegcli.settings import EpochSettings, PreprocessSettings
from eegcli.study.where import where
from tests.kit.reporters import CapturingReporter
from tests.kit.trees import make_tree, tsv


def test_columns_are_numbers_where_every_value_is_one(tmp_path):
    tsv(tmp_path / "participants.tsv", "participant_id age site sex score n\nsub-01 8.5 01 F n/a 1\nsub-02 n/a 02 n/a n/a 2")
    table = read_participants(tmp_path)
    assert table["subject"].tolist() == ["01", "02"]
    assert table["age"].dtype == np.float64 and table["age"][0] == 8.5 and np.isnan(table["age"][1])
    assert table["site"].tolist() == ["01", "02"]  # a code, not a number
    assert table["sex"].tolist() == ["F", None]
    assert table["score"].tolist() == [None, None]
    assert table["n"].dtype == np.int64


def test_a_byte_order_mark_an_empty_line_and_trailing_tabs_do_no_harm(tmp_path):
    (tmp_path / "participants.tsv").write_bytes("\ufeffparticipant_id\tsex\nsub-01\tF\t\n\nsub-02\tM\n\n".encode())
    assert read_participants(tmp_path)["sex"].tolist() == ["F", "M"]


def test_one_column_is_enough_and_no_file_is_fine(tmp_path):
    assert read_participants(tmp_path) == {}
    tsv(tmp_path / "participants.tsv", "participant_id\nsub-01")
    assert list(read_participants(tmp_path)) == ["subject"]


@pytest.mark.parametrize("name", ["participants.csv", "Participants.tsv", "participants.xlsx"])
def test_a_table_of_another_name_is_said(tmp_path, name):
    (tmp_path / name).write_text("x")
    found = load_participants(tmp_path)
    assert found.table == {} and found.remarks == (f"there is no participants.tsv, but {name}: save it as tab-separated text of that name",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id sex\n01 F", "no column participant_id"),
        ("participant_id sex\nsub-01 F M", "line 2: 3 columns, but the header has 2"),
        ("participant_id sex sex\nsub-01 F M", "a column stands there twice"),
        ("", "empty"),
    ],
)
def test_a_malformed_participants_file_is_named_with_its_line(tmp_path, text, said):
    tsv(tmp_path / "participants.tsv", text)
    with pytest.raises(InputError, match=said):
        read_participants(tmp_path)


def test_a_derivative_takes_the_participants_of_the_data_set_around_it(tmp_path):
    tsv(tmp_path / "participants.tsv", "participant_id sex\nsub-01 F")
    assert read_participants(tmp_path / "derivatives/clean")["sex"].tolist() == ["F"]


def test_a_subject_that_is_not_listed_has_missing_values_and_a_column_never_takes_anothers_place(tmp_path):
    tsv(tmp_path / "participants.tsv", "participant_id sex n task\nsub-01 F 3 x\nsub-02 M 4 y")
    columns = columns_for(read_participants(tmp_path), ["02", "99", "01"], {"task"})
    assert columns["sex"].tolist() == ["M", None, "F"]
    np.testing.assert_array_equal(columns["n"], [4, np.nan, 3])
    assert columns["participant_task"].tolist() == ["y", None, "x"]
    assert "task" not in columns


def test_both_hbn_tables_can_be_read(hbn):
    first, tenth = read_participants(hbn["R1"]), read_participants(hbn["R10"])
    assert (first["sex"] == "M").sum() == 90 and (first["sex"] == "F").sum() == 46
    assert (tenth["sex"] == "M").sum() == 342 and (tenth["sex"] == "F").sum() == 191
    assert first["age"].dtype == np.float64


def test_caps_words_for_missing_values_and_decimal_commas_are_numbers_and_said(tmp_path):
    rows = ("sub-01\t89+\t12,5\tF", "sub-02\t>89\t13\tNA", "sub-03\t70\tNA\tM", "sub-04\tunknown\t1,25\tnone")
    (tmp_path / "participants.tsv").write_text("participant_id\tage\tscore\tsex\n" + "\n".join(rows) + "\n")
    found = load_participants(tmp_path)
    np.testing.assert_array_equal(found.table["age"], [89, 89, 70, np.nan])
    np.testing.assert_array_equal(found.table["score"], [12.5, 13, np.nan, 1.25])
    assert found.table["sex"].tolist() == ["F", "NA", "M", "none"]  # text: they may be levels
    assert where("age > 60", found.table).tolist() == [True, True, True, False]
    assert found.remarks == (
        "participants.tsv, column age: 'unknown' (line 5) counts as missing",
        "participants.tsv, column age: '89+' (line 2), '>89' (line 3) are read as 89",
        "participants.tsv, column score: 'NA' (line 4) counts as missing",
        "participants.tsv, column score: '12,5' (line 2), '1,25' (line 5) have a decimal comma, and are read with a point",
    )


def test_the_cell_that_makes_a_column_text_is_named(tmp_path):
    tsv(tmp_path / "participants.tsv", "participant_id age\nsub-01 8\nsub-02 9\nsub-03 9y")
    assert load_participants(tmp_path).remarks == (
        "participants.tsv, column age: is text, since '9y' (line 4) is no number (write a number, or n/a)",
    )


def test_a_participant_listed_twice_is_one_where_the_rows_are_equal_and_costs_only_itself_where_not(tmp_path):
    tsv(tmp_path / "participants.tsv", "participant_id sex\nsub-01 F\nsub-02 M\n01 F\nsub-02 F\nsub-03 M\nn/a M")
    found = load_participants(tmp_path)
    assert found.table["subject"].tolist() == ["01", "03"]
    assert found.contradicted == {"02": "participants.tsv: sub-02 stands there twice, with another sex (lines 3, 5)"}
    assert found.remarks == ("participants.tsv: no participant_id in line 7: left out",)


def test_lost_zeros_and_another_case_are_suspected_aloud(tmp_path):
    tsv(tmp_path / "participants.tsv", "participant_id sex\n1 F\nsub-2 M\nsub-p3 F\nsub-04 M\n7 F")
    assert load_participants(tmp_path).mistaken(["01", "02", "P3", "04", "05"]) == [
        "participants.tsv has 1 for sub-01, 2 for sub-02, p3 for sub-P3: lost zeros or another case? "
        "These subjects are without its columns. Correct participant_id."
    ]


def test_a_column_that_is_text_is_said_before_a_selection_stumbles_over_it(tmp_path):
    root, heard = make_tree(tmp_path / "ds"), CapturingReporter()
    (root / "participants.tsv").write_text("participant_id\tage\nsub-01\t34 y\nsub-02\t20\nsub-03\t30\n")
    for stage, settings in (
        (preprocess, PreprocessSettings(bids=root, where="age > 25", dry_run=True)),
        (epoch, EpochSettings(recordings=(root,), where="age > 25", dry_run=True)),
    ):
        with pytest.raises(UsageError, match="age is text"):
            stage.run(settings, reporter=heard)
    assert len(heard.warnings) == 2 and all("column age: is text, since '34 y' (line 2)" in line for line in heard.warnings)


def test_a_contradicted_participant_costs_its_recordings_in_every_command(tmp_path):
    root = make_tree(tmp_path / "ds")
    tsv(root / "participants.tsv", "participant_id sex\nsub-01 F\nsub-02 M\nsub-02 F\nsub-03 M")
    (root / "task-rest_eeg.json").write_text('{"RecordingDuration": 20, "SamplingFrequency": 128}')
    heard = CapturingReporter()
    settings = PreprocessSettings(bids=root, output=tmp_path / "out", jobs=1, steps=({"step": "remove-baseline"},))
    result = preprocess.run(settings, reporter=heard)
    assert result.causes == {"participants": 1} and [failure.name for failure in result.failures] == ["sub-02_task-rest"]
    assert sum("sub-02 stands there twice" in warning for warning in heard.warnings) == 1
    counted = epoch.run(EpochSettings(recordings=(root,), dry_run=True), reporter=Silent()).summary
    assert counted["n_windows"] == 2 * 10  # of two recordings, 20 s each


def test_who_has_no_row_is_said_where_a_condition_decides_who_is_cleaned(tmp_path):
    root = make_tree(tmp_path / "ds", ("01", "02", "03"))
    tsv(root / "participants.tsv", "participant_id age\nsub-1 30\nsub-02 30")
    heard = CapturingReporter()
    preprocess.run(PreprocessSettings(bids=root, output=tmp_path / "out", where="age < 40", jobs=1, dry_run=True), reporter=heard)
    assert any("1 for sub-01: lost zeros" in line for line in heard.warnings)
    assert any(
        line.startswith("not in participants.tsv, so that no condition on its columns holds: sub-01, sub-03") for line in heard.warnings
    )
