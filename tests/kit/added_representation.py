"""Representation `variance`: one file, as a contributor adds it. Tests put its line into the table."""

from __future__ import annotations

from eegcli.bands import Band
from eegcli.representations import Representation, Signals

SECONDS_PER_SAMPLE = 1e-3  # so slow that a dry run of a toy shows it


def prepare(signals: Signals, *, bands: tuple[Band, ...], montage: str) -> Representation:
    """Windows (n_channels, 1) in µV²: the variance of each channel."""
    shape = (len(signals.ch_names), 1)
    return Representation(
        "variance", signals, shape, lambda x: x.var(axis=-1, keepdims=True, dtype="f8"), seconds_per_sample=SECONDS_PER_SAMPLE
    )
