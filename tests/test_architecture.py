"""The rooms of csbot and the one way between them, read from the imports themselves, lazy ones included."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import csbot

PACKAGE = Path(csbot.__file__).parent

LAYERS = (
    {"caching"},
    {"errors", "models", "resources"},
    {"config", "courtesy", "dictionary", "environment", "headers", "outside"},
    {"text", "privacy", "storage"},
    {"encoders"},
    {"kb"},
    {"intents"},
    {"dialogue"},
    {"orders", "handoff"},
    {"events", "handlers", "trace"},
    {"bot"},
    {"evaluation"},
    {"analytics"},
    {"cli"},
    {"__main__"},
)
"""Lowest first. A room may import rooms of lower layers only, and never a neighbour in its own."""

MIGRATIONS = {
    f"csbot.storage.migrations.{'.'.join(path.relative_to(PACKAGE / 'storage' / 'migrations').with_suffix('').parts)}"
    for path in (PACKAGE / "storage" / "migrations").rglob("*.py")
}
"""Alembic's environment and the revisions."""

HOMES = {
    "alembic": {"csbot.storage.upgrading", *MIGRATIONS},
    "bm25s": {"csbot.kb.lexical"},
    "faiss": {"csbot.analytics.clusters", "csbot.kb.dense"},
    "holidays": {"csbot.handoff.hours"},
    "httpx": {"csbot.handoff.posting", "csbot.orders.http"},
    "jieba": {"csbot.dictionary", "csbot.text"},
    "onnx": {"csbot.encoders.onnx_model"},
    "onnxruntime": {"csbot.encoders.onnx", "csbot.encoders.onnx_model"},
    "opencc": {"csbot.encoders.augment", "csbot.text"},
    "openpyxl": {"csbot.kb.export", "csbot.kb.sources"},
    "pypinyin": {"csbot.encoders.augment"},
    "safetensors": {"csbot.encoders.checkpoint", "csbot.encoders.export"},
    "sentence_transformers": {"csbot.encoders.sentence_transformers"},
    "sqlalchemy": {
        *("csbot.orders.database", "csbot.orders.sql", "csbot.orders.tables"),
        *(f"csbot.handoff.{name}" for name in ("deliveries", "rows", "sql", "tables")),
        *(f"csbot.storage.{name}" for name in ("database", "families", "rows", "sql", "tables", "upgrading")),
        *MIGRATIONS,
    },
    "tokenizers": {"csbot.encoders.export", "csbot.encoders.onnx"},
    "torch": {f"csbot.encoders.{name}" for name in ("checkpoint", "losses", "sentence_transformers", "student", "train_run")},
}
"""Heavy packages and the only modules that may import them."""


def modules() -> dict[str, str]:
    """Source of every module of csbot by its dotted name."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = ("csbot", *path.relative_to(PACKAGE).with_suffix("").parts)
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path.read_text(encoding="utf-8")
    return found


def imports(name: str, source: str) -> Iterator[str]:
    """Dotted names that a module imports, wherever in it the import stands; ``from a import b`` gives ``a.b``."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = (
                ".".join([*name.split(".")[: -node.level], *([node.module] if node.module else [])])
                if node.level
                else node.module
            )
            yield from (f"{base}.{alias.name}" for alias in node.names)


def room(name: str) -> str:
    """The part after ``csbot.``; "" for csbot itself."""
    return [*name.split("."), ""][1]


def wrong_ways(sources: Mapping[str, str]) -> list[str]:
    """Imports from one room into another that does not lie below it."""
    layer = {name: number for number, names in enumerate(LAYERS) for name in names}
    wrong = []
    for name, source in sources.items():
        for target in imports(name, source):
            if name == "csbot" or target.split(".")[0] != "csbot" or room(target) == room(name):
                continue
            below = room(target) in layer and layer[room(target)] < layer[room(name)]
            from_the_top = room(target) not in layer and room(name) == "cli"  # csbot itself
            if not below and not from_the_top:
                wrong.append(f"{name} → {target}")
    return wrong


def test_every_module_stands_in_a_known_room() -> None:
    known = set().union(*LAYERS)
    assert {room(name) for name in modules()} - {""} == known


def test_imports_point_one_way() -> None:
    assert wrong_ways(modules()) == []


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("csbot.dialogue.policy", "from csbot.bot import Chatbot"),
        ("csbot.dialogue.policy", "from csbot.orders.base import OrderBackend"),
        ("csbot.dialogue.policy", "def f():\n    import csbot.orders.sql\n"),
        ("csbot.dialogue.policy", "from ..bot import Chatbot"),
        ("csbot.handoff.ticket", "from csbot.orders import base"),
        ("csbot.models", "from csbot import errors"),
        ("csbot.kb.lint", "if TYPE_CHECKING:\n    from csbot import Chatbot\n"),
    ],
)
def test_the_check_sees_a_wrong_way_however_it_is_written(name: str, source: str) -> None:
    assert len(wrong_ways({name: source})) == 1


def test_the_check_lets_the_right_way_pass() -> None:
    source = "from __future__ import annotations\nimport json\nfrom csbot.models import Faq\nfrom csbot.dialogue import state\n"
    assert wrong_ways({"csbot.dialogue.policy": source}) == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    sources = modules()
    graph = {
        name: {
            target if target in sources else target.rpartition(".")[0]
            for target in imports(name, source)
            if target.startswith("csbot.")
        }
        - {name}
        for name, source in sources.items()
        if name != "csbot"
    }
    order = list(TopologicalSorter(graph).static_order())
    assert set(order) >= set(graph)


@pytest.mark.parametrize("package", sorted(HOMES))
def test_a_heavy_package_is_imported_in_its_home_only(package: str) -> None:
    using = {name for name, source in modules().items() for target in imports(name, source) if target.split(".")[0] == package}
    assert using <= HOMES[package]


def test_decide_does_no_input_output_and_has_no_clock_and_no_chance() -> None:
    sources = modules()
    rooms = (
        "policy",
        "settings",
        "state",
        "task_choice",
        "task_flow",
        "slot_filling",
        "naming",
        "unwilling",
        "undoing",
        "order_progress",
        "order_in_hand",
    )
    pure = tuple(f"csbot.dialogue.{name}" for name in rooms)
    used = {target.split(".")[0] for name in pure for target in imports(name, sources[name])}
    assert used & {"io", "os", "pathlib", "random", "time", "datetime", "socket", "threading", "secrets", "uuid"} == set()


def test_the_environment_is_read_by_the_command_line_the_cache_and_named_secrets_only() -> None:
    reading = {name for name, source in modules().items() if "os.environ" in source or "getenv" in source}
    assert {name for name in reading if room(name) != "cli"} <= {"csbot.environment", "csbot.caching"}


def test_nothing_is_pickled() -> None:
    used = {target.split(".")[0] for name, source in modules().items() for target in imports(name, source)}
    assert used & {"pickle", "cPickle", "dill", "joblib", "shelve", "marshal"} == set()
