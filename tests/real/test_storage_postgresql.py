"""The store on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from csbot.storage import Store
from csbot.storage.sql import SqlStore
from store_contract import StoreContract


class TestPostgresql(StoreContract):
    @pytest.fixture
    def store(self, postgres_url: str) -> Iterator[Store]:
        store = SqlStore(postgres_url)
        yield store
        store.close()
