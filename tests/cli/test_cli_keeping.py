"""`csbot index`, `lint`, `kb` and `eval`: keeping a knowledge base, with the exit codes that a CI job relies on."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from csbot import KnowledgeBase
from csbot.errors import SnapshotCorrupt
from csbot.evaluation.report import NAMES
from csbot.kb.sources import read_faqs

Call = Callable[..., str]
CallJson = Callable[..., Any]
CLEAN = (
    {"id": "ship", "question": "多久发货", "similar": ["几天能寄出来"], "answer": "48 小时内。"},
    {"id": "invoice", "question": "发票怎么开", "similar": ["在哪申请开票"], "answer": "在订单里申请。"},
)


def source(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def case_file(path: Path, **expected: dict[str, Any]) -> Path:
    rows = [json.dumps({"text": text, "expect": expect}, ensure_ascii=False) for text, expect in expected.items()]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_index_says_what_it_built(call_json: CallJson, small_source: Path, tmp_path: Path) -> None:
    built = call_json("index", small_source, "--out", tmp_path / "kb")
    faqs = read_faqs(small_source)
    assert (built["faqs"], built["questions"]) == (len(faqs), sum(len(faq.questions) for faq in faqs))
    assert KnowledgeBase.load(tmp_path / "kb").version == built["version"]


def test_index_prints_it_for_people(call: Call, small_source: Path, tmp_path: Path) -> None:
    printed = call("index", small_source, "--out", tmp_path / "kb")
    assert "12" in printed
    assert str(tmp_path / "kb") in printed


def test_index_again_publishes_what_changed_and_keeps_the_old_version(call_json: CallJson, tmp_path: Path) -> None:
    out = tmp_path / "kb"
    first = call_json("index", source(tmp_path / "a.jsonl", CLEAN[0]), "--out", out)
    second = call_json("index", source(tmp_path / "b.jsonl", *CLEAN), "--out", out)
    assert first["version"] != second["version"]
    rows = call_json("kb", "history", out)
    assert [(row["version"], row["current"], row["faqs"]) for row in rows] == [
        (second["version"], True, 2), (first["version"], False, 1),
    ]  # fmt: skip
    assert rows[0]["parent"] == first["version"]


def test_index_takes_the_merchants_words(call: Call, small_source: Path, tmp_path: Path) -> None:
    words, synonyms, stop = tmp_path / "words.txt", tmp_path / "synonyms.txt", tmp_path / "stop.txt"
    words.write_text("门锁没电\n", encoding="utf-8")
    synonyms.write_text("发票 票据 税票\n", encoding="utf-8")
    stop.write_text("亲亲\n", encoding="utf-8")
    call("index", small_source, "--out", tmp_path / "kb", "--user-words", words, "--synonyms", synonyms, "--stop-words", stop)
    lexicon = KnowledgeBase.load(tmp_path / "kb").contents.lexicon
    assert (lexicon.user_words, lexicon.stop_words) == (("门锁没电",), ("亲亲",))
    assert lexicon.synonyms == {"票据": "发票", "税票": "发票"}


def test_diff_rollback_and_export_go_through_the_versions(call_json: CallJson, tmp_path: Path) -> None:
    out = tmp_path / "kb"
    old = call_json("index", source(tmp_path / "a.jsonl", *CLEAN), "--out", out)["version"]
    new_row = {"id": "fee", "question": "运费多少", "answer": "满 99 包邮。"}
    new = call_json("index", source(tmp_path / "b.jsonl", CLEAN[0] | {"answer": "72 小时内。"}, new_row), "--out", out)[
        "version"
    ]
    changes = call_json("kb", "diff", out, old[:8])
    assert sorted((c["what"], c["faq_id"], c["field"], c["old"], c["new"]) for c in changes) == [
        ("+", "fee", "question", "", "运费多少"), ("-", "invoice", "question", "发票怎么开", ""),
        ("~", "ship", "answer", "48 小时内。", "72 小时内。"),
    ]  # fmt: skip
    assert call_json("kb", "diff", out, old, old) == []
    assert call_json("kb", "rollback", out) == {"version": old}
    assert call_json("kb", "export", out, tmp_path / "back.xlsx")["faqs"] == 2
    assert {faq.id for faq in read_faqs(tmp_path / "back.xlsx")} == {"ship", "invoice"}
    assert call_json("kb", "rollback", out, new[:8]) == {"version": new}


def test_the_kb_commands_print_tables_for_people(call: Call, kb_dir: Path, tmp_path: Path) -> None:
    version = (kb_dir / "CURRENT").read_text(encoding="ascii").strip()
    assert version in call("kb", "history", kb_dir)
    assert "没有差别" in call("kb", "diff", kb_dir, version)
    assert version in call("kb", "rollback", kb_dir, version)
    assert "12" in call("kb", "export", kb_dir, tmp_path / "out.csv")


def test_history_shows_what_can_be_gone_back_to_where_the_current_version_is_lost(
    run_csbot: Callable[..., subprocess.CompletedProcess[str]], kb_dir: Path
) -> None:
    version = (kb_dir / "CURRENT").read_text(encoding="ascii").strip()
    (kb_dir / "CURRENT").write_bytes(b"\x00")
    done = run_csbot("kb", "history", kb_dir, "--json")
    assert [(row["version"], row["current"], row["damage"]) for row in json.loads(done.stdout)] == [(version, False, None)]
    assert "csbot kb rollback" in done.stderr
    assert run_csbot("kb", "rollback", kb_dir, version).returncode == 0
    assert run_csbot("kb", "history", kb_dir).stderr == ""


def test_history_says_which_version_is_damaged(call: Call, kb_dir: Path) -> None:
    (kb_dir / files_of(kb_dir)[0]).write_bytes(b"damaged")
    printed = call("kb", "history", kb_dir)
    assert "损坏 damaged" in printed
    assert "完好 whole" not in printed


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "yaml", "xlsx"])
def test_what_is_exported_can_be_indexed_again_without_a_difference(
    call: Call, kb_dir: Path, tmp_path: Path, suffix: str
) -> None:
    call("kb", "export", kb_dir, tmp_path / f"faq.{suffix}")
    assert read_faqs(tmp_path / f"faq.{suffix}") == list(KnowledgeBase.load(kb_dir).faqs)


def test_lint_of_a_clean_file_ends_with_0(call: Call, call_json: CallJson, tmp_path: Path) -> None:
    file = source(tmp_path / "a.jsonl", *CLEAN)
    assert call_json("lint", file, "--strict") == []
    assert "没有发现问题" in call("lint", file)


def test_lint_ends_with_1_for_errors_and_for_warnings_only_when_strict(call_json: CallJson, tmp_path: Path) -> None:
    warned = source(tmp_path / "warned.jsonl", CLEAN[0] | {"similar": []})
    wrong = source(tmp_path / "wrong.jsonl", CLEAN[0] | {"related": ["nowhere"]}, CLEAN[1])
    assert [finding["level"] for finding in call_json("lint", warned)] == ["warning"]
    assert call_json("lint", warned, "--strict", code=1)
    (error,) = call_json("lint", wrong, code=1)
    assert {name: error[name] for name in ("level", "rule", "faq_id", "other")} == {
        "level": "error", "rule": "unknown_related", "faq_id": "ship", "other": "nowhere",
    }  # fmt: skip


def test_eval_as_json_has_every_indicator_that_the_cases_allow(call_json: CallJson, small_saved: Path, tmp_path: Path) -> None:
    cases = case_file(
        tmp_path / "cases.jsonl", 包邮吗={"faq_id": "ship-fee"}, 怎么退货={"faq_id": "refund"},
        转人工={"intent": "human_handoff"},
        我想查一下我的订单={"intent": "order_progress"}, 今天下雨吗={"out_of_scope": True},
    )  # fmt: skip
    report = call_json(
        "eval", "--kb", small_saved, "--cases", cases, "--orders", Path(__file__).parents[2] / "data/orders.json"
    )
    wanted = {
        "match_rate",
        "resolution_rate",
        "precision",
        "oos_rejection",
        "handoff_recall",
        "task_recall",
        "top1",
        "mrr",
        "ece",
    }
    assert wanted <= set(report["indicators"]) <= set(NAMES)
    assert all({"value", "numerator", "denominator"} <= set(ratio) for ratio in report["indicators"].values())
    rate = report["indicators"]["resolution_rate"]
    assert (rate["value"], rate["numerator"], rate["denominator"]) == (0.5, 1.0, 2.0)
    assert [error["text"] for error in report["errors"] if "faq_id" in error["expect"]] == ["怎么退货"]


def test_eval_prints_each_rate_with_numerator_and_denominator(call: Call, small_saved: Path, tmp_path: Path) -> None:
    cases = case_file(tmp_path / "cases.jsonl", 包邮吗={"faq_id": "ship-fee"}, 怎么退货={"faq_id": "refund"})
    printed = call("eval", "--kb", small_saved, "--cases", cases, "--errors", "1")
    assert all(part in printed for part in ("解决率", "resolution_rate", "50.0%", "1 / 2", "错例", "怎么退货"))


def files_of(directory: Path) -> list[str]:
    version = (directory / "CURRENT").read_text(encoding="ascii").strip()
    return sorted(p.relative_to(directory).as_posix() for p in (directory / "versions" / version).rglob("*") if p.is_file())


def test_a_flipped_byte_in_any_file_is_found_before_anything_is_answered(call: Call, kb_dir: Path) -> None:
    names = files_of(kb_dir)
    assert len(names) >= 8
    for name in names:
        file = kb_dir / name
        whole = file.read_bytes()
        middle = len(whole) // 2
        file.write_bytes(whole[:middle] + bytes([whole[middle] ^ 0x01]) + whole[middle + 1 :])
        with pytest.raises(SnapshotCorrupt, match=file.name.split(".")[0]):
            call("ask", "--kb", kb_dir, "包邮吗")
        file.write_bytes(whole)
    assert "满 99" in call("ask", "--kb", kb_dir, "包邮吗")
