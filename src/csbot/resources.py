"""Reading the data files inside the package."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from csbot.caching import kept


@cache
def load_yaml(package: str, name: str) -> dict[str, Any]:
    """The mapping in the YAML file ``name`` of ``package``; read once, not to be changed."""
    data: dict[str, Any] = kept(Path(name).stem, _parsed, (resources.files(package) / name).read_text(encoding="utf-8"))
    return data


def _parsed(text: str) -> Any:
    import yaml  # takes longer to import than all of csbot's own files from the cache

    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - the C twin of the safe loader


def load_lines(package: str, name: str) -> list[str]:
    """The lines of the text file ``name`` of ``package`` without the empty ones and those that begin with ``#``."""
    text = (resources.files(package) / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


@cache
def load_pattern(package: str, name: str, kind: str) -> re.Pattern[str]:
    """One pattern for all the rules under ``kind`` in a YAML file: a list, each with its ``pattern``.

    A group that is referred to has a name: numbers count through all of them.
    """
    return re.compile("|".join(f"(?:{rule['pattern']})" for rule in load_yaml(package, name)[kind]))


def filled(pattern: str, terms: Mapping[str, Any]) -> str:
    """A pattern with ``<name>`` written out: the term of that name, which may hold others."""
    return re.sub(r"(?<!P)<(\w+)>", lambda name: f"(?:{filled(terms[name[1]], terms)})", pattern)


def in_turn(wordings: Sequence[str], turn: int) -> str:
    """The wording for this turn: data files have several for an occasion, so that nothing is said twice in the same words."""
    return wordings[turn % len(wordings)]
