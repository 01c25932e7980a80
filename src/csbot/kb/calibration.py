"""From evidence to a calibrated confidence: two small linear models, fitted on labelled questions, bound to one encoder.

1. The *ranker*, a conditional logit over the candidates of a message (McFadden 1974): which FAQ is meant, if any.
2. The *confidence*, a logistic regression on each candidate's evidence and lead: is this one right? Right means that the
   customer's question is answered by it, so both a wrong neighbour and an out-of-scope question count against it.

A calibration carries the fingerprint of its encoder; with another one it is refused, never reused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from csbot.errors import EncoderMismatch, InputError
from csbot.kb.networks import Network, sigmoid

Matrix = npt.NDArray[np.float64]

QUARTILES = (0.25, 0.5, 0.75)

LEXICAL_ONLY = "lexical-only"
"""Fingerprint of the calibration used when no encoder runs."""


class Linear(BaseModel):
    """``bias + Σ weight × feature``; names are kept, so that a file from another version can't be misread.

    A bent feature counts once more from each of its knots on, ``weight × max(feature - knot, 0)``: an additive model of
    piecewise linear terms (Hastie & Tibshirani 1990).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    features: tuple[str, ...]
    weights: tuple[float, ...]
    bias: float = 0.0
    knots: tuple[tuple[int, float], ...] = Field(default=(), description="(feature, knot); their weights come last")

    def __call__(self, values: Matrix) -> Matrix:
        """(n, features) → (n,)"""
        return np.asarray(_bent(values, self.knots) @ _array(self.weights) + self.bias, np.float64)


@lru_cache(maxsize=64)
def _array(weights: tuple[float, ...]) -> Matrix:
    """Made once for each model: hundreds of Python numbers take longer to convert than to multiply."""
    made = np.asarray(weights, np.float64)
    made.flags.writeable = False
    return made


def _bent(values: Matrix, knots: Sequence[tuple[int, float]]) -> Matrix:
    """(n, features) → (n, features + knots)"""
    if not knots:
        return values
    places, at = _apart(tuple(knots))
    return np.concatenate([values, np.maximum(values[:, places] - at, 0)], axis=1)


@lru_cache(maxsize=64)
def _apart(knots: tuple[tuple[int, float], ...]) -> tuple[npt.NDArray[np.int64], Matrix]:
    """Features, and where each has its knot."""
    return np.array([place for place, _ in knots], np.int64), np.array([knot for _, knot in knots], np.float64)


class Untuned(BaseModel):
    """What `csbot tune` has replaced. The next one starts from it again, so that no labelled case counts twice."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    confidence: Linear
    answer: float = Field(ge=0, le=1)
    clarify: float = Field(ge=0, le=1)
    fitted_on: str = ""


class Calibration(BaseModel):
    """The fitted models and the two thresholds that go with them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    encoder: str = Field(description="fingerprint of the encoder whose scores were calibrated")
    ranker: Linear
    confidence: Linear
    answer: float = Field(ge=0, le=1, description="confidence >= answer: answer")
    clarify: float = Field(ge=0, le=1, description="confidence >= clarify: offer to pick")
    intents: dict[str, Linear] = Field(default_factory=dict, description="task intents over the encoder's dimensions")
    signals: Network | None = Field(default=None, description="how a customer sounds, over the encoder's vector")
    same_question: Linear | None = Field(default=None, description="whether two messages ask the same, over their cosine")
    fitted_on: str = Field(default="", description="what data, in words")
    untuned: Untuned | None = Field(
        default=None, description="set by `csbot tune`, which fits to this merchant's messages: indexing again keeps that"
    )

    @property
    def tuned(self) -> bool:
        return self.untuned is not None

    def before_tuning(self) -> Calibration:
        """As it was before any `csbot tune`; itself where there was none."""
        return self if self.untuned is None else self.model_copy(update={**dict(self.untuned), "untuned": None})

    def tuned_to(self, confidence: Linear, answer: float, clarify: float, fitted_on: str) -> Calibration:
        """With another confidence and other thresholds, and what they were before any tuning."""
        base = self.before_tuning()
        untuned = Untuned(confidence=base.confidence, answer=base.answer, clarify=base.clarify, fitted_on=base.fitted_on)
        new = {"confidence": confidence, "answer": answer, "clarify": clarify, "fitted_on": fitted_on, "untuned": untuned}
        return self.model_copy(update=new)

    def check_encoder(self, fingerprint: str) -> None:
        """:raises EncoderMismatch: the calibration belongs to another encoder."""
        if self.encoder != fingerprint:
            raise EncoderMismatch(
                f"校准属于编码器 {self.encoder}，当前是 {fingerprint}：请用当前编码器重新建索引或运行 csbot tune"
                " | the calibration was made with another encoder: index again or run `csbot tune`"
            )

    @classmethod
    def read(cls, path: Path, *, ranker: Sequence[str] | None = None, confidence: Sequence[str] | None = None) -> Calibration:
        """Read a calibration from a file.

        :param ranker: names of the features that its ranker must have, in this order; None: not compared.
        :param confidence: the same for its confidence.
        :raises InputError: the file is absent or no calibration, or its features are others.
        """
        try:
            calibration = cls.model_validate_json(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, ValidationError) as error:
            raise InputError(f"{path} 不是有效的校准文件 | not a calibration: {error}", path=path) from None
        for name, model, wanted in (("ranker", calibration.ranker, ranker), ("confidence", calibration.confidence, confidence)):
            if wanted is not None and (model.features != tuple(wanted) or len(model.weights) != len(wanted) + len(model.knots)):
                raise InputError(
                    f"{path} 的 {name} 用的特征是 {'、'.join(model.features)}（{len(model.weights)} 个权重），"
                    f"本版 csbot 用的是 {'、'.join(wanted)}：请用本版重新 csbot index"
                    " | fitted on other features than this csbot computes: index again",
                    path=path,
                )
        return calibration


@dataclass(frozen=True)
class Problem:
    """One labelled question for fitting.

    :ivar ranking: (candidates, ranker features).
    :ivar right: row of the right candidate, None where it is not among them or the question is out of scope.
    :ivar weight: how much the question counts.
    """

    ranking: Matrix
    right: int | None
    weight: float = 1.0


def fit_ranker(problems: Sequence[Problem], features: Sequence[str], *, ridge: float = 3.0) -> Linear:
    """Maximise Σ log softmax(score)[right] − ridge/2 · |w in units of deviation|² by Newton's method."""
    usable = [p for p in problems if p.right is not None and len(p.ranking) > 1]
    if not usable:
        raise InputError("没有可用于拟合的样本 | no labelled question whose right FAQ is among the candidates")
    scale = np.concatenate([p.ranking for p in usable]).std(axis=0) + 1e-9
    scaled = [(problem.ranking / scale, problem.right, problem.weight) for problem in usable]

    def loss(weights: Matrix) -> float:
        fit = sum(weight * np.log(softmax(x @ weights)[right] + 1e-300) for x, right, weight in scaled)
        return float(ridge / 2 * weights @ weights - fit)

    weights = np.zeros(len(features))
    for _ in range(50):
        gradient, hessian = -ridge * weights, ridge * np.eye(len(features))
        for x, right, weight in scaled:
            share = softmax(x @ weights)
            mean = share @ x
            gradient += weight * (x[right] - mean)
            hessian += weight * ((x * share[:, None]).T @ x - np.outer(mean, mean))
        step = _shortened(loss, weights, np.asarray(np.linalg.solve(hessian, gradient), np.float64))
        weights = weights + step
        if np.abs(step).max() < 1e-5:
            break
    return Linear(features=tuple(features), weights=tuple(map(float, weights / scale)))


def _shortened(loss: Callable[[Matrix], float], at: Matrix, step: Matrix) -> Matrix:
    """Newton's step, halved until the loss falls: without that it can run away where the data are almost separable."""
    here = loss(at)
    for _ in range(20):
        if loss(at + step) <= here:
            return step
        step = step / 2
    return np.zeros_like(step)


def fit_confidence(
    values: Matrix,
    right: npt.NDArray[np.bool_],
    features: Sequence[str],
    weights: Matrix | None = None,
    *,
    ridge: float = 1.0,
    bent: Sequence[str] = (),
) -> Linear:
    """Logistic regression with a ridge on standardised features, by Newton's method; the bias is not penalised.

    :param bent: features that get knots at their quartiles.
    """
    places = [features.index(name) for name in bent]
    knots = tuple((place, float(np.quantile(values[:, place], share))) for share in QUARTILES for place in places)
    values = _bent(values, knots)
    mean, scale = values.mean(axis=0), values.std(axis=0) + 1e-9
    x = np.column_stack([(values - mean) / scale, np.ones(len(values))])
    penalty = np.diag([ridge] * values.shape[1] + [1e-6])
    w, y = np.zeros(x.shape[1]), right.astype(float)
    counts = np.ones(len(values)) if weights is None else weights

    def loss(weights: Matrix) -> float:
        margin = (2 * y - 1) * (x @ weights)
        return float((counts * np.logaddexp(0, -margin)).sum() + weights @ penalty @ weights / 2)

    for _ in range(50):
        p = sigmoid(x @ w)
        gradient = x.T @ (counts * (y - p)) - penalty @ w
        hessian = (x * (counts * p * (1 - p))[:, None]).T @ x + penalty
        step = _shortened(loss, w, np.linalg.solve(hessian, gradient))
        w = w + step
        if np.abs(step).max() < 1e-5:
            break
    plain = w[:-1] / scale
    return Linear(features=tuple(features), weights=tuple(map(float, plain)), bias=float(w[-1] - plain @ mean), knots=knots)


def softmax(scores: Matrix) -> Matrix:
    shifted = np.exp(scores - scores.max())
    return np.asarray(shifted / shifted.sum())


class Heads:
    """Several `Linear` without knots over the same d dimensions, asked at once."""

    def __init__(self, heads: Mapping[str, Linear]) -> None:
        self._names = tuple(heads)
        self._weights = np.array([head.weights for head in heads.values()], np.float64)
        self._biases = np.array([head.bias for head in heads.values()], np.float64)

    def __call__(self, vector: npt.NDArray[np.float32]) -> dict[str, float]:
        """The probability that each gives to a vector (d,)."""
        if not self._names:
            return {}
        return dict(zip(self._names, sigmoid(self._weights @ vector + self._biases).tolist(), strict=True))
