"""Signatures of requests to S3 (AWS Signature Version 4), and the variables that hold its credentials.

Source: "Authenticating Requests: Using the Authorization Header (AWS Signature Version 4)", Amazon S3 API Reference.
"""

from __future__ import annotations

import datetime
import hashlib
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlsplit

_EMPTY = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True)
class Credentials:
    """Key of an account, from the environment."""

    key: str
    secret: str
    token: str | None = None

    def __repr__(self) -> str:
        return "Credentials(...)"  # never in a log

    @classmethod
    def from_environment(cls) -> Credentials | None:
        """AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN; None if they are not set: access is anonymous then."""
        key, secret = os.environ.get("AWS_ACCESS_KEY_ID"), os.environ.get("AWS_SECRET_ACCESS_KEY")
        return cls(key, secret, os.environ.get("AWS_SESSION_TOKEN") or None) if key and secret else None


def region() -> str:
    """The region that AWS_REGION or AWS_DEFAULT_REGION names."""
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"


def endpoint() -> str | None:
    """The server that AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL names, in place of Amazon's."""
    return os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or None


def signed(
    method: str, url: str, headers: Mapping[str, str], credentials: Credentials, region: str, *, now: datetime.datetime | None = None
) -> dict[str, str]:
    """Headers of a request without a body, with its signature.

    Parameters
    ----------
    method, url : str
        The path in `url` is percent-encoded already.
    headers : mapping of str to str
        All are signed.
    credentials : Credentials
    region : str
    now : datetime, optional
        In UTC.

    Returns
    -------
    dict of str to str
        `headers` and ``x-amz-date``, ``x-amz-content-sha256``, ``x-amz-security-token``, ``Authorization``.
    """
    moment = (now or datetime.datetime.now(datetime.UTC)).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{moment[:8]}/{region}/s3/aws4_request"
    parts = urlsplit(url)
    extra = {"x-amz-date": moment, "x-amz-content-sha256": _EMPTY}
    if credentials.token:
        extra["x-amz-security-token"] = credentials.token
    complete = {**headers, **extra}
    named = sorted((name.lower(), " ".join(value.split())) for name, value in {**complete, "host": parts.netloc}.items())
    names = ";".join(name for name, _ in named)
    query = sorted((quote(name, safe="-_.~"), quote(value, safe="-_.~")) for name, value in parse_qsl(parts.query, keep_blank_values=True))
    request = "\n".join(
        (
            method,
            parts.path or "/",
            "&".join(f"{name}={value}" for name, value in query),
            *(f"{name}:{value}" for name, value in named),
            "",
            names,
            _EMPTY,
        )
    )
    text = "\n".join(("AWS4-HMAC-SHA256", moment, scope, hashlib.sha256(request.encode()).hexdigest()))
    key = f"AWS4{credentials.secret}".encode()
    for part in (moment[:8], region, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    return {
        **complete,
        "Authorization": f"AWS4-HMAC-SHA256 Credential={credentials.key}/{scope},SignedHeaders={names},Signature={signature}",
    }
