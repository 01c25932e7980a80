"""What a log says becomes suggestions, and what they would do is known before anything is accepted."""

from __future__ import annotations

import pytest
from streams import Script, together

from csbot import Faq, KnowledgeBase
from csbot.analytics.listening import Voice, listen
from csbot.analytics.remembered import remembering
from csbot.analytics.review import apply, review
from csbot.analytics.suggestions import Suggestion
from csbot.analytics.voice import clean, hear
from csbot.evaluation.cases import Case, Expect
from csbot.models.events import Event
from csbot.text import query_form


def picked(n: int, text: str, faq_id: str, *offered: str) -> list[Event]:
    """A customer is asked back and picks."""
    script = Script(f"p{n}").clarify(n, faq_id, *offered, text=text)
    return script.answer(n + 0.5, faq_id, "1", rule="option_picked").events


def handed_off(n: int, text: str, *said: str) -> list[Event]:
    """A customer is not understood, asks for a human, and agents answer."""
    script = Script(f"h{n}").miss(n, text).human(n + 0.2, f"T{n}").step(n + 0.3, f"T{n}", "active")
    for i, one in enumerate(said):
        script.agent(n + 0.4 + i / 100, f"T{n}", one)
    return script.events


@pytest.fixture(scope="module")
def kb(small_kb: KnowledgeBase) -> KnowledgeBase:
    return remembering(small_kb)


def heard_of(kb: KnowledgeBase, *logs: list[Event]) -> Voice:
    return listen(kb, [event for log in logs for event in log])


def test_what_was_picked_and_what_was_asked_in_vain_are_told_apart() -> None:
    heard = hear([
        *picked(1, "东西啥时候寄", "ship-time", "ship-fee"),
        *Script("a").clarify(1, "pay", "refund", text="钱的事").miss(2, "随便问问吧").events,
        *handed_off(5, "柜门合页松了", "请拧紧"),
        *together(Script("c").human(1, "T9", reason="misses", text="还是不行啊"), Script("d").human(1, "", text="转人工")),
    ])  # fmt: skip
    assert [(one.text, one.faq_id) for one in heard.picks] == [("东西啥时候寄", "ship-time")]
    assert sorted((one.text, one.why, one.said) for one in heard.questions) == [
        ("柜门合页松了", "handed_off", ("请拧紧",)),
        ("还是不行啊", "handed_off", ()),
        ("钱的事", "unsure", ()),
        ("随便问问吧", "missed", ()),
    ]


def test_an_faq_that_is_shown_and_not_accepted_is_counted_by_what_happened_next() -> None:
    heard = hear([
        *Script("a").answer(0, "return", "怎么退货啊").answer(1, "return", "怎么退货呢").human(2, "").events,
        *Script("b").answer(0, "return", "退货").rate(1, solved=False).events,
        *Script("c").answer(0, "pay", "能分期吗").events,
        *picked(9, "多少钱", "measure", "pay"),
    ])  # fmt: skip
    shown = {one.faq_id: one for one in heard.shown}
    assert set(shown) == {"return", "pay"}
    counted = shown["return"]
    assert (counted.answered, counted.asked_again, counted.handed_off, counted.unsolved) == (3, 1, 1, 1)
    assert (shown["pay"].offered, shown["pay"].not_picked, shown["pay"].answered, shown["pay"].refused) == (1, 1, 1, 0)
    assert heard.shown[0].faq_id == "return"
    assert 0 < counted.refusal_rate < 1
    assert len(heard.asks) == 5  # the picked one is an answer too


def test_picks_and_agents_answers_become_similar_questions(kb: KnowledgeBase) -> None:
    voice = heard_of(
        kb,
        *(picked(n, "小白鸽出笼了没", "ship-time", "install") for n in range(2)),
        handed_off(7, "蓝条条给我一张", "您好，在订单详情点“申请发票”。"),
    )
    found = {one.similar: one for one in voice.suggestions}
    one = found["小白鸽出笼了没",]
    assert (one.kind, one.faq_id, one.sources, one.messages) == ("similar", "ship-time", ("picked",), 2)
    assert found["蓝条条给我一张",].faq_id == "invoice"
    assert found["蓝条条给我一张",].sources == ("agent",)


def test_agents_know_what_the_knowledge_base_does_not(kb: KnowledgeBase) -> None:
    texts = ("柜门合页松了怎么办", "柜门的合页松了咋办", "橱柜门合页松掉了怎么办")
    said = "用十字螺丝刀把合页上的螺丝拧紧，滑丝了我们免费寄新的。"
    voice = heard_of(kb, *(handed_off(n, text, said) for n, text in enumerate(texts)))
    [theme] = voice.themes
    assert (theme.messages, theme.why) == (3, {"handed_off": 3})
    assert "合页" in theme.words
    [draft] = voice.suggestions
    assert (draft.kind, draft.answer, draft.messages) == ("draft", said, 3)
    assert {query_form(text) for text in draft.added} == {query_form(text) for text in texts}
    changed = apply(kb, [draft])
    faq = changed.contents.get(draft.faq_id)
    assert faq is not None
    assert faq.status == "draft"
    assert changed.search(texts[0])[0].faq_id != draft.faq_id  # nobody is answered by a draft
    assert apply(kb, [draft], published=True).search(texts[0])[0].faq_id == draft.faq_id


def test_people_who_disagree_and_what_is_known_suggest_nothing(kb: KnowledgeBase) -> None:
    voice = heard_of(
        kb,
        picked(1, "那个钱的事情怎么说", "refund", "pay"),
        picked(2, "那个钱的事情怎么说", "pay", "refund"),
        picked(3, "请问，邮费多少钱？", "ship-fee"),
    )
    assert voice.suggestions == []


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("13800000001这个号的快递到哪了", "这个号的快递到哪了"),
        ("QH202611030012 还没发", "还没发"),
        ("我叫林**，想退货", ""),
        ("发到***行吗", ""),
        ("多久发货？", "多久发货？"),
    ],
)
def test_nothing_personal_is_suggested(said: str, left: str, kb: KnowledgeBase) -> None:
    assert clean(said) == left
    voice = heard_of(kb, picked(1, said, "ship-company"))
    assert all("*" not in text and not any(c.isdigit() for c in text) for one in voice.suggestions for text in one.added)
    assert [one.similar for one in voice.suggestions] in ([], [(left,)])


def similar(faq_id: str, text: str, name: str = "s-1") -> Suggestion:
    return Suggestion(id=name, kind="similar", faq_id=faq_id, question="", similar=(text,))


CASES = [
    Case(text="卡里的款子几时能退到", expect=Expect(faq_id="refund")),
    Case(text="订单可以开电子票吗", expect=Expect(faq_id="invoice")),
    Case(text="你们老板是谁呀", expect=Expect(out_of_scope=True)),
]


def test_a_review_says_what_each_suggestion_repairs_and_harms(kb: KnowledgeBase) -> None:
    good = similar("refund", "卡里的款子几时能退到呢", "good")
    bad = similar("pay", "你们的老板是谁", "bad")
    found = review(kb, [good, bad], CASES)
    assert found.before is not None
    assert found.recommended is not None
    assert found.everything is not None
    marked = {one.id: one for one in found.suggestions}
    assert marked["bad"].harms == ("你们老板是谁呀",)
    assert marked["bad"].warnings
    assert marked["good"].repairs == 1 - found.before.outcomes[0].right
    assert found.fine == [marked["good"]]
    assert found.before.oos_rejection == found.recommended.oos_rejection == 1.0
    assert found.everything.oos_rejection == 0.0
    assert found.recommended.outcomes[0].right


def test_a_suggestion_that_takes_another_faqs_question_is_warned_of_without_any_cases(kb: KnowledgeBase) -> None:
    thief = similar("lock-power", "门锁要怎么联网", "thief")
    [marked] = review(kb, [thief]).suggestions
    assert marked.harms == ("门锁怎么联网",)
    assert marked.warnings
    [fine] = review(kb, [similar("measure", "量一次尺寸要花钱吗")]).suggestions
    assert fine.warnings == ()


def test_applying_adds_to_what_is_there_and_changes_nothing_else(kb: KnowledgeBase, faqs: list[Faq]) -> None:
    before = kb.contents.faqs
    changed = apply(
        kb, [similar("pay", "能不能分几个月付"), similar("pay", "支持花呗分期吗", "s-2"), similar("none", "问", "s-3")]
    )
    assert kb.contents.faqs == before == tuple(faqs)
    old = {faq.id: faq for faq in before}
    for faq in changed.contents.faqs:
        expected = (*old["pay"].similar, "能不能分几个月付") if faq.id == "pay" else old[faq.id].similar
        assert faq == old[faq.id].model_copy(update={"similar": expected})


def test_an_empty_log_suggests_nothing(kb: KnowledgeBase) -> None:
    voice = listen(kb, [])
    assert (voice.questions, voice.themes, voice.surges, voice.shown, voice.suggestions) == (0, [], [], [], [])
    assert review(kb, []).suggestions == []


def test_each_text_is_encoded_once(faqs: list[Faq], counting: object) -> None:
    made = KnowledgeBase.build(faqs, encoder=counting)  # type: ignore[arg-type]
    counting.seen.clear()  # type: ignore[attr-defined]
    trial = remembering(made)
    voice = listen(
        trial, [*picked(1, "小白鸽出笼了没", "ship-time"), *handed_off(2, "蓝条条给我一张", "在订单详情点“申请发票”。")]
    )
    review(trial, voice.suggestions, CASES)
    seen = counting.seen  # type: ignore[attr-defined]
    assert len(seen) == len(set(seen)) > 0
