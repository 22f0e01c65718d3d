"""Labels of one's own: joined by what the table has, both ways; what fits nobody is named, and what nearly fits is never joined."""

from __future__ import annotations

import numpy as np
import pytest

from eegcli.errors import InputError
from eegcli.study.labels import join, labelled, read_labels, tell
from eegcli.study.plain_label import plain_label
from tests.kit.reporters import CapturingReporter


def texts(*values):
    result = np.full(len(values), None, dtype=object)
    result[:] = values
    return result


def windows(**columns):
    """Three subjects with two sessions each, two windows in each recording."""
    rows = [(subject, session, onset) for subject in ("01", "02", "10") for session in ("1", "2") for onset in (0.0, 2.5)]
    stems = [f"sub-{subject}_ses-{session}_task-rest" for subject, session, _ in rows]
    return {
        "dataset": texts(*["toy"] * 12),
        "recording": texts(*stems),
        "subject": texts(*[row[0] for row in rows]),
        "session": texts(*[row[1] for row in rows]),
        "task": texts(*["rest"] * 12),
        "run": texts(*[None] * 12),
        "segment": texts(*["all"] * 12),
        "onset": np.array([row[2] for row in rows]),
        "sex": texts(*["F"] * 12),
    } | columns


def joined(tmp_path, content, table=None):
    path = tmp_path / "labels.tsv"
    path.write_text(content)
    return join(read_labels(path), windows() if table is None else table)


def test_a_row_of_a_participant_is_that_of_all_windows(tmp_path):
    found = joined(tmp_path, "participant_id\tscore\tgroup\nsub-02\t5\tA\n01\t4\tB\nsub-10\tn/a\tA\n")
    assert found.columns["group"].tolist() == ["B"] * 4 + ["A"] * 8
    np.testing.assert_array_equal(found.columns["score"], [4.0] * 4 + [5.0] * 4 + [np.nan] * 4)
    assert found.unused == ()


def test_whole_numbers_stay_whole_and_codes_stay_text(tmp_path):
    columns = joined(tmp_path, "participant_id\tgrade\tcode\n01\t1\t007\n02\t2\t008\n10\t3\t009\n").columns
    assert columns["grade"].dtype == np.int64
    assert columns["code"].tolist()[:1] == ["007"]


def test_a_table_of_a_spreadsheet_is_read_and_what_was_decided_is_said(tmp_path):
    path = tmp_path / "clinic.csv"
    path.write_bytes('participant_id;age;score\n01;34;1,5\n02;89+;"2,5"\n10;unknown;3,25\n'.encode("utf-16"))
    found = join(read_labels(path), windows())
    np.testing.assert_array_equal(found.columns["age"], [34.0] * 4 + [89.0] * 4 + [np.nan] * 4)
    np.testing.assert_array_equal(found.columns["score"], [1.5] * 4 + [2.5] * 4 + [3.25] * 4)
    heard = CapturingReporter()
    tell(found, windows(), heard, of="windows")
    assert any("column age" in line and "89+" in line for line in heard.warnings)
    assert any("column score" in line and "decimal comma" in line for line in heard.warnings)


def test_a_column_session_tells_the_visits_of_a_participant_apart(tmp_path):
    found = joined(tmp_path, "participant_id\tsession\tmood\n01\t1\tlow\n01\tses-2\thigh\n02\t2\tlow\n")
    assert found.columns["mood"].tolist() == ["low"] * 2 + ["high"] * 2 + [None] * 2 + ["low"] * 2 + [None] * 4


def test_a_recording_is_known_by_its_stem_and_a_window_by_its_onset(tmp_path):
    found = joined(tmp_path, "recording\tonset\trating\nsub-02_ses-1_task-rest\t2.500\t7\nsub-02_ses-1_task-rest\t0\t3\n")
    assert found.columns["rating"][4:6].tolist() == [3.0, 7.0]
    assert int(np.isfinite(found.columns["rating"]).sum()) == 2


def test_an_onset_is_that_of_the_window_within_a_millisecond(tmp_path):
    table = windows(onset=np.tile([1 / 3, 2.5], 6))
    found = joined(tmp_path, "recording\tonset\trating\nsub-02_ses-1_task-rest\t0.333\t3\nsub-02_ses-1_task-rest\t2.6\t4\n", table)
    assert (found.columns["rating"][4], found.unused) == (3.0, (1,))


def test_an_onset_of_several_windows_is_refused(tmp_path):
    with pytest.raises(InputError, match="line 2: 2 windows begin there"):
        joined(tmp_path, "participant_id\tonset\trating\n01\t2.5\t3\n")


def test_what_fits_nobody_is_named_both_ways(tmp_path):
    found = joined(tmp_path, "participant_id\tgroup\n01\tA\n77\tB\n02\tB\n")
    heard = CapturingReporter()
    tell(found, windows(), heard, of="windows")
    assert any("1 of 3 rows fit none of the windows: line 3 (77)" in line for line in heard.warnings)
    assert any("4 of 12 windows have no row, of 1 subject: 10" in line for line in heard.warnings)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("participant_id\tgroup\n1\tA\n2\tB\n10\tA\n", r"2 rows fit nobody but for zeros.*1 may be 01, 2 may be 02"),
        ("participant_id\tgroup\n1.0\tA\n02\tB\n10\tA\n", "1.0 may be 01"),
        ("participant_id\tgroup\nSUB-01\tA\n02\tB\n10\tA\n", "SUB-01 may be 01"),
        ("participant_id\tsession\tgroup\n01\t01\tA\n01\t2\tB\n", "01 01 may be 01 1"),
        ("recording\tgroup\nsub-01_ses-1_task-rest_eeg.edf\tA\nsub-02_ses-1_task-rest\tB\n", "may be sub-01_ses-1_task-rest"),
    ],
)
def test_what_nearly_fits_is_suspected_aloud_and_never_joined(tmp_path, content, said):
    with pytest.raises(InputError, match=said) as refused:
        joined(tmp_path, content)
    assert "leading zeros" in refused.value.hint


def test_a_row_of_somebody_else_is_no_near_miss_where_the_near_one_has_a_row(tmp_path):
    found = joined(tmp_path, "participant_id\tgroup\n1\tA\n01\tB\n02\tB\n10\tB\n")
    assert (found.unused, found.columns["group"][0]) == ((0,), "B")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("participant_id\tgroup\n01\tA\n02\tB\nsub-01\tA\n", "lines 2 and 4 are both about 01"),
        ("id\tgroup\n01\tA\n", "no column participant_id"),
        ("participant_id\n01\n", "no column with labels"),
        ("participant_id\tgroup\n\tA\n", "line 2: no participant_id"),
        ("participant_id\tsegment_count\n01\t5\n", "segment_count is what windows call something else"),
        ("participant_id\tsubject\tgroup\n01\t01\tA\n", "both say the subject"),
        ("participant_id\tgroup\n70\tA\n71\tB\n", "no row fits any of the 3 subjects"),
        ("participant_id\tonset\tgroup\n01\tfirst\tA\n", "onset 'first' is not a number"),
    ],
)
def test_tables_that_cannot_be_joined_are_refused_with_the_reason(tmp_path, content, said):
    with pytest.raises(InputError, match=said):
        joined(tmp_path, content)


def test_a_label_of_two_data_sets_needs_a_column_that_says_which(tmp_path):
    table = windows(dataset=texts(*["a"] * 4, *["b"] * 8))
    table["subject"][4:8] = "01"
    with pytest.raises(InputError, match="subject 01 stands in a, b"):
        joined(tmp_path, "participant_id\tgroup\n01\tA\n10\tB\n", table)
    found = joined(tmp_path, "dataset\tparticipant_id\tgroup\nb\t01\tA\n", table)
    assert found.columns["group"].tolist() == [None] * 4 + ["A"] * 4 + [None] * 4


def test_a_column_that_the_windows_have_is_replaced_whole_and_said(tmp_path):
    heard = CapturingReporter()
    table = labelled(windows(), joined(tmp_path, "participant_id\tsex\n01\tF\n02\tM\n"), heard)
    assert table["sex"].tolist() == ["F"] * 4 + ["M"] * 4 + [None] * 4
    assert any("in 8 of 12 rows it says something else" in line for line in heard.warnings)
    with pytest.raises(InputError, match="what recordings call something else"):
        labelled(windows(), joined(tmp_path, "participant_id\tstatus\n01\tF\n"), heard, own={"status"})


@pytest.mark.parametrize(("one", "other"), [("sub-007", "7"), ("01", "1"), ("S-01", "s1"), ("a0b", "a0b"), ("100", "0100"), ("0", "00")])
def test_ways_of_writing_a_label_share_a_plain_form(one, other):
    assert plain_label(one) == plain_label(other)


@pytest.mark.parametrize(("one", "other"), [("10", "1"), ("100", "1"), ("S01", "P01"), ("0", ""), ("a10", "a1")])
def test_other_labels_do_not(one, other):
    assert plain_label(one) != plain_label(other)
