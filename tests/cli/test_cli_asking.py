"""`csbot ask`, `search`, `chat` and `demo`: what they print, for people and as JSON."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from csbot.cli.bots import open_bot
from csbot.cli.demo import SCRIPT
from csbot.errors import InputError
from csbot.kb.export import write_faqs
from csbot.kb.sources import read_faqs
from csbot.models import Reply

DATA = Path(__file__).parents[2] / "data"
Call = Callable[..., str]
CallJson = Callable[..., Any]


def test_ask_prints_the_answer_and_why(call: Call, small_saved: Path) -> None:
    printed = call("ask", "--kb", small_saved, "包邮吗")
    assert printed.splitlines()[0] == "满 99 元包邮。"
    assert all(part in printed for part in ("answer", "ship-fee", "1.00", "exact"))


def test_ask_as_json_is_the_reply(call_json: CallJson, small_saved: Path) -> None:
    reply = call_json("ask", "--kb", small_saved, "包邮吗")
    assert set(reply) == {*Reply.model_fields, "faq_id", "confidence"}
    assert (reply["kind"], reply["faq_id"], reply["confidence"], reply["text"]) == ("answer", "ship-fee", 1.0, "满 99 元包邮。")


def test_ask_answers_for_a_channel(call_json: CallJson, small_saved: Path) -> None:
    reply = call_json("ask", "--kb", small_saved, "门锁没电", "--channel", "wechat")
    assert reply["text"] == "微信里看视频：用充电宝应急供电。"


def test_ask_looks_up_orders_of_a_file(call_json: CallJson, small_saved: Path) -> None:
    reply = call_json("ask", "--kb", small_saved, "QH202610100003 13800000011", "--orders", DATA / "orders.json")
    assert (reply["kind"], reply["order"]["name"]) == ("order_status", "周文博")


def test_ask_obeys_the_settings_of_a_file(call_json: CallJson, small_saved: Path, tmp_path: Path) -> None:
    config = tmp_path / "bot.yaml"
    config.write_text("bands: {answer: 1.0, clarify: 0.0}\n", encoding="utf-8")
    trace = call_json("ask", "--kb", small_saved, "包邮吗", "--config", config)["trace"]
    assert (trace["answer_threshold"], trace["clarify_threshold"]) == (1.0, 0.0)


def test_the_settings_of_the_knowledge_base_in_that_file_act(small_saved: Path, tmp_path: Path) -> None:
    config = tmp_path / "bot.yaml"
    config.write_text("kb: {threads: 1, may_degrade: false, reload_interval_s: 9, retry_interval_s: 7}\n", encoding="utf-8")
    kb = open_bot(small_saved, config, None).kb
    assert (kb.encoder.threads, kb.guard.may_degrade, kb.follower.interval_s, kb.guard.retry_interval_s) == (1, False, 9, 7)


@pytest.mark.parametrize("text", ["", "😀", "[bold]不是标记[/]", "--json"])
def test_ask_takes_any_message(call: Call, small_saved: Path, text: str) -> None:
    assert call("ask", "--kb", small_saved, "--", text)


def test_search_as_json_is_a_list_of_candidates_best_first(call_json: CallJson, small_saved: Path) -> None:
    rows = call_json("search", "--kb", small_saved, "包邮吗", "--top-k", "3")
    assert len(rows) == 3
    assert all(set(row) >= {"faq_id", "question", "score", "confidence"} for row in rows)
    assert (rows[0]["faq_id"], rows[0]["question"], rows[0]["confidence"]) == ("ship-fee", "运费怎么算", 1.0)


def test_search_hits_what_the_bot_hits(call_json: CallJson, small_saved: Path) -> None:
    for text in ("锁没电了咋办", "想把东西退了"):
        traced = call_json("ask", "--kb", small_saved, text)["trace"]["candidates"]
        found = call_json("search", "--kb", small_saved, text)
        assert [(c["faq_id"], c["confidence"]) for c in found] == [(c["faq_id"], c["confidence"]) for c in traced[:5]]


def test_search_takes_many_messages_from_a_file_or_standard_input(
    call_json: CallJson, small_saved: Path, tmp_path: Path
) -> None:
    file = tmp_path / "questions.txt"
    file.write_bytes("包邮吗\n\n怎么退货\n".encode("gb18030"))
    from_file = call_json("search", "--kb", small_saved, "--batch", file)
    from_stdin = call_json("search", "--kb", small_saved, "--batch", "-", stdin="包邮吗\n\n怎么退货\n")
    assert [(row["text"], row["candidates"][0]["faq_id"]) for row in from_file] == [
        ("包邮吗", "ship-fee"),
        ("怎么退货", "return"),
    ]
    assert [row["text"] for row in from_stdin] == ["包邮吗", "怎么退货"]


def test_search_prints_a_table_for_each_message(call: Call, small_saved: Path) -> None:
    printed = call("search", "--kb", small_saved, "--batch", "-", stdin="包邮吗\n怎么退货\n")
    assert all(part in printed for part in ("包邮吗", "怎么退货", "ship-fee", "return", "1.000"))


def test_chat_talks_until_the_input_ends(call: Call, small_saved: Path) -> None:
    printed = call("chat", "--kb", small_saved, stdin="你好\n包邮吗\n")
    assert all(part in printed for part in ("[smalltalk", "满 99 元包邮。", "[answer ship-fee 1.00]"))


def test_chat_is_one_session(call: Call, small_saved: Path) -> None:
    said = "我想查一下我的订单\n13800000011\n算了\n"
    printed = call("chat", "--kb", small_saved, "--orders", DATA / "orders.json", stdin=said)
    assert printed.count("[ask_slot") == 2
    assert "[smalltalk" in printed


def test_ask_knows_the_tasks_that_are_declared(call_json: CallJson, small_saved: Path) -> None:
    reply = call_json("ask", "--kb", small_saved, "我要报修", "--tasks", DATA / "tasks")
    assert (reply["kind"], reply["slot"], reply["trace"]["intent"]) == ("ask_slot", "product", "fault_report")


def test_chat_does_a_task_and_gives_its_receipt(call: Call, small_saved: Path) -> None:
    said = "报修：橱柜台面裂了，13900000005，地址是文一路18号，周六来\n对的\n"
    assert "DEMO-" in call("chat", "--kb", small_saved, "--tasks", DATA / "tasks", stdin=said)


def test_demo_indexes_talks_and_evaluates(call: Call, tmp_path: Path) -> None:
    """On a small part of the sample data, so that it is quick."""
    data = tmp_path / "data"
    shutil.copytree(DATA / "dictionaries", data / "dictionaries")
    shutil.copytree(DATA / "tasks", data / "tasks")
    shutil.copy(DATA / "orders.json", data)
    faqs = read_faqs(DATA / "faq.csv")[:12]
    known = {faq.id for faq in faqs}
    write_faqs(faqs, data / "faq.csv")
    rows = (DATA / "cases.jsonl").read_text(encoding="utf-8").splitlines()
    inside = [row for row in rows if json.loads(row)["expect"].get("faq_id") in known]
    wishes = [row for row in rows if '"intent"' in row]
    (data / "cases.jsonl").write_text("\n".join([*inside, *wishes]), encoding="utf-8")
    (data / "dialogues.jsonl").write_text(
        (DATA / "dialogues.jsonl").read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8"
    )
    printed = call("demo", "--data", data, "--out", tmp_path / "demo-kb")
    assert [text for text in SCRIPT if f"客户：{text}" not in printed] == []
    shown = ("match_rate", "resolution_rate", "task_recall", "dialogue_success", "工单 ticket")
    assert [part for part in shown if part not in printed] == []
    assert "13800000001\n" not in printed.split("工单 ticket")[1]
    assert (tmp_path / "demo-kb" / "CURRENT").exists()


def test_demo_without_its_data_is_an_error_that_names_it(call: Call, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="elsewhere"):
        call("demo", "--data", tmp_path / "elsewhere", "--out", tmp_path / "kb")
