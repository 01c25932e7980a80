"""A small network tells apart what no straight line does, and survives being written and read."""

from __future__ import annotations

import numpy as np
import pytest

from csbot.kb.networks import Network, Values, fit_network


@pytest.fixture(scope="module")
def corners() -> tuple[Values, Values]:
    """Vectors whose first two coordinates have equal or opposite signs: the output is whether they are equal."""
    rng = np.random.default_rng(1)
    points = rng.standard_normal((3000, 6), dtype=np.float32)
    points[:, :2] += np.sign(points[:, :2]) * 2
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    return points, (points[:, :1] * points[:, 1:2] > 0).astype(np.float32)


def test_it_bends(corners: tuple[Values, Values]) -> None:
    points, equal = corners
    network = fit_network(("equal",), points[:2000], equal[:2000], np.ones((2000, 1), np.float32))
    told = network(points[2000:])
    assert told.shape == (1000, 1) and told.min() >= 0 and told.max() <= 1
    assert ((told > 0.5) == (equal[2000:] > 0.5)).mean() > 0.9
    assert network(points[0]).shape == (1,)


def test_what_is_not_known_teaches_nothing(corners: tuple[Values, Values]) -> None:
    points, equal = corners
    targets = np.hstack([equal, 1 - equal])
    weights = np.ones((len(points), 2), np.float32)
    weights[equal[:, 0] > 0, 1] = 0  # of the second output only one kind was ever seen
    told = fit_network(("equal", "other"), points, targets, weights)(points)
    assert told[:, 1].min() > 0.4


def test_fitting_again_gives_the_same_and_so_does_a_file(corners: tuple[Values, Values]) -> None:
    points, equal = corners
    known = np.ones_like(equal)
    one, two = (fit_network(("equal",), points, equal, known) for _ in range(2))
    assert one == two
    again = Network.model_validate_json(one.model_dump_json())
    assert np.array_equal(again(points), one(points))
