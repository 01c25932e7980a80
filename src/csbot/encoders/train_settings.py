"""How a training runs, and what it tells while it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from csbot.errors import InputError


@dataclass(frozen=True)
class Settings:
    """Settings of a training. With ``steps`` and one thread the same seed and data give the same weights.

    :ivar steps: steps to take. :ivar minutes: instead of steps: train so long; how far that comes depends on the machine.
    :ivar rate: learning rate after the warm-up (4e-5 measured best for the bundled encoder with 60 topics a step).
    :ivar batch: topics (FAQs, intents) a step; the more, the more neighbours to tell apart, and the slower.
    :ivar threads: CPU threads of torch; 0 leaves its own choice.
    :raises InputError: a value is out of range.
    """

    steps: int = 200
    minutes: float | None = None
    rate: float = 4e-5
    batch: int = 32
    seed: int = 0
    threads: int = 0

    def __post_init__(self) -> None:
        wrong = [name for name in ("steps", "batch") if getattr(self, name) < 1]
        wrong += [name for name in ("rate", "minutes") if (value := getattr(self, name)) is not None and not value > 0]
        if self.threads < 0:
            wrong.append("threads")
        if wrong:
            raise InputError(f"{'、'.join(wrong)} 超出范围 | out of range: {', '.join(wrong)}")


@dataclass(frozen=True)
class Step:
    """One step done. ``loss`` is the weighted sum of ``terms``; ``rate`` the learning rate; times in seconds.

    :ivar steps: how many there will be; an estimate where minutes are given.
    """

    step: int
    steps: int
    loss: float
    terms: dict[str, float]
    rate: float
    step_s: float
    left_s: float


@dataclass(frozen=True)
class Hooks:
    """What the caller wants to be told and asked.

    :ivar stop: asked before each step; True saves the state and ends. :ivar on_step: after each step.
    :ivar on_stage: before a stage: ``measure``, ``resume``, ``train``, ``write``.
    """

    stop: Callable[[], bool] = lambda: False
    on_step: Callable[[Step], None] = lambda step: None
    on_stage: Callable[[str], None] = lambda stage: None
