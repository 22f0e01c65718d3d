"""Test suite that any source elsewhere can run: subclass `SourceSuite` in a test module and give the fixture `served`.

    class TestZoo(SourceSuite):
        @pytest.fixture
        def served(self, tmp_path):
            with zoo_server(tmp_path, SourceSuite.CONTENTS) as url:
                yield Served("zoo", "zoo:1", url, missing="zoo:2", others=("zoo", "zoo:"), folder="1")

Needs no pytest to be imported; `pytest.register_assert_rewrite("eegcli.remote.sources.suite")` makes failures tell more.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from eegcli.errors import EegcliError, UsageError
from eegcli.registry import SOURCES, source_name
from eegcli.remote.client import Client
from eegcli.remote.errors import GONE, TransferError
from eegcli.remote.limits import Limits
from eegcli.remote.sources import Source, is_remote, open_source, open_sources
from eegcli.remote.transfer import fetch_files
from eegcli.reporter import Silent

QUICK = Limits(tries=2, pause_seconds=0.01, connect_seconds=1, read_seconds=5)


@dataclass(frozen=True)
class Served:
    """A data set on a loopback server.

    Attributes
    ----------
    kind : str
        Name of the source in `registry.SOURCES`.
    text : str
        The data set, as users write it.
    endpoint_url : str or None
        Value of ``--endpoint-url``.
    missing : str
        One of the same kind that is not there.
    others : tuple of str
        Texts near to this kind's that are not of it.
    folder : str
        In which it is fetched if nobody says.
    """

    kind: str
    text: str
    endpoint_url: str | None
    missing: str
    others: tuple[str, ...]
    folder: str


class _Silent(Client):
    """A client that must not be used."""

    def read(self, *args: Any, **kwargs: Any) -> Any:
        raise AssertionError("a server was asked")

    get = read


class SourceSuite:
    """Suite of tests that every source elsewhere has to pass; `CONTENTS` is what the server has to serve."""

    CONTENTS: ClassVar[Mapping[str, bytes]] = {
        "dataset_description.json": b'{"Name": "suite", "BIDSVersion": "1.9.0"}',
        "participants.tsv": b"participant_id\nsub-01\nsub-02\n",
        "sub-01/eeg/sub-01_task-rest_eeg.set": bytes(range(256)) * 300,
        "sub-01/eeg/sub-01_task-rest_channels.tsv": b"name\ttype\nCz\tEEG\n",
        "sub-02/ses-1/eeg/sub-02_ses-1_task-a b+c_eeg.set": b"x",
    }

    def source(self, served: Served) -> Source:
        """The data set, opened."""
        return open_source(served.text, endpoint_url=served.endpoint_url, client=Client(QUICK))

    def test_it_is_in_the_table_and_describes_itself(self, served: Served) -> None:
        """The entry has what the documentation and hints show."""
        entry = SOURCES[served.kind]
        assert entry.elsewhere and entry.summary and entry.form

    def test_its_texts_are_recognised_and_those_of_others_are_not(self, served: Served) -> None:
        """The first entry that recognises a text is this one, or for texts of others another or none."""
        assert is_remote(served.text)
        assert source_name(served.text) == source_name(served.missing) == served.kind
        assert served.kind not in [source_name(text) for text in served.others]

    def test_opening_asks_no_server(self, served: Served) -> None:
        """Name and folder are known before any request."""
        sources = open_sources(served.text, endpoint_url=served.endpoint_url, client=_Silent())
        assert [source.folder for source in sources] == [served.folder]
        assert all(source.name and "/" not in source.name for source in sources)

    def test_equal_texts_are_equal_sources_and_survive_a_process(self, served: Served) -> None:
        """Sources are values that may be sent to worker processes."""
        first, second = self.source(served), self.source(served)
        assert first == second and hash(first) == hash(second)
        assert copy.deepcopy(first) == first  # by the same protocol as a pickle

    def test_every_file_is_listed_once_in_order_with_its_size(self, served: Served) -> None:
        """Sizes may be unknown, never wrong."""
        files, refused = self.source(served).listing
        assert [file.path for file in files] == sorted(self.CONTENTS)
        assert refused == []
        assert all(file.bytes in (None, len(self.CONTENTS[file.path])) for file in files)

    def test_small_files_are_read_and_others_are_none(self, served: Served) -> None:
        """`read` gives content, or None."""
        source = self.source(served)
        assert source.read("participants.tsv") == self.CONTENTS["participants.tsv"]
        assert source.read("sub-09/no.tsv") is None

    def test_a_file_is_requested_by_its_path(self, served: Served) -> None:
        """`file` leads to the same content as the listing; what is not there has one of the causes of `absent`."""
        source = self.source(served)
        for path, content in self.CONTENTS.items():
            assert source.read_file(source.file(path)) == content
        try:
            source.read_file(source.file("sub-09/no.tsv"))
        except TransferError as error:
            assert error.cause in source.absent
        else:
            raise AssertionError("a file that is not there was read")

    def test_what_is_known_of_a_file_stays_with_its_request(self, served: Served) -> None:
        """Size and checksums from elsewhere, such as an annex key, are held against what comes."""
        file = self.source(served).file("participants.tsv", size=7, sha256="0" * 64, md5="1" * 32)
        assert (file.path, file.bytes, file.sha256, file.md5) == ("participants.tsv", 7, "0" * 64, "1" * 32)

    def test_everything_comes_whole(self, served: Served, tmp_path: Path) -> None:
        """Sizes and checksums of the listing fit the contents."""
        results = fetch_files(self.source(served).files(), tmp_path / "here", reporter=Silent())
        assert [result.error for result in results] == [None] * len(self.CONTENTS)
        assert {result.file.path: result.target.read_bytes() for result in results} == dict(self.CONTENTS)

    def test_a_data_set_that_is_not_there_is_one_error(self, served: Served) -> None:
        """With the cause `gone`, and the exit code of bad input."""
        try:
            open_source(served.missing, endpoint_url=served.endpoint_url, client=Client(QUICK)).files()
        except UsageError:
            raise
        except EegcliError as error:
            assert getattr(error, "cause", None) == GONE and error.exit_code == 3
        else:
            raise AssertionError("a data set that is not there was listed")
