"""`csbot stats`"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from csbot.cli.output import JsonOption, console, print_json, print_table, write_file

if TYPE_CHECKING:
    from csbot.analytics.indicators import Average, Figures
    from csbot.analytics.report import Stats
    from csbot.evaluation.intervals import Ratio
    from csbot.models.events import Event

GroupBy = Literal["day", "channel", "category", "faq"]
SHOWN = 40
"""Rows of a table by group; all of them are in --json and --html."""
MAIN = ("match_rate", "resolution_rate", "containment_rate", "handoff_rate", "fcr", "satisfaction")


def stats_command(
    store: Annotated[str | None, typer.Option("--store", help="会话库 URL | URL of the store, sqlite:///var/csbot.db")] = None,
    desk: Annotated[
        str | None, typer.Option("--desk", help="工单库 URL：接通率、首响、平响要它 | the desk: who was reached, and how fast")
    ] = None,
    events: Annotated[
        list[Path] | None, typer.Option("--events", help="事件日志 .jsonl，可多个 | event logs to count, more than one may do")
    ] = None,
    imports: Annotated[
        list[Path] | None, typer.Option("--import", help="把 .jsonl 导入 --store，重复的不算 | put event logs into the store")
    ] = None,
    export: Annotated[Path | None, typer.Option("--export", help="把全部事件存为 .jsonl | write all events counted")] = None,
    since: Annotated[str, typer.Option(help="从哪天起（含），2026-11-01 | from this day or moment on")] = "",
    until: Annotated[str, typer.Option(help="到哪天止（不含）| until before this day or moment")] = "",
    as_of: Annotated[str, typer.Option(help="按哪一刻判定，默认现在 | judged as of this moment, by default now")] = "",
    by: Annotated[GroupBy | None, typer.Option("--by", help="分组 | group by")] = None,
    rules: Annotated[Path | None, typer.Option("--rules", help="统计规则 .yaml | rules of the outcomes")] = None,
    html: Annotated[Path | None, typer.Option("--html", help="存为单个网页，离线可开 | one self-contained page")] = None,
    as_json: JsonOption = False,
) -> None:
    """统计：从事件日志算匹配率、解决率、转人工率、首次解决率、满意度… | indicators recomputed from the event log.

    例 Example: csbot stats --store sqlite:///var/csbot.db --desk sqlite:///var/csbot.db --by day --html stats.html

    csbot stats --events events.jsonl --by faq --json
    """
    from csbot.analytics import page
    from csbot.analytics.log import in_order, write_log
    from csbot.analytics.report import GROUPS, stats
    from csbot.analytics.rules import OutcomeRules
    from csbot.models import utc_now

    chosen = OutcomeRules.load(rules) if rules else OutcomeRules()
    script = page.plotly_script() if html else ""
    moments = [_moment(name, text) for name, text in (("--since", since), ("--until", until), ("--as-of", as_of))]
    log = in_order(*read_logs(store, desk, events or [], imports or []))
    if export:
        write_log(log, export)
    report = stats(
        log, rules=chosen, since=moments[0], until=moments[1], as_of=moments[2] or utc_now(),
        by=tuple(GROUPS) if html else (by,) if by else (),
    )  # fmt: skip
    if html:
        write_file(html, page.render(report, script))
    if as_json:
        kept = {name: groups for name, groups in report.by.items() if name == by}
        print_json(report.model_copy(update={"by": kept}).model_dump(mode="json"))
    else:
        _print(report, by)


def read_logs(store: str | None, desk: str | None, events: list[Path], imports: list[Path]) -> list[list[Event]]:
    """The logs that are named; a store or a desk must be there, unless logs are to be put into the store.

    :raises InputError: none is named, or there is no such file.
    """
    from csbot.analytics.log import desk_events, read_log
    from csbot.cli.desks import opened as opened_desk
    from csbot.errors import InputError
    from csbot.storage import open_store

    if not (store or desk or events):
        raise InputError("请给 --store、--desk 或 --events | give --store, --desk or --events")
    if imports and not store:
        raise InputError("--import 需要 --store | --import needs --store")
    found = [read_log(path) for path in events]
    added = [read_log(path) for path in imports]
    if store:
        opened = open_store(store, make=bool(imports))
        for log in added:
            opened.log(log)
        found.append(opened.events())
        opened.close()
    if desk:
        with opened_desk(desk) as at:
            found.append(desk_events(at))
    return found


def _moment(name: str, text: str) -> datetime | None:
    """A day or a moment; without a zone it is China's."""
    from csbot.errors import InputError
    from csbot.models.base import aware

    try:
        return aware(datetime.fromisoformat(text)) if text else None
    except ValueError:
        raise InputError(f"{name} 应是日期，如 2026-11-01，得到 {text!r} | not a day") from None


def _print(report: Stats, by: GroupBy | None) -> None:
    from csbot.analytics.indicators import INDICATORS
    from csbot.analytics.outcomes import OUTCOMES

    total = report.total
    rows = [
        (
            indicator.title, name, _value(name, found := total.indicators[name]), _spread(name, found),
            _parts(found),
        )
        for name, indicator in INDICATORS.items()
    ]  # fmt: skip
    columns = ("指标", "indicator", "值 value", "95 %（均值：中位–九成）", "分子 / 分母")
    print_table(f"统计 stats：{total.episodes} 个事项 episodes，{total.messages} 条消息 messages", columns, rows, columns[2:])
    shares = "　".join(f"{OUTCOMES[name]} {count}" for name, count in total.outcomes.items())
    console().print(f"结果 outcomes：{shares}", highlight=False)
    left = f"进行中 under way {report.under_way}，只有寒暄 courtesy only {report.courtesy} 条"
    console().print(f"未计入 left out：{left}", highlight=False)
    if by:
        _print_groups(report.by[by], by)


def _print_groups(groups: dict[str, Figures], by: GroupBy) -> None:
    from csbot.analytics.indicators import INDICATORS

    shown = list(groups.items())
    if by != "day":
        shown.sort(key=lambda item: -item[1].episodes)
    cut = shown[-SHOWN:] if by == "day" else shown[:SHOWN]
    titles = [INDICATORS[name].title for name in MAIN]
    rows = [(group or "—", one.episodes, *(_cell(name, one.indicators[name]) for name in MAIN)) for group, one in cut]
    more = f"，显示 {len(cut)} 个 shown" if len(cut) < len(shown) else ""
    print_table(f"按 by {by}：{len(shown)} 组 groups{more}", (by, "事项", *titles), rows, ("事项", *titles))


def _cell(name: str, one: Ratio | Average) -> str:
    return f"{_value(name, one)} ({_parts(one)})" if one.denominator else "–"


def _parts(one: Ratio | Average) -> str:
    return f"{round(one.numerator, 1):.12g} / {one.denominator:.12g}"


def _value(name: str, one: Ratio | Average) -> str:
    return _said(name, one.value)


def _spread(name: str, one: Ratio | Average) -> str:
    from csbot.analytics.indicators import Average

    low, high = (one.p50, one.p90) if isinstance(one, Average) else (one.low, one.high)
    return f"{_said(name, low, unit=False)} – {_said(name, high, unit=False)}" if one.denominator else ""


def _said(name: str, value: float | None, *, unit: bool = True) -> str:
    from csbot.analytics.indicators import INDICATORS

    if value is None:
        return "–"
    of = INDICATORS[name].unit
    number = f"{value:.2f}" if of else f"{100 * value:.1f}"
    return f"{number} {of or '%'}" if unit else number
