"""Streams of the tests: who is in the bucket, and the steps that take no time."""

from __future__ import annotations

SUBJECTS = ("01", "02", "03", "04")


FAST = {"steps": ({"step": "resample", "sfreq": 64.0},)}
