"""Files of events: what can't be read is told by its line, and nothing is half written. Rules from a file."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest
from streams import Script, at, ids

from csbot.analytics.exchanges import exchanges_of, likeness
from csbot.analytics.log import in_order, read_log, write_log
from csbot.analytics.rules import OutcomeRules
from csbot.errors import ConfigError, InputError, SourceError
from csbot.kb.sources import read_faqs

DATA = Path(__file__).parents[2] / "data"


def test_lines_that_are_no_events_are_all_named(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    good = Script().rate(0, score=5).events[0].model_dump_json()
    broken = good.replace('"score":5', '"score":9')
    file.write_text(f"{good}\n\n{{\n{broken}\n" + '{"type": "mood"}\n', encoding="utf-8")
    with pytest.raises(SourceError) as caught:
        read_log(file)
    assert [fault.line for fault in caught.value.faults] == [3, 4, 5]
    assert caught.value.faults[1].field == "feedback.score"


def test_a_file_with_a_mark_at_its_beginning_is_read(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    events = Script().rate(0, score=5).events
    file.write_text("\ufeff" + events[0].model_dump_json(), encoding="utf-8")
    assert read_log(file) == events


def test_a_file_that_is_not_there_and_one_that_can_not_be_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="无法读取"):
        read_log(tmp_path / "none.jsonl")
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(InputError, match="无法写入"):
        write_log([], tmp_path / "file" / "events.jsonl")


def test_an_older_export_survives_one_that_fails(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    events = Script().rate(0, score=5).events
    write_log(events, file)

    def fails():  # type: ignore[no-untyped-def]
        yield events[0]
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_log(fails(), file)
    assert read_log(file) == events


def test_logs_come_together_with_each_event_once() -> None:
    events = Script().answer(1, "pay").answer(0, "pay").events
    joined = in_order(events[:4], reversed(events))
    assert sorted(ids(joined)) == sorted(ids(events))
    assert [event.at for event in joined] == [at(0)] * 3 + [at(1)] * 3


def test_an_exchange_is_put_together_from_its_events_and_nobody_elses() -> None:
    mine, theirs = Script("u").answer(0, "pay", "我的"), Script("v").answer(0, "ship-fee", "他们的")
    found = exchanges_of(in_order(mine.events, theirs.events))
    assert [(one.customer, one.text, one.reply, one.decision.faq_id) for one in found] == [
        ("c:u", "我的", "好的", "pay"), ("c:v", "他们的", "好的", "ship-fee"),
    ]  # fmt: skip


def test_likeness_looks_at_characters_in_one_normal_form() -> None:
    assert likeness("運費怎麼算？？", "运费怎么算") == 1
    assert likeness("好", "好") == 1
    assert likeness("", "") == likeness("包邮吗", "怎么退货") == 0


def test_different_questions_are_hardly_ever_taken_for_the_same() -> None:
    """The figure in the description of the rule, over the sample knowledge base."""
    faqs = read_faqs(DATA / "faq.csv")
    pairs = [(one.questions, other.questions) for one, other in combinations(faqs, 2)]
    scores = [likeness(a, b) for one, other in pairs[::7] for a in one[:3] for b in other[:3]]
    least = OutcomeRules().repeat_similarity
    assert len(scores) > 10_000
    assert 0 < sum(score >= least for score in scores) / len(scores) < 1e-3


def test_rules_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text("matters: faq\nreturn_window_s: 86400\n", encoding="utf-8")
    assert OutcomeRules.load(file) == OutcomeRules(matters="faq", return_window_s=86400)
    file.write_text("", encoding="utf-8")
    assert OutcomeRules.load(file) == OutcomeRules()


@pytest.mark.parametrize("text", ["matter: faq", "idle_s: 0", "- faq", "matters: [", "settling: [answered]"])
def test_wrong_rules_are_told(tmp_path: Path, text: str) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError):
        OutcomeRules.load(file)
