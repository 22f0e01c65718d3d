"""Addresses: how an artifact that lies elsewhere is told from one that lies here."""

from __future__ import annotations

from pathlib import PurePath
from typing import TypeGuard

SCHEMES = ("s3://", "https://", "http://")


def is_address(place: object) -> TypeGuard[str]:
    """Tell the address of something that lies elsewhere from a path; the case of its scheme does not count (RFC 3986, 3.1)."""
    return isinstance(place, str) and place.lower().startswith(SCHEMES)


def normal_address(address: str) -> str:
    """An address with its scheme in small letters, and without a slash at its end."""
    scheme, separator, rest = address.rstrip("/").partition("://")
    return f"{scheme.lower()}{separator}{rest}"


def address_in_path(path: PurePath) -> str | None:
    """Address that became a path, in which two slashes are one; None for any other path."""
    scheme, separator, rest = path.as_posix().partition(":/")
    return f"{scheme.lower()}://{rest}" if separator and f"{scheme.lower()}://" in SCHEMES else None
