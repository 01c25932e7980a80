"""`Chatbot` from message to reply: bands, picks, courtesy, odd input, sessions that survive JSON, and the trace."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csbot import BotConfig, Chatbot, KnowledgeBase, Session
from csbot.dialogue.state import replay, state_of
from csbot.encoders.onnx import OnnxEncoder
from csbot.errors import ConfigError, EncoderError, InputError
from csbot.models import Reply

NOTHING_FITS = BotConfig(bands={"answer": 1.0, "clarify": 1.0}, dialogue={"task_intent": 1.0, "handoff_wish": 1.0})
"""Only exact questions are answered; everything else is a miss."""
ALL_OFFERED = BotConfig(bands={"answer": 1.0, "clarify": 0.0}, dialogue={"task_intent": 1.0, "task_with_slots": 1.0})
"""Only exact questions are answered; everything else is offered to pick from."""


def session(**fields: object) -> Session:
    return Session.model_validate({"customer_id": "u1"} | fields)


@pytest.fixture(scope="module")
def bot(small_kb: KnowledgeBase) -> Chatbot:
    return Chatbot(small_kb)


def talk(bot: Chatbot, *texts: str, **fields: object) -> list[Reply]:
    """Replies to ``texts`` in one new session."""
    one = session(**fields)
    return [bot.reply(one, text) for text in texts]


def test_every_question_of_the_knowledge_base_gets_its_own_answer(bot: Chatbot, small_kb: KnowledgeBase) -> None:
    for faq in small_kb.faqs:
        for question in faq.questions if faq.id != "gone" else ():
            (reply,) = talk(bot, question)
            assert (reply.kind, reply.faq_id, reply.text, reply.confidence) == ("answer", faq.id, faq.answer, 1.0)


def test_each_channel_gets_its_own_answer(bot: Chatbot) -> None:
    texts = [talk(bot, "门锁没电", channel=channel)[0].text for channel in ("wechat", "web")]
    assert texts == ["微信里看视频：用充电宝应急供电。", "用充电宝接锁底的应急口供电。"]


def test_an_expired_faq_is_never_answered(bot: Chatbot) -> None:
    (reply,) = talk(bot, "国庆活动有哪些")
    assert "满 5000" not in reply.text
    assert "gone" not in [candidate.faq_id for candidate in reply.candidates]


def test_a_few_questions_are_offered_and_picked_by_number_or_words(small_kb: KnowledgeBase) -> None:
    bot = Chatbot(small_kb, config=ALL_OFFERED)
    one = session()
    offer = bot.reply(one, "那个东西怎么弄")
    assert offer.kind == "clarify"
    assert len({option.faq_id for option in offer.candidates}) == len(offer.candidates) == 3
    assert all(f"{i}. {option.question}" in offer.text for i, option in enumerate(offer.candidates, start=1))
    copy = Session.model_validate_json(one.model_dump_json())
    by_number, by_words = bot.reply(one, "第二个"), bot.reply(copy, offer.candidates[1].question)
    assert (by_number.kind, by_number.faq_id) == (by_words.kind, by_words.faq_id) == ("answer", offer.candidates[1].faq_id)


def test_a_bare_topic_is_asked_about(small_kb: KnowledgeBase) -> None:
    (reply,) = talk(Chatbot(small_kb, config=BotConfig(bands={"clarify": 0.0})), "物流")
    assert (reply.kind, reply.trace.rule) == ("clarify", "bare_topic")
    assert {option.faq_id for option in reply.candidates} == {"ship-time", "ship-fee", "ship-company"}


def test_misses_in_a_row_end_with_a_human_who_gets_the_conversation(small_kb: KnowledgeBase) -> None:
    first, second = talk(Chatbot(small_kb, config=NOTHING_FITS), "天书一样的话", "还是天书一样")
    assert (first.kind, first.trace.misses, first.ticket) == ("fallback", 1, None)
    assert (second.kind, second.trace.rule, second.trace.misses) == ("handoff", "miss_limit", 2)
    assert second.ticket is not None
    said = [line.said for line in second.ticket.transcript]
    assert said == ["客户：天书一样的话", f"机器人：{first.text}", "客户：还是天书一样"]
    assert [candidate.faq_id for candidate in second.ticket.tried] == [c.faq_id for c in second.trace.candidates[:5]]


def test_an_answer_between_two_misses_begins_the_count_anew(small_kb: KnowledgeBase) -> None:
    replies = talk(Chatbot(small_kb, config=NOTHING_FITS), "天书一样的话", "包邮吗", "天书一样的话")
    assert [reply.kind for reply in replies] == ["fallback", "answer", "fallback"]
    assert [reply.trace.misses for reply in replies] == [1, 0, 1]


def test_a_wish_for_a_human_is_granted_at_once(bot: Chatbot) -> None:
    (reply,) = talk(bot, "转人工")
    assert (reply.kind, reply.trace.intent) == ("handoff", "human_handoff")
    assert reply.ticket is not None
    assert reply.ticket.reason == "customer_wish"


@pytest.mark.parametrize(("text", "kind"), [("你好", "greeting"), ("謝謝！", "thanks"), ("再见", "goodbye"), ("好的", "ack")])
def test_courtesy_is_small_talk(bot: Chatbot, text: str, kind: str) -> None:
    (reply,) = talk(bot, text)
    assert (reply.kind, reply.trace.intent) == ("smalltalk", f"smalltalk:{kind}")


def test_the_same_message_twice_is_not_answered_in_the_same_words(bot: Chatbot) -> None:
    texts = [reply.text for reply in talk(bot, *["你好"] * 6)]
    assert all(one != following for one, following in pairwise(texts))


@pytest.mark.parametrize("text", ["", "   ", "😀😀", "👨‍👩‍👧", "\x00\x07\x1b", "\u200b\u202e", "？！。", "\ud83d"])
def test_a_message_without_words_is_asked_for_words(bot: Chatbot, text: str) -> None:
    one = session()
    reply = bot.reply(one, text)
    assert (reply.kind, reply.faq_id) == ("fallback", None)
    assert Session.model_validate_json(one.model_dump_json()) == one


def test_a_message_of_a_megabyte_is_read_from_its_beginning(bot: Chatbot) -> None:
    (reply,) = talk(bot, "包邮吗" + " " * 500_000 + "😀" * 500_000)
    assert (reply.kind, reply.faq_id) == ("answer", "ship-fee")
    (long,) = talk(bot, "我想问问" * 250_000)
    assert long.text


@pytest.mark.parametrize("text", [None, 3, b"bytes", ["你好"]])
def test_what_is_no_string_is_refused_and_leaves_the_session_as_it_was(bot: Chatbot, text: object) -> None:
    one = session()
    with pytest.raises(InputError):
        bot.reply(one, text)  # type: ignore[arg-type]
    assert one.turns == []


@settings(max_examples=60)
@given(
    st.lists(
        st.one_of(st.text(max_size=40), st.sampled_from(["查订单", "13800000001", "1", "算了", "林晓燕", "包邮吗"])), max_size=4
    )
)
def test_no_message_raises_and_each_gets_one_turn(bot: Chatbot, texts: list[str]) -> None:
    one = session()
    replies = [bot.reply(one, text) for text in texts]
    assert all(reply.text.strip() for reply in replies)
    assert [turn.reply for turn in one.turns] == [reply.text for reply in replies]


CONVERSATION = ("你好", "包邮吗", "发票怎么开", "我想查一下我的订单", "13800000001", "转人工", "谢谢")


def test_a_session_kept_as_json_between_messages_goes_on_as_if_never_put_away(bot: Chatbot) -> None:
    kept, stored = session(id="s"), session(id="s").model_dump_json()
    for text in CONVERSATION:
        away = Session.model_validate_json(stored)
        one, other = bot.reply(kept, text), bot.reply(away, text)
        assert (one.text, one.kind, one.trace.rule, one.slot) == (other.text, other.kind, other.trace.rule, other.slot)
        stored = away.model_dump_json()
    assert state_of(kept) == state_of(Session.model_validate_json(stored))


def test_replaying_the_turns_gives_the_state_after_each_message(bot: Chatbot) -> None:
    one, states = session(), []
    for text in CONVERSATION:
        bot.reply(one, text)
        states.append(state_of(one))
    assert [replay(one.turns[: n + 1]) for n in range(len(CONVERSATION))] == states


def test_the_trace_says_why(bot: Chatbot, small_kb: KnowledgeBase) -> None:
    trace = talk(bot, "包邮吗？")[0].trace
    assert (trace.normalised, trace.rule, trace.intent, trace.band) == ("包邮吗", "exact", "faq:ship-fee", "answer")
    assert (trace.answer_threshold, trace.clarify_threshold) == (
        small_kb.contents.calibration.answer, small_kb.contents.calibration.clarify,
    )  # fmt: skip
    assert (trace.encoder, trace.degraded, trace.misses) == (small_kb.encoder.fingerprint, False, 0)
    assert trace.candidates[0].exact


@pytest.mark.parametrize(("answer", "clarify"), [(0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (0.37, 0.12)])
def test_the_thresholds_of_the_settings_are_those_in_force(small_kb: KnowledgeBase, answer: float, clarify: float) -> None:
    bot = Chatbot(small_kb, config=BotConfig(bands={"answer": answer, "clarify": clarify}))
    trace = talk(bot, "包邮吗")[0].trace
    assert (trace.answer_threshold, trace.clarify_threshold) == (answer, clarify)


def test_an_answer_threshold_of_0_answers_whatever_is_asked(small_kb: KnowledgeBase) -> None:
    """Even where the second candidate is as likely as the first; the margin that makes that a question is as it is set."""
    dialogue = {"task_intent": 1.0, "handoff_wish": 1.0}
    bot = Chatbot(small_kb, config=BotConfig(bands={"answer": 0.0, "ambiguity_margin": 1.0}, dialogue=dialogue))
    for text in ("今天苏州下雨吗", "红烧肉要炖几个小时", "物流"):
        (reply,) = talk(bot, text)
        assert reply.kind == "answer"


def test_a_clarify_threshold_above_the_answer_threshold_in_force_is_refused(small_kb: KnowledgeBase) -> None:
    bot = Chatbot(small_kb, config=BotConfig(bands={"clarify": 1.0}))
    with pytest.raises(ConfigError, match="clarify"):
        bot.reply(session(), "包邮吗")


def test_trace_and_ticket_show_nothing_personal(bot: Chatbot) -> None:
    one = session()
    for text in (
        "我叫林晓燕，包邮吗",
        "１３８ ００００ ０００１ 是我号码，让你们懂的联系我",
        "找你们管事的林晓燕来，我叫林晓燕",
        "找你们说话算数的来，林晓燕 13800000001，转人工",
    ):
        reply = bot.reply(one, text)
        shown = reply.trace.model_dump_json() + (reply.ticket.model_dump_json() if reply.ticket else "")
        assert not [part for part in ("林晓燕", "13800000001", "00000001", "００００") if part in shown]


def test_without_an_encoder_words_alone_answer_and_the_trace_says_so(small_kb: KnowledgeBase, tmp_path: Path) -> None:
    bot = Chatbot(KnowledgeBase(small_kb.contents, OnnxEncoder(tmp_path)))
    with pytest.warns(RuntimeWarning, match="词面"):
        (reply,) = talk(bot, "包邮吗")
    assert (reply.faq_id, reply.trace.degraded) == ("ship-fee", True)
    assert reply.trace.answer_threshold == small_kb.contents.lexical_calibration.answer


def test_an_encoder_that_fails_raises_where_degrading_is_forbidden(small_kb: KnowledgeBase, tmp_path: Path) -> None:
    one = session()
    with pytest.raises(EncoderError):
        Chatbot(KnowledgeBase(small_kb.contents, OnnxEncoder(tmp_path), may_degrade=False)).reply(one, "包邮吗")
    assert one.turns == []


def test_areply_answers_as_reply_does(bot: Chatbot) -> None:
    reply = asyncio.run(bot.areply(session(), "包邮吗"))
    assert (reply.kind, reply.faq_id) == ("answer", "ship-fee")


def test_many_customers_can_be_answered_at_once(bot: Chatbot, small_kb: KnowledgeBase) -> None:
    questions = [(faq.id, question) for faq in small_kb.faqs if faq.id != "gone" for question in faq.questions] * 3

    async def ask_all() -> list[Reply]:
        return await asyncio.gather(*(bot.areply(session(), question) for _, question in questions))

    assert [reply.faq_id for reply in asyncio.run(ask_all())] == [faq_id for faq_id, _ in questions]
