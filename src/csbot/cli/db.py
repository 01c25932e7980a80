"""`csbot db status|upgrade`"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from csbot.cli.output import JsonOption, console, print_json, print_table

if TYPE_CHECKING:
    from csbot.storage.families import Family

app = typer.Typer(
    help="""数据库升级：看表的版本，升到本版 csbot 的版本 | versions of csbot's own tables, and bringing them up to date.

    例 Example: csbot db status --store sqlite:///var/csbot.db; csbot db upgrade --store sqlite:///var/csbot.db
    """,
    no_args_is_help=True,
)
StoreOption = Annotated[str, typer.Option("--store", help="会话库或工单库 URL | URL of a store or a desk")]
STORE = "sqlite:///var/csbot.db"
STATES = {
    "current": "最新 up to date",
    "older": "待升级 to be upgraded",
    "unknown": "不认识，由别的 csbot 写成 unknown, made by another csbot",
    "absent": "没有 not there",
}


def families() -> dict[str, Family]:
    """What csbot keeps in databases, by name."""
    from csbot.handoff.deliveries import DELIVERIES
    from csbot.handoff.tables import DESK
    from csbot.storage.tables import STORE as SESSIONS

    return {family.name: family for family in (SESSIONS, DESK, DELIVERIES)}


@app.command()
def status(store: StoreOption = STORE, as_json: JsonOption = False) -> None:
    """表是什么版本；有待升级或不认识的，退出码 1 | versions of the tables; exit 1 if not all are up to date.

    例 Example: csbot db status --store postgresql://csbot@db/csbot --json
    """
    from contextlib import closing

    from csbot.storage.upgrading import Upgrader

    known = families()
    with closing(Upgrader(store, list(known.values()))) as database:
        standings = database.standings()
    if as_json:
        print_json([one.model_dump() for one in standings])
    else:
        rows = [
            (f"{known[one.family].called[0]} {one.family}", one.version or "-", one.head, STATES[one.state])
            for one in standings
        ]
        print_table("表的版本 versions", ("表 tables", "库里 there", "本版 csbot this", "状态 state"), rows)
    if any(one.state in ("older", "unknown") for one in standings):
        raise typer.Exit(1)


@app.command()
def upgrade(
    store: StoreOption = STORE,
    sql: Annotated[bool, typer.Option("--sql", help="只打印要执行的 SQL | only print the SQL")] = False,
    as_json: JsonOption = False,
) -> None:
    """升级库里有的表；先停掉用它的进程并备份 | upgrade the tables that are there; stop what uses them and back up before.

    每组表一个事务：中断了，不是旧版就是新版；两处同时执行，只做一次 | one transaction each, done once.

    例 Example: csbot db upgrade --store sqlite:///var/csbot.db

    csbot db upgrade --store postgresql://csbot@db/csbot --sql
    """
    from contextlib import closing

    from csbot.storage.upgrading import Upgrader

    known = families()
    with closing(Upgrader(store, list(known.values()))) as database:
        if sql:
            sys.stdout.write(database.sql())
            return
        done = database.upgrade()
    if as_json:
        print_json([one.model_dump() for one in done])
        return
    for one in done:
        what = f"{one.before} → {one.after}" if one.before != one.after else f"{one.after} 已是最新 up to date already"
        console().print(f"[green]✓[/] {known[one.family].called[0]} {one.family}: {what}", highlight=False)


@app.command(hidden=True)
def revision(family: Literal["store", "desk", "deliveries"], message: str) -> None:
    """csbot 开发用：写出下一个升级脚本 | for csbot's developers: write the next revision. 例: csbot db revision desk why"""
    from csbot.storage.upgrading import write_revision

    console().print(str(write_revision(families()[family], message)), highlight=False, soft_wrap=True)
