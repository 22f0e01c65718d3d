"""Sets of a split: train, validation, test."""

from __future__ import annotations

SETS = ("train", "validation", "test")
TRAIN, VALIDATION, TEST = range(3)
UNUSED = 3  # in none of them
NAMES = (*SETS, "unused")  # in splits.parquet
