"""Slots in Chinese messages: order ids, phones, names. Without ``\\b``, because digits stand glued to hanzi.

Every value carries its span in the original message, so that the trace can show it and a mask can cover it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from csbot.config import OrderConfig
from csbot.models import Slot

_NUMERALS = dict(zip("零〇一二三四五六七八九幺两壹贰叁肆伍陆柒捌玖", "0012345678912123456789", strict=True))
_GAP = r"[\s\-–—.·]{0,2}"
_PHONE = re.compile(rf"(?<!\d)(?:\+?\s*(?:00)?86{_GAP})?(1{_GAP}[3-9](?:{_GAP}\d){{9}})(?!{_GAP}\d)")
_LANDLINE_FREE = re.compile(r"[\s\-–—.·]")
_NUMERAL_RUN = re.compile(rf"[{''.join(_NUMERALS)}0-9]{{11,}}")

DEFAULT_ORDER_ID = OrderConfig().order_id_patterns

_NAME_INTRO = re.compile(
    r"(?:我(?:的名字)?(?:叫做?|是)|姓名(?:是|叫|为|:)?|名字(?:是|叫|为|:)?|收[件货]人(?:是|叫|为|:)?|联系人(?:是|叫|:)?|本人(?:叫|是)?|下单人(?:是|叫|:)?|客户名?(?:是|叫|:)?|登记的?名?(?:是|叫))"
    r"\s*([\u4e00-\u9fff·]{2,5}?)(?=$|[\s,，。.!;；、的]|手机|电话|订单|单号|尾号|号码|买|在|想|要|查|\d)"
)
_SURNAMES = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任袁柳酆鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅"
    "皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋茅庞熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯昝管卢莫"
    "经房裘缪干解应宗丁宣贲邓郁单杭洪包诸左石崔吉钮龚程嵇邢滑裴陆荣翁荀羊於惠甄曲家封芮羿储靳汲邴糜松井段富巫乌焦巴弓牧隗山谷车侯宓蓬全郗班仰秋仲伊宫宁仇栾暴甘钭厉戎祖武符刘"
    "景詹束龙叶幸司韶郜黎蓟薄印宿白怀蒲邰从鄂索咸籍赖卓蔺屠蒙池乔阴鬱胥能苍双闻莘党翟谭贡劳逄姬申扶堵冉宰郦雍郤璩桑桂濮牛寿通边扈燕冀郏浦尚农温别庄晏柴瞿阎充慕连茹习宦艾鱼容"
    "向古易慎戈廖庾终暨居衡步都耿满弘匡国文寇广禄阙东欧殳沃利蔚越夔隆师巩厍聂晁勾敖融冷訾辛阚那简饶空曾毋沙乜养鞠须丰巢关蒯相查后荆红游竺权逯盖益桓公肖涂闫付岳凃仝代佟覃"
)
_COMPOUND = (
    "欧阳",
    "上官",
    "司马",
    "诸葛",
    "夏侯",
    "东方",
    "皇甫",
    "尉迟",
    "公孙",
    "慕容",
    "司徒",
    "令狐",
    "南宫",
    "端木",
    "百里",
    "轩辕",
    "宇文",
    "长孙",
    "独孤",
)
_NOT_A_NAME = re.compile(
    r"[吗呢吧么嘛啊呀哦了的没不是在有要会能查找看问退换买发货单号订快递电话手机人工客服什么怎哪谁多少几为何时候到和我你他她它这那就都也还好行谢错对可以想给让把被]"
)


def _fold(text: str) -> tuple[str, list[int]]:
    """The text in half width, and for each of its characters the place in the original."""
    folded, places = [], []
    for place, char in enumerate(text):
        for part in unicodedata.normalize("NFKC", char):
            folded.append(part)
            places.append(place)
    return "".join(folded), places


def find_slots(text: str, *, asked: str | None = None, order_id: Sequence[str] = DEFAULT_ORDER_ID) -> tuple[Slot, ...]:
    """Slots ``phone``, ``order_id`` and ``name`` of the original message, in the order they stand in it.

    :param asked: the slot just asked for: a bare "林晓燕" is a name only then, or beside a phone.
    :param order_id: regular expressions of the merchant's order ids.

    >>> [(s.name, s.value) for s in find_slots("我叫林晓燕，电话１３８ 0000 0001")]
    [('name', '林晓燕'), ('phone', '13800000001')]
    >>> [(s.name, s.value) for s in find_slots("查qh202611030012到哪了")]
    [('order_id', 'QH202611030012')]
    """
    folded, places = _fold(text)
    found: list[Slot] = []
    taken: list[tuple[int, int]] = []

    def take(name: str, value: str, start: int, end: int) -> None:
        if value and not any(start < b and a < end for a, b in taken):
            taken.append((start, end))
            found.append(Slot(name=name, value=value, span=(places[start], places[end - 1] + 1)))

    for pattern in order_id:
        for match in re.finditer(rf"(?<![A-Za-z0-9])(?:{pattern})(?!\d)", folded):
            value = re.sub(r"[\s_]", "", match.group()).upper()
            if not _PHONE.fullmatch(match.group()) and not re.fullmatch(r"(?:86)?1[3-9]\d{9}", value):
                take("order_id", value, *match.span())
    for match in _PHONE.finditer(folded):
        take("phone", _LANDLINE_FREE.sub("", match.group(1)), *match.span())
    for match in _NUMERAL_RUN.finditer(folded):
        digits = "".join(_NUMERALS.get(char, char) for char in match.group())
        if re.fullmatch(r"(?:86)?1[3-9]\d{9}", digits):
            take("phone", digits[-11:], *match.span())
    for match in _NAME_INTRO.finditer(folded):
        if _looks_like_name(match.group(1)):
            take("name", match.group(1), *match.span(1))
    if not any(slot.name == "name" for slot in found) and (asked == "name" or found):
        _bare_name(folded, taken, take)
    return tuple(sorted(found, key=lambda slot: slot.span))


def _bare_name(folded: str, taken: list[tuple[int, int]], take: object) -> None:
    """A name that stands alone beside other slots or as the answer to "who?"."""
    rest = list(folded)
    for start, end in taken:
        rest[start:end] = " " * (end - start)
    for match in re.finditer(r"(?<![\u4e00-\u9fff])[\u4e00-\u9fff·]{2,5}(?![\u4e00-\u9fff])", "".join(rest)):
        word = match.group()
        if _looks_like_name(word) and (word[0] in _SURNAMES or word[:2] in _COMPOUND):
            take("name", word, *match.span())  # type: ignore[operator]
            return


def _looks_like_name(word: str) -> bool:
    compound = word[:2] in _COMPOUND
    given = word[2:] if compound else word[1:]
    return 2 <= len(word) <= (4 if compound else 3) + ("·" in word) * 10 and not _NOT_A_NAME.search(given)


_ATTEMPT = {
    "phone": re.compile(r"手机|电话|号码|\d{5,}"),
    "order_id": re.compile(r"单号|订单号|编号|\d{5,}"),
    "name": re.compile(r"^(?:我叫|姓名|名字|我是)"),
}


def is_attempt(text: str, asked: str) -> bool:
    """Whether the message tries to give the slot asked for, though no valid value was found in it."""
    folded, _ = _fold(text)
    return bool(_ATTEMPT[asked].search(folded)) and (len(folded) <= 20 or asked == "name")
