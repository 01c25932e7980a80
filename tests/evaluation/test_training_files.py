"""From files to training data: what is held back, what is never trained on, and faults with their lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from csbot import Faq
from csbot.errors import InputError, SourceError
from csbot.evaluation.training_files import Files, assemble, read_corpus, read_pairs, read_texts
from csbot.kb.calibrate import foreign_utterances, shipped_rows
from csbot.kb.export import write_faqs


def write_rows(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def case(text: str, faq_id: str | None = None) -> dict[str, Any]:
    return {"text": text, "expect": {"faq_id": faq_id} if faq_id else {"out_of_scope": True}}


@pytest.fixture
def kb(tmp_path: Path) -> Path:
    faqs = [
        Faq(id=f"f{i}", question=f"第{i}件事怎么办", similar=(f"{i}号咋弄", f"我要弄{i}号"), answer=f"答{i}") for i in range(12)
    ]
    faqs.append(Faq(id="old", question="旧活动", answer="过了", valid_until="2020-01-01"))
    write_faqs(faqs, tmp_path / "faq.csv")
    return tmp_path / "faq.csv"


def corpus(path: Path, trades: list[str]) -> Path:
    rows: list[dict[str, Any]] = []
    for trade in trades:
        for i in range(3):
            row = {"trade": trade, "intent": f"i{i}", "question": f"{trade}{i}怎么办", "answer": "好"}
            rows.append(row | {"formal": [f"如何办理{trade}{i}"], "colloquial": [f"{trade}{i}咋整", f"{trade}{i}呢"]})
        rows.append({"trade": trade, "near_oos": [f"{trade}招人吗"]})
    return write_rows(path, rows)


def test_a_knowledge_base_alone_is_validated_on_one_question_of_each_faq(kb: Path) -> None:
    data, validation, notices = assemble(Files(kb=(kb,)))
    own, guard = validation.problems
    assert len(own.queries) == 12 and own.decides and own.name.startswith("faq.csv")
    assert not guard.decides
    assert not set(own.queries) & {text for topic in data.topics for text in topic.texts}
    assert notices == []


def test_expired_faqs_are_not_trained_on(kb: Path) -> None:
    data, _, _ = assemble(Files(kb=(kb,)))
    assert "old" not in {topic.key for topic in data.topics}


def test_confirmed_cases_are_customers_words_and_those_out_of_scope_negatives(kb: Path, tmp_path: Path) -> None:
    cases = write_rows(tmp_path / "cases.jsonl", [case("三号那件咋整", "f3"), case("天气如何"), case("活动还有吗", "old")])
    unseen = write_rows(tmp_path / "unseen.jsonl", [case("四号呢", "f4"), case("旧的呢", "old"), case("股票")])
    data, validation, _ = assemble(Files(kb=(kb,), cases=(cases,), validate=unseen))
    assert next(topic for topic in data.topics if topic.key == "f3").asked == ("三号那件咋整",)
    assert data.negatives == {str(kb): ("天气如何",)}
    assert validation.problems[0].queries == ("四号呢",)


def test_what_is_validated_on_is_not_trained_on_and_that_is_said(kb: Path, tmp_path: Path) -> None:
    cases = write_rows(tmp_path / "cases.jsonl", [case("三号那件咋整", "f3"), case("四号呢", "f4")])
    unseen = write_rows(tmp_path / "unseen.jsonl", [case("请问三号那件咋整？", "f3")])
    data, _, notices = assemble(Files(kb=(kb,), cases=(cases,), validate=unseen))
    assert [topic.asked for topic in data.topics if topic.asked] == [("四号呢",)]
    assert notices == ["1 句也在 --validate 里，不用来训练 | 1 texts are validated on and not trained on"]


@pytest.mark.parametrize("field", ["cases", "validate"])
def test_a_case_of_an_unknown_faq_is_refused_by_its_id(kb: Path, tmp_path: Path, field: str) -> None:
    cases = write_rows(tmp_path / "cases.jsonl", [case("四号呢", "f4"), case("哪个", "nobody")])
    files = Files(kb=(kb,), cases=(cases,)) if field == "cases" else Files(kb=(kb,), validate=cases)
    with pytest.raises(InputError, match="nobody"):
        assemble(files)


def test_an_id_in_two_knowledge_bases_is_refused(kb: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.csv"
    copy.write_bytes(kb.read_bytes())
    with pytest.raises(InputError, match="f0"):
        assemble(Files(kb=(kb, copy)))


def test_one_trade_in_ten_is_held_back_whole(tmp_path: Path) -> None:
    names = [f"行业{i}" for i in range(20)]
    data, validation, _ = assemble(Files(corpus=(corpus(tmp_path / "part1.jsonl", names),)))
    held = {problem.name for problem in validation.problems if problem.decides}
    assert len(held) == 2
    assert {topic.kb for topic in data.topics} == set(names) - held == set(data.negatives or {})


def test_the_trades_of_held_back_txt_and_of_the_calibration_are_never_trained_on(tmp_path: Path) -> None:
    calibration = shipped_rows()[0]["trade"]
    path = corpus(tmp_path / "part1.jsonl", ["甲", "乙", "丙", calibration])
    (tmp_path / "held_back.txt").write_text("# 留出\n乙\n不在语料里的\n", encoding="utf-8")
    data, validation, _ = assemble(Files(corpus=(path,)))
    assert {topic.kb for topic in data.topics} == {"甲", "丙"}
    assert {problem.name for problem in validation.problems if problem.decides} == {"乙", calibration}
    more, _, _ = assemble(Files(corpus=(path,), held_back=1))
    assert len({topic.kb for topic in more.topics}) == 1


def test_a_corpus_can_not_be_held_back_as_a_whole(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="不能留出 2 个"):
        assemble(Files(corpus=(corpus(tmp_path / "part1.jsonl", ["甲", "乙"]),), held_back=2))


def test_plain_text_is_that_of_the_file_else_foreign_utterances_and_the_datas_own(kb: Path, tmp_path: Path) -> None:
    data, _, _ = assemble(Files(kb=(kb,)))
    assert {*foreign_utterances(), "答3", "第3件事怎么办"} <= set(data.unlabelled)
    (tmp_path / "plain.txt").write_text("一句\n\n# 注释\n两句\n", encoding="utf-8")
    data, _, _ = assemble(Files(kb=(kb,), unlabelled=tmp_path / "plain.txt"))
    assert data.unlabelled == ("一句", "两句")


def test_pairs_alone_are_validated_on_the_held_back_tenth(tmp_path: Path) -> None:
    rows = [{"a": f"甲{i}", "b": f"乙{i}", "label": i % 2} for i in range(300)]
    data, validation, _ = assemble(Files(pairs=(write_rows(tmp_path / "p.jsonl", rows),)))
    first, guard = validation.problems
    assert (len(data.pairs[0].rows), len(validation.pairs[0].rows)) == (270, 30)
    assert first.decides and not guard.decides
    held = {(a, b) for a, b, label in validation.pairs[0].rows if label == 1}
    assert {(q, first.questions[i]) for q, i in zip(first.queries, first.right, strict=True)} == held


def test_faults_of_a_pair_file_are_all_listed_by_line(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text('{"a": "x", "b": "y", "label": 1}\n{"a": "x", "label": 1}\n[]\n{"a":"x","b":"y","label":"1"}\nnot\n')
    with pytest.raises(SourceError) as caught:
        read_pairs(path)
    assert [fault.line for fault in caught.value.faults] == [2, 3, 4, 5]


def test_faults_of_a_corpus_file_are_all_listed_by_line(tmp_path: Path) -> None:
    path = corpus(tmp_path / "part1.jsonl", ["甲"])
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert read_corpus(path) == rows
    write_rows(path, [rows[0] | {"formal": "不是列表"}, rows[3] | {"trade": ""}, rows[1]])
    with pytest.raises(SourceError) as caught:
        read_corpus(path)
    assert [fault.line for fault in caught.value.faults] == [1, 2]


@pytest.mark.parametrize("read", [read_pairs, read_corpus, read_texts])
def test_an_absent_or_empty_file_is_refused(tmp_path: Path, read: Any) -> None:
    with pytest.raises(InputError, match="找不到"):
        read(tmp_path / "absent")
    (tmp_path / "empty").write_text("\n")
    with pytest.raises(InputError, match="空文件"):
        read(tmp_path / "empty")
