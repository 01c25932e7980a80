"""Where sessions are kept between messages, and who tried how often: in memory, SQLite or PostgreSQL.

What is stored, for how long and what of it is personal: ``docs/storage.md``.
"""

from __future__ import annotations

from csbot.storage.base import Store
from csbot.storage.memory import MemoryStore

__all__ = ["MemoryStore", "Store", "open_store"]


def open_store(url: str, *, make: bool = True) -> Store:
    """The SQL store behind a URL, like ``sqlite:///var/csbot.db`` or ``postgresql://user@host/csbot``.

    :param make: whether SQLite's file is made where there is none.
    :raises ConfigError: no such URL can be used. :raises InputError: there is no such file, and none is to be made.
    :raises MissingDependency: the database's driver is absent. :raises StoreError: the database can't be opened.
    """
    from csbot.storage.sql import SqlStore

    return SqlStore(url, make=make)
