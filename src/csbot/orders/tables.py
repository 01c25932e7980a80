"""The mapping of a merchant's SQL tables, and the statements that follow from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import sqlalchemy as sa
from pydantic import Field
from sqlalchemy.engine import Dialect

from csbot.models import OrderQuery
from csbot.orders.mapping import OrderSource, Part
from csbot.orders.values import MAX_EVENTS

MARKS = " -+()."
"""What ``phone_match: digits`` and ``order_id_match: loose`` leave out of a column before they compare."""
MAX_ROWS = 100
"""Orders read for one query; a customer who has more is asked for the order id."""

_GIVEN = (("order_id",), ("phone",), ("order_id", "phone"))


class OrderColumns(Part):
    """Names of columns of the table of orders. Without ``name``, a phone and a name prove nothing."""

    order_id: str = Field(min_length=1, description="the id that customers know")
    phone: str = Field(min_length=1)
    name: str | None = None
    status: str | None = None
    items: str | None = Field(default=None, description="text, a JSON list, or an array")
    eta: str | None = Field(default=None, description="expected date: a date, a time, or words")


class EventTable(Part):
    """The table of what happened to the orders (物流轨迹), and its columns."""

    table: str = Field(min_length=1)
    table_schema: str | None = Field(default=None, description="None: that of the orders")
    order: str = Field(min_length=1, description="its column that points to an order")
    points_to: str | None = Field(default=None, description="the column of orders that it points to; None: the order id")
    time: str = Field(min_length=1)
    text: str = Field(min_length=1)


class OrderMapping(OrderSource):
    """Which tables and columns hold the orders; names are quoted as the database wants it, capitals and hanzi included.

    >>> OrderMapping(table="orders", columns={"order_id": "order_no", "phone": "mobile"}, phone_match="digits").columns.phone
    'mobile'

    :raises ConfigError: a name is missing or unknown.
    """

    kind: Literal["sql"] = "sql"
    url: str | None = Field(
        default=None, description="SQLAlchemy URL, for a mapping in a file; ``env:NAME`` where it has a password"
    )
    table: str = Field(min_length=1)
    table_schema: str | None = Field(default=None, description="None: wherever the account's search path finds the table")
    columns: OrderColumns
    events: EventTable | None = None
    phone_match: Literal["exact", "digits"] = Field(
        default="exact",
        description="exact: the column holds 13800000001, 8613800000001 or +8613800000001; digits: marks too, as in "
        "+86 138-0000-0001, which needs an index on an expression (`Statements.indexes`) or else reads every order",
    )
    order_id_match: Literal["exact", "loose"] = Field(
        default="exact", description="exact: in capitals, small letters or as given; loose: without marks, with such an index"
    )


class Statements:
    """SELECT statements over the tables of a mapping, each built once and asked with the values of a query.

    Nothing is reflected: what the mapping says is what is asked.
    """

    def __init__(self, mapping: OrderMapping) -> None:
        self._mapping = mapping
        columns = {field: name for field, name in mapping.columns.model_dump().items() if name}
        if mapping.events:
            columns["key"] = mapping.events.points_to or mapping.columns.order_id
            names = {mapping.events.order, mapping.events.time, mapping.events.text}
            schema = mapping.events.table_schema or mapping.table_schema
            self._events = sa.table(mapping.events.table, *map(_column, names), schema=schema)
        self._orders = sa.table(mapping.table, *map(_column, set(columns.values())), schema=mapping.table_schema)
        select = sa.select(*(self._orders.c[name].label(field) for field, name in columns.items())).limit(MAX_ROWS)
        conditions = {"order_id": self._order_id_is(), "phone": self._phone_is()}
        self._selects: dict[tuple[str, ...], sa.Select[Any]] = {
            given: select.where(*(conditions[field] for field in given)) for given in _GIVEN
        }
        self._histories: dict[int, sa.Select[Any]] = {}

    def orders(self, query: OrderQuery) -> tuple[sa.Select[Any], dict[str, Any]] | None:
        """Orders with the order id and the phone given, as the fields of `Order` and ``key`` for `events`; and the values.

        A name is not asked for: it may be written in traditional characters, and `csbot.orders.values.mine` compares it.
        """
        given: list[str] = []
        values: dict[str, Any] = {}
        if query.order_id is not None:
            given.append("order_id")
            bare = _bare(query.order_id).upper()
            exact = (query.order_id, query.order_id.upper(), query.order_id.lower(), bare, bare.lower())
            values |= _numbered("order_id", [bare] if self._mapping.order_id_match == "loose" else exact)
        if query.phone is not None:
            given.append("phone")
            number = _bare(query.phone)[-11:]
            values |= _numbered("phone", [number, *(prefix + number for prefix in self._prefixes)])
        return (self._selects[tuple(given)], values) if given else None

    @property
    def _prefixes(self) -> tuple[str, ...]:
        return ("86", "0086") if self._mapping.phone_match == "digits" else ("86", "+86")

    def _order_id_is(self) -> sa.ColumnElement[bool]:
        column = self._orders.c[self._mapping.columns.order_id]
        loose = self._mapping.order_id_match == "loose"
        return _is_among(_without_marks(column, upper=True), "order_id", 1) if loose else _is_among(column, "order_id", 5)

    def _phone_is(self) -> sa.ColumnElement[bool]:
        column = self._orders.c[self._mapping.columns.phone]
        digits = self._mapping.phone_match == "digits"
        return _is_among(_without_marks(column) if digits else column, "phone", 1 + len(self._prefixes))

    def events(self, names: EventTable, keys: Sequence[Any]) -> tuple[sa.Select[Any], dict[str, Any]]:
        """The latest events of the orders with these keys, as ``key``, ``time`` and ``text``, and the values."""
        if len(keys) not in self._histories:
            order, at, text = (self._events.c[name] for name in (names.order, names.time, names.text))
            select = sa.select(order.label("key"), at.label("time"), text.label("text"))
            wanted = select.where(_is_among(order, "key", len(keys)), at.is_not(None))
            self._histories[len(keys)] = wanted.order_by(at.desc()).limit(MAX_EVENTS)
        return self._histories[len(keys)], _numbered("key", keys)

    def empty(self) -> list[tuple[sa.Select[Any], dict[str, Any]]]:
        """Statements that name every table and column and find no row: nothing is equal to NULL."""
        select, names = self._selects["order_id", "phone"], self._mapping.events
        asked = [select, *([self.events(names, [None])[0]] if names else [])]
        nothing = _numbered("order_id", [None] * 5) | _numbered("phone", [None] * 3) | _numbered("key", [None])
        return [(statement, nothing) for statement in asked]

    def indexes(self, dialect: Dialect) -> list[str]:
        """``CREATE INDEX`` statements with which `orders` and `events` search instead of reading the whole table."""
        mapping, loose = self._mapping, self._mapping.order_id_match == "loose"
        order_id, phone = _column(mapping.columns.order_id), _column(mapping.columns.phone)
        wanted: list[tuple[sa.TableClause, str, list[sa.ColumnElement[Any]]]] = [
            (self._orders, "order_id", [_without_marks(order_id, upper=True) if loose else order_id]),
            (self._orders, "phone", [_without_marks(phone) if mapping.phone_match == "digits" else phone]),
        ]
        if mapping.events:
            wanted.append((self._events, "order", [_column(mapping.events.order), _column(mapping.events.time)]))
        return [_create_index(table, field, parts, dialect) for table, field, parts in wanted]


def _column(name: str) -> sa.ColumnClause[Any]:
    return sa.column(name)


def _create_index(table: sa.TableClause, field: str, parts: Sequence[sa.ColumnElement[Any]], dialect: Dialect) -> str:
    preparer = dialect.identifier_preparer
    compiled = [(part, str(part.compile(dialect=dialect))) for part in parts]
    listed = ", ".join(text if isinstance(part, sa.ColumnClause) else f"({text})" for part, text in compiled)
    return f"CREATE INDEX {preparer.quote(f'csbot_{table.name}_{field}')} ON {preparer.format_table(table)} ({listed})"


def _is_among(column: sa.ColumnElement[Any], name: str, count: int) -> sa.ColumnElement[bool]:
    """Compared with bound values without a type of their own, so that the database takes the column's (a numeric id's, say)."""
    return column.in_([sa.bindparam(f"{name}_{i}", type_=sa.types.NullType()) for i in range(count)])


def _numbered(name: str, values: Sequence[Any]) -> dict[str, Any]:
    return {f"{name}_{i}": value for i, value in enumerate(values)}


def _without_marks(column: sa.ColumnElement[Any], *, upper: bool = False) -> sa.ColumnElement[Any]:
    """The column without `MARKS`, in a form that every SQL database has and can index; the marks are literals for that."""
    for mark in MARKS:
        column = sa.func.replace(column, sa.literal_column(f"'{mark}'"), sa.literal_column("''"))
    return sa.func.upper(column) if upper else column


def _bare(given: str) -> str:
    return given.translate(dict.fromkeys(map(ord, MARKS)))
