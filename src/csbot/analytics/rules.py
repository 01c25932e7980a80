"""What counts as what: the rules by which a log is cut into episodes and each episode gets its outcome."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from csbot.config import IDLE_TIMEOUT_S
from csbot.errors import ConfigError
from csbot.models import ReplyKind
from csbot.resources import read_yaml

Matters = Literal["conversation", "category", "faq"]


class OutcomeRules(BaseModel):
    """All of them, with what others do beside each default; `docs/analytics.md` has the comparison.

    >>> OutcomeRules(return_window_s=7 * 86400).return_window_s
    604800.0
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    idle_s: float = Field(
        default=IDLE_TIMEOUT_S,
        gt=0,
        description="silence after which an episode is over: the same as `dialogue.idle_timeout_s`, after which the bot begins "
        "a new session. Fin waits 24 hours.",
    )
    matters: Matters = Field(
        default="category",
        description="what makes another matter after one is settled: a question of another category of the knowledge base or "
        "another task (a rewording of the same question rarely changes the category), another FAQ, or nothing: the whole "
        "conversation is one matter, as Fin and Chatwoot count.",
    )
    settling: tuple[ReplyKind, ...] = Field(
        default=("answer", "order_status", "task_done"),
        description="kinds of the last reply that settle a matter if the customer leaves after it. Fin too takes nothing but "
        "an actual answer; a question back, a greeting or a miss settles nothing.",
    )
    giving_up: tuple[str, ...] = Field(
        default=("smalltalk_cancel",),
        description="rules of a last message that gives up (「算了」), whatever was answered before",
    )
    thanks_confirm: bool = Field(
        default=False,
        description="thanks right after an answer confirm it. Fin takes them so; in Chinese 「谢谢」 often only ends the talk.",
    )
    same_answer_settles: bool = Field(
        default=False,
        description="an answer that was given before in the episode settles it the second time; by default it doesn't: whoever "
        "asks again has read it",
    )
    repeat_similarity: float = Field(
        default=0.5,
        gt=0,
        le=1,
        description="Dice coefficient of character pairs at which a message repeats an earlier one, whatever it was answered "
        "with. At 0.5 fewer than 1 in 1,000 pairs of different questions of the sample knowledge base are taken for the same; "
        "rewordings are not found by it but by their answer being the same",
    )
    return_window_s: float = Field(
        default=72 * 3600.0,
        gt=0,
        description="a customer who comes back with the same matter within this time reopens it; first-contact resolution "
        "(FCR) is judged after it. Chatwoot calls a resolution durable after 7 days; some vendors here look at 24 hours.",
    )
    unknown_returns: bool = Field(
        default=True,
        description="an episode in which nothing was understood (a bare 「转人工」) is a return to the customer's last one",
    )

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> OutcomeRules:
        """Read rules from a YAML or JSON file; what it leaves out keeps its default.

        :raises ConfigError: the file can't be read, or a rule is unknown or out of range.
        """
        try:
            data = read_yaml(Path(path).read_text(encoding="utf-8")) or {}
            return cls.model_validate(data)
        except ValidationError as error:
            faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
            raise ConfigError(f"统计规则 {path} 有误：{faults} | wrong rules") from None
        except (OSError, UnicodeDecodeError, RecursionError, ValueError, yaml.YAMLError) as error:
            raise ConfigError(f"无法读取统计规则 {path}：{error} | can't read the rules") from None
