"""Episodes and their outcomes, each rule by a script that a reader can check."""

from __future__ import annotations

import pytest
from streams import Script, at, together

from csbot.analytics.log import in_order
from csbot.analytics.outcomes import Judged, Judgement, judge
from csbot.analytics.rules import OutcomeRules

HOUR, DAY = 60, 24 * 60


def judged(*scripts: Script, as_of: float | None = None, **rules: object) -> Judgement:
    moment = None if as_of is None else at(as_of)
    return judge(in_order(together(*scripts)), OutcomeRules(**rules), moment)  # type: ignore[arg-type]


def outcomes(*scripts: Script, **rules: object) -> list[str]:
    return [one.outcome for one in judged(*scripts, **rules).episodes]  # type: ignore[arg-type]


def sizes(*scripts: Script, **rules: object) -> list[int]:
    return [len(one.episode.exchanges) for one in judged(*scripts, **rules).episodes]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("script", "outcome"),
    [
        (Script().answer(0, "ship-fee"), "assumed_resolved"),
        (Script().answer(0, "ship-fee").courtesy(1, "thanks", "谢谢"), "assumed_resolved"),
        (Script().slot(0).order(1), "assumed_resolved"),
        (Script().say(0, "报修", "task_done", task="repair"), "assumed_resolved"),
        (Script().miss(0), "abandoned"),
        (Script().clarify(0, "return"), "abandoned"),
        (Script().slot(0), "abandoned"),
        (Script().answer(0, "ship-fee").miss(1), "abandoned"),
        (Script().answer(0, "ship-fee").courtesy(1, "cancel", "算了"), "abandoned"),
        (Script().miss(0).answer(1, "ship-fee"), "assumed_resolved"),
        (Script().answer(0, "ship-fee").rate(5, solved=True), "confirmed_resolved"),
        (Script().answer(0, "ship-fee").rate(5, solved=False), "abandoned"),
        (Script().answer(0, "ship-fee").rate(5, solved=False).rate(6, solved=True), "confirmed_resolved"),
        (Script().answer(0, "ship-fee").rate(5, score=1), "assumed_resolved"),
        (Script().answer(0, "ship-fee").rate(5, solved=True).miss(6), "abandoned"),
        (Script().answer(0, "ship-fee").rate(5, solved=False).answer(6, "ship-time"), "assumed_resolved"),
        (Script().human(0), "handed_off"),
        (Script().human(0, "T1"), "handed_off"),
        (Script().human(0, "T1").step(0, "T1", "queued"), "handed_off"),
        (Script().human(0, "T1").step(1, "T1", "active").step(9, "T1", "resolved").rate(10, solved=True), "handed_off"),
        (Script().human(0, "T1").step(1, "T1", "abandoned"), "abandoned"),
        (Script().human(0, "T1").step(1, "T1", "failed"), "abandoned"),
        (Script().human(0, "T1").step(1, "T1", "active").step(2, "T1", "abandoned"), "handed_off"),
        (Script().human(0, "T1").step(1, "T1", "returned_to_bot").answer(2, "ship-fee"), "assumed_resolved"),
        (Script().human(0, "T1").step(1, "T1", "abandoned").rate(2, solved=True, ticket="T1"), "abandoned"),
        (Script().human(0, "T1").answer(1, "ship-fee"), "handed_off"),
        (Script().human(0, "T1", reason="not_understood"), "handed_off"),
    ],
)  # fmt: skip
def test_one_matter_has_one_outcome(script: Script, outcome: str) -> None:
    assert outcomes(script) == [outcome]


def test_a_resolution_is_taken_back_if_the_customer_returns_with_the_same_matter_in_time() -> None:
    first = Script(session="s1").answer(0, "ship-fee")
    for minute, expected in ((71 * HOUR, "reopened"), (72 * HOUR + 1, "assumed_resolved")):
        again = Script(session="s2").answer(minute, "ship-time")  # another FAQ of the same category
        assert outcomes(first, again) == [expected, "assumed_resolved"]
    assert outcomes(first, Script(session="s2").answer(HOUR, "return")) == ["assumed_resolved", "assumed_resolved"]
    assert outcomes(first, Script(session="s2").answer(HOUR, "ship-time"), matters="faq") == ["assumed_resolved"] * 2
    assert outcomes(first, Script(session="s2").answer(HOUR, "return"), matters="conversation")[0] == "reopened"
    assert outcomes(first, Script("other").answer(HOUR, "ship-fee")) == ["assumed_resolved"] * 2


def test_the_window_counts_from_the_end_of_the_episode_and_is_a_setting() -> None:
    first, again = Script(session="s1").answer(0, "ship-fee"), Script(session="s2").answer(2 * HOUR, "ship-fee")
    assert outcomes(first, again, return_window_s=2 * 3600)[0] == "reopened"
    assert outcomes(first, again, return_window_s=2 * 3600 - 1)[0] == "assumed_resolved"


def test_a_confirmed_resolution_is_taken_back_as_well_and_a_handoff_is_not() -> None:
    confirmed = Script(session="s1").answer(0, "ship-fee").rate(1, solved=True)
    handed = Script("v", session="s3").answer(0, "ship-fee").human(1, "T1")
    for first, name in ((confirmed, "u"), (handed, "v")):
        again = Script(name, session="again").answer(HOUR, "ship-fee")
        assert outcomes(first, again)[0] == ("reopened" if name == "u" else "handed_off")
    assert outcomes(Script(session="s1").slot(0), Script(session="s2").slot(HOUR)) == ["abandoned", "abandoned"]


def test_who_comes_back_and_only_calls_for_a_human_comes_back_with_the_last_matter() -> None:
    first, again = Script(session="s1").answer(0, "ship-fee"), Script(session="s2").human(DAY)
    assert outcomes(first, again) == ["reopened", "handed_off"]
    assert outcomes(first, again, unknown_returns=False) == ["assumed_resolved", "handed_off"]
    between = Script(session="s3").answer(DAY - HOUR, "return")
    assert outcomes(first, between, again) == ["assumed_resolved", "reopened", "handed_off"]


def test_customers_who_are_not_known_come_back_in_no_other_session() -> None:
    scripts = [Script("", session=name).answer(minute, "ship-fee") for name, minute in (("a", 0), ("b", 5))]
    assert outcomes(*scripts) == ["assumed_resolved"] * 2


def test_a_long_silence_ends_an_episode() -> None:
    script = Script().miss(0).miss(30).miss(60.1)
    assert sizes(script) == [2, 1]
    assert sizes(script, idle_s=1800 - 1) == [1, 1, 1]
    assert sizes(script, idle_s=3600) == [3]


def test_another_matter_begins_when_one_is_settled_and_a_question_of_another_category_comes() -> None:
    script = (
        Script()
        .answer(0, "ship-fee")
        .courtesy(1, "thanks", "谢谢")
        .answer(2, "ship-time")
        .clarify(3, "return")
        .answer(4, "return")
    )
    assert sizes(script) == [3, 2]
    assert outcomes(script) == ["assumed_resolved"] * 2
    assert sizes(script, matters="faq") == [2, 1, 2]
    assert sizes(script, matters="conversation") == [5]


def test_a_rewording_of_the_same_question_is_the_same_matter_whatever_it_is_answered_with() -> None:
    script = Script().answer(0, "ship-fee", "退货的运费谁来出").answer(1, "return", "退货的运费谁来出啊")
    assert sizes(script) == [2]


def test_a_matter_that_is_not_settled_goes_on_with_whatever_comes() -> None:
    assert sizes(Script().slot(0).answer(1, "ship-fee").order(2)) == [3]
    assert sizes(Script().miss(0).answer(1, "ship-fee").order(2)) == [2, 1]


def test_the_same_answer_to_the_same_question_does_not_settle_it() -> None:
    script = Script().answer(0, "ship-fee", "运费怎么算").answer(1, "ship-fee", "运费到底怎么算")
    assert outcomes(script) == ["abandoned"]
    assert outcomes(script, same_answer_settles=True) == ["assumed_resolved"]
    assert judged(script).episodes[0].episode.repeats == 1
    assert outcomes(Script().answer(0, "ship-fee", "运费怎么算").answer(1, "ship-fee", "满多少包邮")) == ["abandoned"]
    picked = (
        Script().answer(0, "ship-fee", "运费怎么算").clarify(1, "ship-fee").answer(2, "ship-fee", "1", rule="option_picked")
    )
    assert outcomes(picked) == ["assumed_resolved"]  # it was what they meant
    other = Script().answer(0, "ship-time", "运费怎么算").answer(1, "ship-fee", "运费到底怎么算")
    assert outcomes(other) == ["assumed_resolved"]


def test_what_goes_to_one_ticket_is_one_episode_however_long_it_takes() -> None:
    script = Script().human(0, "T1").step(90, "T1", "active").with_human(95, "T1").with_human(3 * HOUR, "T1")
    assert sizes(script) == [3]


def test_after_a_human_has_settled_a_matter_a_question_is_another_one() -> None:
    script = (
        Script().human(0, "T1").step(1, "T1", "active").step(5, "T1", "resolved").courtesy(6, "thanks").answer(7, "ship-fee")
    )
    assert sizes(script) == [2, 1]
    assert outcomes(script) == ["handed_off", "assumed_resolved"]


def test_greetings_without_a_matter_are_no_episode() -> None:
    found = judged(Script().courtesy(0).courtesy(1, "goodbye", "再见"), Script("v").courtesy(0).answer(1, "ship-fee"))
    assert (sizes(Script("v").courtesy(0).answer(1, "ship-fee")), found.courtesy) == ([2], 2)
    assert len(found.episodes) == 1


def test_thanks_confirm_only_where_the_rules_say_so() -> None:
    script = Script().answer(0, "ship-fee").courtesy(1, "thanks", "谢谢")
    assert outcomes(script, thanks_confirm=True) == ["confirmed_resolved"]


def test_what_may_go_on_is_left_out_and_what_may_be_reopened_is_marked() -> None:
    script = Script().answer(0, "ship-fee")
    assert (judged(script, as_of=29).under_way, judged(script, as_of=29).episodes) == (1, [])
    assert [one.over for one in judged(script, as_of=30).episodes] == [False]
    assert [one.over for one in judged(script, as_of=72 * HOUR).episodes] == [True]
    assert [one.over for one in judged(script).episodes] == [True]


def test_feedback_belongs_to_the_last_episode_of_its_session_before_it() -> None:
    script = Script().answer(0, "ship-fee").rate(1, score=2).answer(2, "return").rate(3, score=5)
    scores = [[f.score for f in one.episode.feedback] for one in judged(script).episodes]
    assert scores == [[2], [5]]
    early = Script().rate(-1, score=1).answer(0, "ship-fee")
    assert [one.episode.feedback for one in judged(early).episodes] == [[]]


def test_an_episode_knows_what_it_was_about() -> None:
    episodes = [
        one.episode for one in judged(Script().clarify(0, "return").answer(1, "ship-fee"), Script("v").miss(0)).episodes
    ]
    about = sorted((e.faq_id, e.category, e.channel) for e in episodes)
    assert about == [("", "", "web"), ("ship-fee", "物流", "web")]
    (order,) = judged(Script().slot(0).order(1)).episodes
    assert (order.episode.faq_id, order.episode.category) == ("", "order_progress")


def test_steps_of_tickets_that_no_episode_has_are_passed_over() -> None:
    assert outcomes(Script().step(0, "T9", "active").agent(1, "T9").answer(2, "ship-fee")) == ["assumed_resolved"]
    assert judged().episodes == []
    assert isinstance(judged(Script().miss(0)).episodes[0], Judged)
