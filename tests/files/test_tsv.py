"""Tab-separated tables as people and programs write them."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pandas
import pytest

from eegcli.errors import InputError
from eegcli.files.column import MISSING_WORDS, read_column
from eegcli.files.objects import read_object
from eegcli.files.tsv import numbers, read_sheet

PLAIN = "onset\tname\n1.0\tcue\n2.5\tn/a\n"
READ = [["1.0", "cue"], ["2.5", None]]


def sheet(tmp_path, content, name="t.tsv"):
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_sheet(tmp_path / name)


@pytest.mark.parametrize("cells", [["1", "x"], ["007", "008"], ["inf", "1"], ["1_000"], [None, None]])
def test_what_is_not_all_numbers_stays_text(cells):
    assert numbers(cells) is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "latin-1"])
def test_a_table_in_another_encoding_can_be_read(tmp_path, encoding):
    text = "name\tunits\nFz\tµV\nMüller\tµV\n"
    found = sheet(tmp_path, text.encode(encoding))
    assert found.columns == ("name", "units") and found.rows == [["Fz", "µV"], ["Müller", "µV"]]
    assert bool(found.remarks) == (encoding in ("utf-16-le", "utf-16-be", "cp1252", "latin-1"))  # nothing in the file names these


@pytest.mark.parametrize("mark", ["utf-16-le", "utf-16-be"])
def test_utf_16_with_its_mark_is_read_whoever_wrote_it(tmp_path, mark):
    found = sheet(tmp_path, ("\ufeff" + PLAIN).encode(mark))
    assert found.columns == ("onset", "name") and found.rows == READ and not found.remarks


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_as_they_end(tmp_path, end):
    found = sheet(tmp_path, PLAIN.replace("\n", end))
    assert found.rows == READ and found.lines == [2, 3]


def test_letters_that_python_takes_for_line_ends_stay_in_their_cell(tmp_path):
    assert sheet(tmp_path, "a\tb\nx\x85y\t1\nz\u2028\x0bw\t2\n").rows == [["x\x85y", "1"], ["z\u2028\x0bw", "2"]]


def test_quotes_are_taken_off_and_hold_tabs_line_breaks_and_quotes(tmp_path):
    rows = [["onset", "say"], ["1", 'a "b"'], ["2", "c\td"], ["3", "e\nf"], ["4", ""], ["5", "n/a"], ["6", '5" disc']]
    file = io.StringIO()
    csv.writer(file, delimiter="\t", quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
    found = sheet(tmp_path, file.getvalue())
    assert found.columns == ("onset", "say")
    assert found.rows == [["1", 'a "b"'], ["2", "c\td"], ["3", "e\nf"], ["4", None], ["5", None], ["6", '5" disc']]
    assert found.lines == [2, 3, 4, 6, 7, 8]  # the third row stands on two lines


def test_only_some_cells_are_quoted_and_a_quote_within_a_cell_is_one(tmp_path):
    assert sheet(tmp_path, 'a\tb\n"x"\t3" disc\n y \t"z" \n').rows == [["x", '3" disc'], ["y", "z"]]


def test_tables_of_r_are_read(tmp_path):
    """write.table(x, sep="\\t"): all text is quoted, quotes have a backslash before them, rows a name that the header lacks."""
    found = sheet(tmp_path, '"participant_id"\t"note"\n"1"\t"sub-01"\t"say \\"hi\\""\n"2"\t"sub-02"\tn/a\n')
    assert found.columns == ("participant_id", "note") and found.rows == [["sub-01", 'say "hi"'], ["sub-02", None]]
    assert "row numbers" in found.remarks[0]


def test_tables_of_pandas_are_read(tmp_path):
    frame = pandas.DataFrame({"participant_id": ["sub-01", "sub-02"], "note": ['a\t"b"', "c\nd"]})
    frame.to_csv(tmp_path / "t.tsv", sep="\t")
    found = read_sheet(tmp_path / "t.tsv")
    assert found.columns == ("participant_id", "note") and found.rows == [["sub-01", 'a\t"b"'], ["sub-02", "c\nd"]]


@pytest.mark.parametrize("text", ["a\tb\t\n1\t2\t\n3\t4\n", "a\tb\t\t\n1\t2\n3\t4\t\t\t\n", "a\tb\n1\t2\t\t\n\n3\t4\t\n\t\t\n"])
def test_tabs_at_the_end_of_lines_and_columns_without_a_name_do_no_harm(tmp_path, text):
    found = sheet(tmp_path, text)
    assert found.columns == ("a", "b") and found.rows == [["1", "2"], ["3", "4"]] and not found.remarks


def test_a_column_without_a_name_that_holds_something_is_left_out_aloud(tmp_path):
    found = sheet(tmp_path, "a\t\tb\n1\tx\t2\n")
    assert found.rows == [["1", "2"]] and found.remarks == ("has no name for column 2 (x): it is left out",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("a,b\n1,2\n", "separated by commas, not by tabs"),
        ("a;b\n1,5;2\n", "separated by semicolons"),
        ("a b\n1 2\n", "separated by spaces"),
        ("a\tb\n1\t2\t3\n", "line 2: 3 columns, but the header has 2"),
        ("a\tb\nx\t1\n1\n", "line 3: 1 column"),
        ("a\tb\n5\tx\ty\n7\tz\tn/a\n", "every row has one cell more than the header"),
        ("a\tb\n1\tx\ty\n2\tz\tw\n", "every row has one cell more than the header"),
        ("a\ta\n1\t2\n", "a column stands there twice"),
        ('a\tb\n1\tx\n2\t"open\n3\ty\n', "line 3: a quote opens a cell"),
        ('a\tb\n1\t"A" or "B"\n', "line 2: a quote opens a cell"),
        ('a\tb\n1\t"\n2\tx\n3\t"\n', "line 2: a quote opens there and closes in line 4; the lines between look like rows"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_line(tmp_path, text, said):
    with pytest.raises(InputError, match=said):
        sheet(tmp_path, text)


@pytest.mark.parametrize("text", ["a,b\n1,x\n", "a;b\n1;x\n", "a\tb\n1\tx\n", '"a","b"\n"1","x"\n'])
def test_a_file_named_csv_may_be_one(tmp_path, text):
    assert sheet(tmp_path, text, "t.csv").rows == [["1", "x"]]


@pytest.mark.parametrize(
    ("cells", "values", "remark"),
    [
        (["8", "9.5", None], [8.0, 9.5, None], None),
        (
            ["70", "89+", ">89", "> 89", "≥89"],
            [70, 89, 89, 89, 89],
            "'89+' (line 3), '>89' (line 4), '> 89' (line 5) and 1 more are read as 89",
        ),
        (["89+", None, "89+"], [89, None, 89], "'89+' (line 2) is read as 89"),
        (["8", "9", "NA", "unknown", "-"], [8, 9, None, None, None], "'NA' (line 4), 'unknown' (line 5), '-' (line 6) count as missing"),
        (
            ["12,5", "13.25", "0,125"],
            [12.5, 13.25, 0.125],
            "'12,5' (line 2), '0,125' (line 4) have a decimal comma, and are read with a point",
        ),
        (["8", "9", "1,234"], ["8", "9", "1,234"], "is text, since '1,234' (line 4) is no number (write a number, or n/a)"),
        (["8", "9", "34 y"], ["8", "9", "34 y"], "is text, since '34 y' (line 4) is no number (write a number, or n/a)"),
        (
            ["8", "9", "1O", "07"],
            ["8", "9", "1O", "07"],
            "is text, since '1O' (line 4), '07' (line 5) are no numbers (write a number, or n/a)",
        ),
        (["8", "9", "10", "07"], ["8", "9", "10", "07"], "is text, since '07' (line 5) is no number (write a number, or n/a)"),
        (["001", "002", "110"], ["001", "002", "110"], None),
        (["12345678901234567", None], ["12345678901234567", None], None),
        (["none", "NA", "mild"], ["none", "NA", "mild"], None),
        (["none", "unknown"], ["none", "unknown"], None),
        (["F", "M", "1"], ["F", "M", "1"], None),
        (["1+", "2+", "3+"], ["1+", "2+", "3+"], None),
    ],
)
def test_a_column_s_type_is_not_decided_in_silence(cells, values, remark):
    read = read_column(cells, range(2, 2 + len(cells)))
    assert read.values == values and list(map(type, read.values)) == list(map(type, values))
    assert read.remarks == (() if remark is None else (remark,))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a\tb\n1\t2\n" + bytes(20), "no text, or damaged"),
        (b"PK\x03\x04\x14\x00\x06\x00\x08\x00", "is a workbook"),
        ("\ufeffa\tb\n".encode("utf-16-le")[:-1], "no text, or damaged"),
        (b"/annex/objects/MD5E-s5--0.tsv\n", "not fetched"),
    ],
)
def test_what_is_no_text_or_not_here_is_said(tmp_path, content, said):
    with pytest.raises(InputError, match=said):
        sheet(tmp_path, content)
    (tmp_path / "l.tsv").symlink_to(tmp_path / "nowhere.tsv")
    with pytest.raises(InputError, match="not fetched"):
        read_sheet(tmp_path / "l.tsv")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_json_object_is_read_in_any_encoding(tmp_path, encoding):
    (tmp_path / "a.json").write_bytes('{"Address": "Würzburg, 5 µV"}'.encode(encoding))
    assert read_object(tmp_path / "a.json").value == {"Address": "Würzburg, 5 µV"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{\n"a": 1,\n}', r"not JSON \(line 3: a comma with nothing after it\)|not JSON \(line 2: a comma"),
        ('{\n"a": 1\n"b": 2}', r"not JSON \(line 3"),
        ("", "not JSON"),
        ("[]", "not a JSON object"),
    ],
)
def test_json_that_cannot_be_read_is_refused_with_the_line(tmp_path, text, said):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(InputError, match=said):
        read_object(tmp_path / "a.json")


def test_a_key_that_stands_twice_with_other_values_is_said(tmp_path):
    (tmp_path / "a.json").write_text('{"a": 1, "b": {"c": 1, "c": 2}, "a": 1}')
    assert read_object(tmp_path / "a.json").remarks == ("names c twice, with other values: the last counts",)


def test_the_words_for_missing_values_are_those_of_the_documentation():
    page = (Path(__file__).parents[2] / "docs/names-and-tables.md").read_text(encoding="utf-8")
    listed = page.partition("these words are missing")[2].partition("In a column of text")[0]
    assert {word.lower() for word in re.findall(r"`([^`]+)`", listed)} | {"n.a"} == set(MISSING_WORDS)
