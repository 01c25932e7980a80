"""Before and after a training: found first, mean reciprocal rank, likeness against labels, and whether the gain is real."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

from csbot.encoders.base import Vectors
from csbot.encoders.train_data import PairFile, Problem, Validation
from csbot.text import query_form

Ranks = npt.NDArray[np.int64]
Encode = Callable[[Sequence[str]], Vectors]

SIGNIFICANT = 0.05
"""One-sided p below which a gain counts as real."""
DRAWS = 10_000


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Change(_Part):
    """A figure before and after; ``int8``: of the written ONNX model, where there is one."""

    before: float
    after: float
    int8: float | None = None


class Measure(_Part):
    """One problem: share of questions whose topic has the best single question, and mean reciprocal rank.

    :ivar decides: False: only reported, to show harm or gain elsewhere.
    """

    name: str
    queries: int
    decides: bool
    top1: Change
    mrr: Change


class PairMeasure(_Part):
    """Spearman's rank correlation of cosine and label over held-back pairs."""

    name: str
    pairs: int
    spearman: Change


class TrainReport(_Part):
    """What a training did.

    :ivar outcome: ``helped``: a model was written; ``no_help``: not better on what was held back, nothing is written;
        ``interrupted``: stopped by the user, to be resumed.
    :ivar p_value: one-sided, of the gain in reciprocal rank on the problems that decide.
    :ivar onnx_cosine: mean cosine of the int8 ONNX model's vectors to torch's; None where no ONNX model was written.
    """

    outcome: Literal["helped", "no_help", "interrupted"]
    base: str
    out: str
    steps: int
    seconds: float
    topics: int = 0
    measures: tuple[Measure, ...] = ()
    pairs: tuple[PairMeasure, ...] = ()
    p_value: float | None = None
    onnx_cosine: float | None = None
    notices: tuple[str, ...] = ()


class Standing(_Part):
    """How a model does now: rank of the right topic for each query of each problem (1 is best), Spearman for each pair file."""

    ranks: tuple[tuple[int, ...], ...]
    spearman: tuple[float, ...]


def standing(encode: Encode, validation: Validation) -> Standing:
    """Measure a model on all of ``validation``."""
    return Standing(
        ranks=tuple(tuple(int(rank) for rank in ranks_of(encode, problem)) for problem in validation.problems),
        spearman=tuple(spearman_of(encode, file) for file in validation.pairs),
    )


def ranks_of(encode: Encode, problem: Problem) -> Ranks:
    """(queries,): how many topics have a question at least as near as the best one of the right topic; that itself counts.

    Ties, and vectors that are no numbers, count against the model.
    """
    texts = [query_form(text) or text for text in (*problem.questions, *problem.queries)]
    vectors = encode(texts)
    scores = vectors[len(problem.questions) :] @ vectors[: len(problem.questions)].T
    owners, right = np.asarray(problem.owners), np.asarray(problem.right)
    starts = np.flatnonzero(np.diff(owners, prepend=-1))
    best = np.maximum.reduceat(scores, starts, axis=1)
    column = np.searchsorted(owners[starts], right)
    own = best[np.arange(len(right)), column]
    return np.asarray((~(best < own[:, None])).sum(axis=1), np.int64)


def spearman_of(encode: Encode, file: PairFile) -> float:
    """Rank correlation of cosine and label, ties sharing their mean rank (Spearman 1904)."""
    vectors = encode([text for a, b, _ in file.rows for text in (a, b)])
    scores = (vectors[::2] * vectors[1::2]).sum(axis=1)
    mine, theirs = _mean_ranks(scores), _mean_ranks(np.asarray([label for _, _, label in file.rows]))
    if mine.std() == 0 or theirs.std() == 0:
        return 0.0
    return float(np.corrcoef(mine, theirs)[0, 1].item())


def _mean_ranks(values: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[places], np.float64)


def p_of_gain(before: Ranks, after: Ranks, seed: int = 0) -> float:
    """One-sided p of the mean gain in reciprocal rank: paired permutation test, signs flipped `DRAWS` times (Fisher 1935)."""
    gain = 1 / after - 1 / before
    gain = gain[gain != 0]
    if len(gain) == 0:
        return 1.0
    rng = np.random.default_rng(seed)
    seen = gain.sum() - 1e-9
    as_great = sum(int((rng.choice((-1.0, 1.0), len(gain)) * gain).sum() >= seen) for _ in range(DRAWS))
    return (1 + as_great) / (1 + DRAWS)


def compare(validation: Validation, before: Standing, after: Standing) -> tuple[bool, float]:
    """Whether the model is better on the problems that decide (reciprocal rank by `SIGNIFICANT`, top-1 no worse), and p."""
    deciding = [i for i, problem in enumerate(validation.problems) if problem.decides]
    old, new = (np.concatenate([np.asarray(s.ranks[i]) for i in deciding]) for s in (before, after))
    p = p_of_gain(old, new)
    return bool(p < SIGNIFICANT and (new == 1).mean() >= (old == 1).mean()), p


def measures(
    validation: Validation, before: Standing, after: Standing, int8: Standing | None
) -> tuple[tuple[Measure, ...], tuple[PairMeasure, ...]]:
    """The figures for the report."""
    standings = [before, after] + ([int8] if int8 else [])
    problems = tuple(
        Measure(
            name=problem.name,
            queries=len(problem.queries),
            decides=problem.decides,
            top1=_change([float((np.asarray(s.ranks[i]) == 1).mean()) for s in standings]),
            mrr=_change([float((1 / np.asarray(s.ranks[i])).mean()) for s in standings]),
        )
        for i, problem in enumerate(validation.problems)
    )
    pairs = tuple(
        PairMeasure(name=file.name, pairs=len(file.rows), spearman=_change([s.spearman[i] for s in standings]))
        for i, file in enumerate(validation.pairs)
    )
    return problems, pairs


def _change(figures: Sequence[float]) -> Change:
    before, after, *int8 = (round(figure, 4) for figure in figures)
    return Change(before=before, after=after, int8=int8[0] if int8 else None)
