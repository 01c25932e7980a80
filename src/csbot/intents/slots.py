"""Slots in Chinese messages: order ids, phones, names. Without ``\\b``, because digits stand glued to hanzi.

Every value carries its span in the original message, so that the trace can show it and a mask can cover it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence

from csbot.config import OrderConfig
from csbot.models import Slot
from csbot.text import is_common_word

_NUMERALS = dict(zip("零〇一二三四五六七八九幺两壹贰叁肆伍陆柒捌玖", "0012345678912123456789", strict=True))
_GAP = r"[\s\-–—.·]{0,2}"
_PHONE = re.compile(rf"(?<!\d)(?:\+?\s*(?:00)?86{_GAP})?(1{_GAP}[3-9](?:{_GAP}\d){{9}})(?!{_GAP}\d)")
_LANDLINE_FREE = re.compile(r"[\s\-–—.·]")
_NUMERAL_RUN = re.compile(rf"[{''.join(_NUMERALS)}0-9]{{11,}}")

DEFAULT_ORDER_ID = OrderConfig().order_id_patterns

_HANZI = r"[\u4e00-\u9fff·]"
_END = r"(?=$|[\s,，。.!;；、的吧哦呢啊]|手机|电话|订单|单号|尾号|号码|先生|女士|小姐|买|在|想|要|查|\d)"
_NAME_INTRO = re.compile(
    r"(?:我的?名字(?:是|叫)?|我叫做?|姓名(?:是|叫|为|:)|名字(?:是|叫|为|:)|收[件货]人(?:姓名|名字)?(?:是|叫|为|:)|联系人(?:是|叫|:)"
    rf"|下单人(?:是|叫|:)|客户名(?:是|叫|:)?|登记的?名字?(?:是|叫))\s*({_HANZI}{{2,12}}?){_END}"
)
"""Words after which a name comes for certain."""
_MAYBE_INTRO = re.compile(rf"(?:我是|本人(?:是)?|叫|姓名|名字|收[件货]人|联系人|下单人)\s*({_HANZI}{{2,4}}?){_END}")
"""Words after which a name may come; it must begin with a surname then."""
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
    r"[吗呢吧么嘛啊呀哦了的没不谁哪怎]|什么|多少|物流|订单|快递|包裹|进度|一下|安装|明天|今天|昨天|发货|退款|退货|换货|发票|先生|女士|小姐|你好|您好|谢谢"
    r"|客服|人工|手机|电话|号码|单号|尾号|用户|业主|会员|老板|师傅|查询|看看|帮我|忘记|知道|随便|签收|下单|付款|收货|地址|上面|刚才|就是|这个|那个"
)
_TITLES = re.compile(r"(?:先生|女士|小姐|同学|老师)?(?:吧|呀|啊|哦|的|呢)?$")


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
            value = match.group().upper()
            if not _PHONE.fullmatch(match.group()) and not re.fullmatch(r"(?:86)?1[3-9]\d{9}", value):
                take("order_id", value, *match.span())
    for match in _PHONE.finditer(folded):
        take("phone", _LANDLINE_FREE.sub("", match.group(1)), *match.span())
    for match in _NUMERAL_RUN.finditer(folded):
        digits = "".join(_NUMERALS.get(char, char) for char in match.group())
        if re.fullmatch(r"(?:86)?1[3-9]\d{9}", digits):
            take("phone", digits[-11:], *match.span())
    for match in _NAME_INTRO.finditer(folded):
        if _may_be_name(match.group(1)):
            take("name", match.group(1), *match.span(1))
    for match in _MAYBE_INTRO.finditer(folded):
        if _begins_like_name(match.group(1)) and not match.group(1).startswith("查"):
            take("name", match.group(1), *match.span(1))
    if not any(slot.name == "name" for slot in found):
        if asked == "name":
            _whole_name(folded, taken, take)
        elif found:
            _bare_name(folded, taken, take)
    return tuple(sorted(found, key=lambda slot: slot.span))


Take = Callable[[str, str, int, int], None]


def _whole_name(folded: str, taken: list[tuple[int, int]], take: Take) -> None:
    """The answer to "who?": whatever is left beside other slots, if it can be a name at all."""
    for match in re.finditer(rf"{_HANZI}+", _blanked(folded, taken)):
        word = _TITLES.sub("", match.group().removeprefix("是").removeprefix("叫"))
        if _may_be_name(word):
            start = match.start() + match.group().index(word)
            take("name", word, start, start + len(word))
            return


def _bare_name(folded: str, taken: list[tuple[int, int]], take: Take) -> None:
    """A name that stands alone beside other slots, unasked: it must begin with a surname and be no ordinary word."""
    for match in re.finditer(rf"(?<!{_HANZI}){_HANZI}{{2,6}}(?!{_HANZI})", _blanked(folded, taken)):
        word = _TITLES.sub("", match.group())
        if _begins_like_name(word) and not word.startswith("查") and not is_common_word(word):
            take("name", word, match.start(), match.start() + len(word))
            return


def _blanked(folded: str, taken: list[tuple[int, int]]) -> str:
    rest = list(folded)
    for start, end in taken:
        rest[start:end] = " " * (end - start)
    return "".join(rest)


def _may_be_name(word: str) -> bool:
    longest = 12 if "·" in word else 4
    return 2 <= len(word) <= longest and not _NOT_A_NAME.search(word)


def _begins_like_name(word: str) -> bool:
    compound = word[:2] in _COMPOUND
    return _may_be_name(word) and len(word) <= (4 if compound else 3) and (compound or word[0] in _SURNAMES)


def is_attempt(text: str, asked: str) -> bool:
    """Whether the message tries to give the phone or order id asked for, though no valid value was found in it.

    >>> is_attempt("手机号138000", "phone"), is_attempt("手机号填错了怎么改", "phone")
    (True, False)
    """
    folded, _ = _fold(text)
    return asked in ("phone", "order_id") and len(folded) <= 20 and bool(re.search(r"\d{5,}", folded))
