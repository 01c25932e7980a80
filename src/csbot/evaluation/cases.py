"""Case files and dialogue files (``.jsonl``), read with every fault reported."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from csbot.errors import Fault, InputError, SourceError
from csbot.kb.sources import decode, read_bytes

ModelT = TypeVar("ModelT", bound=BaseModel)


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Expect(_Row):
    """What a case expects: exactly one of the three."""

    faq_id: str | None = None
    intent: Literal["order_progress", "human_handoff"] | None = None
    out_of_scope: bool = False

    @model_validator(mode="after")
    def _one(self) -> Expect:
        if (self.faq_id is not None) + (self.intent is not None) + self.out_of_scope != 1:
            raise ValueError("faq_id、intent、out_of_scope: true 须且只能给一个 | give exactly one")
        return self


class Case(_Row):
    """One labelled message."""

    text: str
    expect: Expect
    tags: tuple[str, ...] = ()


OneOrMore = str | list[str]


class ExpectTurn(_Row):
    """What a turn expects; each value may be a list, any of which will do."""

    kind: OneOrMore
    faq_id: OneOrMore | None = None
    slot: OneOrMore | None = None
    order_id: OneOrMore | None = None


class DialogueTurn(_Row):
    user: str
    expect: ExpectTurn


class Dialogue(_Row):
    """A conversation and what each reply should be."""

    id: str
    turns: tuple[DialogueTurn, ...] = Field(min_length=1)
    tags: tuple[str, ...] = ()


def read_cases(path: str | os.PathLike[str]) -> list[Case]:
    """:raises InputError: absent, empty or no text. :raises SourceError: lines have faults, all listed."""
    return _read(Path(path), Case)


def read_dialogues(path: str | os.PathLike[str]) -> list[Dialogue]:
    """:raises InputError: absent, empty or no text. :raises SourceError: lines have faults, all listed."""
    return _read(Path(path), Dialogue)


def _read(file: Path, model: type[ModelT]) -> list[ModelT]:
    rows: list[ModelT] = []
    faults: list[Fault] = []
    for number, line in _lines(file):
        try:
            rows.append(model.model_validate(_object(line)))
        except ValidationError as error:
            for problem in error.errors():
                what = problem["msg"].removeprefix("Value error, ")
                faults.append(Fault(number, ".".join(map(str, problem["loc"])) or None, what))
        except ValueError as error:
            faults.append(Fault(number, None, f"不是有效的 JSON 对象：{error} | not a JSON object"))
    if faults:
        raise SourceError(file, faults)
    if not rows:
        raise InputError(f"{file} 里没有任何一行 | the file has no row", path=file)
    return rows


def _lines(file: Path) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(decode(file, read_bytes(file)).split("\n"), start=1):
        if line.strip():
            yield number, line


def _object(line: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(value, dict):
        raise ValueError("应是对象 an object is needed")
    return value
