"""Tasks, declared as data: what a customer can have done, which slots it needs, and how the bot asks for them.

Order progress is declared in ``data/tasks/order_progress.yaml`` of this package; who owns an order is decided by code, in
`csbot.dialogue.order_progress`. A merchant adds tasks of his own: one YAML file each, and one function that does it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator, model_validator

from csbot.errors import Fault, InputError, SourceError
from csbot.kb.sources import decode, not_yaml, read_bytes
from csbot.kb.task_intents import HUMAN_HANDOFF, ORDER_PROGRESS
from csbot.models import Text
from csbot.resources import load_yaml, read_yaml

SlotKind = Literal["order_id", "phone", "phone_last4", "name", "date", "text", "choice"]

CONFIRM = "confirm"
"""The slot that stands for the customer's word that all is right."""
SAID = "_said"
"""Ending of the key under which a date is also kept in the customer's own words: 「明天上午」 beside 2026-11-23."""
SUMMARY = "summary"
"""Place in a confirmation where all slots are listed."""

LEAST_EXAMPLES = 8
"""With fewer utterances a task is recognised in too few of its wordings; see ``tests/kb/test_task_matcher.py``."""

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class _Declared(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _regular(pattern: str | None) -> str | None:
    try:
        re.compile(pattern or "")
    except re.error as error:
        raise ValueError(f"正则表达式有误 {pattern!r}：{error} | not a regular expression") from None
    return pattern


class TaskSlot(_Declared):
    """Something that the bot must know to do a task."""

    name: Name
    kind: SlotKind = Field(description="how it is found; text: the whole message, when it was asked for")
    title: Text = Field(description="what customers call it; 「地址是…」 gives it, 「地址不对」 takes it back")
    called: tuple[Text, ...] = Field(default=(), description="what else they call it: 「住址写错了」")
    required: bool = Field(default=True, description="False: asked for once, and left out where the customer doesn't care")
    prompts: tuple[Text, ...] = Field(min_length=2, description="questions, in changing words")
    invalid: tuple[Text, ...] = Field(min_length=1, description="said when what was given can't be right")
    check: str | None = Field(default=None, description="regular expression that must be found in the value")
    find: str | None = Field(default=None, description="kind text: regular expression that finds it in any message, unasked")
    choices: dict[str, tuple[str, ...]] = Field(default_factory=dict, description="kind choice: each value, and other words")
    why: str = Field(default="", description="what it is needed for, a whole sentence; said to who asks or would rather not")
    gathers: bool = Field(default=False, description="kind text: what else is told of the trouble on the way is added to it")
    soonest: str = Field(default="", description="kind date: what is noted for 「快点就行」; empty: it is no answer of its own")

    @field_validator("check", "find")
    @classmethod
    def _compiles(cls, pattern: str | None) -> str | None:
        return _regular(pattern)

    @model_validator(mode="after")
    def _fits_its_kind(self) -> TaskSlot:
        if (self.kind == "choice") != bool(self.choices):
            raise ValueError("kind: choice 须有 choices，其他类型不能有 | choices belong to kind choice, and to no other")
        if self.find and self.kind != "text":
            raise ValueError("find 只用于 kind: text | find is for kind text only")
        if self.gathers and self.kind != "text":
            raise ValueError("gathers 只用于 kind: text | gathers is for kind text only")
        if self.soonest and self.kind != "date":
            raise ValueError("soonest 只用于 kind: date | soonest is for kind date only")
        if self.name == CONFIRM or self.name.endswith(SAID):
            raise ValueError(f"字段名 {self.name} 已有他用 | this name is used by csbot itself")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """What it is called, the longest first."""
        return tuple(sorted((self.title, *self.called), key=len, reverse=True))

    def accepts(self, value: str) -> bool:
        """Whether the value passes the slot's check."""
        return bool(value.strip()) and (self.check is None or re.search(self.check, value) is not None)


class Task(_Declared):
    """What a customer can have done: how it is asked for, what must be known, and what is said on the way.

    :raises SourceError: by `read` and `read_tasks`, with every fault by its field.
    """

    name: Name
    title: Text = Field(description="how it is offered in a clarification: 「报修登记」")
    examples: tuple[Text, ...] = Field(default=(), description=f"utterances that ask for it, at least {LEAST_EXAMPLES}")
    unlike: tuple[Text, ...] = Field(default=(), description="utterances that sound like it and mean something else")
    outright: str | None = Field(
        default=None, description="regular expression over the normal form: asks for it outright, and goes before an FAQ"
    )
    topic: str = Field(default="", description="put before a short question asked in the middle: 「要钱吗」 → 「维修要钱吗」")
    slots: tuple[TaskSlot, ...] = Field(min_length=1, description="asked for in this order")
    confirm: tuple[Text, ...] = Field(
        default=(), description="said before it is done, with {summary} or {slot}; none: it is done unconfirmed"
    )
    done: tuple[Text, ...] = Field(default=(), description="said afterwards; {slot} and the keys of the result are filled in")
    failed: tuple[Text, ...] = Field(default=(), description="said where it couldn't be done and a human takes over")
    call: str = Field(default="", description="name of the function that does it; default: the task's name")
    timeout_s: float = Field(default=3.0, gt=0, le=30, description="WeChat gives up after 5 s; 3 s leave time to answer")

    @field_validator("outright")
    @classmethod
    def _compiles(cls, pattern: str | None) -> str | None:
        return _regular(pattern)

    @model_validator(mode="after")
    def _whole(self) -> Task:
        names = [slot.name for slot in self.slots]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"slots 里的名称重复：{'、'.join(twice)} | slot names must differ")
        if self.name == HUMAN_HANDOFF:
            raise ValueError(f"{HUMAN_HANDOFF} 不能声明为任务 | the wish for a human is no task")
        if self.name == ORDER_PROGRESS:
            self._check_order_slots()
            return self
        if len(self.examples) < LEAST_EXAMPLES:
            raise ValueError(f"examples 至少 {LEAST_EXAMPLES} 句，得到 {len(self.examples)} 句 | more utterances are needed")
        for field, texts, known in (("confirm", self.confirm, {*names, SUMMARY}), ("failed", self.failed, set(names))):
            if unknown := sorted(places(texts) - known):
                raise ValueError(f"{field} 里的 {{{unknown[0]}}} 不是这个任务的字段 | no such slot")
        if not self.done or not self.failed:
            raise ValueError("done 和 failed 各至少一句 | say at least one thing when done and when failed")
        return self

    def _check_order_slots(self) -> None:
        if {(slot.name, slot.kind) for slot in self.slots} != {(kind, kind) for kind in ("phone", "name", "order_id")}:
            raise ValueError("order_progress 的字段须是 phone、name、order_id | its slots are fixed")
        if self.confirm or self.done or self.failed or self.call or self.examples or self.unlike:
            raise ValueError("order_progress 只能改 title 和 slots | only title and slots can be changed")

    def slot(self, name: str) -> TaskSlot | None:
        return next((slot for slot in self.slots if slot.name == name), None)

    def kind_of(self, name: str) -> str:
        """Kind of a slot; its own name where the task has none of that name."""
        slot = self.slot(name)
        return slot.kind if slot else name

    def kinds_of(self, slots: Mapping[str, str]) -> list[str]:
        """Kinds of the slots that have a value, the one given last last."""
        return [self.kind_of(name) for name, value in slots.items() if value and self.slot(name)]

    def is_asked_for(self, form: str) -> bool:
        """Whether a message in normal form asks for the task outright."""
        return self.outright is not None and re.search(self.outright, form) is not None

    @property
    def handler(self) -> str:
        """Name of the function that does the task."""
        return self.call or self.name

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Task:
        """Read a declaration.

        :raises InputError: the file is absent, no text or no YAML. :raises SourceError: fields have faults, all listed.
        """
        import yaml

        file = Path(path)
        text = decode(file, read_bytes(file))
        try:
            data = read_yaml(text)
        except (yaml.YAMLError, RecursionError, ValueError) as error:
            raise SourceError(file, [not_yaml(error)]) from None
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise SourceError(file, [_fault(problem) for problem in error.errors()]) from None


def _fault(problem: Mapping[str, Any]) -> Fault:
    return Fault(None, ".".join(map(str, problem["loc"])) or None, problem["msg"].removeprefix("Value error, "))


def places(texts: Iterable[str]) -> set[str]:
    """Names of the places to be filled in.

    >>> sorted(places(["{a} 和 {b}", "{a}"]))
    ['a', 'b']
    """
    try:
        return {name for text in texts for _, name, _, _ in Formatter().parse(text) if name is not None}
    except ValueError as error:
        raise ValueError(f"花括号不成对：{error} | braces don't match") from None


def read_tasks(path: str | os.PathLike[str]) -> list[Task]:
    """Every ``.yaml`` file of a directory, in the order of their names; or one file.

    :raises InputError: there is none. :raises SourceError: a file has faults, or two declare the same task.
    """
    root = Path(path)
    files = sorted([*root.glob("*.yaml"), *root.glob("*.yml")]) if root.is_dir() else [root]
    if not files:
        raise InputError(f"{root} 里没有 .yaml 文件 | the directory has no declaration", path=root)
    found: dict[str, Path] = {}
    tasks = []
    for file in files:
        task = Task.read(file)
        if other := found.get(task.name):
            raise SourceError(file, [Fault(None, "name", f"{task.name} 已在 {other} 中声明 | declared there already")])
        found[task.name] = file
        tasks.append(task)
    return tasks


@cache
def order_task() -> Task:
    """The declaration of order progress that comes with csbot."""
    return Task.model_validate(load_yaml("csbot.dialogue.data", f"tasks/{ORDER_PROGRESS}.yaml"))


def declared(tasks: Iterable[Task] | str | os.PathLike[str]) -> dict[str, Task]:
    """A merchant's tasks by name, and order progress, which they may declare in their own words.

    :param tasks: declarations, or where to read them.
    :raises InputError: there is none at that place. :raises SourceError: a declaration has faults.
    """
    own = read_tasks(tasks) if isinstance(tasks, (str, os.PathLike)) else list(tasks)
    return {ORDER_PROGRESS: order_task()} | {task.name: task for task in own}
