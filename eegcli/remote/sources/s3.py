"""What a bucket of S3 holds: ListObjectsV2, page by page."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from urllib.parse import quote, unquote_plus, urlencode, urlsplit

from eegcli.errors import InputError
from eegcli.remote.client import Client
from eegcli.remote.errors import TransferError, TryAgain
from eegcli.remote.file import RemoteFile
from eegcli.remote.signing import endpoint

AMAZON = "https://s3.amazonaws.com"  # reaches buckets of any name; other regions than the first are found by `locate`
MAX_PAGE = 16 << 20  # bytes; a page of 1,000 keys of 1,024 characters is 2 MB


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
    """Every object below a prefix, with paths relative to it.

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
