"""Tables: text stays text, numbers stay numbers, missing stays missing, equal tables are equal bytes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eegcli.artifacts.table import GrowingTable, column, concatenate, from_rows, read_table, write_table, writing_table
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


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.lists(text, min_size=1, max_size=3), st.lists(number, min_size=1, max_size=3), st.booleans()),
        max_size=8,
    )
)
def test_a_growing_table_is_what_its_pieces_are_below_each_other_and_writes_the_same_bytes(tmp_path_factory, pieces):
    growing, tables = GrowingTable(), []
    for n, words, numbers, has_more in pieces:
        table = {"text": np.full(n, None, dtype=object), "number": np.array([numbers[i % len(numbers)] for i in range(n)], dtype=float)}
        table["text"][:] = [words[i % len(words)] for i in range(n)]
        if has_more:
            table["more"] = np.full(n, -0.0)
            table["count"] = np.full(n, 3, dtype=np.int64)
        one = {name: values[:1] if n and (values[:1].tobytes() * n == values.tobytes()) else values for name, values in table.items()}
        growing.append(one, n)
        tables.append(table)
    whole = concatenate(tables)
    assert list(growing) == list(whole)
    for name, values in whole.items():
        assert growing[name].dtype == values.dtype
        np.testing.assert_array_equal(growing[name], values)
        assert values.dtype.kind == "O" or growing[name].tobytes() == values.tobytes()
    folder = tmp_path_factory.mktemp("t")
    write_table(folder / "grown.parquet", growing)
    write_table(folder / "whole.parquet", whole)
    assert (folder / "grown.parquet").read_bytes() == (folder / "whole.parquet").read_bytes()


def test_a_growing_table_refuses_text_and_numbers_in_one_column():
    growing = GrowingTable()
    growing.append(from_rows([{"age": 3}]), 1)
    growing.append(from_rows([{"age": "old"}]), 5)
    with pytest.raises(ArtifactError, match="'age' holds text in one table and numbers in another"):
        growing["age"]


def test_a_growing_table_refuses_a_column_of_another_length():
    with pytest.raises(ValueError, match="3 rows, but 2 in column 'b'"):
        GrowingTable().append({"a": np.zeros(1), "b": np.zeros(2)}, 3)


def test_files_that_others_wrote_in_their_own_types_are_read(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    n = 5000
    columns = {
        "small": pa.array([i % 7 if i % 5 else None for i in range(n)], type=pa.int16()),
        "whole": pa.array(list(range(n)), type=pa.uint32()),
        "half": pa.array([i / 2 for i in range(n)], type=pa.float32()),
        "truth": pa.array([i % 3 == 0 for i in range(n)]),
        "maybe": pa.array([None if i % 4 == 0 else i % 3 == 0 for i in range(n)]),
        "few": pa.array([None if i % 11 == 0 else "RMé"[i % 3] for i in range(n)]),
        "coded": pa.array([None if i % 11 == 0 else "ab"[i % 2] for i in range(n)]).dictionary_encode(),
        "many": pa.array([f"{i} long text, each another" for i in range(n)], type=pa.large_string()),
        "nothing": pa.nulls(n),
    }
    pq.write_table(pa.table(columns), tmp_path / "t.parquet", row_group_size=777)
    back = read_table(tmp_path / "t.parquet")
    for name, array in columns.items():
        expected = array.to_pylist()
        if back[name].dtype.kind == "O":
            assert back[name].tolist() == expected, name
        else:
            np.testing.assert_array_equal(back[name], np.array([np.nan if v is None else v for v in expected]), err_msg=name)
    kinds = {name: values.dtype.kind for name, values in back.items()}
    assert kinds["small"] == kinds["maybe"] == "f" and kinds["whole"] == "i" and kinds["truth"] == "b" and back["half"].dtype == np.float64


def test_tables_do_without_pandas_even_where_it_is_installed(tmp_path):
    (tmp_path / "pandas").mkdir()
    (tmp_path / "pandas" / "__init__.py").write_text("raise SystemExit('pandas was imported')")
    script = """
import numpy as np
from pathlib import Path
from eegcli.artifacts.table import from_rows, read_table, write_table
write_table(Path("t.parquet"), from_rows([{"a": "x", "b": 1, "c": True, "d": None}, {"a": "x", "b": 2.5, "c": False, "d": None}]))
print(read_table(Path("t.parquet"))["b"].tolist())
"""
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, env=variables, capture_output=True, text=True)
    assert done.stdout == "[1.0, 2.5]\n", done.stderr


@pytest.mark.parametrize("name", ["a:b", "run:one", "file:x"])
def test_a_colon_in_the_name_of_a_folder_makes_no_address_of_it(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_table(Path(name, "t.parquet"), {"a": np.array([1, 2])})
    assert (tmp_path / name / "t.parquet").is_file()
    assert read_table(Path(name, "t.parquet"))["a"].tolist() == read_table(f"{name}/t.parquet")["a"].tolist() == [1, 2]


def test_vectors_of_one_length_are_a_list_column_written_part_by_part(tmp_path):
    vectors = np.random.default_rng(0).standard_normal((7, 3)).astype(np.float32)
    with writing_table(tmp_path / "parts.parquet") as append:
        append({"row": np.arange(4), "vector": vectors[:4]})
        append({"row": np.arange(4, 7), "vector": vectors[4:]})
    found = read_table(tmp_path / "parts.parquet")
    assert found["vector"].dtype == np.float32 and found["row"].tolist() == list(range(7))
    np.testing.assert_array_equal(found["vector"], vectors)
    stored = pq.read_table(tmp_path / "parts.parquet").column("vector")
    assert str(stored.type) in ("fixed_size_list<element: float>[3]", "fixed_size_list<item: float>[3]")
    write_table(tmp_path / "one.parquet", {"vector": vectors[:, :1]})
    np.testing.assert_array_equal(read_table(tmp_path / "one.parquet")["vector"], vectors[:, :1])
    assert found.frame()["vector"][2].tolist() == vectors[2].tolist()
