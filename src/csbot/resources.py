"""Reading the data files inside the package, and YAML of others."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from csbot.caching import kept

if TYPE_CHECKING:
    from yaml.nodes import Node

MOST_TIMES = 10
"""What aliases stand for may be so many times what is written; more is no file that a person keeps."""
MOST_ANYWAY = 100_000
"""Values that a file may stand for however short it is."""


@cache
def load_yaml(package: str, name: str) -> dict[str, Any]:
    """The mapping in the YAML file ``name`` of ``package``; read once, not to be changed."""
    data: dict[str, Any] = kept(Path(name).stem, _parsed, (resources.files(package) / name).read_text(encoding="utf-8"))
    return data


def _parsed(text: str) -> Any:
    import yaml  # takes longer to import than all of csbot's own files from the cache

    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - the C twin of the safe loader


def read_yaml(text: str) -> Any:
    """The value of a YAML text that somebody else wrote.

    >>> read_yaml("{a: &x [1, 2], b: *x}")
    {'a': [1, 2], 'b': [1, 2]}

    :raises yaml.YAMLError: it is no YAML, or its aliases stand for far more than is written, or for themselves.
    :raises ValueError: a date in it is impossible, or a number too long. :raises RecursionError: it is nested too deeply.
    """
    node = yaml_node(text)
    return None if node is None else yaml_value(node)


def yaml_node(text: str) -> Node | None:
    """The same as a tree of nodes, which know their lines; None where nothing is written."""
    import yaml

    node: Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
    sizes: dict[int, int] = {}
    if node is not None and _size(node, sizes) > MOST_TIMES * len(sizes) + MOST_ANYWAY:
        raise yaml.composer.ComposerError(None, None, "别名（*）展开后太大 | aliases stand for too much", node.start_mark)
    return node


def yaml_value(node: Node) -> Any:
    """The value of a node."""
    import yaml

    return yaml.constructor.SafeConstructor().construct_document(node)


def _size(node: Node, sizes: dict[int, int]) -> int:
    """How many nodes a node stands for, itself and what aliases in it stand for included; kept in ``sizes`` by its id."""
    import yaml

    if id(node) not in sizes:
        sizes[id(node)] = 0
        held = node.value if isinstance(node, yaml.CollectionNode) else ()
        parts = [part for one in held for part in (one if isinstance(one, tuple) else (one,))]
        sizes[id(node)] = 1 + sum(_size(part, sizes) for part in parts)
    elif not sizes[id(node)]:
        raise yaml.composer.ComposerError(None, None, "别名（*）指向自己 | an alias stands for itself", node.start_mark)
    return sizes[id(node)]


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
