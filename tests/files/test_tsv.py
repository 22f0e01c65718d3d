"""Tab-separated tables as people write them."""

from __future__ import annotations

import pytest

from eegcli.files.tsv import numbers, read_sheet


@pytest.mark.parametrize("cells", [["1", "x"], ["007", "008"], ["inf", "1"], ["1_000"], [None, None]])
def test_what_is_not_all_numbers_stays_text(cells):
    assert numbers(cells) is None


def test_a_table_in_another_encoding_can_be_read(tmp_path):
    (tmp_path / "c.tsv").write_bytes("name\tunits\nFz\tµV\n".encode("latin-1"))
    assert read_sheet(tmp_path / "c.tsv").column("units") == ["µV"]
