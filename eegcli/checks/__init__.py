"""Checks of data, labels and splits that need no trained network; stages and doctor run them."""
