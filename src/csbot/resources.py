"""Reading the data files inside the package."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

import yaml

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@cache
def load_yaml(package: str, name: str) -> dict[str, Any]:
    """The mapping in the YAML file ``name`` of ``package``; read once, not to be changed."""
    text = (resources.files(package) / name).read_text(encoding="utf-8")
    data: dict[str, Any] = yaml.load(text, Loader=_LOADER)  # noqa: S506 - the C twin of the safe loader
    return data
