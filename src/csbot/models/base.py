"""What the models are made of: texts that are not blank, moments with a zone, and two kinds of data."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Annotated, overload

from pydantic import AfterValidator, BaseModel, ConfigDict


def utc_now() -> datetime:
    return datetime.now(timezone.utc)


def _not_blank(value: str) -> str:
    if not value.strip():
        raise ValueError("不能为空 | must not be blank")
    return value


CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")
"""Times without a zone are meant in China's; it has no summer time, so that a fixed offset is right."""


@overload
def aware(value: datetime) -> datetime: ...
@overload
def aware(value: datetime | None) -> datetime | None: ...
def aware(value: datetime | None) -> datetime | None:
    return value.replace(tzinfo=CHINA) if value is not None and value.tzinfo is None else value


def storable(text: str) -> str:
    r"""``text`` with a "?" for each half character (lone surrogate), which JSON may carry but nothing can encode or store.

    >>> storable("已发货\ud800")
    '已发货?'
    """
    return text.encode("utf-8", "replace").decode("utf-8")


Text = Annotated[str, AfterValidator(str.strip), AfterValidator(_not_blank)]
Moment = Annotated[datetime | None, AfterValidator(aware)]


class Data(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
