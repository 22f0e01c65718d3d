"""Checks of labels: aligned with their windows, spelt alike, balanced, no function of a place."""
