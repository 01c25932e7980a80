"""Labelled messages for the FAQs of `small_kb`, none of them among its questions."""

from __future__ import annotations

from csbot.evaluation.cases import Case

INSIDE = {
    "ship-time": ("东西多久能发出来", "付完款几天发货呀", "我买的什么时候寄", "一般多长时间发货"),
    "ship-fee": ("快递费要我出吗", "邮费怎么收的", "买多少免运费"),
    "ship-company": ("你们用什么快递发的", "可不可以发顺丰", "走的哪个物流公司"),
    "return": ("我想把东西退了", "退货流程是什么", "不想要了怎么退"),
    "refund": ("退的钱几天能到", "退款什么时候到我卡上", "怎么还没退钱给我"),
    "invoice": ("开发票在哪里弄", "可以给我开张专票吗", "公司报销要发票怎么办"),
    "lock-power": ("锁没电了进不去屋", "门锁电池耗光了怎么开", "指纹锁没电怎么办"),
    "lock-wifi": ("锁连不上wifi怎么办", "门锁怎么连家里的网", "智能锁联网失败"),
    "measure": ("师傅上门量尺寸要给钱吗", "量房免费吗", "测量收多少钱"),
    "install": ("橱柜装好要几天", "安装柜子得多长时间", "装橱柜一天够吗"),
    "pay": ("能分几期付", "花呗可以分期不", "信用卡可以分期付款吗"),
}
OUTSIDE = (
    "今天几号", "你喜欢吃什么", "附近哪有加油站", "帮我订一张机票", "感冒了吃什么药", "手机屏幕碎了能修吗", "明天会下雨吗",
    "讲个故事听听", "怎么学好英语", "推荐几本小说", "房贷利率是多少", "猫粮哪个牌子好", "高考分数线是多少",
)  # fmt: skip


def labelled() -> list[Case]:
    """34 messages that an FAQ answers and 13 that none does."""
    inside = [{"text": text, "expect": {"faq_id": faq}} for faq, texts in INSIDE.items() for text in texts]
    outside = [{"text": text, "expect": {"out_of_scope": True}} for text in OUTSIDE]
    return [Case.model_validate(row) for row in inside + outside]
