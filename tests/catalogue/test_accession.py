"""Accession numbers."""

from __future__ import annotations

import pytest

from eegcli.catalogue.accession import accession
from eegcli.catalogue.quirks import quirks_of


@pytest.mark.parametrize(
    ("folder", "doi", "number"),
    [
        ("ds005515-download", None, "ds005515"),
        ("ds005515-download", "doi:10.18112/openneuro.ds005505.v1.0.1", "ds005505"),
        ("hbn", "10.18112/OPENNEURO.DS005505.v1.0.1", "ds005505"),
        ("nm000103", None, "nm000103"),
        ("friends0055151", None, None),
        ("ds0055151", "n/a", None),
    ],
)
def test_a_data_set_is_known_by_its_doi_or_by_the_name_of_its_folder(tmp_path, folder, doi, number):
    assert accession(tmp_path / folder, {} if doi is None else {"DatasetDOI": doi}) == number


def test_oddities_are_found_by_the_number(tmp_path):
    assert quirks_of(accession(tmp_path / "ds005515-download", {}))
    assert quirks_of(None) == []
