"""Checks of sets: classes, persons and batches of each."""
