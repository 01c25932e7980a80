"""How sure a figure is: 95 % intervals and paired tests, without any package beyond numpy.

Everything measured here is of one form, ``Σ_k |Σ_cases parts[case, k]| ÷ Σ_cases over[case]`` (`Terms`): a rate has one column
of zeros and ones, MRR one of reciprocal ranks, ECE one column per bin. So one bootstrap serves them all.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, computed_field

Matrix = npt.NDArray[np.float64]

Z95 = 1.959963984540054
"""Two-sided 95 % point of the normal distribution."""
RESAMPLES = 1000
"""Bootstrap resamples: the ends of a 95 % interval then move by about a tenth of its width from seed to seed (Efron 1987)."""
_AT_ONCE = 2_000_000
"""Numbers held at a time while resampling (16 MB)."""


class Ratio(BaseModel):
    """``numerator / denominator`` with its 95 % interval; value and interval are None where the denominator is 0.

    :ivar method: how the interval was made, ``wilson`` (Wilson 1927) or ``bootstrap`` (percentiles over resampled cases).
    """

    model_config = ConfigDict(frozen=True)

    numerator: float
    denominator: float
    low: float | None = None
    high: float | None = None
    method: Literal["wilson", "bootstrap"] | None = None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def value(self) -> float | None:
        return self.numerator / self.denominator if self.denominator else None

    @classmethod
    def rate(cls, hits: float, count: float) -> Ratio:
        """``hits`` of ``count``, with Wilson's interval."""
        if not count:
            return cls(numerator=hits, denominator=count)
        low, high = wilson(hits, count)
        return cls(numerator=hits, denominator=count, low=low, high=high, method="wilson")


@dataclass(frozen=True)
class Terms:
    """What each of n cases adds to an indicator.

    :ivar parts: (n, k) float64. :ivar over: (n,) float64, 1 where the case counts in the denominator, else 0.
    """

    parts: Matrix
    over: Matrix

    def ratio(self) -> tuple[float, float]:
        """Numerator and denominator."""
        return float(np.abs(self.parts.sum(axis=0)).sum()), float(self.over.sum())

    def resampled(self, weights: Matrix) -> Matrix:
        """(b, n) counts of each case in b resamples → (b,) values; nan where no case of the denominator was drawn."""
        below = weights @ self.over
        above = np.abs(weights @ self.parts).sum(axis=1)
        return np.asarray(np.where(below > 0, above / np.maximum(below, 1), np.nan))


def wilson(hits: float, count: float, z: float = Z95) -> tuple[float, float]:
    """Wilson's score interval for a rate (Wilson 1927), within [0, 1]; ``count`` > 0.

    >>> [round(end, 3) for end in wilson(8, 10)]
    [0.49, 0.943]
    """
    share, spread = hits / count, z * z / count
    middle = (share + spread / 2) / (1 + spread)
    reach = z / (1 + spread) * math.sqrt(max(share * (1 - share), 0) / count + spread / (4 * count))
    return max(0.0, min(middle - reach, share)), min(1.0, max(middle + reach, share))


def bootstrap(terms: Terms, seed: int = 0) -> Ratio:
    """The ratio with its percentile bootstrap interval over cases.

    ECE is never negative and grows with noise, so that its resamples all lie above it where there are few cases. They are moved
    until their mean is the value: the interval says how far the measured value itself would stray.
    """
    numerator, denominator = terms.ratio()
    if not denominator:
        return Ratio(numerator=numerator, denominator=denominator)
    counted = terms.over > 0
    value = numerator / denominator
    values = _values(int(counted.sum()), seed, Terms(terms.parts[counted], terms.over[counted]).resampled)
    low, high = _ends(_centred(values, value, terms))
    low, high = max(0.0, min(low, value)), min(1.0, max(high, value))
    return Ratio(numerator=numerator, denominator=denominator, low=low, high=high, method="bootstrap")


def mcnemar(better: int, worse: int) -> float:
    """Exact two-sided p of McNemar's test (1947): cases that changed sides, as flips of a fair coin.

    >>> mcnemar(0, 6), mcnemar(0, 0)
    (0.03125, 1.0)
    """
    changed = better + worse
    tail = sum(math.comb(changed, i) for i in range(min(better, worse) + 1))
    return min(1.0, float(2 * tail / 2**changed))


def paired_bootstrap(old: Terms, new: Terms, seed: int = 0) -> tuple[float, float, float]:
    """95 % interval of new − old over the same cases in the same order, and the two-sided p that there is no difference.

    :returns: (low, high, p); (0, 0, 1) where nothing differs.
    """
    if np.array_equal(old.parts, new.parts) and np.array_equal(old.over, new.over):
        return 0.0, 0.0, 1.0
    values = _values(len(old.over), seed, lambda weights: new.resampled(weights) - old.resampled(weights))
    (top, bottom), (old_top, old_bottom) = new.ratio(), old.ratio()
    if not len(values) or not bottom or not old_bottom:
        return 0.0, 0.0, 1.0
    values = _centred(values, top / bottom - old_top / old_bottom, new)
    one_sided = min((values <= 0).sum(), (values >= 0).sum()) + 1  # the sample itself counts as one (Davison & Hinkley 1997)
    return *_ends(values), min(1.0, 2 * float(one_sided) / (len(values) + 1))


def _centred(values: Matrix, value: float, terms: Terms) -> Matrix:
    """Resampled values around ``value``, where a sum of absolute values makes them too large."""
    return values - values.mean() + value if terms.parts.shape[1] > 1 else values


def _values(count: int, seed: int, of: Callable[[Matrix], Matrix]) -> Matrix:
    """``of`` every resample of ``count`` cases, without those that have no value."""
    values = np.concatenate([of(weights) for weights in _weights(count, seed)])
    return np.asarray(values[~np.isnan(values)])


def _weights(count: int, seed: int) -> Iterator[Matrix]:
    """How often each case is drawn in each of `RESAMPLES` resamples, in portions (b, count)."""
    rng = np.random.default_rng(seed)
    portion = max(1, min(RESAMPLES, _AT_ONCE // count))
    for start in range(0, RESAMPLES, portion):
        drawn = rng.integers(count, size=(min(portion, RESAMPLES - start), count))
        rows = np.arange(len(drawn))[:, None] * count
        yield np.bincount((drawn + rows).ravel(), minlength=drawn.size).reshape(drawn.shape).astype(np.float64)


def _ends(values: Matrix) -> tuple[float, float]:
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)
