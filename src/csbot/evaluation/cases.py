"""Case files and dialogue files (``.jsonl``), read with every fault reported."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from csbot.errors import Fault, InputError, SourceError
from csbot.kb.sources import decode, read_bytes
from csbot.models import ReplyKind

ModelT = TypeVar("ModelT", bound=BaseModel)


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


KINDS = get_args(ReplyKind)


def _one_or_more(value: Any) -> Any:
    """A text, or a list of at least one."""
    values = value if isinstance(value, list) else [value]
    if not values or not all(isinstance(one, str) for one in values):
        raise ValueError("应是字符串或非空的字符串列表 | must be a text or a list of texts")
    return value


def _kinds(value: Any) -> Any:
    wrong = [kind for kind in ([value] if isinstance(value, str) else value) if kind not in KINDS]
    if wrong:
        raise ValueError(f"没有 {'、'.join(wrong)} 这种回复，可用：{'、'.join(KINDS)} | no such kind of reply")
    return value


def _known_faqs(value: Any, info: ValidationInfo) -> Any:
    """The FAQs are there, where the reader was told which are."""
    known = (info.context or {}).get("faq_ids")
    wrong = [] if known is None else [one for one in ([value] if isinstance(value, str) else value or ()) if one not in known]
    if wrong:
        raise ValueError(f"知识库里没有 {'、'.join(wrong)} | not in the knowledge base")
    return value


OneOrMore = Annotated[str | list[str], BeforeValidator(_one_or_more)]
KnownFaq = AfterValidator(_known_faqs)


class Expect(_Row):
    """What a case expects: exactly one of the three."""

    faq_id: Annotated[str | None, KnownFaq] = None
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


class ExpectTurn(_Row):
    """What a turn expects; each value may be a list, any of which will do."""

    kind: Annotated[OneOrMore, AfterValidator(_kinds)]
    faq_id: Annotated[OneOrMore | None, KnownFaq] = None
    slot: OneOrMore | None = None
    order_id: OneOrMore | None = None


class DialogueTurn(_Row):
    user: str
    expect: ExpectTurn


def _some(turns: tuple[DialogueTurn, ...]) -> tuple[DialogueTurn, ...]:
    if not turns:
        raise ValueError("至少要有一轮 | at least one turn is needed")
    return turns


class Dialogue(_Row):
    """A conversation and what each reply should be."""

    id: str
    turns: Annotated[tuple[DialogueTurn, ...], AfterValidator(_some)]
    tags: tuple[str, ...] = ()


def read_cases(path: str | os.PathLike[str], faq_ids: Collection[str] | None = None) -> list[Case]:
    """Read labelled messages.

    :param faq_ids: the FAQs there are: a case that expects another has a fault. None: not compared.
    :raises InputError: absent, empty or no text. :raises SourceError: lines have faults, all listed.
    """
    return read_rows(path, Case, faq_ids)


def read_dialogues(path: str | os.PathLike[str], faq_ids: Collection[str] | None = None) -> list[Dialogue]:
    """Read labelled conversations; arguments and errors as for `read_cases`."""
    return read_rows(path, Dialogue, faq_ids)


def read_rows(path: str | os.PathLike[str], model: type[ModelT], faq_ids: Collection[str] | None = None) -> list[ModelT]:
    """Rows of a ``.jsonl`` file as ``model``, which finds ``faq_ids`` in its validation context; errors as for `read_cases`."""
    file = Path(path)
    rows: list[ModelT] = []
    faults: list[Fault] = []
    for number, line in _lines(file):
        try:
            rows.append(model.model_validate(_object(line), context={"faq_ids": faq_ids}))
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
        value = json.loads(line, object_pairs_hook=_once)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(value, dict):
        raise ValueError("应是对象 an object is needed")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The pairs of an object, in which a key that stands twice would hide what the first one says."""
    row = dict(pairs)
    if len(row) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"键重复：{'、'.join(key for key in row if keys.count(key) > 1)} | a key stands there twice")
    return row
