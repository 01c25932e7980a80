"""The routing table (分派表): one YAML file that operations people read and change, checked as a whole when it is read.

The one that ships is ``data/routing.yaml``; what the columns mean is written there.
"""

from __future__ import annotations

import os
import re
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from csbot.errors import ConfigError
from csbot.handoff.hours import OpeningHours
from csbot.intents.signals import ROUTED
from csbot.models import Priority
from csbot.resources import load_yaml, read_yaml

SIGNALS = (*ROUTED, "asked_again", "frustration")
"""Signals that a row may name."""
_UNITS = {"分钟": 60, "小时": 3600, "天": 86400}


def _duration(value: Any) -> Any:
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(分钟|小时|天)\s*", value) if isinstance(value, str) else None
    if match:
        return timedelta(seconds=float(match.group(1)) * _UNITS[match.group(2)])
    if isinstance(value, str):
        raise ValueError(f"{value!r} 不是时长，应如 30分钟、2小时、1天 | not a duration")
    return value


Duration = Annotated[timedelta, BeforeValidator(_duration)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Tier(_Table):
    """A level of agents (一线、二线 …) and how much they may decide: amounts by what they are for, in yuan."""

    title: str
    limits: dict[str, float] = Field(default_factory=dict, description="what is not listed is not limited")


class ServiceLevel(_Table):
    """How soon a ticket of one priority is taken care of."""

    first_contact: Duration
    on_site: Duration | None = None
    resolve: Duration | None = None
    counted: Literal["always", "open"] = Field(default="open", description="open: in opening hours only")


class When(_Table):
    """What must hold for a row; all that is given, and of each list any."""

    signals: dict[str, float] = Field(default_factory=dict, description="signal → least score")
    reasons: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    misses: int | None = Field(default=None, ge=1)
    categories: tuple[str, ...] = ()
    faqs: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    amounts: dict[str, float] = Field(default_factory=dict, description="amount → least, in yuan")
    earlier_sessions: int | None = Field(default=None, ge=1)
    earlier_tickets: int | None = Field(default=None, ge=1)


class Row(_Table):
    """One row: under which condition, which priority, tier and skill group."""

    name: str
    when: When = When()
    priority: Priority | None = None
    tier: str | None = None
    skill: str | None = None


class RoutingTable(_Table):
    """The whole table, checked as one.

    :raises ConfigError: from `read`, with the place and what is wrong there.
    """

    hours: OpeningHours | None = Field(default=None, description="None: people are there around the clock")
    tiers: tuple[Tier, ...] = Field(min_length=1)
    skills: tuple[str, ...] = Field(min_length=1)
    sla: dict[Priority, ServiceLevel]
    amounts: dict[str, str] = Field(
        default_factory=dict, description="regular expressions; group 1 the number, group 2 its scale"
    )
    rows: tuple[Row, ...] = Field(min_length=1)

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> RoutingTable:
        """Read a table from a YAML file.

        :raises ConfigError: absent, unreadable, or something in it is wrong.
        """
        import yaml

        try:
            data = read_yaml(Path(path).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, RecursionError, ValueError, yaml.YAMLError) as error:
            raise ConfigError(f"无法读取分派表 {path}：{error} | can't read the routing table") from None
        return _checked(data, str(path))

    @field_validator("amounts")
    @classmethod
    def _compile(cls, amounts: dict[str, str]) -> dict[str, str]:
        for name, pattern in amounts.items():
            try:
                groups = re.compile(pattern).groups
            except re.error as error:
                raise ValueError(f"{name} 不是正则表达式：{error} | not a regular expression") from None
            if not 1 <= groups <= 2:
                raise ValueError(f"{name} 须有一到两个括号：数字、单位 | one or two groups: number, scale")
        return amounts

    @model_validator(mode="after")
    def _consistent(self) -> RoutingTable:
        wrong: list[str] = []
        titles = [tier.title for tier in self.tiers]
        if missing := [name for name in get_args(Priority) if name not in self.sla]:
            wrong.append(f"sla 缺少 {'、'.join(missing)}")
        if self.tiers[-1].limits:
            wrong.append(f"最后一级 {titles[-1]} 不能有 limits，否则有的金额无人能办")
        for what, names in (("tiers", titles), ("skills", list(self.skills)), ("rows", [row.name for row in self.rows])):
            if twice := sorted({name for name in names if names.count(name) > 1}):
                wrong.append(f"{what} 里 {'、'.join(twice)} 重复")
        *_, last = self.rows
        if last.when != When() or None in (last.priority, last.tier, last.skill):
            wrong.append(f"最后一行「{last.name}」须无条件，且写全 priority、tier、skill")
        for row in self.rows:
            if row is not last and row.when == When():
                wrong.append(f"「{row.name}」没有条件，下面的行都轮不到")
            if row.tier is not None and row.tier not in titles:
                wrong.append(f"「{row.name}」的 tier {row.tier} 不在 {'、'.join(titles)} 里")
            if row.skill is not None and row.skill not in self.skills:
                wrong.append(f"「{row.name}」的 skill {row.skill} 不在 {'、'.join(self.skills)} 里")
            if (row.priority, row.tier, row.skill) == (None, None, None):
                wrong.append(f"「{row.name}」没有写 priority、tier 或 skill")
            if unknown := sorted(set(row.when.signals) - set(SIGNALS)):
                wrong.append(f"「{row.name}」的信号 {'、'.join(unknown)} 不存在，只有 {'、'.join(SIGNALS)}")
            if unknown := sorted(set(row.when.amounts) - set(self.amounts)):
                wrong.append(f"「{row.name}」的金额 {'、'.join(unknown)} 没有在 amounts 里定义")
        if wrong:
            raise ValueError("；".join(wrong) + " | inconsistent table")
        return self


@cache
def default_table() -> RoutingTable:
    """The table that ships with csbot."""
    return _checked(load_yaml("csbot.handoff.data", "routing.yaml"), "routing.yaml")


def _checked(data: Any, name: str) -> RoutingTable:
    try:
        return RoutingTable.model_validate(data)
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, e['loc'])) or '整张表'}: {e['msg']}" for e in error.errors()]
        raise ConfigError(f"分派表 {name} 有误 | wrong routing table: {'; '.join(lines)}") from None
