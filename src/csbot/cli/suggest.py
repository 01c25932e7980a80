"""`csbot suggest`"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from csbot.cli.output import ConfigOption, JsonOption, KbOption, console, print_json, print_table, write_file

if TYPE_CHECKING:
    from csbot.analytics.listening import Voice
    from csbot.analytics.review import Review
    from csbot.analytics.suggestions import Suggestion
    from csbot.analytics.surges import Surge
    from csbot.analytics.voice import Why
    from csbot.evaluation.intervals import Ratio
    from csbot.evaluation.report import EvalReport

SHOWN = 20
"""Rows of a table; all of them are in --json."""


def suggest_command(
    kb: KbOption,
    store: Annotated[str | None, typer.Option("--store", help="会话库 URL | URL of the store, sqlite:///var/csbot.db")] = None,
    desk: Annotated[
        str | None, typer.Option("--desk", help="工单库 URL：坐席怎么答的要它 | the desk: what agents answered")
    ] = None,
    events: Annotated[list[Path] | None, typer.Option("--events", help="事件日志 .jsonl，可多个 | event logs")] = None,
    cases: Annotated[
        Path | None, typer.Option("--cases", help="用例 .jsonl：先看采纳前后的指标 | labelled messages: before and after")
    ] = None,
    config: ConfigOption = None,
    least: Annotated[int, typer.Option(min=1, help="一类至少几条消息 | messages that a cluster needs")] = 3,
    out: Annotated[
        Path | None, typer.Option("--out", help="建议存为 .jsonl，供审阅 | the patch, one suggestion a line")
    ] = None,
    patch: Annotated[
        Path | None, typer.Option("--patch", help="审阅、改过的补丁：不再读日志 | an edited patch instead of logs")
    ] = None,
    accept: Annotated[
        str, typer.Option("--accept", help="采纳哪些编号，逗号分隔；默认没有警告的 | ids; default: those without a warning")
    ] = "",
    every: Annotated[bool, typer.Option("--all", help="全部采纳，连有警告的 | accept all, warnings or not")] = False,
    apply: Annotated[bool, typer.Option("--apply", help="把采纳的存为知识库的新版本 | store as a new version of it")] = False,
    as_json: JsonOption = False,
) -> None:
    """建议：突增的问题、没答上的问题、没被接受的知识，以及怎样补 | what customers ask in vain, and a patch to review.

    例 Example: csbot suggest --store sqlite:///var/csbot.db --desk sqlite:///var/csbot.db --kb var/kb --cases mine.jsonl

    csbot suggest --events events.jsonl --kb var/kb --accept s-1a2b3c4d,s-5e6f7a8b --apply

    csbot suggest --kb var/kb --patch patch.jsonl --cases mine.jsonl --apply

    不加 --apply 什么也不改；新知识存为草稿，编辑、发布后才会回答。撤销：csbot kb rollback | nothing changes without --apply;
    new FAQs are drafts; undo: kb rollback
    """
    from csbot.analytics.listening import listen
    from csbot.analytics.log import in_order
    from csbot.analytics.remembered import remembering
    from csbot.analytics.review import apply as applied
    from csbot.analytics.review import review
    from csbot.analytics.suggestions import read_patch
    from csbot.cli.bots import open_kb
    from csbot.cli.stats import read_logs
    from csbot.config import BotConfig, KbConfig, load_settings
    from csbot.errors import InputError

    if patch and (store or desk or events):
        raise InputError("--patch 与日志（--store、--desk、--events）只能给一样 | give a patch or logs, not both")
    settings, opening = load_settings(config) if config else (BotConfig(), KbConfig())
    log = [] if patch else in_order(*read_logs(store, desk, events or [], []))
    saved = open_kb(kb, opening)
    trial = remembering(saved)
    voice = None if patch else listen(trial, log, least=least)
    suggestions = read_patch(patch, saved) if patch else voice.suggestions if voice else []
    reviewed = review(trial, suggestions, cases, settings)
    accepted = _accepted(reviewed, accept, every)
    write_file(out, "".join(one.model_dump_json() + "\n" for one in reviewed.suggestions))
    version = applied(saved, accepted).save(kb) if apply and accepted else None
    if as_json:
        print_json(_as_json(voice, reviewed, accepted, version))
    else:
        _print(voice, reviewed, accepted, version)


def _accepted(reviewed: Review, accept: str, every: bool) -> list[Suggestion]:
    """:raises InputError: an id is unknown, or both options are given."""
    from csbot.errors import InputError

    names = [name.strip() for name in accept.replace("，", ",").split(",") if name.strip()]
    if names and every:
        raise InputError("--accept 与 --all 只能给一个 | give --accept or --all")
    known = {one.id: one for one in reviewed.suggestions}
    if unknown := [name for name in names if name not in known]:
        raise InputError(f"没有这些建议：{'、'.join(unknown)} | no such suggestions")
    return [known[name] for name in names] if names else reviewed.suggestions if every else reviewed.fine


def _as_json(voice: Voice | None, reviewed: Review, accepted: list[Suggestion], version: str | None) -> dict[str, object]:
    reports = {"before": reviewed.before, "recommended": reviewed.recommended, "all": reviewed.everything}
    heard = voice.model_dump(mode="json", exclude={"suggestions"}) if voice else {}
    return heard | {
        "suggestions": [one.model_dump(mode="json") for one in reviewed.suggestions],
        "indicators": {
            name: {key: ratio.model_dump(mode="json") for key, ratio in report.indicators.items()}
            for name, report in reports.items()
            if report
        },
        "accepted": [one.id for one in accepted],
        "version": version,
    }


def _print(voice: Voice | None, reviewed: Review, accepted: list[Suggestion], version: str | None) -> None:
    if voice:
        _print_voice(voice)
    rows = [_row(one) for one in reviewed.suggestions]
    columns = ("编号 id", "加到 FAQ", "新问法 new questions", "条", "改对/弄错", "警告 warnings")
    print_table(f"建议 suggestions：{len(rows)}", columns, rows)
    if reviewed.before and reviewed.recommended and reviewed.everything:
        _print_indicators(reviewed, [reviewed.before, reviewed.recommended, reviewed.everything])
    if version:
        said = f"[green]✓[/] 已采纳 {len(accepted)} 条，存为版本 stored as version {version}"
    else:
        said = f"未改动知识库；加 --apply 采纳 {len(accepted)} 条 | nothing was changed: --apply accepts {len(accepted)}"
    console().print(said, highlight=False)


def _print_voice(voice: Voice) -> None:
    rising = [(_days(one), voice.titles.get(one.key, one.key), one.asked, one.expected) for one in voice.surges]
    _table("突增 surges", ("哪天 days", "问题 question", "条 asked", "往常 expected"), rising)
    kinds: tuple[Why, ...] = ("missed", "unsure", "handed_off")
    themes = [
        (one.messages, one.label, "、".join(one.words), "/".join(str(one.why.get(kind, 0)) for kind in kinds))
        for one in voice.themes
    ]
    columns = ("条", "最典型的一句 label", "区别词 words", "没懂/没选/转人工 missed/unsure/handed off")
    _table(f"没答上的 open questions：{voice.questions} 条 messages", columns, themes)
    shown = [
        (
            voice.titles.get(f"faq:{one.faq_id}", one.faq_id), one.answered,
            f"{one.asked_again}/{one.handed_off}/{one.unsolved}", one.offered, one.not_picked,
        )
        for one in voice.shown
    ]  # fmt: skip
    titles = ("知识 FAQ", "答 answered", "再问/转人工/没解决 refused", "给选 offered", "没选 not picked")
    _table("给了没被接受 shown, not accepted", titles, shown)


def _table(title: str, columns: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> None:
    """The first rows; nothing where there is none."""
    if rows:
        more = f"，共 {len(rows)}，显示 {SHOWN} shown" if len(rows) > SHOWN else ""
        print_table(title + more, columns, rows[:SHOWN])


def _print_indicators(reviewed: Review, runs: Sequence[EvalReport]) -> None:
    from csbot.evaluation.report import NAMES

    def percent(ratio: Ratio | None) -> str:
        return "–" if ratio is None or ratio.value is None else f"{100 * ratio.value:.1f}"

    there = [name for name in NAMES if any(name in run.indicators for run in runs)]
    rows = [(NAMES[name], *(percent(run.indicators.get(name)) for run in runs)) for name in there]
    columns = ("现在 now", f"采纳没有警告的 {len(reviewed.fine)} 条", f"全采纳 {len(reviewed.suggestions)} 条 all")
    print_table(f"{len(runs[0].outcomes)} 条用例 cases，%", ("", *columns), rows, columns)


def _days(one: Surge) -> str:
    return f"{one.first:%F}" if one.first == one.last else f"{one.first:%F} – {one.last:%F}"


def _row(one: Suggestion) -> tuple[object, ...]:
    where = one.question if one.kind == "similar" else f"［新草稿 draft］{one.question}\n答：{one.answer[:60]}"
    return one.id, where, "\n".join(one.similar), one.messages, f"{one.repairs}/{len(one.harms)}", "\n".join(one.warnings)
