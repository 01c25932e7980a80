"""Danger to people is heard by classes of what happened to whom; a thing that broke, and what only sounds so, is none."""

from __future__ import annotations

import pytest

from csbot.dialogue.dangers import DANGER, EMERGENCY, find_dangers
from csbot.intents.signals import find_signals, shown_by_words


def urgency(text: str) -> float:
    return shown_by_words(find_signals(text), "urgency")


@pytest.mark.parametrize(
    "text",
    [
        "手指被柜门夹断了",
        "手夹在抽屉里拿不出来",
        "我家娃把手指头卡在锁孔里了",
        "脚趾被掉下来的板子砸肿了",
        "我胳膊被玻璃划了好大一口子",
        "头发被电机卷进去了",
        "有人被夹在拉篮里了",
        "师傅被倒下的柜子压住了",
        "柜子倒了压着孩子了",
        "割到手指了一直流血",
        "脸上溅到胶水了",
    ],
)
def test_a_part_of_the_body_or_a_person_that_was_caught_or_hurt_is_danger(text: str) -> None:
    assert urgency(text) >= DANGER


@pytest.mark.parametrize(
    "text",
    [
        "孩子被反锁在里面了哭得不行",
        "两岁的娃反锁在卧室",
        "被困在屋里了",
        "我妈晕倒了",
        "奶奶一个人在屋里叫不应",
        "头晕恶心 是不是甲醛中毒",
        "闻了新柜子的味道 全家都头晕想吐",
        "怀疑是煤气中毒",
    ],
)
def test_somebody_shut_in_fainted_or_poisoned_is_danger(text: str) -> None:
    assert urgency(text) >= DANGER


@pytest.mark.parametrize(
    "text",
    [
        "有人在撬我家门",
        "门锁被人撬了 贼还在里面",
        "有个男的一直在拧我家门把手",
        "屋里好像进了贼",
        "小偷躲在阳台",
    ],
)
def test_an_intruder_is_danger(text: str) -> None:
    assert urgency(text) >= DANGER


@pytest.mark.parametrize("text", ["电池鼓包了", "锁里的锂电池胀得像馒头", "充电宝鼓起来了", "电池烫手"])
def test_a_battery_that_swells_or_heats_up_is_danger(text: str) -> None:
    assert urgency(text) >= DANGER


@pytest.mark.parametrize(
    "text",
    [
        "置物架塌了，找人来修修",
        "柜子倒了，板子裂了",
        "吊顶塌了一角，安排人看看",
        "层板塌了东西都摔了",
        "护墙板掉下来了",
        "玻璃裂了怎么换",
        "桌腿断了",
        "沙发腿被压断了",
        "扶手断了",
        "门把手被撞坏了",
        "板材鼓包了",
        "柜门夹住了拉不开",
        "骑手把门禁撞坏了",
    ],
)
def test_a_thing_that_broke_or_collapsed_is_a_fault_and_no_danger(text: str) -> None:
    assert urgency(text) == 0


@pytest.mark.parametrize(
    "text",
    [
        "会不会夹到孩子的手",
        "门锁被撬会报警吗",
        "这把锁能防小偷吗",
        "指纹被划伤识别不了",
        "手机被偷了，能看到小偷在哪里吗",
        "甲醛超标吗",
        "电池漏液了怎么换",
        "还以为屋里进了贼，原来是柜门响",
    ],
)
def test_what_is_supposed_or_only_sounds_so_is_no_danger(text: str) -> None:
    assert urgency(text) < DANGER


@pytest.mark.parametrize(
    "text",
    [
        "师傅打了我一拳",
        "工人把我老婆推倒了",
        "快递员踹了我一脚",
        "你们员工打人",
        "师傅对我动手动脚",
        "装修工偷拍我女儿",
        "他掐我脖子",
        "被你们安装工打伤了",
        "师傅堵在门口不让我出去",
        "不给钱师傅就不走",
        "师傅拿着锤子指着我",
        "司机威胁我要弄死我",
        "师傅在我家坐着不肯走",
        "我老公打我",
        "那个男的赖着不走",
        "师傅抱住我老婆不放",
        "安装工跟我吵起来还动手",
        "师傅一拳打在我脸上",
        "你们的人把我打了",
        "师傅偷看我洗澡",
        "维修工骚扰我",
        "他用锤子砸我",
        "师傅喝醉了在我家闹事",
        "有个男的一直跟着我",
        "人赖在我家里了",
        "师傅往我身上泼水",
        "他有刀",
    ],
)
def test_who_strikes_touches_threatens_or_will_not_leave_is_danger(text: str) -> None:
    assert urgency(text) >= DANGER
    assert find_dangers(text) == ("violence",)


@pytest.mark.parametrize(
    "text",
    [
        "师傅打我电话了吗",
        "师傅到了打我",
        "请师傅来之前打我",
        "师傅打我没接到",
        "师傅打了我三个电话",
        "货到了打我老婆电话13900001111",
        "师傅打胶打得不好",
        "师傅动手能力强吗",
        "销售推我去别家",
        "客服把责任推给我",
        "师傅摸了一下柜子说没事",
        "师傅不走平台流程",
        "退款打我微信",
        "师傅不肯上楼",
        "师傅骂我",
        "师傅没打我",
        "师傅会打人吗",
        "保安拦住师傅不让进",
        "客服威胁我",
        "师傅推迟了",
        "师傅把我拉黑了",
        "师傅可以打我手机",
        "师傅有刀头吗",
        "师傅带刀具吗",
        "师傅把我家地板砸了",
        "师傅把我家墙打穿了",
        "师傅砸坏了我家玻璃",
        "师傅让我女儿签字",
        "销售一直打我电话推销",
        "师傅走没走",
        "他们打我们的旗号",
    ],
)
def test_to_call_to_refuse_work_or_to_be_rude_is_no_violence(text: str) -> None:
    assert urgency(text) == 0


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (text, "hurt")
        for text in [
            "吊柜掉下来砸到头了",
            "柜门弹到脸上了",
            "层板掉我头上了",
            "抽屉滑出来砸了脚",
            "板子砸中我腰了",
            "铁架打到眼睛了",
            "灯掉在我肩膀上",
            "砸到师傅了",
        ]
    ]
    + [
        (text, "self_harm")
        for text in ["我想死", "好想死", "不如死了算了", "活着没意思", "想结束生命", "死给你们看", "难受得想死"]
    ]
    + [(text, "choking") for text in ("孩子卡到喉咙咳不出来", "鱼刺卡喉咙里了")],
)
def test_hurt_by_what_fell_wanting_to_die_and_choking_are_danger(text: str, kind: str) -> None:
    assert urgency(text) >= DANGER
    assert kind in find_dangers(text)


@pytest.mark.parametrize(
    "text",
    [
        "砸到床头了",
        "插头掉到地上了",
        "砸到我家地板了",
        "责任掉到我头上",
        "想死你们了",
        "想死这个沙发了",
        "丑得我想死",
        "累死了",
        "你去死吧",
        "手机死机",
        "跳楼价",
        "会不会砸到头",
        "抽屉掉下来了",
        "按摩椅会打到头吗",
        "想死的心都有了",
        "这盆花不活了",
        "砸手里了",
        "柜门撞到墙了",
        "压着没人批",
        "孩子一个人在家师傅能来吗",
        "门锁有电，孩子一个人在家安全吗",
    ],
)
def test_what_fell_on_things_and_figures_of_speech_are_no_danger(text: str) -> None:
    assert urgency(text) == 0


@pytest.mark.parametrize("text", ["锁没电了，我被关在门外冻着", "半夜被锁在门外了，门打不开进不去", "钥匙落屋里了，我在门外"])
def test_to_be_locked_out_is_pressing_and_no_danger(text: str) -> None:
    assert 0.7 <= urgency(text) < EMERGENCY


@pytest.mark.parametrize(
    "text",
    [
        "门外有个陌生人在试我家密码",
        "有人在门外捣鼓我的锁",
        "凌晨三点有人输我家密码 我好怕",
        "陌生人按我家密码",
        "有个男的在我门口转了半天",
        "回家发现锁被人动过 屋里灯亮着",
        "保姆偷偷进我家 密码她知道",
        "密码被前男友知道了 怕他进来",
        "我前夫一直在砸门",
        "有人跟着我到家门口了",
        "猫眼里看到有个男的在按我的锁",
        "前男友堵在我家门口",
        "醉汉在门外拍门不走",
        "不认识的人一直按我家指纹锁",
        "半夜总有人拧我家门把手",
        "邻居趁我不在家偷偷开我家门",
        "家里东西被人翻过 锁没坏",
        "有两个男的蹲在我家门口半天了",
        "门锁提示多次输错密码 外面有个陌生人",
        "有人大半夜摸我家门锁",
        "前夫有我家密码 我怕他闯进来",
        "锁孔被人塞了东西 像是要撬",
        "门口有人我不敢开门",
        "大半夜有人在拉我家门把手",
        "他现在就在我家门口 我该怎么办",
        "下班回来发现门开着 屋里被人翻了",
    ],
)
def test_who_tries_the_lock_hangs_about_the_door_or_was_inside_is_an_intruder(text: str) -> None:
    assert urgency(text) >= DANGER
    assert "intruder" in find_dangers(text)


@pytest.mark.parametrize(
    "text",
    [
        "有人在门口等快递",
        "密码试了三次不对",
        "有人按门铃手机没提醒",
        "师傅在我家门口转了半天找不到",
        "有人输错密码会报警吗",
        "有个男的打电话说是你们师傅",
        "前男友知道密码 怎么改密码",
        "保洁怎么给她设临时密码",
        "阿姨知道密码 怎么删掉",
        "老婆一直输错密码",
        "我妈按密码老按错",
        "快递员在门口一直打电话",
        "师傅试了密码打不开",
        "安装师傅在弄我的锁",
        "有人动过我的订单吗",
        "陌生人能试出密码吗",
        "锁被孩子动过 时间不对了",
        "有人在家吗要不要量尺",
        "怎么看谁开过我家门",
        "门口有人停留能抓拍吗",
        "有陌生人逗留会提醒吗",
        "家里柜子被人翻过来装了",
        "保姆进门的记录怎么查",
        "有人试密码会锁定多久",
        "男的在门口接货可以吗",
        "有人在门口签收了",
    ],
)
def test_who_waits_at_the_door_and_what_a_lock_tells_of_visitors_is_calm(text: str) -> None:
    assert urgency(text) == 0


@pytest.mark.parametrize(
    "text",
    [
        "钱被骗了 有人冒充你们客服叫我转账",
        "我被人骗了钱 说是你们退款的",
        "接到电话说是青禾里的 让我开屏幕共享",
        "接到退款电话 说要我银行卡号 是你们吗",
        "有人打电话说我的锁要召回 让我报银行卡",
        "你们客服加我微信说退款要我验证码",
        "短信说我订单异常要点链接 是真的不",
        "被骗了3000",
        "钱已经转走了",
        "有人冒充你们客服骗我钱",
        "自称你们店的人让我下载个app退款",
        "对方说退款要先转2000保证金",
        "我把验证码告诉他了 卡里钱没了",
        "刚给骗子转了5000",
        "接到电话说我开了会员要扣费 让我取消 要转账",
        "有个人加我qq说是你们售后 要我支付宝密码",
        "你们真的打电话让客户转钱退款吗 我接到了",
        "收到短信说退款点这个链接填卡号",
        "客服电话让我共享屏幕操作退款",
        "好像遇到骗子了 说是你们家的让我扫码付款",
        "卡里的钱被转走了",
    ],
)
def test_money_codes_or_the_screen_asked_for_in_the_shops_name_is_fraud(text: str) -> None:
    assert urgency(text) >= DANGER
    assert find_dangers(text) == ("fraud",)


@pytest.mark.parametrize(
    "text",
    [
        "验证码收不到",
        "退款退到银行卡要多久",
        "退款要提供银行卡号吗",
        "感觉被你们骗了",
        "你们是骗子吧",
        "被骗了没有哈哈",
        "是不是骗人的",
        "客服让我加微信发户型图",
        "师傅让我微信转账给他",
        "短信里的链接打不开",
        "短信验证码在哪里看",
        "短信说我的快递到了 链接在哪查进度",
        "客服打电话说要改时间",
        "你们短信让我点链接评价 打不开",
        "被你们骗了300块",
        "收到短信让我预约安装 是你们发的吗",
        "怎么转账付款 银行卡可以吗",
        "对公转账账号是多少",
        "你们官网链接发我一下",
        "电话里师傅说要补200",
        "我老公转账付的款",
        "被骗了吧 哈哈 买贵了",
        "钱转走了要多久到账",
    ],
)
def test_to_pay_to_get_a_code_or_to_feel_cheated_by_the_shop_is_no_fraud(text: str) -> None:
    assert urgency(text) == 0


@pytest.mark.parametrize(
    "text",
    [
        "孩子在屋里睡着了 我倒垃圾门锁上了 灶上炖着汤",
        "娃在家睡觉 我出来倒垃圾 门关上了",
        "孩子睡着了 我锁外面了 手机没带钥匙也没",
        "出来扔垃圾 风把门带上了 里面煤气灶开着",
        "我下楼拿快递门关了 锅里还煮着粥",
        "孩子一个人睡屋里 我进不去",
        "炖着汤呢 门锁死了",
        "老人在里面叫不应",
        "两岁的娃在里头把门反锁了",
        "宝宝一个人在屋里 门自己锁了",
        "门锁没电打不开 家里燃气灶没关",
        "煤气没关 我被锁外面了",
        "进不去家 灶上烧着水",
        "风一吹门带上了 孩子还在里面睡觉",
        "我出门忘带钥匙 宝宝在床上睡着呢",
        "锅在灶上烧着 门打不开了",
        "我妈瘫痪在床 门锁坏了进不去",
        "门关上了 火没关",
        "娃自己在家 指纹锁没反应我进不去",
        "老人瘫在床上 我打不开门",
        "家里炖着肉 密码锁不认密码",
        "锁充电的时候好烫 有点鼓包",
        "锁充一晚上 外壳都烫手",
        "门锁后面烫得不敢碰",
        "锁充着电就发烫冒热气",
    ],
)
def test_a_child_or_a_flame_behind_the_door_and_a_hot_lock_are_danger(text: str) -> None:
    assert urgency(text) >= DANGER
    assert {"trapped", "unattended", "battery"} & {*find_dangers(text)}


@pytest.mark.parametrize(
    "text",
    [
        "灶台多高",
        "门关不上 锅放不进柜子",
        "孩子在家睡觉 关门声音太大能调小吗",
        "孩子在屋里睡觉 锁上滴滴响",
        "老人在家 门关上会自动锁吗",
        "煤气灶开着柜子会不会烤坏",
        "孩子一个人在家师傅能来吗",
        "孩子睡着了 师傅能晚点来吗",
        "灶台柜门锁上了怎么开",
        "锁充电要多久",
        "太阳晒得锁发烫正常吗",
        "板材鼓包了",
        "充电口在哪 外壳怎么拆",
        "锁充电会发烫吗",
        "灶具可以一起装吗",
        "门锁上的膜能撕吗 老人在家用",
        "抽油烟机开着柜门会响",
        "家里老人在 师傅下午来 门锁上面的贴膜",
        "电饭锅煮着饭 柜子能不能被蒸汽熏坏",
    ],
)
def test_children_stoves_and_doors_that_are_only_spoken_of_are_calm(text: str) -> None:
    assert urgency(text) == 0


@pytest.mark.parametrize(
    "text",
    [
        "闻到点糊味 后来发现是菜糊了 哈哈 问下柜子能擦掉黑印不",
        "手被柜门划了道小口子 没事 就想问能不能把边磨一下",
        "昨天被门夹了下手 现在好了 这门太重了能调不",
        "孩子刚才反锁在屋里 已经出来了 反锁功能怎么关",
        "以为着火了 结果是加湿器",
        "上周胳膊被柜角磕了一下 早好了 想问有没有防撞条",
    ],
)
def test_a_small_hurt_that_is_over_and_a_false_alarm_leave_the_matter_to_be_answered(text: str) -> None:
    assert urgency(text) == 0
