"""What customers take back, and values that they say are wrong."""

from __future__ import annotations

import pytest

from csbot.intents.slots import read_slots

WRONG, RIGHT = "13800000001", "13912345678"


@pytest.mark.parametrize(
    "text",
    [
        f"不是{WRONG}，是{RIGHT}", f"不是{WRONG}是{RIGHT}", f"应该是{RIGHT}而不是{WRONG}", f"{WRONG}错了，{RIGHT}",
        f"{WRONG}这个手机号打错了，用{RIGHT}", "不是一三八零零零零零零零一，是139-1234-5678", f"別用{WRONG}，用{RIGHT}查",
    ],
)  # fmt: skip
def test_the_value_that_is_wrong_is_not_given(text: str) -> None:
    reading = read_slots(text)
    assert [slot.value for slot in reading.slots] == [RIGHT]
    assert [slot.value for slot in reading.denied] == [WRONG]
    assert reading.withdrawn == ()


def test_what_a_mask_must_cover_holds_the_wrong_value_too() -> None:
    text = "我不叫林晓燕，我叫王芳"
    assert [(slot.value, text[slice(*slot.span)]) for slot in read_slots(text).found] == [
        ("林晓燕", "林晓燕"),
        ("王芳", "王芳"),
    ]


@pytest.mark.parametrize(
    "text", [f"是不是{WRONG}", f"这不是{WRONG}吗", f"{WRONG}不对吗", f"{WRONG}填错了怎么改", f"{WRONG}，单号错了"]
)
def test_a_question_about_a_value_denies_nothing(text: str) -> None:
    assert [slot.value for slot in read_slots(text).slots] == [WRONG]


@pytest.mark.parametrize("text", [f"手机号不是{WRONG}", f"{WRONG}不对", f"{WRONG}是错的"])
def test_a_value_that_is_wrong_and_has_no_other_withdraws_its_slot(text: str) -> None:
    assert (read_slots(text).slots, read_slots(text).withdrawn) == ((), ("phone",))


@pytest.mark.parametrize(
    ("text", "known", "withdrawn"),
    [
        ("上面那个号错了", ("order_id", "phone", "name"), ("phone",)),
        ("上面那个号错了", ("phone", "order_id"), ("order_id",)),
        ("上面那个号错了", ("name",), ()),
        ("上面那个号错了", (), ()),
        ("刚才那个发错了", ("phone", "name"), ("name",)),
        ("打错了", ("phone", "name"), ("name",)),
        ("不对，说错了", ("order_id",), ("order_id",)),
        ("打错了", (), ()),
        ("手机号打错了", ("phone", "name"), ("phone",)),
        ("手机号打错了", ("name",), ()),
    ],
)
def test_only_what_is_known_is_withdrawn_and_the_latest_where_nothing_is_named(
    text: str, known: tuple[str, ...], withdrawn: tuple[str, ...]
) -> None:
    assert read_slots(text, known=known).withdrawn == withdrawn


@pytest.mark.parametrize(
    "text",
    [
        "你们货发错了", "颜色发错了", "收到的东西不对", "你们给的电话不对", "快递单号不对",
        "手机号填错了怎么改", "收货电话写错了能改吗",
        "地址写错了", "这个订单不对，少一件", "不对劲啊", "系统里我的名字不对",
    ],
)  # fmt: skip
def test_another_mistake_withdraws_no_slot(text: str) -> None:
    assert read_slots(text, known=("order_id", "phone", "name")).withdrawn == ()


def test_the_slot_taken_back_is_the_one_that_the_rest_of_the_message_gives() -> None:
    reading = read_slots("名字打错了，安然", asked="phone", known=("name",))
    assert ([(slot.name, slot.value) for slot in reading.slots], reading.withdrawn) == ([("name", "安然")], ())
