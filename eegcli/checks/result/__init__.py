"""Checks of what can be learnt, and of what a training left."""
