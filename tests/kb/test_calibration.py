"""The two fitted models are the optima that they claim to be; a calibration belongs to one encoder."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from csbot.errors import EncoderMismatch, InputError
from csbot.kb.calibration import Calibration, Linear, Problem, fit_confidence, fit_ranker, softmax
from csbot.kb.networks import sigmoid

CALIBRATION = Calibration(
    encoder="e1", ranker=Linear(features=("a",), weights=(1.0,)), confidence=Linear(features=("a",), weights=(2.0,), bias=-1.0),
    answer=0.6, clarify=0.3, intents={"order_progress": Linear(features=(), weights=(0.5, -0.25))}, fitted_on="a test",
)  # fmt: skip


def numeric_gradient(loss, at: np.ndarray) -> np.ndarray:  # type: ignore[no-untyped-def]
    step = 1e-5 * np.eye(len(at))
    return np.array([(loss(at + e) - loss(at - e)) / 2e-5 for e in step])


def test_a_linear_model_by_hand() -> None:
    model = Linear(features=("a", "b"), weights=(2.0, -1.0), bias=0.5)
    assert model(np.array([[1.0, 1.0], [0.0, 3.0]])).tolist() == [1.5, -2.5]


def test_softmax_and_sigmoid_by_hand_and_at_the_ends() -> None:
    assert softmax(np.array([0.0, math.log(3)])).tolist() == pytest.approx([0.25, 0.75])
    assert softmax(np.array([1000.0, 0.0])).tolist() == [1, 0]
    assert sigmoid(math.log(3)) == pytest.approx(0.75)
    assert [float(sigmoid(value)) for value in (-1e6, 0, 1e6)] == [0, 0.5, 1]


def test_the_ranker_maximises_its_penalised_likelihood() -> None:
    """At the optimum the numeric gradient of the formula in the docstring is zero."""
    rng = np.random.default_rng(0)
    sizes = [1, 5, 0.1]
    problems = [Problem(rng.normal(size=(4, 3)) * sizes, int(rng.integers(4)), float(rng.uniform(0.5, 2))) for _ in range(40)]
    problems += [Problem(rng.normal(size=(4, 3)), None), Problem(rng.normal(size=(1, 3)), 0)]
    scale = np.concatenate([p.ranking for p in problems[:40]]).std(axis=0)

    def loss(scaled: np.ndarray) -> float:
        fits = [p.weight * math.log(softmax(p.ranking @ (scaled / scale))[p.right]) for p in problems[:40]]
        return 3.0 / 2 * float(scaled @ scaled) - sum(fits)

    fitted = fit_ranker(problems, ("a", "b", "c"), ridge=3.0)
    assert fitted.features == ("a", "b", "c")
    assert fitted.bias == 0
    np.testing.assert_allclose(numeric_gradient(loss, np.array(fitted.weights) * scale), 0, atol=1e-3)


def test_the_ranker_learns_which_feature_tells_the_right_one() -> None:
    rng = np.random.default_rng(1)
    problems = []
    for _ in range(100):
        values, right = rng.normal(size=(5, 2)), int(rng.integers(5))
        values[right, 0] += 3
        problems.append(Problem(values, right))
    telling, noise = fit_ranker(problems, ("telling", "noise")).weights
    assert telling > 1 > abs(noise)


def test_without_a_right_candidate_there_is_nothing_to_fit() -> None:
    with pytest.raises(InputError, match="没有可用于拟合"):
        fit_ranker([Problem(np.zeros((3, 1)), None), Problem(np.zeros((1, 1)), 0)], ("a",))


def test_the_confidence_maximises_its_penalised_likelihood() -> None:
    rng = np.random.default_rng(2)
    values = rng.normal(size=(200, 3)) * [1, 10, 0.01] + [0, 5, 1]
    right = rng.uniform(size=200) < sigmoid(values[:, 0])
    weights = rng.uniform(0.5, 2, size=200)
    mean, scale = values.mean(axis=0), values.std(axis=0)
    fitted = fit_confidence(values, right, ("a", "b", "c"), weights, ridge=2.0)

    def loss(at: np.ndarray) -> float:
        margin = np.where(right, 1, -1) * ((values - mean) / scale @ at[:3] + at[3])
        return float((weights * np.log1p(np.exp(-margin))).sum() + 2.0 / 2 * at[:3] @ at[:3])

    scaled = np.array(fitted.weights) * scale
    at = np.append(scaled, fitted.bias + np.array(fitted.weights) @ mean)
    np.testing.assert_allclose(numeric_gradient(loss, at), 0, atol=1e-3)


def test_without_any_telling_feature_the_confidence_is_the_share_that_is_right() -> None:
    fitted = fit_confidence(np.full((8, 1), 3.0), np.array([True] * 6 + [False] * 2), ("constant",))
    assert sigmoid(fitted(np.array([[3.0]])))[0] == pytest.approx(0.75, abs=1e-4)


def test_weights_count_like_repeated_questions() -> None:
    values, right = np.array([[0.0], [1.0], [2.0], [1.5]]), np.array([False, True, False, True])
    repeated = fit_confidence(values[[0, 0, 0, 1, 2, 3, 3]], right[[0, 0, 0, 1, 2, 3, 3]], ("a",), ridge=1e-6)
    weighted = fit_confidence(values, right, ("a",), np.array([3.0, 1, 1, 2]), ridge=1e-6)
    points = np.array([[0.5], [1.2], [3.0]])
    np.testing.assert_allclose(sigmoid(weighted(points)), sigmoid(repeated(points)), atol=1e-2)


def test_separable_data_do_not_run_away() -> None:
    values = np.array([[float(i)] for i in range(20)])
    fitted = fit_confidence(values, values[:, 0] >= 10, ("a",))
    confidence = sigmoid(fitted(values))
    assert np.isfinite([*fitted.weights, fitted.bias]).all()
    assert (confidence[:10] < 0.5).all()
    assert (confidence[10:] > 0.5).all()


def test_another_encoder_is_refused_with_advice() -> None:
    CALIBRATION.check_encoder("e1")
    with pytest.raises(EncoderMismatch, match=r"e1.*e2.*csbot tune"):
        CALIBRATION.check_encoder("e2")


def test_a_calibration_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text(CALIBRATION.model_dump_json(), encoding="utf-8")
    assert Calibration.read(tmp_path / "c.json") == CALIBRATION


@pytest.mark.parametrize("part", ["ranker", "confidence"])
@pytest.mark.parametrize("wanted", [("b",), ("a", "b"), ()])
def test_a_calibration_over_other_features_than_the_codes_is_refused(
    tmp_path: Path, part: str, wanted: tuple[str, ...]
) -> None:
    """Names in another order or number would multiply weights with the wrong evidence, silently."""
    (tmp_path / "c.json").write_text(CALIBRATION.model_dump_json(), encoding="utf-8")
    assert Calibration.read(tmp_path / "c.json", ranker=("a",), confidence=("a",)) == CALIBRATION
    with pytest.raises(InputError, match=rf"c\.json 的 {part}.*csbot index"):
        Calibration.read(tmp_path / "c.json", **({"ranker": ("a",), "confidence": ("a",)} | {part: wanted}))


def test_a_calibration_with_more_weights_than_features_is_refused(tmp_path: Path) -> None:
    wrong = CALIBRATION.model_copy(update={"ranker": Linear(features=("a",), weights=(1.0, 2.0))})
    (tmp_path / "c.json").write_text(wrong.model_dump_json(), encoding="utf-8")
    with pytest.raises(InputError, match="2 个权重"):
        Calibration.read(tmp_path / "c.json", ranker=("a",))


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe", b"{}", b'{"encoder": "e", "answer": 2}'])
def test_a_file_that_is_no_calibration_is_an_error_that_names_it(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "c.json").write_bytes(content)
    with pytest.raises(InputError, match=r"c\.json"):
        Calibration.read(tmp_path / "c.json")


@pytest.mark.parametrize("field", ["answer", "clarify"])
@pytest.mark.parametrize("value", [-0.01, 1.01])
def test_thresholds_lie_between_0_and_1_both_included(field: str, value: float) -> None:
    fields = CALIBRATION.model_dump()
    with pytest.raises(ValueError, match=field):
        Calibration.model_validate(fields | {field: value})
    assert getattr(Calibration.model_validate(fields | {field: round(value)}), field) == round(value)
