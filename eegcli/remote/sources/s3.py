"""Buckets of S3: ``s3://bucket/prefix``, or Amazon's addresses of it; listed by ListObjectsV2, page by page."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import quote, unquote_plus, urlencode, urlsplit

from eegcli.errors import InputError
from eegcli.remote.client import Client
from eegcli.remote.errors import DENIED, GONE, TransferError, TryAgain
from eegcli.remote.file import RemoteFile
from eegcli.remote.signing import endpoint, region
from eegcli.remote.sources.protocol import Access, Source, folder_name, not_a_source

AMAZON = "https://s3.amazonaws.com"  # reaches buckets of any name; other regions than the first are found by `locate`
MAX_PAGE = 16 << 20  # bytes; a page of 1,000 keys of 1,024 characters is 2 MB

_BY_PATH = re.compile(r"s3(?:[.-][a-z0-9-]+)?\.amazonaws\.com")
_BY_HOST = re.compile(r"(?P<bucket>[a-z0-9.-]+)\.s3(?:[.-](?P<region>[a-z0-9-]+))?\.amazonaws\.com")


@dataclass(frozen=True)
class Bucket(Source):
    """A folder of a bucket."""

    lists_everything: ClassVar[bool] = True
    # Without credentials, S3 says 403 for what does not exist, too.
    absent: ClassVar[tuple[str, ...]] = (GONE, DENIED)

    def list_files(self) -> Iterable[RemoteFile]:
        """List the objects below the prefix, in whichever region the bucket lies."""
        url, signed = locate(self.client, self.url, self.region) if self.region else (self.url, self.region)
        return list_bucket(self.client, url, self.prefix, region=signed)

    def file(self, path: str, *, size: int | None = None, sha256: str | None = None, md5: str | None = None) -> RemoteFile:
        """The object of a path."""
        key = f"{self.prefix}/{path}" if self.prefix else path
        url = f"{self.url}/{quote(key, safe='/-_.~')}"
        return RemoteFile(path, size, None, sha256, url, checksum=f"md5:{md5}" if md5 else None, region=self.region or "")


def recognises(text: str) -> bool:
    """True for ``s3://`` and for Amazon's addresses of buckets."""
    parts = urlsplit(text)
    return text.startswith("s3://") or (parts.scheme in ("https", "http") and _at_amazon(text) is not None)


def sources_of(text: str, access: Access) -> list[Source]:
    """The folder of a bucket.

    Raises
    ------
    UsageError
        If no bucket is named.
    """
    parts = urlsplit(text)
    found = _at_amazon(text)
    if parts.scheme == "s3" and parts.netloc:
        found = parts.netloc, parts.path, bucket_url(parts.netloc, endpoint_url=access.endpoint_url), region()
    if found is None:
        raise not_a_source(text)
    bucket, prefix, url, signed = found
    return [Bucket(folder_name(prefix) or bucket, text, url, prefix.strip("/"), None, signed, client=access.client)]


def _at_amazon(text: str) -> tuple[str, str, str, str] | None:
    """Bucket, prefix, address and region of one of Amazon's addresses, by path or by host name."""
    parts = urlsplit(text)
    if _BY_PATH.fullmatch(parts.netloc) and parts.path.strip("/"):
        bucket, _, prefix = parts.path.strip("/").partition("/")
        return bucket, prefix, f"{parts.scheme}://{parts.netloc}/{bucket}", region()
    if match := _BY_HOST.fullmatch(parts.netloc):
        return match["bucket"], parts.path, f"https://{parts.netloc}", match["region"] or region()
    return None


def bucket_url(bucket: str, *, endpoint_url: str | None = None) -> str:
    """The address of a bucket, by path: names with dots fit no certificate."""
    return f"{(endpoint_url or endpoint() or AMAZON).rstrip('/')}/{quote(bucket)}"


def locate(client: Client, url: str, region: str) -> tuple[str, str]:
    """Address and region of a bucket of Amazon's, whatever region the environment names; another server's stay as they are."""
    parts = urlsplit(url)
    if not url.startswith(f"{AMAZON}/"):
        return url, region
    try:
        with client.get(url, method="HEAD", region=region, accept=(200, 301, 307, 400, 403)) as response:
            found = response.headers.get("x-amz-bucket-region")
    except TryAgain:
        found = None  # the listing will say what is wrong
    return (f"https://s3.{found}.amazonaws.com{parts.path}", found) if found and found != "us-east-1" else (url, found or region)


def list_bucket(client: Client, url: str, prefix: str, *, region: str | None) -> Iterator[RemoteFile]:
    """List every object below a prefix, with paths relative to it.

    Parameters
    ----------
    client : Client
    url : str
        Address of the bucket.
    prefix : str
        Without a slash at its end; may be empty.
    region : str or None
        To sign for.

    Raises
    ------
    InputError
        If the answer is no listing.
    """
    begin = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
    token = None
    while True:
        query = {
            "list-type": "2",
            "prefix": begin,
            "encoding-type": "url",
            "max-keys": "1000",
            **({"continuation-token": token} if token else {}),
        }
        address = f"{url}?{urlencode(sorted(query.items()), quote_via=quote)}"
        body, _ = client.read(address, region=region, most=MAX_PAGE)
        page = _parse(url, body)
        decode = unquote_plus if page.findtext("EncodingType") == "url" else str
        for item in page.iter("Contents"):
            key = decode(item.findtext("Key") or "")
            # A key that ends in a slash, without content, is how some tools draw a folder.
            if key.startswith(begin) and key != begin and not (key.endswith("/") and item.findtext("Size") == "0"):
                yield RemoteFile(
                    path=key[len(begin) :],
                    bytes=int(item.findtext("Size") or 0),
                    etag=item.findtext("ETag"),
                    sha256=None,
                    url=f"{url}/{quote(key, safe='/-_.~')}",
                    region=region or "",
                )
        following = page.findtext("NextContinuationToken")
        if page.findtext("IsTruncated") != "true" or not following or following == token:
            return
        token = following


def _parse(url: str, body: bytes) -> ElementTree.Element:
    if b"<!DOCTYPE" in body[:4096] or b"<!ENTITY" in body:  # entities can grow without bound; S3 sends none
        raise InputError(f"{url}: not a bucket of S3 (its answer is a page, not a listing)")
    try:
        root = ElementTree.fromstring(body)  # noqa: S314  # no entities, and bounded in size
    except ElementTree.ParseError as error:
        raise InputError(f"{url}: not a bucket of S3 (its answer is no XML)", hint="Look at --endpoint-url.") from error
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    if root.tag == "Error":
        raise TransferError(f"{url}: {root.findtext('Message') or root.findtext('Code') or 'refused'}")
    if root.tag != "ListBucketResult":
        raise InputError(f"{url}: not a bucket of S3 (its answer is {root.tag})", hint="Look at --endpoint-url.")
    return root
