"""The indicators, computed by hand on twelve cases and three dialogues, and at the edges where nothing can be divided."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from csbot.evaluation.cases import Case
from csbot.evaluation.intervals import Ratio
from csbot.evaluation.metrics import Outcome, TurnOutcome, case_indicators, dialogue_indicators

OOS = {"out_of_scope": True}
HUMAN, TASK = {"intent": "human_handoff"}, {"intent": "order_progress"}


def outcome(
    expect: dict[str, object] | str, kind: str, faq_id: str | None = None, *, intent: str | None = None, options: str = "",
    ranking: str = "", confidence: float = 0.0,
) -> Outcome:  # fmt: skip
    """``expect`` as a str is the expected FAQ; ``options`` and ``ranking`` are ids of one letter each."""
    wanted = {"faq_id": expect} if isinstance(expect, str) else expect
    case = Case.model_validate({"text": "x", "expect": wanted})
    expected = case.expect.faq_id
    return Outcome(
        case=case, kind=kind, intent=intent or (f"faq:{faq_id}" if faq_id else None), faq_id=faq_id, options=tuple(options),
        first=ranking[0] if ranking else None, rank=ranking.index(expected) + 1 if expected and expected in ranking else None,
        confidence=confidence,
    )  # fmt: skip


TWELVE = [
    outcome("a", "answer", "a", ranking="ab", confidence=0.95),
    outcome("b", "answer", "c", ranking="cb", confidence=0.85),
    outcome("d", "clarify", options="ed", ranking="ed", confidence=0.55),
    outcome("f", "clarify", options="gh", ranking="ghf", confidence=0.45),
    outcome("i", "fallback", ranking="j", confidence=0.15),
    outcome(OOS, "answer", "a", ranking="a", confidence=0.75),
    outcome(OOS, "fallback", ranking="a", confidence=0.05),
    outcome(HUMAN, "handoff", intent="human_handoff"),
    outcome(HUMAN, "fallback"),
    outcome(TASK, "ask_slot", intent="order_progress"),
    outcome(TASK, "handoff", intent="human_handoff"),
    outcome(TASK, "answer", "k"),
]


@pytest.mark.parametrize(
    ("name", "numerator", "denominator"),
    [
        ("match_rate", 2, 5),  # a and b are answered, d, f and i are not
        ("resolution_rate", 1, 5),  # only a rightly
        ("precision", 1, 4),  # answers: a right, b wrong, one out of scope, one to a task
        ("clarify_hit_rate", 1, 2),  # d was among its options, f was not
        ("oos_rejection", 1, 2),
        ("handoff_recall", 1, 2),
        ("handoff_precision", 1, 2),  # one task was taken for a wish for a human
        ("task_recall", 1, 3),
        ("top1", 1, 5),
        ("mrr", 1 + 1 / 2 + 1 / 2 + 1 / 3, 5),
        ("ece", 0.05 + 0.85 + 0.55 + 0.45 + 0.15 + 0.75 + 0.05, 7),  # each in a bin of its own
    ],
)
def test_each_indicator_is_what_the_hand_computes(name: str, numerator: float, denominator: float) -> None:
    ratio = case_indicators(TWELVE)[name]
    assert ratio.numerator == pytest.approx(numerator)
    assert ratio.denominator == denominator
    assert ratio.value == pytest.approx(numerator / denominator)


def test_without_cases_there_are_no_indicators() -> None:
    assert case_indicators([]) == {}
    assert dialogue_indicators([]) == {}


@pytest.mark.parametrize(
    ("one", "names"),
    [
        (TWELVE[0], {"match_rate", "resolution_rate", "precision", "top1", "mrr", "ece"}),
        (TWELVE[2], {"match_rate", "resolution_rate", "clarify_hit_rate", "top1", "mrr", "ece"}),
        (TWELVE[5], {"oos_rejection", "precision", "ece"}),
        (TWELVE[6], {"oos_rejection", "ece"}),
        (TWELVE[7], {"handoff_recall", "handoff_precision"}),
        (TWELVE[8], {"handoff_recall"}),
        (TWELVE[9], {"task_recall"}),
    ],
)
def test_an_indicator_whose_cases_are_absent_is_left_out(one: Outcome, names: set[str]) -> None:
    assert set(case_indicators([one])) == names


def test_a_single_right_answer_makes_every_rate_1() -> None:
    found = case_indicators([outcome("a", "answer", "a", ranking="a", confidence=1.0)])
    assert {name: ratio.value for name, ratio in found.items() if name != "ece"} == dict.fromkeys(
        ["match_rate", "resolution_rate", "precision", "top1", "mrr"], 1.0
    )
    assert found["ece"].value == 0.0


def test_where_all_are_wrong_matching_is_complete_and_resolution_nil() -> None:
    found = case_indicators([outcome("a", "answer", "b", ranking="b", confidence=1.0)] * 3)
    assert {name: ratio.value for name, ratio in found.items()} == {
        "match_rate": 1.0, "resolution_rate": 0.0, "precision": 0.0, "top1": 0.0, "mrr": 0.0, "ece": 1.0,
    }  # fmt: skip


def test_a_ratio_over_nothing_has_no_value_and_one_of_nothing_is_0() -> None:
    assert (Ratio(numerator=0, denominator=0).value, Ratio(numerator=0, denominator=3).value) == (None, 0.0)
    assert Ratio.rate(0, 0).model_dump() == {
        "numerator": 0.0, "denominator": 0.0, "low": None, "high": None, "method": None, "value": None,
    }  # fmt: skip


def test_confidences_in_one_bin_are_weighed_together() -> None:
    """Bin 0.8: (0.82 + 0.88 - 1 right) = 0.70; 0.95 and 1.0 share the last bin: (1.95 - 2 right) = 0.05; over 4."""
    ece = case_indicators([
        outcome("a", "answer", "a", ranking="a", confidence=0.82),
        outcome("a", "answer", "b", ranking="ba", confidence=0.88),
        outcome("a", "answer", "a", ranking="a", confidence=0.95),
        outcome("a", "answer", "a", ranking="a", confidence=1.0),
    ])["ece"]  # fmt: skip
    assert ece.value == pytest.approx((0.70 + 0.05) / 4)


@given(st.lists(st.tuples(st.integers(0, 1000).map(lambda n: n / 1000), st.booleans()), min_size=1, max_size=60))
def test_the_calibration_error_equals_numpys(pairs: list[tuple[float, bool]]) -> None:
    outcomes = [outcome("a", "answer", "a", ranking="a" if right else "b", confidence=c) for c, right in pairs]
    confidence, right = np.array([c for c, _ in pairs]), np.array([r for _, r in pairs])
    bins = np.minimum((confidence * 10).astype(int), 9)
    gaps = [abs(confidence[bins == b].mean() - right[bins == b].mean()) * (bins == b).mean() for b in set(bins.tolist())]
    assert case_indicators(outcomes)["ece"].value == pytest.approx(sum(gaps))


any_outcome = st.builds(
    outcome,
    st.sampled_from(["a", "b", OOS, HUMAN, TASK]),
    st.sampled_from(["answer", "clarify", "fallback", "handoff", "ask_slot"]),
    st.sampled_from([None, "a", "b"]),
    intent=st.sampled_from([None, "human_handoff", "order_progress"]),
    options=st.sampled_from(["", "a", "ab", "bc"]),
    ranking=st.sampled_from(["", "a", "ba", "cdb"]),
    confidence=st.floats(0, 1),
)


@given(st.lists(any_outcome, max_size=30))
def test_every_indicator_lies_between_0_and_1_and_within_its_interval(outcomes: list[Outcome]) -> None:
    for ratio in case_indicators(outcomes).values():
        assert 0 <= ratio.numerator <= ratio.denominator + 1e-9
        assert 0 <= ratio.low <= ratio.value <= ratio.high <= 1 + 1e-9


def test_rates_have_wilsons_interval_and_means_a_bootstrapped_one_named_in_the_output() -> None:
    methods = {name: ratio.method for name, ratio in case_indicators(TWELVE).items()}
    assert {name for name, method in methods.items() if method == "bootstrap"} == {"mrr", "ece"}
    assert {method for name, method in methods.items() if name not in ("mrr", "ece")} == {"wilson"}


@given(st.permutations(TWELVE))
def test_the_order_of_the_cases_does_not_matter(shuffled: list[Outcome]) -> None:
    straight, found = case_indicators(TWELVE), case_indicators(shuffled)
    assert {name: pytest.approx(ratio.value) for name, ratio in straight.items()} == {n: r.value for n, r in found.items()}


def turn(dialogue: str, expect: dict[str, object], kind: str, **got: str) -> TurnOutcome:
    fields = {"faq_id": None, "slot": None, "order_id": None} | got
    return TurnOutcome.model_validate({"dialogue": dialogue, "turn": 1, "user": "x", "expect": expect, "kind": kind} | fields)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), min_size=1, max_size=30))
def test_dialogue_rates_lie_between_0_and_1_and_no_dialogue_beats_its_turns(rows: list[tuple[str, bool]]) -> None:
    turns = [turn(name, {"kind": "answer"}, "answer" if good else "fallback") for name, good in rows]
    found = dialogue_indicators(turns)
    assert all(0 <= ratio.low <= ratio.value <= ratio.high <= 1 for ratio in found.values())
    assert found["dialogue_success"].denominator == len({name for name, _ in rows})
    assert found["dialogue_success"].numerator <= found["turn_accuracy"].numerator


@pytest.mark.parametrize(
    ("expect", "got", "right"),
    [
        ({"kind": "answer"}, {"kind": "answer", "faq_id": "a"}, True),
        ({"kind": "answer", "faq_id": "a"}, {"kind": "answer", "faq_id": "b"}, False),
        ({"kind": "answer", "faq_id": ["a", "b"]}, {"kind": "answer", "faq_id": "b"}, True),
        ({"kind": ["answer", "clarify"]}, {"kind": "clarify"}, True),
        ({"kind": ["answer", "clarify"]}, {"kind": "fallback"}, False),
        ({"kind": "ask_slot", "slot": "phone"}, {"kind": "ask_slot", "slot": "name"}, False),
        ({"kind": "order_status", "order_id": "QH1"}, {"kind": "order_status", "order_id": "QH1"}, True),
        ({"kind": "order_status", "order_id": "QH1"}, {"kind": "order_status"}, False),
    ],
)
def test_a_turn_is_right_when_everything_expected_came(expect: dict[str, object], got: dict[str, str], right: bool) -> None:
    assert turn("d", expect, **got).right is right


def test_a_dialogue_succeeds_only_with_all_its_turns() -> None:
    good, bad = {"kind": "answer"}, {"kind": "handoff"}
    turns = [turn("one", good, "answer"), turn("one", bad, "answer"), turn("two", good, "answer"), turn("three", bad, "answer")]
    found = dialogue_indicators(turns)
    assert found == {"dialogue_success": Ratio.rate(1, 3), "turn_accuracy": Ratio.rate(2, 4)}
