"""The indicators as one HTML file that opens anywhere, offline: plotly's script, styles and data are all inside."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from importlib import resources
from typing import Any

from csbot.analytics.indicators import INDICATORS, Figures
from csbot.analytics.outcomes import OUTCOMES
from csbot.analytics.report import Stats
from csbot.evaluation.page import fill, plotly_script
from csbot.models import CHINA

__all__ = ["plotly_script", "render"]


def render(report: Stats, script: str) -> str:
    """The page. :param report: with all its groups. :param script: plotly.js, from `plotly_script`."""
    folder = resources.files("csbot.analytics") / "page_parts"
    template, own = ((folder / name).read_text(encoding="utf-8") for name in ("stats.html", "stats.js"))
    return fill(template, _data(report), script, script=own)


def _data(report: Stats) -> dict[str, Any]:
    return {
        "indicators": {name: {"title": one.title, "unit": one.unit} for name, one in INDICATORS.items()},
        "outcomes": dict(OUTCOMES),
        "total": _plain(report.total),
        "days": [{"day": day, **_plain(one)} if one else {"day": day} for day, one in _every_day(report.by.get("day", {}))],
        "groups": {name: [{"name": group, **_plain(one)} for group, one in found.items()] for name, found in report.by.items()},
        "since": _shown(report.since),
        "until": _shown(report.until),
        "as_of": _shown(report.as_of),
        "events": report.events,
        "courtesy": report.courtesy,
        "under_way": report.under_way,
        "rules": report.rules.model_dump(),
    }


def _shown(moment: datetime | None) -> str | None:
    return moment.astimezone(CHINA).strftime("%Y-%m-%d %H:%M") if moment else None


def _plain(one: Figures) -> dict[str, Any]:
    return one.model_dump(mode="json")


def _every_day(days: Mapping[str, Figures]) -> list[tuple[str, Figures | None]]:
    """Every day from the first to the last; None where nothing happened, so that no line is drawn across it."""
    if not days:
        return []
    first, last = (date.fromisoformat(end(days)) for end in (min, max))
    every = [(first + timedelta(days=n)).isoformat() for n in range((last - first).days + 1)]
    return [(day, days.get(day)) for day in every]
