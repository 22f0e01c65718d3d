"""Checks of the windows themselves: units, channels, values."""
