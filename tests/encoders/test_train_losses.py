"""The terms of the loss against numpy, written out from their formulas."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from csbot.encoders.losses import TEMPERATURE, distil_loss, match_loss, order_loss, pair_loss


def unit(rows: int, seed: int, d: int = 5) -> torch.Tensor:
    values = np.random.default_rng(seed).normal(size=(rows, d))
    return torch.tensor(values / np.linalg.norm(values, axis=1, keepdims=True))


def cross_entropy(logits: np.ndarray, right: int) -> float:
    return float(np.log(np.exp(logits).sum()) - logits[right])


def test_match_loss_is_symmetric_cross_entropy_with_out_of_scope_questions_on_the_way_back() -> None:
    a, p, o = unit(3, 0), unit(3, 1), unit(2, 2)
    forth = (a @ p.T).numpy() / TEMPERATURE
    back = np.concatenate([forth.T, (p @ o.T).numpy() / TEMPERATURE], axis=1)
    expected = np.mean([cross_entropy(row, i) for i, row in enumerate(forth)]) / 2
    expected += np.mean([cross_entropy(row, i) for i, row in enumerate(back)]) / 2
    assert match_loss(a, p, o, ["x", "y", "z"]).item() == pytest.approx(expected)


def test_topics_of_one_meaning_are_not_driven_apart() -> None:
    a, p, none = unit(3, 0), unit(3, 1), unit(0, 2)
    assert match_loss(a[:1], p[:1], none, ["x"]).item() == 0
    both = match_loss(a[:2], p[:2], none, ["x", "x"])
    assert both.item() == pytest.approx(0)
    assert match_loss(a[:2], p[:2], none, ["x", "y"]).item() > 0


def test_pair_loss_tells_each_partner_from_the_partners_of_all_pairs() -> None:
    a, b = unit(4, 0), unit(4, 1)
    scores = (a @ b.T).numpy() / TEMPERATURE
    expected = sum(cross_entropy(scores[i], i) + cross_entropy(scores[:, i], i) for i in (0, 2)) / 4
    assert pair_loss(a, b, torch.tensor([0, 2])).item() == pytest.approx(expected)


def test_order_loss_sums_over_pairs_of_different_labels_only() -> None:
    scores, labels = torch.tensor([0.9, 0.2, 0.5]), torch.tensor([0.0, 1.0, 1.0])
    expected = np.log(1 + np.exp((0.9 - 0.2) / TEMPERATURE) + np.exp((0.9 - 0.5) / TEMPERATURE))
    assert order_loss(scores, labels).item() == pytest.approx(expected, rel=1e-5)
    assert order_loss(scores, torch.ones(3)).item() == 0
    assert order_loss(torch.tensor([-1.0, 1.0]), torch.tensor([0.0, 3.5])).item() == pytest.approx(0, abs=1e-6)


def test_distillation_looks_at_relations_not_at_directions() -> None:
    rows = unit(6, 0)
    turned = rows @ torch.linalg.qr(torch.tensor(np.random.default_rng(3).normal(size=(5, 5))))[0]
    assert distil_loss(turned, rows).item() == pytest.approx(0, abs=1e-9)
    assert distil_loss(unit(6, 4), rows).item() > 0.1


def test_distillation_allows_another_scale_of_likeness() -> None:
    teacher = unit(6, 0)
    raised = torch.cat([teacher, torch.full((6, 1), 2.0)], dim=1)
    assert distil_loss(raised / raised.norm(dim=1, keepdim=True), teacher).item() == pytest.approx(0, abs=1e-5)
