"""Wording and words of the dialogue, as data."""
