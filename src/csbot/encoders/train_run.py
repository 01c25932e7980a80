"""The training loop: optimiser, schedule, checkpoints."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from csbot.encoders.augment import Noise
from csbot.encoders.batches import Batch, Sampler
from csbot.encoders.checkpoint import read_position, read_tensors, write_checkpoint
from csbot.encoders.losses import WEIGHTS, distil_loss, match_loss, order_loss, pair_loss
from csbot.encoders.student import Stopped, Student
from csbot.encoders.train_data import TrainingData, own_texts
from csbot.encoders.train_settings import Hooks, Settings, Step
from csbot.errors import InputError

WARMUP = 30
"""Steps in which the rate rises; a tenth of a shorter run."""
LEAST_RATE = 0.02
"""Share of the rate that is left at the end of the linear decay."""
SAVE_EVERY_S = 300.0
CLIP = 1.0
"""Greatest norm of the gradient."""


class Run:
    """One training, from its first step or from a checkpoint.

    :param teacher: the untuned model, whose likenesses among unlabelled texts are kept; ``prefix`` goes before its texts.
    :param place: directory of the checkpoint.
    :param identity: settings and data by name; a checkpoint with another one is refused.
    """

    def __init__(
        self,
        student: Student,
        teacher: Student,
        data: TrainingData,
        settings: Settings,
        place: Path,
        identity: Mapping[str, Any],
        prefix: str | None = None,
    ) -> None:
        self.student, self.teacher, self.prefix = student, teacher, prefix
        self.settings, self.place, self.identity = settings, place, dict(identity)
        self.rng = random.Random(settings.seed)
        self.sampler = Sampler(data, settings.batch, Noise(own_texts(data)), self.rng)
        named = list(student.model.named_parameters())
        groups = [
            {"params": [p for _, p in named if p.ndim > 1], "weight_decay": 0.01},
            {"params": [p for _, p in named if p.ndim <= 1], "weight_decay": 0.0},
        ]
        self.optimiser = torch.optim.AdamW(groups, lr=settings.rate, betas=(0.9, 0.98))
        self.step, self.spent_s = 0, 0.0
        torch.manual_seed(settings.seed)

    def go(self, hooks: Hooks) -> None:
        """Train until the end.

        :raises Stopped: the user wants to stop; the state is saved.
        """
        self.student.model.train()
        saved = started = time.monotonic()
        before, first = self.spent_s, self.step
        while (share := self._share()) < 1:
            if hooks.stop():
                self.save()
                raise Stopped
            terms = self._learn(share)
            now = time.monotonic()
            self.spent_s = before + now - started
            hooks.on_step(self._report(terms, (now - started) / (self.step - first)))
            if now - saved > SAVE_EVERY_S:
                self.save()
                saved = now
        self.save()

    def _share(self) -> float:
        """How much of the training is done; 1 or more: all."""
        minutes, steps = self.settings.minutes, self.settings.steps
        return self.spent_s / 60 / minutes if minutes else self.step / steps

    def _learn(self, share: float) -> dict[str, float]:
        warmup = WARMUP if self.settings.minutes else max(1, min(WARMUP, self.settings.steps // 10))
        rate = self.settings.rate * min(1.0, (self.step + 1) / warmup) * max(LEAST_RATE, 1 - share)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        terms = self._terms(self.sampler.next())
        loss: Any = sum(WEIGHTS[name] * value for name, value in terms.items())
        if not torch.isfinite(loss):
            raise InputError(
                f"第 {self.step + 1} 步损失不是有限数，请减小学习率（{rate:.0e}） | the loss diverged: lower the rate"
            )
        self.optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.student.model.parameters(), CLIP)
        self.optimiser.step()
        self.step += 1
        self.student.follow(self.step)
        return {name: value.item() for name, value in terms.items()}

    def _terms(self, batch: Batch) -> dict[str, torch.Tensor]:
        """The terms of the loss, by name; those that the data allow."""
        pairs = [pair for file in batch.pairs for pair in file]
        parts = [batch.anchors, batch.positives, batch.negatives, [a for a, _, _ in pairs], [b for _, b, _ in pairs]]
        parts.append(batch.unlabelled)
        vectors = self.student.embed([text for part in parts for text in part])
        anchors, positives, negatives, first, second, plain = vectors.split([len(part) for part in parts])
        terms = {}
        if batch.anchors:
            terms["match"] = match_loss(anchors, positives, negatives, batch.meanings)
        if pairs:
            terms |= _pair_terms(first, second, batch)
        if len(batch.unlabelled) > 2:
            terms["distil"] = distil_loss(plain, torch.from_numpy(self.teacher.vectors(batch.unlabelled, self.prefix)))
        return terms

    def _report(self, terms: Mapping[str, float], step_s: float) -> Step:
        minutes, steps = self.settings.minutes, self.settings.steps
        left = max(0.0, minutes * 60 - self.spent_s) if minutes else step_s * (steps - self.step)
        return Step(
            step=self.step,
            steps=self.step + round(left / step_s) if minutes else steps,
            loss=sum(WEIGHTS[name] * value for name, value in terms.items()),
            terms=dict(terms),
            rate=self.optimiser.param_groups[0]["lr"],
            step_s=step_s,
            left_s=left,
        )

    def save(self) -> None:
        """Write everything that the next step depends on."""
        moments = self.optimiser.state_dict()["state"]
        version, words, gauss = self.rng.getstate()
        tensors = {f"model/{name}": value for name, value in self.student.model.state_dict().items()}
        tensors |= {f"average/{name}": value for name, value in self.student.average.items()}
        tensors |= {f"moment/{i}/{key}": value for i, state in moments.items() for key, value in state.items()}
        tensors["chance/torch"] = torch.get_rng_state()
        position = {
            "identity": self.identity,
            "step": self.step,
            "spent_s": self.spent_s,
            "bag": self.sampler.bag,
            "chance": [version, words, gauss],
        }
        write_checkpoint(self.place, tensors, position)

    def position(self) -> dict[str, Any] | None:
        """Where the checkpoint stands; None where there is none.

        :raises InputError: it was made with other settings or data, or is damaged.
        """
        position = read_position(self.place)
        if position is None:
            return None
        known = position["identity"]
        if other := [name for name, value in self.identity.items() if known.get(name) != value]:
            shown = "；".join(f"{name}：{known.get(name)} → {self.identity[name]}" for name in other)
            raise InputError(
                f"{self.place} 里的断点属于另一次训练（{shown}）：请用原来的设置和数据继续，或换一个输出目录"
                " | the checkpoint there is of a training with other settings or data: use those, or another directory",
                path=self.place,
            )
        return position

    def resume(self, position: Mapping[str, Any]) -> None:
        """Go on from the checkpoint, which stands at ``position``."""
        tensors = read_tensors(self.place)
        self.student.model.load_state_dict(tensors["model"])
        self.student.average = tensors.get("average", {})
        state = self.optimiser.state_dict()
        for name, value in tensors.get("moment", {}).items():
            i, _, key = name.partition("/")
            state["state"].setdefault(int(i), {})[key] = value
        self.optimiser.load_state_dict(state)
        torch.set_rng_state(tensors["chance"]["torch"])
        version, words, gauss = position["chance"]
        self.rng.setstate((version, tuple(words), gauss))
        self.sampler.bag = position["bag"]
        self.step, self.spent_s = position["step"], position["spent_s"]


def _pair_terms(first: torch.Tensor, second: torch.Tensor, batch: Batch) -> dict[str, torch.Tensor]:
    """Terms of labelled pairs, rows of all files one after the other. Grades only order; 1 and 0 also say what is the same."""
    terms = {}
    labels = [torch.tensor([label for _, _, label in rows]) for rows in batch.pairs]
    same = [(values == 1) & (not graded) for values, graded in zip(labels, batch.graded, strict=True)]
    positives = torch.nonzero(torch.cat(same)).flatten()
    if len(positives):
        terms["pairs"] = pair_loss(first, second, positives)
    scores = (first * second).sum(1).split([len(values) for values in labels])
    terms["order"] = sum(order_loss(s, values) for s, values in zip(scores, labels, strict=True)) / len(labels)
    return terms
