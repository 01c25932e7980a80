"""Masking over generated transcripts: whatever identifies a person, however it is typed, and nothing that is harmless."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest

from csbot.privacy import mask


class Value(NamedTuple):
    """Something personal as it is typed, and what must not be read in the masked text: digits in a row, or words."""

    written: str
    digits: str = ""
    words: tuple[str, ...] = ()


FULL_WIDTH = str.maketrans(
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", "０１２３４５６７８９ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺ"
)
SPOKEN = str.maketrans("0123456789", "零幺二三四五六七八九")


def number(rng: random.Random, length: int, first: str = "123456789") -> str:
    return rng.choice(first) + "".join(rng.choice("0123456789") for _ in range(length - 1))


def grouped(digits: str, sizes: tuple[int, ...], gap: str) -> str:
    parts, at = [], 0
    for size in sizes:
        parts.append(digits[at : at + size])
        at += size
    return gap.join(part for part in [*parts, digits[at:]] if part)


def mobile(rng: random.Random) -> Value:
    digits = "1" + number(rng, 10, "3456789")
    forms = [
        digits, f"+86{digits}", f"+86 {digits}", f"+86-{digits}", f"0086{digits}", f"86 {digits}", grouped(digits, (3, 4), " "),
        grouped(digits, (3, 4), "-"), grouped(digits, (3, 4), "."), grouped(digits, (3, 3), " "), grouped(digits, (4, 3), " "),
        "+86 " + grouped(digits, (3, 4), " "), " ".join(digits), "-".join(digits), grouped(digits, (3, 4), " - "),
        digits.translate(FULL_WIDTH), grouped(digits, (3, 4), " ").translate(FULL_WIDTH), digits.translate(SPOKEN),
    ]  # fmt: skip
    forms += [grouped(digits, (3, 4), gap) for gap in ("/", " / ", "、", "~", "～", "+", "转", "，", "_", "\u200b")]
    forms += [gap.join(digits) for gap in ("、", "/", "，", ",")]
    if re.fullmatch(r"[1-9]\d\d0[1-9]\d\d0", digits[3:]):  # may be sizes
        return Value(digits, digits[2:8])
    return Value(rng.choice(forms), digits[2:8], (digits.translate(SPOKEN),))


def landline(rng: random.Random) -> Value:
    area, length = rng.choice([("010", 8), ("021", 8), ("0755", 8), ("0571", 8), ("0311", 8), ("0915", 7), ("0376", 7)])
    digits = number(rng, length)
    forms = [
        f"{area}-{digits}", f"{area}{digits}", f"{area} {digits}", f"({area}){digits}", f"（{area}）{digits}",
        f"{area}-{digits[:-4]} {digits[-4:]}", f"{area}-{digits}-801", f"{area}-{digits}转8012", f"+86 {area[1:]} {digits}",
        f"+86-{area}-{digits}", f"{area}-{digits}".translate(FULL_WIDTH),
    ]  # fmt: skip
    return Value(rng.choice(forms), digits[1:-1])


def identity_card(rng: random.Random) -> Value:
    birthday = f"{rng.randrange(1940, 2012)}{rng.randrange(1, 13):02d}{rng.randrange(1, 29):02d}"
    digits = number(rng, 6) + birthday + number(rng, 3, "0123456789")
    last = rng.choice("0123456789XXXx")
    forms = [digits + last, f"{digits[:6]} {birthday} {digits[14:]}{last}", f"{digits[:6]}-{birthday}-{digits[14:]}{last}",
             (digits + last).upper().translate(FULL_WIDTH), (digits + last).translate(SPOKEN)]  # fmt: skip
    return Value(rng.choice(forms), birthday, (birthday.translate(SPOKEN),))


def bank_card(rng: random.Random) -> Value:
    digits = rng.choice(["6222", "6217", "6228", "4096", "5187"]) + number(rng, rng.choice([12, 14, 15]), "0123456789")
    forms = [digits, grouped(digits, (4, 4, 4, 4), " "), grouped(digits, (4, 4, 4, 4), "-"), digits.translate(FULL_WIDTH),
             f"{digits[:6]} {digits[6:]}"]  # fmt: skip
    return Value(rng.choice(forms), digits[6:12])


def order_id(rng: random.Random) -> Value:
    digits = rng.choice([f"2026{rng.randrange(1, 13):02d}{rng.randrange(1, 29):02d}", ""]) + number(rng, rng.choice([8, 10]))
    digits = digits.rjust(12, "7")
    letters = rng.choice(["QH", "SF", "JDVB", "YT", "PO", "TBORDER", "qh", ""])
    forms = [f"{letters}{digits}", f"{letters}{digits}".translate(FULL_WIDTH), grouped(digits[:12], (4, 4), " ")]
    forms += [f"{letters}-{digits}", f"{letters}_{digits}", f"{letters}{digits}-1"] if letters else []
    forms += [f"1Z{digits[:3]}AA{digits[3:]}"]
    return Value(rng.choice(forms), digits[3:9])


def e_mail(rng: random.Random) -> Value:
    local = rng.choice(["lin.xiaoyan", "a.b", "wang_jp", "zhou-wenbo", "li+shop", "Chen.Mo88", "qq", number(rng, 9)])
    domain = rng.choice(["example.com", "example.com.cn", "mail.example.org", "example.net"])
    forms = [f"{local}@{domain}", f"{local}@{domain.upper()}", f"{local} @ {domain}", f"{local}＠{domain}"]
    forms += [f"{local}@\u200b{domain}", f"{local}\u2060@{domain}", f"{local}艾特{domain.replace('.', '点')}"]
    forms += [f"{local}在{domain.replace('.', '点')}", f"{local} at {domain.replace('.', ' dot ')}"]
    return Value(rng.choice(forms), words=(local, domain.split(".")[0] + "."))


PLACES = (
    "", "浙江省杭州市西湖区", "上海市徐汇区", "北京市朝阳区", "深圳市南山区", "河北省保定市清苑区大庄镇",
    "广西壮族自治区南宁市", "成都市", "徐汇区", "杭州西湖",
)  # fmt: skip


def address(rng: random.Random) -> Value:
    place = rng.choice(PLACES)
    street = rng.choice(
        ["文三路", "愚园路", "建国大街", "世纪大道", "和平巷", "香港中路", "东直门外大街", "井冈山路", "卫津道"]
    )
    estate = rng.choice(
        ["阳光花园", "翠苑三区", "万科城市花园二期", "瑞景大厦", "桂花苑", "SOHO现代城", "锦绣家园", "王家新村"]
    )
    house, building, unit = rng.randrange(1, 999), rng.randrange(1, 40), rng.randrange(1, 6)
    flat = f"{rng.randrange(1, 33)}{rng.randrange(1, 9):02d}"
    kind = rng.randrange(11)
    if kind == 0:
        return Value(f"{place}{street}{house}号{building}幢{flat}室", words=(f"{house}号", flat))
    if kind == 1:
        return Value(f"{place}{street}{house}弄{building}号{flat}室", words=(f"{house}弄", flat))
    if kind == 2:
        return Value(f"{place}{street}{house}号", words=(f"{house}号", street))
    if kind == 3:
        return Value(f"{place}{street}{house}号{estate}{building}栋{unit}单元{flat}", words=(f"{house}号", flat, estate))
    if kind == 4:
        return Value(f"{place}{estate}{building}号楼{unit}单元{flat}室", words=(f"{building}号楼", flat))
    if kind == 5:
        return Value(f"{place}{estate}{building}-{unit}-{flat}", words=(f"-{flat}",))
    if kind == 6:
        return Value(f"{building}栋{unit}单元{flat}", words=(f"{building}栋", flat))
    if kind == 7:
        return Value(f"{place}{street}{house}号{rng.choice('ABC')}座{flat}", words=(f"{house}号", f"座{flat}"))
    if kind == 8:
        return Value(f"{place}李家村{unit}组{house}号", words=(f"{unit}组", f"{house}号"))
    if kind == 9:
        return Value(f"{place}中山路一百二十{rng.choice('一二三五')}号三号楼二单元五零一室", words=("一百二十", "五零一"))
    return Value(f"{place}{street}{house}-{unit}号{flat}室", words=(f"{house}-", flat))


def number_plate(rng: random.Random) -> Value:
    tail = number(rng, 5)
    plate = f"{rng.choice('沪京粤苏浙')}{rng.choice('ABCE')}{rng.choice(['', '·', ' '])}{rng.choice(['', 'D'])}{tail}"
    return Value(rng.choice([plate, plate.lower()]), tail)


def account(rng: random.Random) -> Value:
    name = rng.choice(["zhang_san88", "linxiaoyan", "wxid-a1b2c3", "Chenmo_2020", "abcdef"])
    shows_itself = [f"微信 {name}", f"微信{name}", f"vx {name}"] if re.search(r"\d", name) else []
    forms = [f"微信号{name}", f"微信号是{name}", f"微信：{name}", f"VX:{name}", f"v信是{name}", f"抖音号 {name}", *shows_itself]
    return Value(rng.choice(forms), words=(name,))


KINDS: dict[str, Callable[[random.Random], Value]] = {
    kind.__name__: kind
    for kind in (mobile, landline, identity_card, bank_card, order_id, e_mail, address, number_plate, account)
}

HARMLESS_PART = "2026-11-03 14:05 下的单，一共12800元"
AROUND = (
    "{}", "我的是{}，麻烦查一下", "麻烦看看{}谢谢", "请发到{}吧", "你好 {} 帮我看看", "改成{}可以吗？",
    f"昨天留的是{{}}，{HARMLESS_PART}", "{}，下午3点到6点在", "登记的：{}。", "「{}」对吗",
)  # fmt: skip


def transcripts(count: int, seed: int) -> Iterator[tuple[str, list[tuple[str, Value]]]]:
    """Conversations of three lines with three values each, of kinds taken in turn."""
    rng = random.Random(seed)
    for i in range(count):
        values = [(name, KINDS[name](rng)) for name in (list(KINDS)[i % len(KINDS)], *rng.choices(list(KINDS), k=2))]
        lines = [f"客户：{rng.choice(AROUND).format(value.written)}" for _, value in values]
        yield "\n".join(lines), values


def readable(masked: str, value: Value) -> list[str]:
    """What of a value can still be read."""
    masked = masked.replace(HARMLESS_PART, "")
    plain = re.sub(r"\D", "", masked)
    found = [value.digits] if value.digits and value.digits in plain else []
    return found + [words for words in value.words if words in masked]


def test_in_1600_transcripts_nothing_personal_can_be_read() -> None:
    leaks = []
    for text, values in transcripts(1600, seed=0):
        for line, (kind, value) in zip(text.split("\n"), values, strict=True):
            if left := readable(mask(line), value):
                leaks.append((kind, value.written, left, mask(line)))
    assert leaks == []


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"address"}))
def test_the_words_around_a_value_stay_as_they_are(kind: str) -> None:
    rng = random.Random(1)
    for _ in range(100):
        before, after = rng.choice(AROUND).split("{}")
        masked = mask(before + KINDS[kind](rng).written + after)
        assert masked.startswith(before)
        assert masked.endswith(after)


def test_the_words_after_an_address_stay_and_those_before_it_mostly() -> None:
    rng = random.Random(2)
    for _ in range(200):
        masked = mask(f"请帮我送到{address(rng).written}，谢谢")
        assert masked.startswith("请帮我送到")
        assert masked.endswith("，谢谢")


def test_masking_what_is_masked_changes_nothing() -> None:
    for text, _ in transcripts(400, seed=3):
        assert mask(mask(text)) == mask(text)


HARMLESS = """
2026-11-03下的单什么时候发货|2026/11/3 能到吗|2026年11月3日之前送到可以吗|2026.11.03的活动还有吗|20261103到货了没
11月3号能装吗|11-03到11-11有活动吗|周三14:05打过电话|2026-11-03 14:05:33 付的款|你们几点上班，9:00-21:00吗
早上8点半到晚上6点有人吗|18:00～20:30送货|营业时间 09:30 至 18:00|订单是2026-11-03T08:15下的|三天内能到吗
3-5天能到吗|48小时内发货吗|等了15天了|提前24小时预约|这个多少钱，1299元吗|满100000元打几折|一共12800.50元
¥12,800.00能便宜吗|￥9999 的那款|定金5000块，尾款23800块|便宜200吧|打八五折是多少|总价是128800元|合计1234567元
付了128000，还差多少|优惠300000有吗|积分120000能换什么|余额100000怎么提现|价格128000太贵了|每平米1680元
iPhone15 Pro Max 能用吗|iPhone 16e 和 15 哪个好|RTX4090Ti能装吗|A4纸有吗|支持 Wi-Fi 6 和 5G 吗|型号KFR-35GW/N8
型号：WQD100200的滤芯|货号 100234567 有现货吗|规格 PN-2000X 的还有吗|错误码E200009怎么办|故障码 F01|版本2.13.4的固件
SKU 88012345|ISO9001认证有吗|GB18030是什么|符合GB/T 36276标准吗|尺寸1800*2000*600|1200x600x750mm|柜子高2.4米宽1.2米
台面850毫米高|净重12.5kg|容量20000mAh|功率2200W|屏幕6.7寸2796x1290|尺寸 1200 1500 1800 有吗
2021 2022 2023 款有什么不同|100000次开合|1000000人用过|每卷100米|厚18毫米的板|误差0.35毫米|水压0.4兆帕|2室1厅多少钱
三室两厅全屋定制|98平的房子|搬到五楼要加钱吗|送到3楼收费吗|没电梯12楼怎么收费|楼层高4米能装吗|7号电池在哪买
11号线能到你们店吗|地铁3号线|双11还有优惠吗|618活动|3C认证|24期免息|你知道3号能到吗|不知道11号行不行|能不能弄3号的色
怎么弄2个|上海能送吗|杭州市有门店吗|西湖区能上门吗|浙江省包邮吗|杭州市西湖区能装吗|江苏省南京市有安装师傅吗
你们商城3楼卖什么|万达广场2楼有店吗|购物中心100多家店|在路上3号能到吗|走路30分钟|高速公路上堵车|线路板3号口
通道3号门|订单什么时候到|我要退货|换一个大的|发票怎么开|增值税专用发票|能开13%的吗|运费到付|门锁没电了|1到10分给8分
第3次了|第十二次催了|问了5遍|100%棉|0甲醛吗|E0级板材|ENF级|下单3件，到了2件|少了1个配件|买2送1|3+1套餐|5:5开|比例1:2
4K 120Hz|8GB+256GB|WD40能用吗|M8的螺丝|Type-C接口|PD65W|IP68防水|IPX7|V2.0|第2代|客服几点下班|周一到周五几点到几点
节假日10:00开门|晚上20点后还送吗|最晚23:59前付款|零点抢购|12:00整开售|7x24小时|400-800-8888是你们的吗
4008008888打不通|800-820-8820|12315|12345|95588|打400 820 8820没人接|客服热线400-1234-567|一栋楼能团购吗|一号店有吗
二号色和三号色哪个好|五号色|三楼能送吗|十一楼|一单元一课|两百三十块|一千二百元|三万五|一二三等奖|二三十个
一百二十号人|零点五|三三两两|九九八十一|1.5匹空调|3匹柜机|2p|220V 50Hz|10A插座|16A插座|2.5平方线|6分管
库存还有12345个吗|销量100000件|好评率99.8%|降了1000块|涨到1580了|从999涨到1299|1399元到1599元|2000-3000元的
孩子3岁能用吗|老人70岁|身高175体重70|M码还是L码|XL的|42码|170/88A|37.5度|房间朝南|路由器放哪|线槽怎么走|网络线路不好
味道大不大|渠道是正规的吗|报道说有问题|频道怎么调|保修5年|质保10年|2019-2023年|90后|00后|2024款|2025年新款
2026年产的|新apple12什么时候上|云g9000柜子|零一二三四五六七八九|一二三四五六七八九十|微信支付行吗|微信号怎么改|客服微信是多少
微信iphone15上打不开|微信小程序在哪|QQ2024版|加QQ群可以吗|柜子130/1500/2000的|1、2、3、4都有吗|1300/1400/150毫米|我在jd点com买的
3+1+2+1+1套餐|1/2/3层|7、8、9号送|13/14/15/16号都行|抖音上看到的|app在ios上下载|小红书号怎么关注|满138+20+10
"""
"""Sentences of customers about days, times, money, goods, measures and places, that identify nobody."""


def test_harmless_sentences_stay_as_they_are_but_for_fewer_than_one_in_a_hundred() -> None:
    sentences = [sentence for line in HARMLESS.split("\n") for sentence in line.split("|") if sentence]
    wrong = [(sentence, mask(sentence)) for sentence in sentences if mask(sentence) != sentence]
    assert len(sentences) >= 200
    assert len(wrong) < len(sentences) / 100, wrong
