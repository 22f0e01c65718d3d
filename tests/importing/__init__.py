"""Tests of import."""
