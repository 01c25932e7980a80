"""The terms that a step of training sums up. Vectors are unit rows."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as functional

TEMPERATURE = 0.05
WEIGHTS = {"match": 1.0, "pairs": 0.2, "order": 0.06, "distil": 1.0}
"""Weight of each term: those of the bundled encoder (benchmarks/encoder/README.md)."""
FAR = -1e4
"""A logit that counts for nothing."""


def match_loss(
    anchors: torch.Tensor, positives: torch.Tensor, negatives: torch.Tensor, meanings: Sequence[str]
) -> torch.Tensor:
    """Symmetric InfoNCE (van den Oord et al. 2018): each anchor finds its positive, each positive its anchor.

    :param anchors: (n, d). :param positives: (n, d), row i belonging to anchor i.
    :param negatives: (k, d), out-of-scope questions that no positive may find.
    :param meanings: of the n topics; rows of one meaning are no negatives of each other.
    """
    n = len(anchors)
    same = torch.tensor([[meanings[i] == meanings[j] and i != j for j in range(n)] for i in range(n)])
    scores = (anchors @ positives.T / TEMPERATURE).masked_fill(same, FAR)
    back = torch.cat([scores.T, positives @ negatives.T / TEMPERATURE], dim=1)
    right = torch.arange(n)
    return (functional.cross_entropy(scores, right) + functional.cross_entropy(back, right)) / 2


def pair_loss(first: torch.Tensor, second: torch.Tensor, same: torch.Tensor) -> torch.Tensor:
    """InfoNCE of the pairs labelled same: each side finds its other among the other sides of *all* pairs.

    :param first: (m, d). :param second: (m, d). :param same: (p,) rows that are positives, p ≥ 1.
    """
    forth = functional.cross_entropy(first[same] @ second.T / TEMPERATURE, same)
    return (forth + functional.cross_entropy(second[same] @ first.T / TEMPERATURE, same)) / 2


def order_loss(scores: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """CoSENT (Su 2022): a pair of a greater label should score higher.

    :param scores: (m,) cosines of the pairs of one file. :param labels: (m,).
    """
    wrong = (scores[:, None] - scores[None, :])[labels[:, None] < labels[None, :]] / TEMPERATURE
    return torch.logsumexp(torch.cat([torch.zeros(1), wrong]), 0)


def distil_loss(student: torch.Tensor, teacher: torch.Tensor) -> torch.Tensor:
    """Relational distillation (Park et al. 2019): likenesses among u texts, standardised, should stay those of the teacher.

    :param student: (u, d). :param teacher: (u, d'), u ≥ 3.
    """
    upper = torch.triu_indices(len(student), len(student), 1)
    mine, theirs = ((v @ v.T)[upper[0], upper[1]] for v in (student, teacher))
    return functional.mse_loss(_standard(mine), _standard(theirs))


def _standard(values: torch.Tensor) -> torch.Tensor:
    return (values - values.mean()) / (values.std() + 1e-6)
