"""What one message gives for the slots of a task, and what it takes back."""

from __future__ import annotations

import pytest
from handmade import FAULT, message

from csbot.dialogue.slot_filling import Filled, fill, taken_back

KNOWN = {"product": "智能门锁", "fault": "打不开", "phone": "13800000001", "address": "文一路8号"}
ALL = KNOWN | {"wished_time": "2026-11-25", "wished_time_said": "25号"}


def filled(text: str, known: dict[str, str] | None = None, asked: str | None = None, *, whole: bool = True) -> Filled:
    kind = FAULT.kind_of(asked) if asked else None
    return fill(FAULT, known or {}, asked, message(text, asked=kind), whole=whole)


@pytest.mark.parametrize(
    ("asked", "text", "value"),
    [
        ("product", "2", "橱柜"), ("product", "第一个", "智能门锁"), ("product", "是指纹锁", "智能门锁"),
        ("product", "吊柜门", "橱柜"),
        ("product", "衣柜的移门", "衣柜"), ("product", "其他的", "其他"),
        ("fault", "昨天开始指纹识别不了", "昨天开始指纹识别不了"), ("fault", "门關不嚴，有異響", "门關不嚴，有異響"),
        ("phone", "138 0000 0001", "13800000001"), ("phone", "幺三八零零零零零零零一", "13800000001"),
        ("address", "文二路9号1幢602", "文二路9号1幢602"), ("address", "应该是文二路9号", "文二路9号"),
        ("address", "李家村三组", "李家村三组"),
        ("wished_time", "2026-11-25", "2026-11-25"),
    ],
)  # fmt: skip
def test_the_slot_asked_for_is_filled_by_what_its_kind_reads(asked: str, text: str, value: str) -> None:
    assert filled(text, asked=asked).values[asked] == value


@pytest.mark.parametrize(
    ("asked", "text", "invalid"),
    [
        ("phone", "1380000", True), ("phone", "尾号0001", True), ("phone", "等一下我找找", False), ("address", "我家", True),
        ("fault", "不行", False), ("fault", "???", True), ("product", "桌子", False), ("wished_time", "2月30号", True),
    ],
)  # fmt: skip
def test_a_value_that_can_not_be_right_is_told_from_no_value(asked: str, text: str, invalid: bool) -> None:
    found = filled(text, asked=asked)
    assert (found.invalid == asked) is invalid
    assert asked not in found.values or not invalid


def test_one_message_may_fill_several_slots() -> None:
    found = filled("报修：衣柜移门掉下来了，电话13900000005，地址是滨江区江南大道18号，2026-11-28来").values
    assert found == {
        "product": "衣柜", "fault": "衣柜移门掉下来了", "phone": "13900000005", "address": "滨江区江南大道18号",
        "wished_time": "2026-11-28", "wished_time_said": "2026-11-28",
    }  # fmt: skip


def test_a_text_is_taken_without_what_other_slots_took() -> None:
    assert filled("指纹不灵，电话13800000001", asked="fault").values == {
        "fault": "指纹不灵",
        "phone": "13800000001",
    }


def test_an_account_of_what_happened_is_no_wish_for_a_time() -> None:
    assert "wished_time" not in filled("昨天开始打不开了", asked="fault").values
    assert "wished_time" not in filled("昨天门锁坏了，我要报修").values
    assert filled("门锁坏了，2026-11-28来修").values["wished_time"] == "2026-11-28"


def test_a_question_is_no_account_of_a_fault() -> None:
    assert filled("修一次多少钱", asked="fault", whole=False).values == {}


def test_what_is_known_is_not_changed_by_a_word_in_passing() -> None:
    assert filled("橱柜的抽屉也松了", KNOWN, "wished_time").values == {}


@pytest.mark.parametrize(
    ("text", "slot", "value"),
    [
        ("地址是文二路9号", "address", "文二路9号"), ("地址改成文二路9号", "address", "文二路9号"),
        ("地址不对，应该是文二路9号", "address", "文二路9号"),
        ("电话是13900000005", "phone", "13900000005"), ("不对，13900000005", "phone", "13900000005"),
        ("产品是橱柜", "product", "橱柜"),
        ("不对，是橱柜", "product", "橱柜"), ("故障改成漏水", "fault", "漏水"),
    ],
)  # fmt: skip
def test_any_slot_can_be_corrected_when_all_is_read_back(text: str, slot: str, value: str) -> None:
    assert filled(text, ALL, "confirm").values == {slot: value}


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("地址不对", ["address"]), ("电话写错了", ["phone"]), ("产品和地址要改", ["product", "address"]),
        ("上面那个号错了", ["phone"]),
        ("手机号发错了", ["phone"]), ("不对", []), ("地址在哪里改", []), ("你们地址在哪", []),
    ],
)  # fmt: skip
def test_a_slot_is_taken_back_by_its_title_or_by_its_kind(text: str, gone: list[str]) -> None:
    kinds = tuple(FAULT.kind_of(name) for name in KNOWN)
    assert taken_back(FAULT, KNOWN, "confirm", message(text, known=kinds)) == gone


@pytest.mark.parametrize(("text", "gone"), [("不对", ["address"]), ("发错了", ["address"]), ("那个号错了", ["phone"])])
def test_a_bare_denial_in_between_takes_back_what_was_given_last(text: str, gone: list[str]) -> None:
    kinds = tuple(FAULT.kind_of(name) for name in KNOWN)
    assert taken_back(FAULT, KNOWN, "wished_time", message(text, known=kinds)) == gone


def test_what_is_not_known_can_not_be_taken_back() -> None:
    assert taken_back(FAULT, {}, "confirm", message("地址不对")) == []


def test_a_long_text_is_kept_in_part() -> None:
    assert len(filled("柜门坏了" * 200, asked="fault").values["fault"]) == 200


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("地址写错了 是14号", {"address": "文一路14号"}), ("门牌号不对，应该是14号", {"address": "文一路14号"}),
        ("不是8号，是14号", {"address": "文一路14号"}), ("住址改成文二路9号", {"address": "文二路9号"}),
        ("时间不对，换成2026-11-28", {"wished_time": "2026-11-28", "wished_time_said": "2026-11-28"}),
        ("不是智能门锁，是衣柜", {"product": "衣柜"}), ("不是门锁 是衣柜", {"product": "衣柜"}),
        ("是衣柜", {"product": "衣柜"}),
        ("应该是橱柜", {"product": "橱柜"}), ("故障写错了，是衣柜门打不开", {"fault": "衣柜门打不开"}),
        ("地址是对的", {}),
    ],
)  # fmt: skip
def test_the_field_that_the_customer_names_wins(text: str, values: dict[str, str]) -> None:
    assert filled(text, ALL, "confirm").values == values


def test_a_part_that_fits_nowhere_is_no_value() -> None:
    assert filled("地址写错了 是14号", ALL | {"address": "李家村三组"}, "confirm").values == {}


@pytest.mark.parametrize("text", ["2026-11-28能来吗", "2026-11-28上午可以吗", "2026-11-28行不行"])
def test_a_day_proposed_by_a_question_is_wished_for(text: str) -> None:
    assert filled(text, KNOWN, "wished_time").values["wished_time"] == "2026-11-28"


@pytest.mark.parametrize("text", ["你们周末上班吗", "周六要加钱吗", "周六不在家", "周六没空", "除了周日都行", "要钱吗", "确认"])
def test_a_day_that_is_asked_about_or_ruled_out_is_not(text: str) -> None:
    assert filled(text, KNOWN, "wished_time").values == {}


def test_a_day_read_back_that_is_ruled_out_is_taken_back() -> None:
    assert taken_back(FAULT, ALL, "confirm", message("2026-11-25没空")) == ["wished_time"]
    assert taken_back(FAULT, ALL, "confirm", message("2026-11-26没空")) == []


@pytest.mark.parametrize(("text", "asked", "expected"), [
    ("文二路9号1幢602室", "fault", {"address": "文二路9号1幢602室"}),
    ("周六下午", "fault", None), ("尽快来", "fault", {}),
])  # fmt: skip
def test_what_belongs_to_another_field_is_not_taken_for_the_fault(
    text: str, asked: str, expected: dict[str, str] | None
) -> None:
    values = filled(text, {"product": "衣柜"}, asked).values
    assert "fault" not in values
    assert "wished_time" in values if expected is None else values == expected


@pytest.mark.parametrize("text", ["不是，是门锁", "说错了是门锁", "其实是门锁", "打错了 门锁"])
def test_a_choice_is_put_right_while_something_else_is_asked(text: str) -> None:
    assert filled(text, {"product": "衣柜"}, "fault").values == {"product": "智能门锁"}


@pytest.mark.parametrize("text", ["是603不是602", "不是602，是603", "602错了，是603", "门牌应该是603", "地址门牌错了 是603"])
def test_one_number_of_the_address_is_put_right(text: str) -> None:
    assert filled(text, {**ALL, "address": "文二路9号1幢602"}, "confirm").values == {"address": "文二路9号1幢603"}


def test_a_value_is_kept_without_its_name_and_an_hour_with_what_makes_it_a_span() -> None:
    assert filled("地址 江干区凤起路12号", {"product": "衣柜", "fault": "坏了"}, "address").values == {
        "address": "江干区凤起路12号"
    }
    assert filled("后天下午三点以后", {}, "wished_time").values["wished_time_said"] == "后天下午三点以后"
