"""Tests of doctor's checks of the windows themselves."""
