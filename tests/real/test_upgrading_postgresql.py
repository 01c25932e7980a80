"""Upgrading tables on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from csbot.storage.upgrading import Upgrader
from upgrade_contract import ADD, COPY, UpgradeContract, connected, differences, stored, with_language


@pytest.fixture
def url(postgres_url: str) -> str:
    return postgres_url


class TestPostgresql(UpgradeContract):
    @pytest.fixture
    def other(self, url: str) -> Iterator[str]:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE DATABASE other")
            name = connection.info.dbname
        yield url.replace(f"/{name}?", "/other?")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("DROP DATABASE other WITH (FORCE)")


def test_the_sql_does_what_the_upgrade_does(url: str, tmp_path: Path) -> None:
    stored(url)
    newer = with_language(tmp_path, ADD, COPY)
    with closing(Upgrader(url, [newer])) as database:
        text = database.sql()
        assert "pg_advisory_xact_lock" in text
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(text.encode())
        assert [one.state for one in database.standings()] == ["current"]
    with connected(url) as connection:
        assert differences(connection, newer) == []
