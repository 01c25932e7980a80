"""What one message says, read against a real knowledge base."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from csbot import KnowledgeBase
from csbot.encoders.onnx import OnnxEncoder
from csbot.errors import EncoderError
from csbot.intents.matters import matter_of
from csbot.intents.slots import find_slots
from csbot.intents.understand import understand
from csbot.models import Understanding

Read = Callable[..., Understanding]


@pytest.fixture(scope="module")
def read(small_kb: KnowledgeBase) -> Read:
    def read_one(text: str, **settings: object) -> Understanding:
        return understand(text, small_kb, small_kb.contents, **settings)  # type: ignore[arg-type]

    return read_one


@pytest.mark.parametrize("text", ["运费怎么算", " 運費怎麼算？？？", "你好，请问运费怎么算，谢谢", "包邮吗😀"])
def test_an_exact_question_hits_with_certainty(read: Read, text: str) -> None:
    best = read(text).candidates[0]
    assert (best.faq_id, best.exact, best.confidence) == ("ship-fee", True, 1.0)


def test_the_original_is_kept_beside_the_normal_form(read: Read) -> None:
    message = read("  運費怎麼算？？")
    assert (message.text, message.normalised) == ("  運費怎麼算？？", "运费怎么算")


@pytest.mark.parametrize(
    ("text", "matter"),
    [
        ("我叫林晓燕，电话13800000001，多久发货", "多久发货"),
        ("多久发货？手机号是 138 0000 0001", "多久发货"),
        ("单号：QH202611030012", ""),
        ("你好，多久发货，谢谢", "多久发货"),
    ],
)
def test_the_matter_is_what_is_left_of_a_message(text: str, matter: str) -> None:
    assert matter_of(text, find_slots(text)) == matter


def test_slots_and_the_words_that_introduce_them_are_no_part_of_the_matter(read: Read) -> None:
    message = read("我叫林晓燕，电话13800000001，下单后多久发货")
    assert {slot.name: slot.value for slot in message.slots} == {"name": "林晓燕", "phone": "13800000001"}
    assert message.candidates[0].exact


@pytest.mark.parametrize("text", ["我手机13800000001，名字叫林晓燕", "我电话13800000001 林晓燕", "我的手机号码13800000001"])
def test_who_only_gives_phone_and_name_wishes_for_nothing_by_likeness(read: Read, text: str) -> None:
    message = read(text)
    assert (message.signals, message.intents) == ((), {})
    assert [signal.name for signal in read(text + "，转人工").signals] == ["human_wanted"]


def test_courtesy_alone_is_small_talk_without_candidates(read: Read) -> None:
    message = read("你好呀")
    assert (message.smalltalk, message.candidates, message.intents) == ("greeting", (), {})


@pytest.mark.parametrize("text", ["", "   ", "😀😀", "？？？", "\u0000\u0007", "\u200b"])
def test_a_message_without_any_text_has_no_candidates(read: Read, text: str) -> None:
    message = read(text)
    assert (message.normalised, message.candidates, message.slots) == ("", (), ())


OPTIONS = {"invoice": "发票怎么开", "return": "怎么退货", "task:order_progress": "查询我的订单进度"}


@pytest.mark.parametrize(
    ("text", "picked", "action"),
    [("第一个", "invoice", None), ("怎么退货", "return", None), ("3", "task:order_progress", "order_progress")],
)
def test_a_pick_from_the_options_is_no_question(read: Read, text: str, picked: str, action: str | None) -> None:
    message = read(text, options=OPTIONS)
    assert message.picked is not None
    assert (message.picked.faq_id, message.picked.action, message.picked.confidence) == (picked, action, 1.0)
    assert (message.candidates, message.rejected) == ((), False)


@pytest.mark.parametrize("text", ["都不是", "不是", "没有我要的", "全不对"])
def test_the_options_can_be_rejected(read: Read, text: str) -> None:
    message = read(text, options=OPTIONS)
    assert (message.rejected, message.picked, message.candidates) == (True, None, ())


def test_an_faq_that_is_gone_can_not_be_picked_any_more(read: Read) -> None:
    message = read("1", options={"gone": "国庆活动有哪些", "never-was": "没有这条"})
    assert (message.rejected, message.picked) == (True, None)


def test_an_order_is_picked_by_its_id_though_no_faq_has_it(read: Read) -> None:
    message = read("2", options={"QH1": "QH1 门锁", "QH2": "QH2 拉篮"}, offers_orders=True)
    assert message.picked is not None
    assert message.picked.faq_id == "QH2"


def test_what_gives_the_slot_asked_for_asks_for_nothing_else(read: Read) -> None:
    assert read("号码是13800000001你查查我的订单", asked="phone").intents == {}
    assert read("号码是13800000001你查查我的订单").intents != {}


def test_the_bare_request_to_look_an_order_up_is_the_order_intent(read: Read) -> None:
    message = read("帮我查一下我的订单到哪了")
    assert message.intents["order_progress"] >= message.signal("order_wanted") > 0


def test_an_expired_faq_is_no_candidate_even_for_its_own_question(read: Read) -> None:
    assert "gone" not in {c.faq_id for c in read("国庆活动有哪些").candidates}


def test_a_category_of_three_faqs_is_a_bare_topic(read: Read) -> None:
    assert set(read("物流").topic) == {"ship-time", "ship-fee", "ship-company"}


def test_a_vector_made_before_gives_the_same_understanding(read: Read, small_kb: KnowledgeBase) -> None:
    text = "几天可以给我寄出来"
    made = small_kb.encode([matter_of(text, ())])
    assert made is not None
    assert read(text, vector=made[0]) == read(text)


def test_the_same_message_is_always_understood_alike(read: Read) -> None:
    assert read("锁没电咋办") == read("锁没电咋办")


def test_without_an_encoder_words_alone_decide_and_the_message_says_so(small_kb: KnowledgeBase, tmp_path: Path) -> None:
    kb = KnowledgeBase(small_kb.contents, OnnxEncoder(tmp_path))
    with pytest.warns(RuntimeWarning, match="词面"):
        message = understand("下单后多久发货", kb, kb.contents)
    assert message.degraded
    assert message.candidates[0].exact
    assert message.intents == {}


def test_without_an_encoder_nothing_is_guessed_where_that_is_forbidden(small_kb: KnowledgeBase, tmp_path: Path) -> None:
    kb = KnowledgeBase(small_kb.contents, OnnxEncoder(tmp_path), may_degrade=False)
    with pytest.raises(EncoderError):
        understand("下单后多久发货", kb, kb.contents)
