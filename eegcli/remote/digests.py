"""Checksums computed over the bytes of a file as they come, held against those that its server states."""

from __future__ import annotations

import hashlib

from eegcli.remote.file import RemoteFile


class Digests:
    """SHA-256 of a file, and the digest its server promises where that is another one.

    Parameters
    ----------
    file : RemoteFile
        Says what was promised.
    size : int
        Bytes of the file: git digests them, too.
    """

    def __init__(self, file: RemoteFile, size: int) -> None:
        self._sha256 = hashlib.sha256()
        self._promised = file.sha256
        self._by_etag = file.checksum is None
        self._other, self._name, self._expected = None, "", ""
        if file.sha256:
            return
        if file.md5:
            self._other, self._name, self._expected = hashlib.md5(usedforsecurity=False), "MD5", file.md5
        elif file.checksum and file.checksum.startswith("git:"):
            self._other = hashlib.sha1(f"blob {size}\0".encode(), usedforsecurity=False)
            self._name, self._expected = "git SHA-1", file.checksum[4:]

    def update(self, chunk: bytes) -> None:
        """Update the checksums with the bytes that follow."""
        self._sha256.update(chunk)
        if self._other is not None:
            self._other.update(chunk)

    @property
    def sha256(self) -> str:
        """SHA-256 so far, hexadecimal."""
        return self._sha256.hexdigest()

    def mismatch(self, *, etag_is_md5: bool = True) -> str | None:
        """Compare with the stated checksums; None if nothing differs. The ETag of an encrypted object of S3 states nothing."""
        if self._promised and self._promised != self.sha256:
            return f"SHA-256 is {self.sha256[:12]}…, but {self._promised[:12]}… was promised"
        if self._by_etag and not etag_is_md5:
            return None
        if self._other is not None and self._other.hexdigest() != self._expected:
            return f"{self._name} is {self._other.hexdigest()[:12]}…, but {self._expected[:12]}… was promised"
        return None
