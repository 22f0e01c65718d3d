"""Addresses: how an artifact that lies elsewhere is told from one that lies here."""

from __future__ import annotations

from typing import TypeGuard

SCHEMES = ("s3://", "https://", "http://")


def is_address(place: object) -> TypeGuard[str]:
    """Tell the address of something that lies elsewhere from a path."""
    return isinstance(place, str) and place.startswith(SCHEMES)
