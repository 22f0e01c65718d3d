"""participants.tsv as people write it."""

from __future__ import annotations

import numpy as np
import pytest

from eegcli.bids.participants import columns_for, read_participants
from eegcli.errors import InputError
from tests.kit.trees import tsv


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
