"""Which sentence of an answer is asked for: by its words, and by the kind of thing that it tells a number of."""

from __future__ import annotations

import pytest
from handmade import START, candidate, message, policy, told

from csbot.dialogue.answer_memory import Told
from csbot.dialogue.asked_parts import asks, part_asked, part_told, takes
from csbot.dialogue.policy import decide
from csbot.dialogue.state import State, advance
from csbot.dialogue.turns import turn_of
from csbot.models import Action, Turn, Understanding, utc_now

HIRE = (
    "帐篷可在首页“租赁-选日期”下单，最多租 3 套，每次最长 14 天。租金按天收 40 元，满 300 元打 9 折，可分 3 期。"
    "取货时由领队当面验货，帐高 2 米、重 6 公斤。有电梯送到门口免费；无电梯每层 5 元。"
    "签字前可改 2 次日期；签字后不能再改。密码 6 位，押金 1–3 个工作日退回，耐温 60℃，费率 5%。"
)


@pytest.mark.parametrize(("text", "words"), [
    ("能改几次", "签字前可改 2 次"), ("最多几套", "最多租 3 套"), ("打几折", "打 9 折"), ("可以分几期", "可分 3 期"),
    ("要几位", "密码 6 位"), ("多重", "重 6 公斤"), ("多高", "帐高 2 米"), ("谁验货", "领队"),
    ("在哪下单", "首页“租赁-选日期”"),
    ("押金几天退", "工作日退回"), ("最高多少度", "60℃"), ("费率百分之几", "费率 5%"), ("有电梯呢", "有电梯送到门口"),
    ("没电梯呢", "无电梯每层"), ("签完字还能改吗", "签字后不能再改"), ("租金多少钱", "租金按天收 40 元"),
])  # fmt: skip
def test_the_kind_of_thing_asked_for_finds_the_sentence_that_tells_it(text: str, words: str) -> None:
    part = part_asked(message(text).normalised, Told(HIRE, ("帐篷怎么租",)))
    assert words in part
    assert part in HIRE


@pytest.mark.parametrize("text", ["狗能进吗", "帐篷和睡袋哪个好", "领队多少钱", "好的", "在哪吃饭呢"])
def test_what_the_answer_does_not_tell_has_no_sentence(text: str) -> None:
    assert part_asked(message(text).normalised, Told(HIRE, ("帐篷怎么租",)), alone=True) == ""


def test_a_sentence_says_the_same_of_a_thing_by_the_head_of_its_name() -> None:
    rules = Told("雨棚随货发出。租用柜须提前 2 天预约。取消不收费。", ("怎么拿货",))
    assert part_asked(message("储物柜呢").normalised, rules) == "租用柜须提前 2 天预约。"


@pytest.mark.parametrize("text", ["信用卡", "西藏的", "退货流程"])
def test_a_bare_name_asks_what_of_it(text: str) -> None:
    assert asks(message(text).normalised)
    assert not asks(message("没电了").normalised)


def test_what_is_not_so_matters_only_of_what_the_answer_tells() -> None:
    rules = Told("未签收的由快递改址。单位需要清单请联系客服。", ("发票",))
    assert part_told(message("单位不认").normalised, rules) == "单位需要清单请联系客服。"
    assert part_told(message("没签收").normalised, rules) == "未签收的由快递改址。"


def test_a_detail_has_the_sentence_about_what_has_come_to_be_or_what_to_do_where_it_stays() -> None:
    rules = Told("请先查银行卡账单。原卡已注销的可登记新卡。签收后 48 小时内拍照；补件 7 天送达。仍有异响请报修。", ("怎么办",))
    assert part_told(message("银行卡注销了").normalised, rules) == "原卡已注销的可登记新卡。"
    assert part_told(message("三天前签收的").normalised, rules) == "签收后 48 小时内拍照；"
    assert part_told(message("三天了还是响").normalised, rules) == "仍有异响请报修。"
    assert part_told(message("改到文三路7号").normalised, rules) == ""


ASKED = Turn(
    user="帐篷怎么租", kind="answer", rule="confident", faq_id="tent", reply="请打开首页，点“租赁”，选好日期即可。最多租 3 套。"
)
SAID = advance(START, ASKED)
OTHER = candidate("boat", 0.5)


def follow(state: State, said: Understanding) -> tuple[Action, State]:
    action = decide(state, said, policy())
    reply = action.part or action.text or "…"
    return action, advance(state, turn_of(said, action, reply, utc_now()))


@pytest.mark.parametrize("found", [(), (candidate("boat", 0.2),), (OTHER,), (candidate("boat", 0.85),)])
def test_a_few_words_after_an_answer_are_asked_of_it_rather_than_of_something_hardly_likely(found: tuple[object, ...]) -> None:
    action, state = follow(SAID, message("最多几套", *found))  # type: ignore[arg-type]
    assert (*told(action), action.part) == ("answer", "told_part", "最多租 3 套。")
    assert state.answers["tent"].parts == ("最多租 3 套。",)


def test_what_another_answer_is_sure_of_or_the_told_one_has_no_word_of_stays_with_the_other() -> None:
    assert told(follow(SAID, message("最多几套", candidate("boat", 0.95)))[0]) == ("answer", "confident")
    assert told(follow(SAID, message("船票多少钱", OTHER))[0]) != ("answer", "told_part")
    assert told(follow(SAID, message("船最多坐几个人", candidate("boat", 0.85)))[0]) == ("answer", "confident")


@pytest.mark.parametrize("text", ["好的我试试", "明白了", "行我先看看", "知道了我去弄", "原来如此", "好我去领"])
@pytest.mark.parametrize("found", [(), (candidate("tent", 0.9),)])
def test_consent_is_no_question(text: str, found: tuple[object, ...]) -> None:
    action, _ = follow(SAID, message(text, *found))  # type: ignore[arg-type]
    assert told(action) == ("smalltalk", "told_taken")


@pytest.mark.parametrize("text", ["好的怎么试", "我试了没用", "好的帮我登记", "明白了那多少钱"])
def test_consent_with_a_question_or_a_wish_is_more_than_that(text: str) -> None:
    assert not takes(message(text).normalised)


def test_a_step_is_told_by_its_number_and_the_next_after_it() -> None:
    action, state = follow(SAID, message("第二步呢"))
    assert (*told(action), action.part) == ("answer", "told_part", "点“租赁”")
    action, state = follow(state, message("然后呢"))
    assert action.part == "选好日期即可。"
    assert follow(SAID, message("第一步是什么"))[0].part == "请打开首页"


def test_what_comes_next_after_the_whole_answer_lays_it_out_once() -> None:
    action, state = follow(SAID, message("接下来呢"))
    assert told(action) == ("answer", "told_in_lines")
    assert action.part == "1. 请打开首页\n2. 点“租赁”\n3. 选好日期即可。\n4. 最多租 3 套。"
    assert state.answers["tent"].laid_out
    assert told(follow(state, message("接下来呢"))[0]) != ("answer", "told_in_lines")


@pytest.mark.parametrize("text", ["步骤太多了", "慢点说", "一步一步来", "你再说一次", "记不住啊"])
def test_too_much_at_a_time_is_told_again_in_lines(text: str) -> None:
    action, state = follow(SAID, message(text))
    assert (*told(action), action.text) == (
        "fallback",
        "not_clear",
        "1. 请打开首页，点“租赁”，选好日期即可。\n2. 最多租 3 套。",
    )
    assert state.answers["tent"].laid_out


CABINET = (
    "柜体质保 5 年，铰链 2 年。质保从签收日起算。"
    "橱柜推荐多层板，每平方米加 90 元；样块可免费领取。"
    "图纸可免费改 2 次，第 3 次起每次收 50 元。尾款须在送货前付清，暂不支持安装后付款。"
)


@pytest.mark.parametrize(("before", "text", "part"), [
    ("门锁保修几年", "铰链呢", "柜体质保 5 年，铰链 2 年。"),  # the same is asked of another thing
    ("橱柜推荐什么板", "多少钱", "橱柜推荐多层板，每平方米加 90 元；"),  # of what, the question before tells
    ("板材怎么选", "厨房用哪种", "橱柜推荐多层板，每平方米加 90 元；"),
    ("板材怎么选", "贵多少", "橱柜推荐多层板，每平方米加 90 元；"),
    ("图纸能改吗", "再改收多少", "图纸可免费改 2 次，第 3 次起每次收 50 元。"),
    ("什么时候付钱", "装完再付行不行", "尾款须在送货前付清，暂不支持安装后付款。"),
])  # fmt: skip
def test_what_few_words_leave_out_is_taken_from_the_question_before(before: str, text: str, part: str) -> None:
    assert part_asked(message(text).normalised, Told(CABINET, (message(before).normalised,))) == part


def test_how_long_before_is_not_how_long() -> None:
    rules = Told("请提前 3 天预约。上门约 1 小时。图纸另发。", ("复尺是什么",))
    assert part_asked(message("要多久").normalised, rules) == "上门约 1 小时。"


@pytest.mark.parametrize(("detail", "part"), [
    ("大概25公分", "裂缝超过 20 厘米的整段更换。"), ("有三十厘米长", "裂缝超过 20 厘米的整段更换。"),
    ("六千多", "单笔上限 5000 元。"), ("8000的", "单笔上限 5000 元。"), ("三千块", "单笔上限 5000 元。"),
    ("我一米六八", "台高按“身高÷2＋5”估算。"), ("身高172", "台高按“身高÷2＋5”估算。"),
    ("我要两把", "每人限一件。"), ("我家7楼", "无电梯从 3 楼起收费。"), ("我在昆明", "只到开店城市上门。"),
    ("8000公里外", ""), ("我在上班", ""),
])  # fmt: skip
def test_a_number_a_size_or_a_place_of_the_case_has_the_sentence_that_turns_on_it(detail: str, part: str) -> None:
    rules = (
        "裂缝超过 20 厘米的整段更换。单笔上限 5000 元。台高按“身高÷2＋5”估算。"
        "每人限一件。无电梯从 3 楼起收费。只到开店城市上门。"
    )
    assert part_told(message(detail).normalised, Told(rules, ("怎么规定的",))) == part


def test_what_is_told_after_an_answer_is_never_called_unintelligible() -> None:
    rules = Turn(
        user="能代付吗", kind="answer", rule="confident", faq_id="pay", reply="可请好友代付。单笔上限 5000 元。三天内有效。"
    )
    said = advance(START, rules)
    for text, rule, part in (("六千多", "told_part", "单笔上限 5000 元。"), ("我在昆明", "told_detail", "")):
        action = decide(said, message(text), policy())
        assert (action.rule, action.part) == (rule, part)
    assert decide(START, message("六千多"), policy()).rule == "miss"
