"""What every desk must do, whatever it is made of. A test class inherits `DeskContract` and gives the fixture ``desk``."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from csbot.errors import InputError, StoreError, TicketError
from csbot.handoff.desk import OPEN, Desk
from csbot.models import CHINA, Actor, Deadlines, Line, Message, Note, Priority, Route, Ticket, TicketState
from store_contract import at_once

NOON = datetime(2026, 11, 20, 4, tzinfo=timezone.utc)
LI, ZHAO, SYSTEM, CUSTOMER = (
    Actor(kind="agent", id="li"), Actor(kind="agent", id="zhao"), Actor(kind="system"), Actor(kind="customer"),
)  # fmt: skip
ODD = "\n😀 ' \" \\ %s :x {} \u2028 １３８"


def after(**span: float) -> datetime:
    return NOON + timedelta(**span)


def ticket(number: int = 0, priority: Priority = "normal", *, state: TicketState = "queued", **route: object) -> Ticket:
    """The ticket of session ``s<number>``, opened ``number`` minutes after noon; first contact is due an hour later."""
    opened = after(minutes=number)
    due = Deadlines(first_contact=opened + timedelta(hours=1))
    return Ticket(
        id=f"T{number}", session_id=f"s{number}", customer_id=f"u{number % 2}", channel="wechat", reason="customer_wish",
        state=state, created=opened, transcript=[Line(who="customer", text=ODD)], summary=["一", "问题：门锁没电"],
        route=Route.model_validate({"priority": priority, "skill": "综合", "due": due} | route),
    )  # fmt: skip


def message(key: str, text: str = "在吗", *, who: str = "customer", at: datetime = NOON, by: str = "") -> Message:
    return Message.model_validate({"key": key, "who": who, "text": text, "at": at, "by": by})


def active(desk: Desk, number: int = 0) -> str:
    """A ticket that li talks in since one minute after it was opened."""
    desk.file(ticket(number))
    desk.move(f"T{number}", "assigned", LI, after(minutes=number + 1))
    return desk.move(f"T{number}", "active", LI, after(minutes=number + 1)).id


class DeskContract:
    """Inherited by one class of tests per desk."""

    def test_a_ticket_is_read_as_it_was_filed(self, desk: Desk) -> None:
        filed = desk.file(ticket())
        assert desk.get("T0") == desk.of_session("s0") == filed == ticket()
        assert desk.get("T9") is None
        assert desk.of_session("s9") is None

    def test_a_session_has_one_open_ticket_however_often_one_is_filed(self, desk: Desk) -> None:
        desk.file(ticket())
        second = ticket().model_copy(update={"id": "T-again"})
        assert desk.file(second).id == "T0"
        assert [one.id for one in desk.queue()] == ["T0"]

    def test_a_session_whose_ticket_is_finished_gets_another(self, desk: Desk) -> None:
        active(desk)
        desk.move("T0", "resolved", LI, after(hours=1), "好了")
        assert desk.of_session("s0") is None
        assert desk.file(ticket().model_copy(update={"id": "T-again"})).id == "T-again"

    def test_of_many_filed_at_once_for_one_session_one_is_kept(self, desk: Desk) -> None:
        filed = at_once(8, lambda n: desk.file(ticket().model_copy(update={"id": f"T-{n}"})).id)
        assert len(set(filed)) == 1, filed
        assert [one.id for one in desk.queue()] == filed[:1]

    def test_the_queue_has_the_most_urgent_first_and_then_the_oldest(self, desk: Desk) -> None:
        for number, priority in enumerate(("low", "normal", "urgent", "normal", "high")):
            desk.file(ticket(number, priority))
        assert [one.id for one in desk.queue()] == ["T2", "T4", "T1", "T3", "T0"]
        assert [one.id for one in desk.queue(most=2)] == ["T2", "T4"]

    def test_the_queue_of_an_agent_has_their_tiers_and_skills(self, desk: Desk) -> None:
        desk.file(ticket(0, tier=1, skill="综合"))
        desk.file(ticket(1, tier=2, skill="综合"))
        desk.file(ticket(2, tier=1, skill="投诉"))
        assert [one.id for one in desk.queue(tiers=[1])] == ["T0", "T2"]
        assert [one.id for one in desk.queue(tiers=[1, 2], skills=["综合"])] == ["T0", "T1"]
        assert [one.id for one in desk.queue(states=["closed"])] == []
        claimed = desk.claim("li", after(hours=1), tiers=[2], skills=["综合"])
        assert claimed is not None
        assert (claimed.id, claimed.state, claimed.agent) == ("T1", "assigned", "li")

    def test_a_claim_takes_the_first_and_nothing_where_nothing_waits(self, desk: Desk) -> None:
        desk.file(ticket(0))
        desk.file(ticket(1, "urgent"))
        claimed = [desk.claim("li", after(hours=1)) for _ in range(3)]
        assert [one and one.id for one in claimed] == ["T1", "T0", None]

    def test_a_moment_without_a_zone_is_chinas(self, desk: Desk) -> None:
        desk.file(ticket(0))
        at = after(hours=1)
        claimed = desk.claim("li", at.astimezone(CHINA).replace(tzinfo=None))
        assert claimed is not None
        assert claimed.steps[-1].at == at

    def test_half_a_character_is_an_input_error(self, desk: Desk) -> None:
        desk.file(ticket(0))
        for wrong in (lambda: desk.get("\ud800"), lambda: desk.claim("a\ud800", NOON), lambda: desk.of_session("\udfff")):
            with pytest.raises(InputError, match="半个字符"):
                wrong()
        assert [one.state for one in desk.queue()] == ["queued"]

    def test_of_many_claims_at_once_no_two_win_the_same_ticket(self, desk: Desk) -> None:
        for number in range(6):
            desk.file(ticket(number))
        claimed = at_once(10, lambda n: desk.claim(f"agent{n}", after(hours=1)))
        won = [one.id for one in claimed if isinstance(one, Ticket)]
        assert sorted(won) == [f"T{n}" for n in range(6)]
        assert claimed.count(None) == 4

    def test_an_illegal_step_changes_nothing(self, desk: Desk) -> None:
        desk.file(ticket())
        with pytest.raises(TicketError, match="不能从 queued"):
            desk.move("T0", "resolved", LI, after(hours=1), "x")
        with pytest.raises(TicketError, match="没有工单"):
            desk.move("T9", "assigned", LI, after(hours=1))
        assert desk.get("T0") == ticket()

    def test_every_step_is_kept(self, desk: Desk) -> None:
        active(desk)
        desk.move("T0", "resolved", LI, after(hours=1), "补发了")
        desk.move("T0", "closed", SYSTEM, after(hours=2))
        kept = desk.get("T0")
        assert kept is not None
        assert [(step.state, step.by.id) for step in kept.steps] == [
            ("assigned", "li"), ("active", "li"), ("resolved", "li"), ("closed", ""),
        ]  # fmt: skip

    def test_messages_pass_both_ways_in_order_and_once_each(self, desk: Desk) -> None:
        active(desk)
        desk.hear("T0", message("c1", "\x00" + ODD))
        first = desk.say("T0", message("a1", "您好", who="agent", by="li"))
        again = desk.say("T0", message("a1", "您好", who="agent", by="li"))
        assert first == again
        assert [(m.number, m.who, m.text) for m in desk.messages("T0")] == [(1, "customer", ODD), (2, "agent", "您好")]
        assert [m.number for m in desk.messages("T0", after=1)] == [2]
        assert desk.messages("T9") == []

    def test_the_same_message_said_at_once_by_many_is_there_once(self, desk: Desk) -> None:
        desk.file(ticket())
        assert at_once(8, lambda n: desk.hear("T0", message("same"))) == [ticket()] * 8
        assert [m.number for m in desk.messages("T0")] == [1]
        at_once(8, lambda n: desk.hear("T0", message(f"k{n}")))
        assert [m.number for m in desk.messages("T0")] == list(range(1, 10))

    def test_an_agent_speaks_only_where_they_have_the_session(self, desk: Desk) -> None:
        desk.file(ticket())
        with pytest.raises(TicketError, match="请先接手"):
            desk.say("T0", message("a", who="agent", by="li"))
        active(desk, 1)
        with pytest.raises(TicketError, match="请先接手"):
            desk.say("T1", message("a", who="agent", by="zhao"))
        for unknown in (desk.say, desk.hear):
            with pytest.raises(TicketError, match="没有工单"):
                unknown("T9", message("a", who="bot"))
        assert desk.messages("T0") == desk.messages("T1") == []

    def test_the_bot_speaks_only_where_no_agent_has_the_session(self, desk: Desk) -> None:
        desk.file(ticket())
        desk.say("T0", message("b1", "您前面 1 位", who="bot"))
        active(desk, 0)
        with pytest.raises(TicketError, match="机器人不插话"):
            desk.say("T0", message("b2", who="bot"))
        assert desk.say("T0", message("b1", who="bot")).text == "您前面 1 位"
        assert [m.text for m in desk.messages("T0")] == ["您前面 1 位"]
        assert desk.outbox() == []

    def test_what_a_customer_writes_after_the_end_is_not_for_this_ticket(self, desk: Desk) -> None:
        active(desk)
        heard = desk.hear("T0", message("c1"))
        assert heard is not None
        assert heard.state == "active"
        desk.move("T0", "resolved", LI, after(hours=1), "好了")
        assert desk.hear("T0", message("c2")) is None
        assert [m.key for m in desk.messages("T0") if m.who == "customer"] == ["c1"]

    def test_notes_are_kept_in_their_order(self, desk: Desk) -> None:
        desk.file(ticket())
        first, second = Note(by=LI, at=NOON, text="已问工厂"), Note(by=ZHAO, at=after(hours=1), text="周三答复")
        desk.note("T0", first)
        assert desk.note("T0", second).notes == [first, second]
        with pytest.raises(TicketError, match="没有工单"):
            desk.note("T9", first)

    def test_a_ticket_is_opened_again_unless_its_session_has_another(self, desk: Desk) -> None:
        active(desk)
        desk.move("T0", "resolved", LI, after(hours=1), "好了")
        desk.move("T0", "queued", CUSTOMER, after(hours=2), "又坏了")
        desk.move("T0", "abandoned", CUSTOMER, after(hours=3))
        other = desk.file(ticket().model_copy(update={"id": "T-other"}))
        with pytest.raises(TicketError, match=other.id):
            desk.move("T0", "queued", CUSTOMER, after(hours=4))
        kept = desk.get("T0")
        assert kept is not None
        assert kept.state == "abandoned"

    def test_a_ticket_that_is_filed_again_after_its_end_stays_as_it_is(self, desk: Desk) -> None:
        active(desk)
        ended = desk.move("T0", "resolved", LI, after(hours=1), "好了")
        assert desk.file(ticket()) == ended
        assert desk.of_session("s0") is None
        with pytest.raises(StoreError, match="另一个会话"):
            desk.file(ticket().model_copy(update={"session_id": "s1"}))

    def test_what_agents_say_waits_to_be_delivered_and_what_customers_say_does_not(self, desk: Desk) -> None:
        active(desk)
        desk.hear("T0", message("c1"))
        desk.say("T0", message("a1", "一", who="agent", by="li", at=after(minutes=2)))
        desk.say("T0", message("a2", "二", who="agent", by="li", at=after(minutes=3)))
        waiting = desk.outbox()
        assert [(m.text, m.session_id) for m in waiting] == [("一", "s0"), ("二", "s0")]
        desk.delivered(waiting[0], after(minutes=4))
        assert [m.text for m in desk.outbox()] == ["二"]

    def test_a_customer_who_is_given_back_to_the_bot_is_told_once(self, desk: Desk) -> None:
        active(desk)
        desk.move("T0", "returned_to_bot", LI, after(hours=1))
        (notice,) = desk.outbox()
        assert (notice.who, notice.session_id) == ("bot", "s0")
        assert "智能客服" in notice.text

    @pytest.mark.parametrize(
        ("to", "words"),
        [("resolved", "「转人工」"), ("queued", "一位同事"), ("assigned", "一位同事"), ("abandoned", None)],
    )
    def test_a_customer_whose_agent_leaves_hears_what_comes_next(self, desk: Desk, to: TicketState, words: str | None) -> None:
        active(desk)
        by, agent = (SYSTEM, "zhao") if to == "assigned" else (SYSTEM, None) if to == "abandoned" else (LI, None)
        desk.move("T0", to, by, after(hours=1), "好了", agent=agent)
        assert [bool(words) and words in m.text for m in desk.outbox()] == ([True] if words else [])

    def test_the_wait_is_known_by_place_and_by_time_only_where_claims_tell(self, desk: Desk) -> None:
        for number in range(8):
            desk.file(ticket(number))
        assert desk.waiting("T3", after(minutes=10)).ahead == 3
        assert desk.waiting("T3", after(minutes=10)).minutes is None
        for minutes in (10, 12, 14, 16, 18):
            desk.claim("li", after(minutes=minutes))
        told = desk.waiting("T6", after(minutes=20))
        assert (told.ahead, told.minutes) == (1, pytest.approx(2 * 10 / 5))
        assert desk.waiting("T0", after(minutes=20)).ahead is None
        assert desk.waiting("T6", after(hours=9)).minutes is None

    def test_a_more_urgent_ticket_is_ahead_and_another_queue_is_not(self, desk: Desk) -> None:
        desk.file(ticket(0))
        desk.file(ticket(1, "urgent"))
        desk.file(ticket(2, "urgent", skill="投诉"))
        assert (desk.waiting("T0", NOON).ahead, desk.waiting("T1", NOON).ahead) == (1, 0)

    def test_a_claim_that_is_not_taken_up_comes_back(self, desk: Desk) -> None:
        desk.file(ticket())
        desk.claim("killed", after(minutes=1))
        assert desk.tick(after(minutes=2)) == []
        assert [(one.id, one.state) for one in desk.tick(after(minutes=4))] == [("T0", "queued")]
        assert desk.tick(after(minutes=4)) == []
        again = desk.claim("li", after(minutes=5))
        assert again is not None
        assert again.agent == "li"

    def test_an_agent_who_stays_silent_loses_the_session_to_the_bot(self, desk: Desk) -> None:
        active(desk)
        desk.say("T0", message("a1", who="agent", by="li", at=after(minutes=2)))
        desk.hear("T0", message("c1", at=after(minutes=5)))
        desk.hear("T0", message("c2", at=after(minutes=15)))
        assert desk.tick(after(minutes=19)) == []
        assert [one.state for one in desk.tick(after(minutes=21))] == ["returned_to_bot"]

    def test_an_agent_who_takes_a_session_and_says_nothing_loses_it(self, desk: Desk) -> None:
        active(desk)
        assert desk.tick(after(minutes=15)) == []
        assert [one.state for one in desk.tick(after(minutes=17))] == ["returned_to_bot"]

    def test_an_agent_who_answers_or_whom_nobody_asks_keeps_it(self, desk: Desk) -> None:
        active(desk)
        desk.say("T0", message("a0", who="agent", by="li", at=after(minutes=2)))
        assert desk.tick(after(minutes=50)) == []
        desk.hear("T0", message("c1", at=after(minutes=51)))
        desk.say("T0", message("a1", who="agent", by="li", at=after(minutes=52)))
        assert desk.tick(after(minutes=90)) == []

    def test_an_overdue_ticket_goes_one_tier_up_and_gets_new_time(self, desk: Desk) -> None:
        desk.file(ticket(0, "high"))
        assert desk.tick(after(minutes=60)) == []
        (higher,) = desk.tick(after(minutes=61))
        assert (higher.route.tier, higher.route.tier_title) == (2, "二线")
        assert "超时" in higher.route.why["tier"]
        assert higher.route.due.first_contact == after(minutes=91)
        assert desk.tick(after(minutes=62)) == []
        assert [one.route.tier for one in desk.tick(after(hours=3))] == [3]
        assert desk.tick(after(hours=9)) == []
        assert [one.id for one in desk.queue(tiers=[3])] == ["T0"]

    def test_a_tick_leaves_nothing_that_is_due(self, desk: Desk) -> None:
        desk.file(ticket(0, "high"))
        desk.claim("killed", after(minutes=1))
        (back,) = desk.tick(after(hours=2))
        assert (back.state, back.route.tier) == ("queued", 2)
        assert desk.tick(after(hours=2)) == []

    def test_a_ticket_that_waited_for_the_desk_to_open_is_queued_then(self, desk: Desk) -> None:
        desk.file(ticket(state="after_hours"))
        assert [one.state for one in desk.tick(after(minutes=1))] == ["queued"]

    def test_a_finished_ticket_is_closed_after_three_days(self, desk: Desk) -> None:
        active(desk)
        desk.move("T0", "resolved", LI, after(hours=1), "好了")
        assert desk.tick(after(hours=72)) == []
        assert [one.state for one in desk.tick(after(hours=73))] == ["closed"]
        assert desk.tick(after(hours=99)) == []

    def test_the_first_rating_of_a_finished_ticket_counts(self, desk: Desk) -> None:
        active(desk)
        with pytest.raises(TicketError, match="没有处理完"):
            desk.rate("T0", 5)
        desk.move("T0", "resolved", LI, after(hours=1), "好了")
        with pytest.raises(TicketError, match="1 到 5"):
            desk.rate("T0", 6)
        assert desk.rate("T0", 2, "慢，打 13800000001").comment == "慢，打 138****0001"
        assert desk.rate("T0", 5).rating == 2

    def test_a_phone_number_to_call_is_kept_readable(self, desk: Desk) -> None:
        desk.file(ticket())
        desk.reach("T0", "13800000001")
        kept = desk.get("T0")
        assert kept is not None
        assert kept.contact == "13800000001"

    def test_a_ticket_that_is_raised_goes_before_others(self, desk: Desk) -> None:
        for number in range(2):
            desk.file(ticket(number))
        route = ticket(priority="urgent").route
        assert desk.update("T1", lambda one: one.model_copy(update={"route": route})).route == route
        assert [one.id for one in desk.queue()] == ["T1", "T0"]
        with pytest.raises(TicketError):
            desk.update("T9", lambda one: one)

    def test_earlier_tickets_of_a_customer_are_told_with_their_outcome(self, desk: Desk) -> None:
        active(desk)
        desk.move("T0", "resolved", LI, after(hours=1), "换了电池")
        desk.file(ticket(2))
        desk.file(ticket(1))
        history = desk.history("u0")
        assert [(one.id, one.about, one.outcome) for one in history] == [
            ("T2", "问题：门锁没电", "登记"), ("T0", "问题：门锁没电", "反馈：换了电池"),
        ]  # fmt: skip
        assert desk.history("") == desk.history("nobody") == []

    def test_every_open_state_counts_as_open(self, desk: Desk) -> None:
        for number, state in enumerate(OPEN):
            desk.file(ticket(number, state=state))
            assert desk.of_session(f"s{number}") is not None
