"""What a customer says of the conversation itself: the reply was not clear, missed the point, or the words have no matter."""

from __future__ import annotations

import pytest
from handmade import ASKED_PHONE, START, candidate, message, policy, told

from csbot import Chatbot, KnowledgeBase, Session
from csbot.dialogue.policy import decide
from csbot.dialogue.state import State, advance
from csbot.intents.matters import questions_in
from csbot.models import Signal, Turn

ANSWERED = advance(
    START, Turn(user="怎么退货", kind="answer", rule="confident", faq_id="r", reply="先点申请。再寄回；等退款。")
)
LIKE_A_WISH = (Signal(name="human_wanted", score=0.95, text="", reason="like the examples"),)
LIKE_ANGER = (Signal(name="anger", score=0.96, text="", reason="like the examples"),)


@pytest.mark.parametrize("text", ["没听懂", "看不明白", "啥意思", "为啥", "能说简单点吗", "再说一遍"])
@pytest.mark.parametrize("signals", [(), LIKE_A_WISH, LIKE_ANGER])
def test_an_answer_that_was_not_clear_is_told_again_in_parts(text: str, signals: tuple[Signal, ...]) -> None:
    action = decide(ANSWERED, message(text).model_copy(update={"signals": signals}), policy())
    assert (*told(action), action.text) == ("fallback", "not_clear", "1. 先点申请。\n2. 再寄回；\n3. 等退款。")


def test_a_choice_that_was_not_clear_is_offered_again_and_can_be_picked() -> None:
    state = State(turns=1, options=("a", "task:human_handoff"), option_texts=("标准问 a", "转人工客服"))
    action = decide(state, message("什么意思"), policy())
    assert (*told(action), [o.action for o in action.options]) == ("clarify", "not_clear", [None, "human_handoff"])


@pytest.mark.parametrize("text", ["没听懂", "为啥"])
def test_without_anything_to_tell_again_it_asks_what_is_not_clear(text: str) -> None:
    assert told(decide(START, message(text), policy())) == ("fallback", "not_clear")


@pytest.mark.parametrize(
    "text", ["你没回答我的问题", "答非所问", "我问的不是这个", "你理解错了", "还是没解决", "你说的不对", "不是我想要的答案"]
)
def test_an_answer_that_missed_the_point_is_regretted_and_a_human_offered(text: str) -> None:
    action = decide(ANSWERED, message(text, candidate("complaint", 0.5)), policy())
    assert (*told(action), action.offer) == ("fallback", "answer_refused", "asked")


@pytest.mark.parametrize("first", ["没听懂", "你没回答我的问题"])
@pytest.mark.parametrize("second", ["还是没听懂", "你还是没回答我的问题"])
def test_the_second_doubt_in_a_row_calls_a_human(first: str, second: str) -> None:
    action = decide(ANSWERED, message(first), policy(dialogue={"miss_limit": 5}))
    state = advance(ANSWERED, Turn(user=first, kind=action.kind, rule=action.rule))
    again = decide(state, message(second), policy(dialogue={"miss_limit": 5}))
    assert (again.kind, again.reason) == ("handoff", "not_understood")


def test_a_doubt_counts_towards_the_miss_limit() -> None:
    assert decide(State(turns=1, misses=1), message("没听懂"), policy()).kind == "handoff"


def test_whoever_says_more_than_that_is_not_doubting_the_last_reply() -> None:
    for text in ("没听懂怎么退货", "门锁为什么一直叫", "不会安装"):
        assert told(decide(ANSWERED, message(text, candidate("a", 0.9)), policy())) == ("answer", "confident")
    assert told(decide(ANSWERED, message("听不懂,转人工", wish=1.0), policy())) == ("handoff", "human_wanted")


def test_an_exact_question_or_a_task_under_way_goes_first() -> None:
    assert told(decide(ANSWERED, message("什么意思", candidate("a", 1.0, exact=True)), policy())) == ("answer", "exact")
    assert decide(ASKED_PHONE, message("什么意思", asked="phone"), policy()).kind == "ask_slot"


@pytest.mark.parametrize("text", ["那咋办", "怎么办", "为什么这么慢", "太慢了", "客服电话是多少", "你们电话号码多少"])
def test_words_without_a_matter_are_asked_about_and_no_menu_is_made_of_them(text: str) -> None:
    assert decide(ANSWERED, message(text, candidate("a", 0.5)), policy()).kind == "fallback"
    assert decide(ANSWERED, message(text, candidate("a", 0.9)), policy()).kind == "answer"


@pytest.mark.parametrize(
    "text", ["我要投诉", "投诉", "举报你们", "我要投诉安装师傅", "太过分了，我要投诉", "你们太差了我要举报", "我要告你们"]
)
def test_a_complaint_that_says_so_goes_to_a_human_however_sure_the_faq(text: str) -> None:
    action = decide(START, message(text, candidate("how-to-complain", 0.97)), policy())
    assert (*told(action), action.reason) == ("handoff", "complaint", "complaint")


@pytest.mark.parametrize(
    "text",
    ["去哪投诉", "我想投诉你们一家门店，有什么途径", "投诉了没人理我", "再不发货我要投诉了", "我要告诉你们", "我要投诉物业"],
)
def test_a_question_about_complaints_is_answered(text: str) -> None:
    assert decide(START, message(text, candidate("how-to-complain", 0.97)), policy()).kind == "answer"


def test_the_merchants_own_words_for_a_question_are_answered() -> None:
    assert decide(START, message("我要投诉", candidate("how", 1.0, exact=True)), policy()).kind == "answer"


@pytest.mark.parametrize("yes", ["是", "对", "嗯", "是的", "对的"])
def test_one_candidate_is_a_yes_or_no_question(small_kb: KnowledgeBase, yes: str) -> None:
    bot = Chatbot(small_kb)
    session = Session(customer_id="u")
    session.turns.append(
        Turn(user="送货的钱", kind="clarify", rule="unsure", options=["ship-fee"], option_texts=["运费怎么算"], reply="…")
    )
    copy = session.model_copy(deep=True)
    assert bot.reply(session, yes).faq_id == "ship-fee"
    assert bot.reply(copy, "不是").kind == "fallback"


def test_what_is_meant_instead_may_follow_the_no(small_kb: KnowledgeBase) -> None:
    session = Session(customer_id="u")
    session.turns.append(
        Turn(user="送货的钱", kind="clarify", rule="unsure", options=["ship-fee"], option_texts=["运费怎么算"], reply="…")
    )
    assert Chatbot(small_kb).reply(session, "不是，发票怎么开").faq_id == "invoice"


def test_a_bot_that_is_asked_what_it_is_says_so_and_hands_over_when_wanted(small_kb: KnowledgeBase) -> None:
    bot, session = Chatbot(small_kb), Session(customer_id="u")
    assert "机器人" in bot.reply(session, "你是真人吗").text
    assert bot.reply(session, "需要").kind == "handoff"


def test_another_language_is_told_in_both(small_kb: KnowledgeBase) -> None:
    bot, session = Chatbot(small_kb), Session(customer_id="u")
    assert "Chinese" in bot.reply(session, "hello do you ship to canada?").text
    assert bot.reply(session, "human").kind == "handoff"


def test_two_questions_in_one_message_get_two_answers(small_kb: KnowledgeBase) -> None:
    reply = Chatbot(small_kb).reply(Session(customer_id="u"), "怎么退货，另外发票怎么开")
    assert (reply.faq_id, reply.trace.rule) == ("return", "two_questions")
    assert "申请退货" in reply.text
    assert "另外您问的“发票怎么开”：" in reply.text or "还有您问的“发票怎么开”：" in reply.text


def test_what_is_asked_beside_an_order_is_answered_too(small_kb: KnowledgeBase) -> None:
    orders = [{"order_id": "QH1", "phone": "13800000001", "name": "林晓燕", "status": "shipped"}]
    bot, session = Chatbot(small_kb, orders=orders), Session(customer_id="u")
    reply = bot.reply(session, "帮我查下订单到哪了，另外发票怎么开")
    assert (reply.kind, reply.slot) == ("ask_slot", "phone")
    assert "您问的“发票怎么开”：" in reply.text


def test_a_second_half_that_the_bot_is_not_sure_of_is_not_made_up() -> None:
    both = (candidate("a", 0.9), candidate("b", 0.7))
    assert told(decide(START, message("怎么退货，另外会写诗吗", candidate("a", 0.9), parts=both), policy())) == (
        "answer",
        "confident",
    )
    same = (candidate("a", 0.9), candidate("a", 0.95))
    assert told(decide(START, message("怎么退，另外怎么寄", candidate("a", 0.9), parts=same), policy())) == (
        "answer",
        "confident",
    )


@pytest.mark.parametrize("text", ["还有货吗", "另外一个柜子", "发票怎么开", "我的订单,另外一单呢"])
def test_one_question_is_no_two(text: str) -> None:
    assert questions_in(text) is None


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("1.安装要钱吗2.上楼要钱吗3.几天能装好", ("安装要钱吗", "上楼要钱吗", "几天能装好")),
        ("想问三个事1国补怎么弄2旧锁收不收3包安装吗", ("国补怎么弄", "旧锁收不收", "包安装吗")),
        ("第一怎么退货,第二运费谁出", ("怎么退货", "运费谁出")),
        ("柜门歪了,发票没开,还有积分没到账", ("柜门歪了", "发票没开", "积分没到账")),
        ("门锁没电了,还有优惠券用不了,还有地址要改", ("门锁没电了", "优惠券用不了", "地址要改")),
        ("抽屉卡住了,上周买的,还有把手松了", ("抽屉卡住了,上周买的", "把手松了")),  # when it was bought is no matter
    ],
)
def test_a_message_has_up_to_three_parts(text: str, parts: tuple[str, ...]) -> None:
    assert questions_in(text) == parts


@pytest.mark.parametrize(
    "text", ["定制衣柜还有货吗", "买1个橱柜门板2个衣柜门板", "第一次来第二次来要钱吗", "我的柜子,还有多久到", "2.4g连不上1.5米"]
)
def test_numbers_of_things_and_a_bare_more_are_no_list(text: str) -> None:
    assert questions_in(text) is None


THREE = (candidate("a", 0.9), candidate("b", 0.7), candidate("c", 0.65))
TEXTS = ("柜门歪了", "发票没开", "积分没到账")


def test_three_matters_get_three_answers_before_any_look_up() -> None:
    said = message("柜门歪了,发票没开,还有积分没到账", parts=THREE, part_texts=TEXTS, order=0.9)
    action = decide(START, said, policy(answer=0.35, clarify=0.1))
    assert (*told(action), action.candidate, action.also) == ("answer", "three_matters", THREE[0], THREE[1:])
    assert action.left == ()


def test_of_three_matters_the_unsure_one_is_named_and_two_must_be_sure() -> None:
    unsure = (THREE[0], candidate("x", 0.5), THREE[2])
    said = message("柜门歪了,发票没开,还有积分没到账", THREE[0], parts=unsure, part_texts=TEXTS)
    action = decide(START, said, policy(answer=0.35, clarify=0.1))
    assert (action.candidate, action.also, action.left) == (THREE[0], (THREE[2],), ("发票没开",))
    assert told(decide(START, said, policy(answer=0.7))) == ("answer", "confident")


def test_all_three_answers_and_the_matter_left_are_in_the_reply(small_kb: KnowledgeBase) -> None:
    bot = Chatbot(small_kb)
    reply = bot.reply(Session(customer_id="u"), "1.怎么退货 2.发票怎么开 3.会写诗吗")
    assert reply.trace.rule == "three_matters"
    assert "申请退货" in reply.text
    assert "您问的“发票怎么开”：" in reply.text
    assert "“会写诗吗”" in reply.text


@pytest.mark.parametrize("text", ["那咋整", "那咋办", "那怎么办呢", "那我该咋个办", "咋弄啊"])
def test_who_is_at_a_loss_without_a_matter_is_asked_for_it_whatever_it_sounds_like(text: str) -> None:
    heard = message(text, candidate("complaint", 0.85), order=0.9)
    assert told(decide(START, heard, policy())) == ("fallback", "at_a_loss")


def test_who_is_at_a_loss_after_an_answer_is_offered_a_colleague_for_it() -> None:
    action = decide(ANSWERED, message("那咋整", order=0.9), policy())
    assert (*told(action), action.wording, action.offer) == ("fallback", "at_a_loss", "told_detail", "asked")


@pytest.mark.parametrize("text", ["有没有热线", "你们座机几号", "电话给一个", "400电话是多少", "怎么联系你们", "有联系电话吗"])
def test_the_number_of_the_shop_is_not_what_another_faq_tells(text: str) -> None:
    assert told(decide(START, message(text, candidate("contact", 0.85)), policy())) == ("fallback", "no_hotline")


def test_an_faq_about_the_number_of_the_shop_tells_it() -> None:
    hotline = candidate("line", 0.85).model_copy(update={"question": "客服电话是多少？"})
    assert told(decide(START, message("有没有热线", hotline), policy())) == ("answer", "confident")


@pytest.mark.parametrize("text", ["怎么改电话", "师傅电话多少", "收货电话写错了", "电话里说好的"])
def test_another_number_than_that_of_the_shop_is_a_matter_of_its_own(text: str) -> None:
    assert told(decide(START, message(text, candidate("contact", 0.85)), policy())) == ("answer", "confident")


@pytest.mark.parametrize("text", ["唉", "好烦", "心累"])
def test_a_sigh_is_no_miss_and_no_complaint(text: str) -> None:
    action = decide(State(turns=1, misses=1), message(text, candidate("complaint", 0.6)), policy())
    assert (*told(action), action.wording) == ("smalltalk", "sighs", "at_a_loss")
