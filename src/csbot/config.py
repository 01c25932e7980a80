"""Settings of a bot. What is written here is what runs: no value is replaced by another behind the user's back."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from csbot.errors import ConfigError, shown
from csbot.resources import read_yaml


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


IDLE_TIMEOUT_S = 1800.0
"""Half an hour, as Dialogflow CX keeps a session after its last request
(https://docs.cloud.google.com/dialogflow/cx/docs/concept/session); Rasa takes 60 minutes."""


def too_close(behind: float, margin: float) -> bool:
    """Whether a runner-up that is ``behind`` in confidence is too close to answer the first; never at a margin of 0.

    >>> too_close(0.01, 0.02), too_close(0.02, 0.02), too_close(-0.01, 0.0)
    (True, False, False)
    """
    return margin > 0 and behind < margin


class BandConfig(_Settings):
    """The three bands of confidence: answer, clarify, miss (``>=`` at each threshold)."""

    answer: float | None = Field(
        default=None, ge=0, le=1, description="None: the calibration's own threshold. 0.0 answers everything."
    )
    clarify: float | None = Field(default=None, ge=0, le=1, description="None: the calibration's own threshold.")
    ambiguity_margin: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="runner-up closer than this in confidence → clarify instead of answer, unless it is exact; 0: never."
        " Rasa's two-stage fallback uses 0.1 on uncalibrated scores; calibrated ones fall already when two FAQs are close, and"
        " FAQs that are within 0.02 above the threshold say the same twice: the first was right in 9 of 12 (faq_lcqmc_dev). "
        "Without effect where `answer` is 0.0, which answers everything, and where `clarify_limit` is 1: one is no choice.",
    )
    clarify_limit: int = Field(default=3, ge=1, le=5, description="questions offered; Tencent Cloud offers 5, 3 fit a phone")

    @model_validator(mode="after")
    def _ordered(self) -> BandConfig:
        if self.answer is not None and self.clarify is not None and self.clarify > self.answer:
            raise ValueError("bands.clarify 不能大于 bands.answer | bands.clarify must not exceed bands.answer")
        return self


class DialogueConfig(_Settings):
    miss_limit: int = Field(default=2, ge=1, le=10, description="misses in a row before a human is called")
    slot_retry_limit: int = Field(default=3, ge=1, le=5, description="times one slot is asked for before a human is called")
    task_intent: float = Field(default=0.4, ge=0, le=1, description="probability at which a task starts, if no FAQ is surer")
    task_with_slots: float = Field(
        default=0.2, ge=0, le=1, description="the same where the message carries an order id or phone; also offered from here"
    )
    idle_timeout_s: float = Field(
        default=IDLE_TIMEOUT_S,
        gt=0,
        le=2_592_000,
        description="silence after which a task, offered options and an order in hand are forgotten, and a customer who comes "
        "back begins a new session",
    )
    handoff_wish: float = Field(default=0.5, ge=0, le=1, description="signal score at which a wish for a human is granted")
    wish_questions: int = Field(
        default=0, ge=0, le=1, description="times that a bare wish for a human is first answered by asking what it is about"
    )
    urgent_when_unsure: float = Field(
        default=0.7, ge=0, le=1, description="urgency at which a human is called where the bot would ask back or give up"
    )
    urgent_at_once: float = Field(default=0.93, ge=0, le=1, description="urgency at which not even a slot is asked for first")
    upset_when_unsure: float = Field(
        default=0.7, ge=0, le=1, description="anger, frustration or threat at which a human is called instead, like urgency"
    )


class OrderConfig(_Settings):
    timeout_s: float = Field(
        default=3.0, gt=0, le=30, description="for all that one message has looked up; WeChat gives up after 5 s: 3 leave time"
    )
    proof: tuple[tuple[str, str], ...] = Field(
        default=(("order_id", "phone"), ("phone", "name")),
        description="pairs of slots that prove ownership; an order id alone never does",
    )
    lookup_limit: int = Field(
        default=5,
        ge=1,
        le=50,
        description="look-ups of one customer, in all sessions within `lookup_window_s`, that find nothing of theirs before a "
        "human is called; someone who mistypes needs two or three",
    )
    order_lookup_limit: int = Field(
        default=10,
        ge=1,
        le=1000,
        description="the same for one order id or phone, from all customers together: twice a customer's, so that buyer and "
        "recipient may both mistype; beyond it even the owner is passed to a human until the window has moved on",
    )
    lookup_window_s: float = Field(
        default=86400.0, gt=0, le=31_622_400, description="sliding window of both limits: a day, as banks count wrong PINs"
    )
    not_found_floor_s: float = Field(
        default=0.1,
        ge=0,
        le=2,
        description="a reply that nothing was found comes no sooner than this after the message, be the order another's or "
        "none: above what an indexed look-up takes, below what a customer notices",
    )
    link_proven: bool = Field(
        default=False,
        description="customers who prove the same order count as one person where a ticket names earlier sessions; nothing is "
        "ever revealed on the strength of it",
    )
    order_id_patterns: tuple[str, ...] = Field(
        default=(r"[A-Za-z]{1,6}[-_]?\d{6,20}(?:-\d{1,4})?", r"\d{6}-\d{15}", r"\d{12,20}"),
        min_length=1,
        description="regular expressions of order ids, in half width: letters of the shop or carrier then digits, or the long "
        "digit runs of the large platforms (拼多多: 261103-…)",
    )

    @field_validator("order_id_patterns")
    @classmethod
    def _compiles(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"正则表达式有误 {pattern!r}：{error} | not a regular expression") from None
        return patterns

    @model_validator(mode="after")
    def _pairs(self) -> OrderConfig:
        known = {"order_id", "phone", "name"}
        if not self.proof or any(set(pair) - known or len(set(pair)) < 2 for pair in self.proof):
            raise ValueError(f"orders.proof 的每一项须是 {sorted(known)} 中两个不同的字段 | pairs of two different fields")
        return self


class BotConfig(_Settings):
    """All settings of a `csbot.Chatbot`. Those of its knowledge base are arguments of `KnowledgeBase.load`.

    >>> BotConfig(bands={"answer": 0.0}).bands.answer
    0.0
    """

    bands: BandConfig = BandConfig()
    dialogue: DialogueConfig = DialogueConfig()
    orders: OrderConfig = OrderConfig()

    def __init__(self, **data: Any) -> None:
        try:
            super().__init__(**data)
        except ValidationError as error:
            raise ConfigError(_explain(error)) from None

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> BotConfig:
        """Read the bot's settings from a settings file (YAML or JSON), which may also hold those of its knowledge base.

        :raises ConfigError: the file is absent or unreadable, or a setting is wrong; see `load_settings` for both halves.
        """
        return load_settings(path)[0]


class KbConfig(_Settings):
    """How a saved knowledge base is opened: the arguments of `KnowledgeBase.load` that a settings file may give."""

    encoder: str | None = Field(default=None, description="None: the one in the manifest; a sentence-transformers name or path")
    threads: int = Field(default=0, ge=0, le=64, description="CPU threads of one call; 0: as many as the machine has cores")
    may_degrade: bool = Field(default=True, description="False: raise where the encoder can't run; True: words alone answer")
    reload_interval_s: float = Field(default=1.0, ge=0, description="how often it is looked at for a new version")
    retry_interval_s: float = Field(default=30.0, ge=0, description="pause before an encoder that failed is tried again")

    def __init__(self, **data: Any) -> None:
        try:
            super().__init__(**data)
        except ValidationError as error:
            raise ConfigError(_explain(error, "kb")) from None


def load_settings(path: str | os.PathLike[str]) -> tuple[BotConfig, KbConfig]:
    """Both halves of a settings file (YAML or JSON): the bot's settings, and under ``kb`` those of its knowledge base.

    :raises ConfigError: the file is absent or unreadable, or a setting is wrong.
    """
    data = _read(path)
    kb = data.pop("kb", None) or {}
    if not isinstance(kb, dict):
        raise ConfigError(f"{path} 的 kb 应是键值对 | kb must be a mapping")
    return BotConfig(**data), KbConfig(**{str(key): value for key, value in kb.items()})


def _read(path: str | os.PathLike[str]) -> dict[str, Any]:
    import yaml

    try:
        data = read_yaml(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, RecursionError, ValueError, yaml.YAMLError) as error:
        raise ConfigError(f"无法读取配置 {path}：{error} | can't read the configuration") from None
    if data is not None and not (isinstance(data, dict) and all(isinstance(key, str) for key in data)):
        raise ConfigError(f"{path} 应是键值对 | must be a mapping")
    return data or {}


def _explain(error: ValidationError, root: str = "") -> str:
    places = [".".join(map(str, [root, *e["loc"]] if root else e["loc"])) or "config" for e in error.errors()]
    lines = [f"{place}: {e['msg']}（得到 {shown(e['input'])}）" for place, e in zip(places, error.errors(), strict=True)]
    return "配置有误 | wrong configuration: " + "; ".join(lines)
