"""Secrets that are named in settings and mappings, and kept in the environment."""

from __future__ import annotations

import os

from csbot.errors import ConfigError


def from_environment(value: str, what: str) -> str:
    """``value``; where it is ``env:NAME``, the environment variable NAME without surrounding blanks.

    :raises ConfigError: the variable is not set; it is named, values never are.
    """
    if not value.startswith("env:"):
        return value
    name = value.removeprefix("env:").strip()
    found = os.environ.get(name, "").strip()
    if not found:
        raise ConfigError(f"{what} 需要环境变量 {name}，请先设置 | environment variable {name} is not set")
    return found
