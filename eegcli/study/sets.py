"""Sets of a split: train, validation, test."""

from __future__ import annotations

SETS = ("train", "validation", "test")
TRAIN, VALIDATION, TEST = range(3)
UNUSED = 3  # in none of them
NAMES = (*SETS, "unused")  # in splits.parquet
# As people call them, in names of files and in tables.
SET_WORDS = {
    "train": TRAIN,
    "training": TRAIN,
    "validation": VALIDATION,
    "valid": VALIDATION,
    "val": VALIDATION,
    "dev": VALIDATION,
    "test": TEST,
}
