"""Data sets of OpenNeuro, in its public bucket: ``ds005505``, or a version of it, ``ds005505@1.0.1``."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from eegcli.errors import InputError
from eegcli.remote.file import RemoteFile
from eegcli.remote.signing import endpoint, region
from eegcli.remote.sources.protocol import Access, Source
from eegcli.remote.sources.s3 import Bucket, bucket_url, list_bucket

BUCKET = "openneuro.org"  # the public bucket: https://docs.openneuro.org/user_guide.html
STATES_VERSION = ("dataset_description.json", "CHANGES")

_NUMBER = re.compile(r"(ds\d{6})(?:@v?(\d+(?:\.\d+)*))?")
_DOI_VERSION = re.compile(r"\.v(\d+(?:\.\d+)+)\s*$")
_CHANGES_VERSION = re.compile(r"^\s*v?(\d+\.\d+(?:\.\d+)*)\b", re.MULTILINE)


@dataclass(frozen=True)
class OpenNeuro(Bucket):
    """A data set in OpenNeuro's bucket, which lies in one region and holds newest versions."""

    def list_files(self) -> list[RemoteFile]:
        """List the objects below the accession number."""
        return list(list_bucket(self.client, self.url, self.prefix, region=self.region))

    def check(self, files: Sequence[RemoteFile]) -> None:
        """Refuse another version than the one asked for: the bucket serves the newest only."""
        if self.version is None:
            return
        small = {file.path: file for file in files if file.path in STATES_VERSION}
        served = _version(*(self.read_file(small[name]).decode("utf-8", "replace") if name in small else "" for name in STATES_VERSION))
        if served != self.version:
            raise InputError(
                f"{self.prefix}@{self.version}: OpenNeuro's public bucket serves "
                + (f"version {served}" if served else "a version that the data set does not state"),
                hint=f"It holds the newest version only: fetch {self.prefix}{f'@{served}' if served else ''}, or an older one with DataLad.",
            )


def recognises(text: str) -> bool:
    """True for an accession number of OpenNeuro."""
    return _NUMBER.fullmatch(text) is not None


def sources_of(text: str, access: Access) -> list[Source]:
    """The data set of an accession number."""
    match = _NUMBER.fullmatch(text)
    assert match is not None
    # Amazon's copy is public: expired credentials in the environment would only stand in the way. A mirror may want them.
    signed = region() if access.endpoint_url or endpoint() else None
    url = bucket_url(BUCKET, endpoint_url=access.endpoint_url)
    return [OpenNeuro(match[1], text, url, match[1], match[2], signed, client=access.client)]


def _version(description: str, changes: str) -> str | None:
    try:
        doi = _DOI_VERSION.search(str(json.loads(description).get("DatasetDOI", "")))
    except (ValueError, AttributeError):
        doi = None
    found = doi or _CHANGES_VERSION.search(changes)
    return found[1] if found else None
