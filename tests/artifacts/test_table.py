"""Tables: text stays text, numbers stay numbers, missing stays missing, equal tables are equal bytes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eegcli.artifacts.table import column, concatenate, from_rows, read_table, write_table
from eegcli.errors import ArtifactError

text = st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"]), max_size=8))
number = st.one_of(st.just(float("nan")), st.floats(allow_nan=False, width=64))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(text, number, st.integers(-(2**62), 2**62), st.booleans()), min_size=1, max_size=20))
def test_what_is_written_is_what_is_read(tmp_path_factory, rows):
    words = np.full(len(rows), None, dtype=object)
    words[:] = [row[0] for row in rows]
    table = {
        "text": words,
        "float": np.array([row[1] for row in rows]),
        "int": np.array([row[2] for row in rows], dtype=np.int64),
        "truth": np.array([row[3] for row in rows]),
    }
    path = tmp_path_factory.mktemp("t") / "t.parquet"
    write_table(path, table)
    back = read_table(path)
    assert list(back) == list(table)
    for name, values in table.items():
        assert back[name].dtype.kind == values.dtype.kind
        np.testing.assert_array_equal(back[name], values)
    again = path.with_name("again.parquet")
    write_table(again, back)
    assert again.read_bytes() == path.read_bytes()


def test_a_column_of_python_values_finds_its_type():
    assert column(["a", None]).tolist() == ["a", None]
    assert column([1, 2]).dtype == np.int64
    np.testing.assert_array_equal(column([1, None]), [1.0, np.nan])
    assert column([True, False]).dtype == bool
    assert column([1.5, "x"]).tolist() == ["1.5", "x"]


def test_tables_below_each_other_keep_all_columns():
    joined = concatenate([from_rows([{"a": "x", "n": 1}]), from_rows([{"a": "y", "b": "z"}])])
    assert joined["a"].tolist() == ["x", "y"]
    assert joined["b"].tolist() == [None, "z"]
    np.testing.assert_array_equal(joined["n"], [1.0, np.nan])


def test_text_and_numbers_in_one_column_are_refused():
    with pytest.raises(ArtifactError, match="'age' holds text in one table and numbers in another"):
        concatenate([from_rows([{"age": 3}]), from_rows([{"age": "old"}])])


def test_a_damaged_file_is_one_clear_line(tmp_path):
    path = tmp_path / "t.parquet"
    write_table(path, from_rows([{"a": 1}]))
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(ArtifactError, match="damaged"):
        read_table(path)
    with pytest.raises(ArtifactError, match="not found"):
        read_table(tmp_path / "none.parquet")
