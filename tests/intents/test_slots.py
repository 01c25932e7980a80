"""Slots as Chinese customers write them, and spans that point into the very message they sent."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csbot.intents.folding import fold
from csbot.intents.slots import find_slots, is_attempt, read_slots

PHONE = ("phone", "13800000001")
ORDER = ("order_id", "QH202611030012")
LIN = ("name", "林晓燕")


def found(text: str, **settings: object) -> list[tuple[str, str]]:
    return [(slot.name, slot.value) for slot in find_slots(text, **settings)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "13800000001", "电话13800000001啊", "我13800000001的单子", "138 0000 0001", "138-0000-0001", "138.0000.0001",
        "138·0000·0001", "1 3 8 0 0 0 0 0 0 0 1", "+8613800000001", "+86 138 0000 0001", "+86-138-0000-0001", "8613800000001",
        "008613800000001", "0086 13800000001", "１３８００００００01", "＋８６１３８０００００００１",
        "１３８－００００－０００１",
        "幺三八零零零零零零零一", "一三八〇〇〇〇〇〇〇一", "八六幺三八零零零零零零零一", "手机壹叁捌零零零零零零零壹谢谢",
        "138零零零零零零零一",
        "①③⑧00000001",
    ],
)  # fmt: skip
def test_a_phone_is_found_however_it_is_written(text: str) -> None:
    assert found(text) == [PHONE]


@pytest.mark.parametrize(
    "text",
    [
        "1380000000", "12800000001", "23800000001", "138000000012345678901", "2026年11月3日", "买了3个花了128元", "12345678901",
        "一三八零零", "110", "", "   ", "😀😀",
    ],
)  # fmt: skip
def test_what_is_no_phone_is_left_alone(text: str) -> None:
    assert all(name != "phone" for name, _ in found(text))


@pytest.mark.parametrize(
    "text",
    [
        "QH202611030012",
        "查qh202611030012到哪了",
        "单号：QH202611030012。",
        "ＱＨ２０２６１１０３００１２",
        "qH202611030012查",
    ],
)
def test_an_order_id_is_found_in_either_width_and_case(text: str) -> None:
    assert found(text) == [ORDER]


def test_marks_inside_an_order_id_are_kept_for_the_backend_to_judge() -> None:
    assert found("我的QH_202611030012呢") == [("order_id", "QH_202611030012")]


def test_long_digit_runs_of_the_platforms_are_order_ids() -> None:
    assert found("淘宝单号2026110300123456在哪") == [("order_id", "2026110300123456")]


@pytest.mark.parametrize(
    "text",
    [
        "QH 202611030012", "qh 2026 1103 0012", "qh-2026-1103-0012", "QH 20261103 0012", "Q H 2026 1103 0012",
        "no.QH202611030012",
        "QH 202611030012 2件", "QH２０２６ １１０３ ００１２",
    ],
)  # fmt: skip
def test_an_order_id_in_pieces_is_put_together(text: str) -> None:
    (slot,) = find_slots(text)
    assert (slot.name, slot.value) == ORDER
    assert re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", text[slice(*slot.span)])).upper() == ORDER[1]


def test_digits_alone_are_put_together_only_where_they_are_called_an_order_id() -> None:
    assert (found("2026 1103 0012"), found("单号2026 1103 0012"), found("2026 1103 0012", asked="order_id")) == (
        [], [("order_id", "202611030012")], [("order_id", "202611030012")],
    )  # fmt: skip


CARD = "6222021234567890128"
ID_CARD = "110101199003070070"


@pytest.mark.parametrize(
    "text",
    [
        f"卡号{CARD}", f"退到银行卡 {CARD} 可以吗", "银行卡6222 0212 3456 7890 128", f"身份证{ID_CARD}",
        ID_CARD, "110101199003070038", "11010119900307002X",
        "057188880000", "400-800-1234", "QQ1234567890", "序列号SN202611030012345", "型号XD20261103", "验证码202611030012",
        "https://item.example.com/i?id=654321987654", "202611030012元", "￥202611030012", "tel1380000000", "138000000012",
    ],
)  # fmt: skip
def test_other_long_numbers_are_no_order_ids(text: str) -> None:
    assert found(text) == []


def test_what_the_message_does_not_call_a_card_may_be_an_order_id() -> None:
    assert found(f"单号{CARD}") == found(CARD) == [("order_id", CARD)]


def test_letters_glued_to_a_phone_are_a_label_or_make_an_order_id_of_it() -> None:
    assert (found("tel13800000001"), found("vx13800000001"), found("QH13800000001", asked="phone")) == ([PHONE],) * 3
    assert found("QH13800000001") == [("order_id", "QH13800000001")]


def test_a_number_that_may_be_either_is_what_it_is_called_or_was_asked_for() -> None:
    eleven = [r"\d{11}"]
    assert found("13800000001", order_id=eleven) == [PHONE]
    assert found("单号13800000001", order_id=eleven) == [("order_id", "13800000001")]
    assert found("13800000001", order_id=eleven, asked="order_id") == [("order_id", "13800000001")]
    assert found("手机13800000001", order_id=eleven) == [PHONE]


@pytest.mark.parametrize("text", ["13800000001@163.com", "13800000001元", "￥13800000001"])
def test_an_address_or_amount_is_no_phone(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize("pattern", [r"^QH\d{12}$", r"(?i)QH\d{12}", r"(?P<id>QH\d{12})"])
def test_a_merchants_pattern_is_looked_for_inside_messages_in_either_case(pattern: str) -> None:
    assert found("查qh202611030012到哪了", order_id=[pattern]) == [ORDER]


def test_a_phone_with_its_country_code_is_no_order_id() -> None:
    assert found("8613800000001") == [PHONE]


def test_the_merchants_own_pattern_replaces_the_usual_ones() -> None:
    assert found("单A-17到哪，QH202611030012呢", order_id=[r"A-\d{2}"]) == [("order_id", "A-17")]


@pytest.mark.parametrize("pattern", [r"\d*", r"x?", r"()", r"(?=1)"])
def test_a_pattern_that_matches_nothing_finds_nothing(pattern: str) -> None:
    assert all(value for _, value in found("没有号，1个", order_id=[pattern]))


@pytest.mark.parametrize(
    "text",
    [
        "我叫林晓燕",
        "我的名字叫林晓燕。",
        "姓名：林晓燕",
        "收货人是林晓燕",
        "收件人 林晓燕",
        "联系人：林晓燕，谢谢",
        "我是林晓燕想查订单",
        "下单人叫林晓燕",
    ],
)
def test_a_name_is_found_after_words_that_introduce_it(text: str) -> None:
    assert found(text) == [LIN]


@pytest.mark.parametrize("text", ["我是来问发票的", "我是要查订单", "收货人写错了", "姓名能改吗", "联系人不是我"])
def test_other_words_after_these_are_no_names(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize("text", ["林晓燕 13800000001", "13800000001林晓燕", "林晓燕，13800000001"])
def test_a_bare_name_counts_beside_a_phone(text: str) -> None:
    assert sorted(found(text)) == [LIN, PHONE]


@pytest.mark.parametrize("word", ["查一下", "安装", "全部", "包裹", "时间", "严重", "左右", "谢谢", "物流", "方便吗", "查查"])
def test_an_ordinary_word_beside_a_phone_is_no_name(word: str) -> None:
    assert found(f"13800000001 {word}") == [PHONE]


@pytest.mark.parametrize("name", ["安然", "高洁", "方圆", "万里", "文静", "张弛", "白雪", "成功", "高峰", "杨梅", "程前"])
def test_a_word_that_is_a_name_too_is_one_where_nothing_else_is_said(name: str) -> None:
    beside = [f"13800000001 {name}", f"{name}，13800000001", f"我手机13800000001，名字{name}", f"13800000001 我叫{name}"]
    assert [sorted(found(text)) for text in beside] == [[("name", name), PHONE]] * len(beside)
    assert [found(text, asked="name") for text in (name, f"就是{name}。", f"我叫{name}")] == [[("name", name)]] * 3


def test_beside_other_words_only_a_rare_one_is() -> None:
    assert sorted(found("13800000001 安然 我的东西呢")) == [("name", "安然"), PHONE]
    assert found("13800000001 成功了吗") == found("支付成功13800000001") == found("13800000001 高峰 怎么避开") == [PHONE]


@pytest.mark.parametrize("word", ["明白", "安全", "商品", "经理", "周长", "满意", "颜色", "何时", "简单", "万一", "任意"])
def test_a_word_that_customers_say_for_itself_is_never_a_name(word: str) -> None:
    texts = [f"13800000001 {word}", f"{word},13800000001"]
    assert [found(text) for text in texts] == [[PHONE]] * 2
    assert found(word, asked="name") == found(f"我叫{word}", asked="name") == []


def test_a_bare_name_counts_alone_only_where_it_was_asked_for() -> None:
    assert (found("林晓燕"), found("林晓燕", asked="name"), found("林晓燕", asked="phone")) == ([], [LIN], [])


@pytest.mark.parametrize("name", ["李四", "欧阳雪", "诸葛孔明", "王小二"])
def test_surnames_of_one_and_two_characters_are_known(name: str) -> None:
    assert found(name, asked="name") == [("name", name)]


@pytest.mark.parametrize("text", ["不知道", "没有", "谢谢", "好的", "什么名字", "转人工", "算了", "查一下", "安装"])
def test_an_answer_that_is_no_name_is_none(text: str) -> None:
    assert found(text, asked="name") == []


def test_all_slots_of_a_message_come_in_the_order_they_stand_in() -> None:
    assert found("我叫林晓燕，单号QH202611030012，电话１３８ 0000 0001") == [LIN, ORDER, PHONE]


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("电话１３８ 0000 0001呢", ["１３８ 0000 0001"]),
        ("查ＱＨ２０２６１１０３００１２，我叫林晓燕", ["ＱＨ２０２６１１０３００１２", "林晓燕"]),
        ("㏄㎏½😀+86 13800000001", ["+86 13800000001"]),
        ("号是幺三八零零零零零零零一！", ["幺三八零零零零零零零一"]),
    ],
)
def test_a_span_points_into_the_original_message(text: str, spans: list[str]) -> None:
    assert [text[slice(*slot.span)] for slot in find_slots(text)] == spans


pieces = st.sampled_from(
    ["138", "00000001", "１３８", "０", "幺三八", "零零零零", "QH", "ｑｈ", "2026110300", "我叫", "林晓燕", "收货人", "欧阳",
    "·", "+86", " ", "-",
     "明天", "下午3点", "11月25号", "周", "三", "/", "2026-11-", "尾号", "8000", "不是", "错了", "上面那个号", "卡号", "٣", "𝟖",
     "½", "㎏", "①", "㍿", "ﷺ", "é", "\u0301", "😀", "\u200b", "\n", "，"]
)  # fmt: skip
messages = st.one_of(st.text(), st.lists(pieces).map("".join))


@given(messages, st.sampled_from([None, "name", "phone", "phone_last4", "order_id", "date"]))
def test_any_message_is_read_and_every_span_lies_in_it(text: str, asked: str | None) -> None:
    found = read_slots(text, asked=asked).found
    ends = [0, *(slot.span[1] for slot in found)]
    assert all(end <= slot.span[0] < slot.span[1] <= len(text) for end, slot in zip(ends, found, strict=False))
    shapes = {
        "phone": r"1[3-9][0-9]{9}",
        "phone_last4": r"[0-9]{4}",
        "date": r"20\d\d-\d\d-\d\d(T\d\d:\d\d)?",
        "name": r".{2,40}",
    }
    assert all(re.fullmatch(shapes.get(slot.name, ".+"), slot.value) for slot in found)


@given(messages)
def test_folding_keeps_every_place(text: str) -> None:
    folded = fold(text)
    assert len(folded.typed) == len(folded.text) == len(folded.places)
    assert list(folded.places) == sorted(folded.places)
    assert all(0 <= place < len(text) for place in folded.places)


@given(
    st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.booleans(), st.sampled_from(["", "+86", "+86 ", "0086-"]),
    st.text("我的电话是手机号码，。！ ", max_size=6), st.text("谢呢啊，。！ ", max_size=6),
)  # fmt: skip
def test_any_phone_between_hanzi_is_found_whole(phone: str, wide: bool, prefix: str, before: str, after: str) -> None:
    written = prefix + phone
    if wide:
        written = "".join(chr(ord(char) + 0xFEE0) if char.isdigit() else char for char in written)
    (slot,) = find_slots(f"{before}{written}{after}")
    assert (slot.name, slot.value) == ("phone", phone)
    assert unicodedata.normalize("NFKC", f"{before}{written}{after}"[slice(*slot.span)]).strip() == prefix + phone


@pytest.mark.parametrize(
    ("text", "asked", "attempt"),
    [
        ("1380000000", "phone", True), ("手机号138000", "phone", True), ("１３８００", "phone", True), ("20261103",
        "order_id", True),
        ("我的手机不记得了", "phone", False), ("手机号填错了怎么改", "phone", False), ("发票怎么开", "phone", False),
        ("多久发货", "order_id", False), ("满5000减500吗", "order_id", False), ("20261103", "name", False),
        ("我先前在你们店里买的那个柜子的编号好像是20261103吧", "order_id", False),
    ],
)  # fmt: skip
def test_a_message_that_tries_to_give_the_slot_is_told_from_another_matter(text: str, asked: str, attempt: bool) -> None:
    assert is_attempt(text, asked) is attempt
