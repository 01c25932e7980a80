"""The plain data: what it accepts, what it refuses, and that it survives JSON."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from pydantic import ValidationError

from csbot.models import Candidate, Faq, Order, OrderQuery, Reply, Session, Signal, Ticket, Trace, Turn, Understanding

NOON = datetime(2026, 11, 22, 12, tzinfo=timezone.utc)


def faq(**fields: object) -> Faq:
    return Faq.model_validate({"id": "f", "question": "多久发货", "answer": "48 小时内"} | fields)


def test_id_and_question_are_stripped() -> None:
    entry = faq(id=" f1 ", question="\t多久发货 \n")
    assert (entry.id, entry.question) == ("f1", "多久发货")


@pytest.mark.parametrize("field", ["id", "question", "answer"])
@pytest.mark.parametrize("blank", ["", "  \n"])
def test_a_blank_id_question_or_answer_is_refused(field: str, blank: str) -> None:
    with pytest.raises(ValidationError, match=r"不能为空|blank"):
        faq(**{field: blank})


def test_an_faq_that_starts_a_task_needs_no_answer() -> None:
    assert faq(answer="", action="order_progress").answer == ""


def test_an_action_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ValidationError, match="action"):
        faq(action="points_task")


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(ValidationError, match="anwser"):
        faq(anwser="x")


def test_questions_are_the_standard_one_then_the_similar_ones() -> None:
    assert faq(similar=["几天寄出", "啥时候发"]).questions == ("多久发货", "几天寄出", "啥时候发")


@pytest.mark.parametrize(
    ("word", "status"),
    [("", "active"), ("生效", "active"), (" 已发布 ", "active"), ("ACTIVE", "active"), ("草稿", "draft"), ("停用", "archived")],
)
def test_chinese_words_for_the_status_are_understood(word: str, status: str) -> None:
    assert faq(status=word).status == status


def test_an_unknown_status_is_refused() -> None:
    with pytest.raises(ValidationError, match="status"):
        faq(status="也许")


def test_an_faq_is_valid_from_its_first_moment_until_just_before_its_last() -> None:
    entry = faq(valid_from=NOON, valid_until=NOON + timedelta(hours=1))
    second = timedelta(seconds=1)
    moments = [NOON - second, NOON, NOON + timedelta(hours=1) - second, NOON + timedelta(hours=1)]
    assert [entry.is_valid(moment) for moment in moments] == [False, True, True, False]


@pytest.mark.parametrize("status", ["draft", "archived"])
def test_only_active_faqs_are_valid(status: str) -> None:
    assert not faq(status=status).is_valid(NOON)


def test_a_moment_without_zone_is_chinas() -> None:
    china = timezone(timedelta(hours=8))
    assert faq(valid_from="2026-11-22T12:00:00").valid_from == datetime(2026, 11, 22, 12, tzinfo=china)
    order = Order.model_validate({"order_id": "A", "events": [{"time": "2026-11-22T12:00:00", "text": "x"}]})
    assert order.events[0].time == datetime(2026, 11, 22, 12, tzinfo=china)


@pytest.mark.parametrize("until", [NOON, NOON - timedelta(days=1)])
def test_an_faq_that_ends_before_it_begins_is_refused(until: datetime) -> None:
    with pytest.raises(ValidationError, match="valid_from"):
        faq(valid_from=NOON, valid_until=until)


def test_the_answer_of_a_channel_falls_back_to_the_common_one() -> None:
    entry = faq(channel_answers={"wechat": "在小程序里看", "tmall": ""})
    assert [entry.answer_for(channel) for channel in ("wechat", "tmall", "web")] == ["在小程序里看", "48 小时内", "48 小时内"]


def test_an_faq_can_not_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        faq().answer = "other"  # type: ignore[misc]


@pytest.mark.parametrize("confidence", [-0.01, 1.01])
def test_a_confidence_lies_between_0_and_1(confidence: float) -> None:
    with pytest.raises(ValidationError, match="confidence"):
        Candidate(faq_id="a", question="a", score=0.5, confidence=confidence)


def test_the_score_of_a_signal_is_its_best_and_0_where_it_is_absent() -> None:
    signals = tuple(Signal(name="anger", score=score, text="x", reason="y") for score in (0.5, 0.9, 0.7))
    message = Understanding(text="x", normalised="x", signals=signals)
    assert (message.signal("anger"), message.signal("urgency")) == (0.9, 0.0)


def test_an_order_needs_an_id() -> None:
    with pytest.raises(ValidationError, match="order_id"):
        Order(order_id=" ")


def test_sessions_and_tickets_get_ids_of_their_own() -> None:
    sessions = {Session(customer_id="u").id for _ in range(20)}
    tickets = {Ticket(session_id="s", customer_id="u", channel="web", reason="r", transcript=[]).id for _ in range(20)}
    assert (len(sessions), len(tickets)) == (20, 20)


def test_a_session_is_the_same_after_json() -> None:
    turn = Turn(
        user="13800000001", kind="ask_slot", rule="slot_given", reply="姓名？", task="order_progress", slot="name",
        slots={"phone": "13800000001"}, options=["a"], option_texts=["甲"], at=NOON,
    )  # fmt: skip
    session = Session(customer_id="u1", channel="wechat", identified=OrderQuery(phone="13800000001"), turns=[turn])
    assert Session.model_validate_json(session.model_dump_json()) == session


def reply(match: Candidate | None, *candidates: Candidate) -> Reply:
    trace = Trace(
        normalised="x", rule="r", intent=None, answer_threshold=0.8, clarify_threshold=0.4, candidates=candidates, misses=0
    )
    return Reply(text="t", kind="answer" if match else "fallback", match=match, trace=trace)


def test_a_reply_tells_the_faq_answered_and_its_confidence() -> None:
    first, second = (
        Candidate(faq_id="a", question="a", score=1, confidence=0.9),
        Candidate(faq_id="b", question="b", score=1, confidence=0.3),
    )
    answered, missed, empty = reply(second, first, second), reply(None, first, second), reply(None)
    assert [(r.faq_id, r.confidence) for r in (answered, missed, empty)] == [("b", 0.3), (None, 0.9), (None, 0.0)]


def test_the_json_of_a_reply_has_the_faq_and_the_confidence() -> None:
    data = reply(Candidate(faq_id="a", question="a", score=1, confidence=0.9)).model_dump(mode="json")
    assert (data["faq_id"], data["confidence"], data["kind"]) == ("a", 0.9, "answer")


FOUND = Candidate(faq_id="a", question="a", score=1, confidence=0.123456)


@pytest.mark.parametrize("answered", [reply(FOUND, FOUND), reply(None, FOUND), reply(None)])
def test_a_reply_is_the_same_after_json(answered: Reply) -> None:
    assert Reply.model_validate_json(answered.model_dump_json()) == answered
    assert Reply.model_validate(answered.model_dump()) == answered


@pytest.mark.parametrize("wrong", [{"faq_id": "b"}, {"confidence": 1.0}])
def test_a_reply_whose_json_contradicts_itself_is_refused(wrong: dict[str, object]) -> None:
    data = reply(FOUND, FOUND).model_dump() | wrong
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        Reply.model_validate(data)


def test_a_field_that_a_reply_has_not_is_still_refused() -> None:
    with pytest.raises(ValidationError, match="faqid"):
        Reply.model_validate(reply(FOUND, FOUND).model_dump() | {"faqid": "a"})
