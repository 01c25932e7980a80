"""Signals, as data."""
