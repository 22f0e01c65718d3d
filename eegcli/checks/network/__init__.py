"""Checks of a network before it is trained: its outputs, what they depend on, its layers and its weights."""
