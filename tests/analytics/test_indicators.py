"""Every indicator by hand, over one log that a reader can follow, and over logs with next to nothing in them."""

from __future__ import annotations

import pytest
from streams import Script, at, together

from csbot.analytics.indicators import INDICATORS, Average
from csbot.analytics.report import GROUPS, Stats, stats
from csbot.evaluation.intervals import Ratio, wilson

HOUR = 60


def shop() -> list[Script]:
    """Seven episodes of six customers, and one who only greets."""
    return [
        Script("u1").miss(0).answer(1, "ship-fee").rate(2, score=5, solved=True),  # confirmed
        Script("u2", channel="wechat").slot(0).order(1),  # assumed
        Script("u3").answer(0, "return", "怎么退货").answer(1, "return", "到底怎么退货").rate(2, score=2),  # abandoned
        Script("u4").clarify(0, "refund").human(1, "T1").step(1, "T1", "queued").step(3, "T1", "active").agent(4, "T1")
        .with_human(5, "T1").agent(5.5, "T1").step(9, "T1", "resolved").rate(10, score=4, ticket="T1"),  # handed off
        Script("u5").miss(0).human(1, "T2", reason="not_understood", text="到底怎么弄").step(1, "T2", "queued")
        .step(20, "T2", "abandoned"),  # abandoned: nobody came
        Script("u6", session="a").answer(0, "pay"),  # reopened
        Script("u6", session="b").answer(24 * HOUR, "pay"),  # assumed, and a return
        Script("u7").courtesy(0),
    ]  # fmt: skip


EXPECTED: dict[str, tuple[float, int]] = {
    "match_rate": (7, 11),  # not the wish of u4, nor what u4 says to the agent; 0 of 2 of u5
    "resolution_rate": (3, 7),
    "confirmed_rate": (1, 7),
    "containment_rate": (5, 7),
    "handoff_rate": (2, 7),
    "handoff_asked_rate": (1, 7),
    "handoff_reached_rate": (1, 2),
    "fcr": (2, 6),  # u1 and u2; the second episode of u6 is no first contact
    "reopen_rate": (1, 4),
    "abandonment_rate": (2, 7),
    "satisfaction": (1, 2),
    "agent_satisfaction": (1, 1),
    "rating_rate": (2, 7),
    "repeat_rate": (1, 7),
    "score": (7, 2),
    "turns": (13, 7),
    "repeats": (1, 7),
    "bot_response_ms": (13 * 20, 13),
    "first_response_s": (180, 1),  # from the transfer to the agent's first word
    "response_s": (180 + 30, 2),
}


@pytest.fixture(scope="module")
def report() -> Stats:
    return stats(together(*shop()))


@pytest.mark.parametrize("name", list(INDICATORS))
def test_each_indicator_is_what_one_counts_by_hand(report: Stats, name: str) -> None:
    found = report.total.indicators[name]
    assert (found.numerator, found.denominator) == EXPECTED[name]
    assert found.value == pytest.approx(EXPECTED[name][0] / EXPECTED[name][1])
    if isinstance(found, Ratio):
        assert (found.low, found.high) == pytest.approx(wilson(*EXPECTED[name]))


def test_outcomes_are_counted(report: Stats) -> None:
    assert report.total.outcomes == {
        "confirmed_resolved": 1, "assumed_resolved": 2, "handed_off": 1, "abandoned": 2, "reopened": 1,
    }  # fmt: skip
    assert (report.total.episodes, report.total.messages, report.courtesy, report.under_way) == (7, 13, 1, 0)


def test_groups(report: Stats) -> None:
    sizes = {by: {name: one.episodes for name, one in groups.items()} for by, groups in report.by.items()}
    assert sizes == {
        "day": {"2026-11-02": 6, "2026-11-03": 1},
        "channel": {"web": 6, "wechat": 1},
        "category": {"": 2, "order_progress": 1, "售后": 1, "支付": 2, "物流": 1},
        "faq": {"": 3, "pay": 2, "return": 1, "ship-fee": 1},
    }
    pay = report.by["faq"]["pay"].indicators
    assert [(pay[name].numerator, pay[name].denominator) for name in ("resolution_rate", "fcr")] == [(1, 2), (0, 1)]


def test_a_day_is_chinas() -> None:
    late = Script().answer((12 * HOUR) - 0.1, "pay")  # 23:59:54 in China
    assert list(stats(late.events).by["day"]) == ["2026-11-02"]
    assert list(stats(Script().answer(12 * HOUR, "pay").events).by["day"]) == ["2026-11-03"]


def test_a_period_is_of_the_beginnings_and_sees_what_comes_later() -> None:
    log = together(*shop())
    first = stats(log, until=at(24 * HOUR)).total
    assert (first.episodes, first.outcomes["reopened"]) == (6, 1)
    second = stats(log, since=at(24 * HOUR)).total
    assert (second.episodes, second.outcomes["assumed_resolved"]) == (1, 1)
    fcr = second.indicators["fcr"]
    assert (fcr.denominator, fcr.value) == (0, None)  # it is a return


def test_first_contacts_are_judged_when_their_time_has_passed() -> None:
    log = together(*shop())

    def fcr(hours: float) -> tuple[float, float]:
        found = stats(log, as_of=at(hours * HOUR)).total.indicators["fcr"]
        return found.numerator, found.denominator

    assert fcr(71) == (0, 0)
    assert fcr(72.01) == (0, 1)  # only that of u6, which ended in the first minute
    assert fcr(73) == (2, 6)


def test_an_empty_log() -> None:
    found = stats([])
    assert (found.total.episodes, found.total.messages, found.events) == (0, 0, 0)
    assert set(found.total.outcomes.values()) == {0}
    assert found.by == {name: {} for name in GROUPS}
    for one in found.total.indicators.values():
        assert (one.numerator, one.denominator, one.value) == (0, 0, None)


def test_a_single_event() -> None:
    (_, decision, _) = Script().answer(0, "pay").events
    found = stats([decision]).total
    values = {name: (one.numerator, one.denominator) for name, one in found.indicators.items() if one.denominator}
    assert values == {
        "match_rate": (1, 1), "resolution_rate": (1, 1), "confirmed_rate": (0, 1), "containment_rate": (1, 1),
        "handoff_rate": (0, 1), "handoff_asked_rate": (0, 1), "fcr": (1, 1), "reopen_rate": (0, 1), "abandonment_rate": (0, 1),
        "rating_rate": (0, 1), "repeat_rate": (0, 1), "turns": (1, 1), "repeats": (0, 1),
    }  # fmt: skip
    for event in (*Script().rate(0, score=1).events, *Script().step(0, "T", "queued").events, *Script().agent(0, "T").events):
        assert stats([event]).total.episodes == 0


def test_nothing_right_at_all() -> None:
    scripts = [Script(f"u{n}").miss(0).miss(1).rate(2, score=1, solved=False) for n in range(5)]
    found = stats(together(*scripts)).total
    assert found.outcomes["abandoned"] == 5
    values = {name: one.value for name, one in found.indicators.items() if isinstance(one, Ratio) and one.denominator}
    assert values == {
        "match_rate": 0, "resolution_rate": 0, "confirmed_rate": 0, "containment_rate": 1, "handoff_rate": 0,
        "handoff_asked_rate": 0, "fcr": 0, "abandonment_rate": 1, "satisfaction": 0, "rating_rate": 1, "repeat_rate": 1,
    }  # fmt: skip


def test_everybody_goes_to_a_human_whose_desk_is_not_in_the_log() -> None:
    found = stats(together(*(Script(f"u{n}").human(0, f"T{n}") for n in range(3)))).total
    assert found.indicators["containment_rate"].value == 0
    assert found.indicators["handoff_rate"].value == 1
    assert found.indicators["handoff_reached_rate"].value is None  # not 0: nothing is known
    assert found.indicators["match_rate"].value is None
    assert found.indicators["first_response_s"].value is None


def test_only_the_last_rating_of_an_episode_counts() -> None:
    found = stats(Script().answer(0, "pay").rate(1, score=1).rate(2, score=4).events).total.indicators
    assert (found["satisfaction"].numerator, found["satisfaction"].denominator) == (1, 1)
    assert found["score"].value == 4


def test_orders_to_pick_from_and_a_human_for_a_task_were_understood() -> None:
    script = (
        Script().say(0, "查订单", "clarify", task="order_progress").say(1, "1", "handoff", task="order_progress", reason="x")
    )
    assert stats(script.events).total.indicators["match_rate"].value == 1


def test_a_wait_that_nobody_ends_is_no_response_time() -> None:
    script = Script().human(0, "T1").step(0, "T1", "queued").agent(2, "T1").with_human(3, "T1").with_human(4, "T1")
    found = stats(script.events).total.indicators
    assert (found["response_s"].numerator, found["response_s"].denominator) == (120, 1)
    later = stats([*script.events, *script.agent(5, "T1").events]).total.indicators["response_s"]
    assert (later.numerator, later.denominator) == (120 + 120, 2)  # the customer has waited since the first of the two messages


def test_an_average_keeps_what_it_is_made_of() -> None:
    found = Average.of([1, 2, 3, 10])
    assert (found.value, found.p50, found.p90) == (4, 2.5, pytest.approx(7.9))
    assert Average.of([]).value is None


def test_every_indicator_is_defined_in_the_docstring() -> None:
    import csbot.analytics.indicators as module

    for name, one in INDICATORS.items():
        assert f"\n{name} " in (module.__doc__ or "")
        assert one.title in (module.__doc__ or "")
