"""`csbot demo`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from csbot.cli.output import console

SCRIPT = (
    "你好", "货到家了，没电梯搬到五楼要另外给钱吗", "发票", "1", "我的柜子做到哪一步了", "13800000001", "林晓燕",
    "那大概哪天安装",
    "這個鎖沒電了怎麼開門", "今天天气咋样", "你们那个啥能不能整一下", "说了半天都不对，叫个人来",
)  # fmt: skip
"""What the customer says in the scripted conversation."""


def demo(
    data: Annotated[Path, typer.Option("--data", help="示例数据目录 | the sample data")] = Path("data"),
    out: Annotated[Path, typer.Option("--out", help="知识库存放处 | where the knowledge base goes")] = Path("var/demo-kb"),
) -> None:
    """从头到尾演示：建库、一段对话、评测 | index the sample, play a conversation, print the evaluation.

    例 Example: csbot demo --data data
    """
    from csbot.bot import Chatbot
    from csbot.cli.bots import receipt
    from csbot.cli.evaluate_tables import print_report
    from csbot.evaluation.run import evaluate
    from csbot.kb.knowledge_base import KnowledgeBase
    from csbot.models import Session
    from csbot.text import Lexicon

    screen = console()
    screen.rule("1 建库 index")
    folder = data / "dictionaries"
    lexicon = Lexicon.read(
        user_words=folder / "user_words.txt", synonyms=folder / "synonyms.txt", stop_words=folder / "stop_words.txt"
    )
    kb = KnowledgeBase.build(data / "faq.csv", lexicon=lexicon, progress=True)
    version = kb.save(out)
    screen.print(f"{len(kb)} 条知识 FAQs，{len(kb.contents.questions)} 个问法 questions → {out} ({version})", highlight=False)
    bot = Chatbot(kb, orders=data / "orders.json", tasks=data / "tasks", handlers={"fault_report": receipt})
    screen.rule("2 对话 conversation")
    session = Session(customer_id="demo", channel="wechat")
    for text in SCRIPT:
        reply = bot.reply(session, text)
        screen.print(f"客户：{text}", style="bold", markup=False, highlight=False)
        screen.print(f"机器人：{reply.text}", markup=False, highlight=False, soft_wrap=True)
        screen.print(f"    [{reply.kind} {reply.faq_id or ''} {reply.trace.rule}]", style="dim", markup=False, highlight=False)
    if reply.ticket:
        screen.print(f"工单 ticket {reply.ticket.id}（{reply.ticket.reason}）：", style="bold", highlight=False)
        for line in reply.ticket.transcript:
            screen.print(f"    {line.said}", style="dim", markup=False, highlight=False, soft_wrap=True)
    screen.rule("3 评测 evaluation")
    print_report(evaluate(bot, data / "cases.jsonl", data / "dialogues.jsonl", progress=True))
