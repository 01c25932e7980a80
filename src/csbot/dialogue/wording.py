"""Wording of replies, from ``data/replies.yaml``: several for each occasion, taken in turn."""

from __future__ import annotations

from functools import cache

from csbot.resources import load_yaml


@cache
def _replies() -> dict[str, list[str]]:
    return load_yaml("csbot.dialogue.data", "replies.yaml")


def say(key: str, turn: int) -> str:
    """The text for an occasion; ``turn`` (how many turns there were) picks the wording."""
    wordings = _replies()[key]
    return wordings[turn % len(wordings)]
