"""Masking: what identifies a person is covered, what does not stays readable."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csbot.privacy import mask, mask_value

phones = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)


@given(phones, st.sampled_from(["", " ", "-", "--", "."]), st.sampled_from(["", "电话", "我的号是", "+86 ", "打"]))
def test_the_four_middle_digits_of_a_phone_are_covered(phone: str, gap: str, before: str) -> None:
    written = gap.join([phone[:3], phone[3:7], phone[7:]])
    assert mask(f"{before}{written}谢谢") == f"{before}{phone[:3]}****{phone[7:]}谢谢"


@given(st.text(), st.lists(st.text(max_size=4), max_size=3))
def test_any_text_can_be_masked(text: str, names: list[str]) -> None:
    assert isinstance(mask(text, names), str)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("单号QH202611030012到哪了", "单号QH20******12到哪了"),
        ("身份证110101199001011234", "身份证11******34"),
        ("身份证11010119900101123X", "身份证11******3X"),
        ("卡号6222021234567890123", "卡号62******23"),
        ("8613800000001", "86******01"),
        ("邮箱：lin.xy@example.com.cn，谢谢", "邮箱：l***@***，谢谢"),
        ("3栋2单元501室", "***"),
        ("愚园路218弄5号", "***"),
        ("我家在文一路8号", "我家在***"),
        ("师傅这一路8号线过来的", "师傅这一路8号线过来的"),
        ("请发到我邮箱a.b@example.com谢谢", "请发到我邮箱a***@***谢谢"),
        ("单号 6222 0212 3456 7890 123", "单号 62******23"),
        ("021-12345678转801", "021-********"),
        ("我住在上海市徐汇区愚园路218弄5号501室，谢谢", "我住在***，谢谢"),
        ("沪A·D12345", "沪A***"),
        ("1Z999AA10123456784", "1Z******84"),
        ("我的一一零一零一一九九零零三零七四五七八", "我的***"),
        ("微信号zhang_san88，谢谢", "微信号z***，谢谢"),
        ("加我微信：zhangsan吧", "加我微信：z***吧"),
        ("QQ是12345", "QQ是1***"),
        ("138 / 0000 / 0001", "138****0001"),
        ("138转0000转0001", "138****0001"),
        ("1、3、8、0、0、0、0、0、0、0、1", "138****0001"),
        ("lin@\u200bexample.com", "l***@***"),
        ("邮箱lin在example点com吗", "邮箱l***@***吗"),
    ],
)
def test_ids_cards_mail_and_doors_are_covered(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-03下的单",
        "2026-11-03 14:05",
        "9:00-21:00",
        "满100000元",
        "型号KFR-35GW",
        "400-800-8888",
        "满 99 元包邮",
        "48 小时内发货",
        "11月22日下午3点",
        "台面做 850 毫米高",
        "第 3 次了",
        "柜子 12800 元",
        "",
        "你好😀",
    ],
)
def test_ordinary_numbers_stay_readable(text: str) -> None:
    assert mask(text) == text


@pytest.mark.parametrize("text", ["\U000f0000\U0010ffff 13800000001", "\U000f0001"])
def test_characters_of_the_private_planes_are_kept_as_they_are(text: str) -> None:
    """The mask marks pieces with such characters itself."""
    assert mask(text) == text.replace("13800000001", "138****0001")


@pytest.mark.parametrize("piece", ["市区镇路", "一号", "12", "1a", "a.b@", "东路1号", "1 3 "])
def test_the_longest_message_is_masked_without_getting_lost(piece: str) -> None:
    """Patterns whose time grew with the square of the length would take minutes here."""
    assert mask(piece * (20_000 // len(piece)))


def test_any_number_of_pieces_is_masked() -> None:
    """More of them than there are code points in two planes, which stand for them meanwhile."""
    private = "\U0010fffe" * 0x20001
    assert mask(f"{private} 012345，13800000001") == f"{private} 01******45，138****0001"


def test_emoji_stay_joined() -> None:
    assert mask("👨\u200d👩\u200d👧 13800000001") == "👨\u200d👩\u200d👧 138****0001"


def test_names_are_covered_but_for_the_first_character_wherever_they_stand() -> None:
    assert mask("我叫林晓燕，林晓燕收，欧阳雪也行", ["林晓燕", "欧阳雪"]) == "我叫林**，林**收，欧**也行"


def test_a_name_of_one_character_is_no_name_to_look_for() -> None:
    assert mask("林先生的树林", ["林"]) == "林先生的树林"


@pytest.mark.parametrize(
    ("slot", "value", "masked"),
    [
        ("name", "林晓燕", "林**"),
        ("name", "李四", "李*"),
        ("name", "", ""),
        ("phone", "13800000001", "138****0001"),
        ("order_id", "QH202611030012", "QH20******12"),
    ],
)
def test_a_slot_is_covered_as_its_kind_asks_for(slot: str, value: str, masked: str) -> None:
    assert mask_value(slot, value) == masked


@given(phones)
def test_masking_what_is_masked_changes_nothing(phone: str) -> None:
    once = mask(f"我叫林晓燕，{phone}，单号QH202611030012", ["林晓燕"])
    assert mask(once, ["林晓燕"]) == once
