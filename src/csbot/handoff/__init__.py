"""Handing a conversation over to a human, with its context."""

from __future__ import annotations

from csbot.handoff.desk import Desk
from csbot.handoff.routing_table import RoutingTable, default_table

__all__ = ["Desk", "open_desk"]


def open_desk(url: str, table: RoutingTable | None = None, *, personal: bool = False) -> Desk:
    """The built-in desk behind a URL, like ``sqlite:///var/csbot.db`` or ``postgresql://user@host/csbot``.

    :param table: the routing table, whose hours, tiers and service levels it keeps; None: the one that ships.
    :param personal: whether agents read what customers type as it is.
    :raises ConfigError: no such URL can be used. :raises MissingDependency: the database's driver is absent.
    :raises StoreError: the database can't be opened.
    """
    from csbot.handoff.due import DeskRules
    from csbot.handoff.sql import SqlDesk

    return SqlDesk(url, rules=DeskRules(table=table or default_table()), personal=personal)
