"""Alembic's environment: it runs in the transaction that `csbot.storage.upgrading` has begun, or prints SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from alembic import context

from csbot.storage.database import Moment

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

    from csbot.storage.families import Family


def render_item(kind: str, item: object, rendering: AutogenContext) -> str | Literal[False]:
    """Revisions name no type of csbot's: what they do must stay as it was when the type changes."""
    return "sa.DateTime()" if kind == "type" and isinstance(item, Moment) else False


given: dict[str, Any] = context.config.attributes
family: Family = given["family"]
where: dict[str, Any] = (
    {"dialect_name": given["dialect"], "dialect_opts": {"paramstyle": "named"}, "literal_binds": True}
    if context.is_offline_mode()
    else {"connection": given["connection"]}
)
context.configure(
    **where,
    target_metadata=family.metadata,
    version_table=family.version.name,
    render_as_batch=True,
    render_item=render_item,
    transactional_ddl=True,
    include_name=lambda name, kind, parents: kind != "table" or name in family.metadata.tables,
)
with context.begin_transaction():
    if context.is_offline_mode() and given["dialect"] == "postgresql":
        context.execute(f"SELECT pg_advisory_xact_lock({family.lock})")
    context.run_migrations()
