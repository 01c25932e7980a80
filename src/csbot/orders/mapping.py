"""What the declared mappings of SQL tables and of HTTP answers share: their file, their secrets, their words."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import tzinfo
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from csbot.errors import ConfigError
from csbot.kb.sources import decode, read_bytes
from csbot.models import CHINA
from csbot.resources import read_yaml


class Part(BaseModel):
    """A nested part of a mapping."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _by_text(value: Any) -> Any:
    return {str(code): word for code, word in value.items()} if isinstance(value, Mapping) else value


class OrderSource(Part):
    """What both kinds of mapping declare about values."""

    status_words: Annotated[dict[str, str], BeforeValidator(_by_text)] = Field(
        default_factory=dict,
        description="status codes → words for customers; a code without a word is told as 处理中, a Chinese word as it is",
    )
    timezone: str = Field(
        default="Asia/Shanghai", description="IANA name of the zone in which times without one are meant, and all are told"
    )
    items_separator: str = Field(default="、", min_length=1, description="between items in one text; JSON lists need none")

    def __init__(self, **data: Any) -> None:
        try:
            super().__init__(**data)
        except ValidationError as error:
            faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
            raise ConfigError(f"订单映射有误 | wrong order mapping: {faults}") from None  # without values: they may be secret

    @field_validator("timezone")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            zone_of(name)
        except (OSError, ValueError, KeyError):
            raise ValueError("没有这个时区，或系统缺少 tzdata | no such time zone, or tzdata is missing") from None
        return name


def zone_of(name: str) -> tzinfo:
    """A time zone; China's without the system's table of zones, which Windows lacks."""
    return CHINA if name == "Asia/Shanghai" else ZoneInfo(name)


def read_mapping(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The mapping in a YAML file, ``kind`` included.

    :raises InputError: the file can't be read. :raises ConfigError: it is no mapping of names to values.
    """
    file = Path(path)
    text = decode(file, read_bytes(file))
    try:
        data = read_yaml(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"第 {mark.line + 1} 行" if mark else ""
        raise ConfigError(f"{file} {where}不是有效的 YAML | not YAML") from None  # without the line itself: it may be secret
    if not (isinstance(data, dict) and all(isinstance(key, str) for key in data)):
        raise ConfigError(f"{file} 应是键值对 | must be a mapping")
    return data
