"""What holds for any log at all: outcomes partition the episodes, groups add up, and the order of the log says nothing."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from streams import CATEGORIES, NOON

from csbot.analytics.exchanges import exchanges_of
from csbot.analytics.log import in_order, read_log, write_log
from csbot.analytics.outcomes import OUTCOMES, judge
from csbot.analytics.report import stats
from csbot.analytics.rules import OutcomeRules
from csbot.evaluation.intervals import Ratio
from csbot.models import Actor
from csbot.models.events import DecisionEvent, Event, FeedbackEvent, LookupEvent, MessageEvent, TicketEvent

FEW = settings(max_examples=50)
KINDS = ("answer", "clarify", "ask_slot", "order_status", "task_done", "handoff", "smalltalk", "fallback")
STATES = ("queued", "assigned", "active", "resolved", "closed", "returned_to_bot", "abandoned", "failed", "after_hours")
TEXTS = ("运费怎么算", "运费到底怎么算", "怎么退货", "转人工", "你好", "", "138****0001", "\u2028 1 ✓")
RULES = ("r", "smalltalk_cancel", "smalltalk_thanks", "human_has_session", "option_picked")
TICKETS = ("", "T1", "T2")


@st.composite
def logs(draw: st.DrawFn) -> list[Event]:
    """Any events at all in any order, many of them at the same time; nothing about them needs to fit together."""
    found: list[Event] = []
    for number in range(draw(st.integers(0, 25))):
        session = draw(st.sampled_from(("s1", "s2", "s3")))
        where = {
            "at": NOON + timedelta(minutes=draw(st.sampled_from((0, 1, 2, 20, 45, 46, 2000, 6000)))),
            "session_id": session,
            "customer_id": draw(st.sampled_from(("u", "v", ""))),
            "channel": draw(st.sampled_from(("web", "wechat", ""))),
            "number": draw(st.integers(0, 6)),
        }
        what = draw(st.integers(0, 9))
        ticket = draw(st.sampled_from(TICKETS))
        if what <= 5:
            kind = draw(st.sampled_from(KINDS))
            faq = draw(st.sampled_from((*CATEGORIES, "other"))) if kind == "answer" else None
            decision = DecisionEvent(
                id=f"d{number}", **where, kind=kind, rule=draw(st.sampled_from(RULES)), faq_id=faq,
                category=CATEGORIES.get(faq or "", ""), task=draw(st.sampled_from((None, "order_progress", "repair"))),
                reason=draw(st.sampled_from((None, "customer_wish", "not_understood"))), ticket_id=ticket,
                latency_ms=draw(st.floats(0, 1e4)),
            )  # fmt: skip
            said = [
                MessageEvent(id=f"{who}{number}", **where, who=who, text=draw(st.sampled_from(TEXTS)))
                for who in ("customer", "bot")
            ]
            found += [decision, *said[: draw(st.integers(0, 2))]]
        elif what == 6:
            found.append(LookupEvent(id=f"l{number}", **where, result="found"))
        elif what == 7:
            state = draw(st.sampled_from(STATES))
            found.append(TicketEvent(id=f"t{number}", **where, ticket_id=ticket or "T1", state=state, by=Actor(kind="system")))
        elif what == 8:
            found.append(MessageEvent(id=f"a{number}", **where, who="agent", text="您好", ticket_id=ticket))
        else:
            solved, score = draw(st.sampled_from((None, True, False))), draw(st.sampled_from((None, 1, 4, 5)))
            found.append(FeedbackEvent(id=f"f{number}", **where, solved=solved, score=score, ticket_id=ticket))
    return draw(st.permutations(found))


rules = st.builds(
    OutcomeRules,
    matters=st.sampled_from(("conversation", "category", "faq")),
    idle_s=st.sampled_from((30.0, 1800.0)),
    unknown_returns=st.booleans(),
    thanks_confirm=st.booleans(),
    same_answer_settles=st.booleans(),
)
moments = st.sampled_from((None, NOON + timedelta(minutes=30), NOON + timedelta(minutes=90), NOON + timedelta(days=30)))


@FEW
@given(logs(), rules)
def test_each_exchange_is_in_one_episode_or_courtesy_and_each_episode_has_one_outcome(
    log: list[Event], rule: OutcomeRules
) -> None:
    ordered = in_order(log)
    found = judge(ordered, rule)
    inside = [one.decision.id for judged in found.episodes for one in judged.episode.exchanges]
    every = {one.decision.id: one for one in exchanges_of(ordered)}
    assert len(inside) == len(set(inside))
    outside = set(every) - set(inside)
    assert found.courtesy == len(outside)
    assert all(every[name].courteous for name in outside)
    assert {one.outcome for one in found.episodes} <= set(OUTCOMES)
    for judged in found.episodes:
        spoken = [one.at for one in judged.episode.exchanges]
        assert spoken == sorted(spoken)
        assert len({one.customer for one in judged.episode.exchanges}) == 1


@FEW
@given(logs(), rules, moments)
def test_rates_are_shares_outcomes_and_groups_add_up(log: list[Event], rule: OutcomeRules, as_of: object) -> None:
    report = stats(log, rules=rule, as_of=as_of)  # type: ignore[arg-type]
    total = report.total
    assert sum(total.outcomes.values()) == total.episodes
    for one in total.indicators.values():
        assert one.numerator >= 0
        if isinstance(one, Ratio) and one.denominator:
            assert one.value is not None and one.low is not None and one.high is not None
            assert 0 <= one.low <= one.value <= one.high <= 1
        elif isinstance(one, Ratio):
            assert one.value is None
    rates = {name: one.numerator for name, one in total.indicators.items()}
    assert rates["containment_rate"] + rates["handoff_rate"] == total.episodes
    assert rates["handoff_asked_rate"] <= rates["handoff_rate"]
    assert rates["confirmed_rate"] <= rates["resolution_rate"]
    for groups in report.by.values():
        assert sum(one.episodes for one in groups.values()) == total.episodes
        for name, one in total.indicators.items():
            parts = [group.indicators[name] for group in groups.values()]
            assert sum(part.denominator for part in parts) == one.denominator
            assert abs(sum(part.numerator for part in parts) - one.numerator) < 1e-6 * (1 + one.numerator)


@FEW
@given(logs(), rules, st.integers(0, 2**32))
def test_the_order_of_the_log_and_what_is_in_it_twice_change_nothing(log: list[Event], rule: OutcomeRules, seed: int) -> None:
    shuffled = [*log, *log[:3]]
    Random(seed).shuffle(shuffled)
    assert stats(shuffled, rules=rule).model_dump() == stats(log, rules=rule).model_dump()


@FEW
@given(logs(), rules)
def test_two_halves_of_a_time_make_the_whole(log: list[Event], rule: OutcomeRules) -> None:
    cut = NOON + timedelta(minutes=45)
    before, after = stats(log, rules=rule, until=cut).total, stats(log, rules=rule, since=cut).total
    whole = stats(log, rules=rule).total
    assert {name: before.outcomes[name] + after.outcomes[name] for name in whole.outcomes} == whole.outcomes


@settings(max_examples=20)
@given(logs())
def test_a_log_is_read_as_it_was_written(log: list[Event]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "deep" / "events.jsonl"
        assert write_log(log, file) == len(log)
        assert read_log(file) == log
        assert [path.name for path in file.parent.iterdir()] == ["events.jsonl"]
