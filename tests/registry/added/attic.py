"""A source that is added by a test: ``attic:NAME`` is a list of files, ``NAME.txt``, on a web server."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from eegcli.remote.file import RemoteFile
from eegcli.remote.sources import Access, Source

HOME = "https://attic.example"


@dataclass(frozen=True)
class Attic(Source):
    def list_files(self) -> list[RemoteFile]:
        lines = self.client.read(f"{self.url}/{self.prefix}.txt")[0].decode().splitlines()
        return [self.file(path, size=int(size)) for size, path in (line.split(" ", 1) for line in lines)]

    def file(self, path, *, size=None, sha256=None, md5=None) -> RemoteFile:
        url = f"{self.url}/{self.prefix}/{quote(path)}"
        return RemoteFile(path, size, None, sha256, url, checksum=f"md5:{md5}" if md5 else None)


def recognises(text: str) -> bool:
    return text.startswith("attic:") and len(text) > len("attic:")


def sources_of(text: str, access: Access) -> list[Source]:
    name = text.removeprefix("attic:")
    return [Attic(name, text, access.endpoint_url or HOME, name, client=access.client)]
