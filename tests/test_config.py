"""Settings: what is written is what runs, and what is wrong is named."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from csbot import KnowledgeBase
from csbot.config import BotConfig, KbConfig, load_settings
from csbot.errors import ConfigError, CsbotError


def test_the_extremes_0_and_1_are_kept_as_they_are() -> None:
    for value in (0.0, 1.0):
        config = BotConfig(
            bands={"answer": value, "clarify": value, "ambiguity_margin": value},
            dialogue={"task_intent": value, "task_with_slots": value, "handoff_wish": value},
        )
        bands, dialogue = config.bands, config.dialogue
        assert {bands.answer, bands.clarify, bands.ambiguity_margin} == {value}
        assert {dialogue.task_intent, dialogue.task_with_slots, dialogue.handoff_wish} == {value}


def test_thresholds_are_the_calibrations_own_until_they_are_set() -> None:
    assert (BotConfig().bands.answer, BotConfig().bands.clarify) == (None, None)


@pytest.mark.parametrize(
    ("settings", "where"),
    [
        ({"band": {}}, "band"),
        ({"bands": {"anwser": 0.5}}, "bands.anwser"),
        ({"bands": {"answer": 1.1}}, "bands.answer"),
        ({"bands": {"answer": -0.1}}, "bands.answer"),
        ({"bands": {"answer": float("nan")}}, "bands.answer"),
        ({"bands": {"answer": "high"}}, "bands.answer"),
        ({"bands": {"answer": 0.5, "clarify": 0.6}}, "bands.clarify"),
        ({"bands": {"clarify_limit": 0}}, "bands.clarify_limit"),
        ({"bands": {"clarify_limit": 6}}, "bands.clarify_limit"),
        ({"bands": 3}, "bands"),
        ({"dialogue": {"miss_limit": 0}}, "dialogue.miss_limit"),
        ({"dialogue": {"slot_retry_limit": 0}}, "dialogue.slot_retry_limit"),
        ({"dialogue": {"idle_timeout_s": 0}}, "dialogue.idle_timeout_s"),
        ({"dialogue": {"idle_timeout_s": float("inf")}}, "dialogue.idle_timeout_s"),
        ({"orders": {"timeout_s": 0}}, "orders.timeout_s"),
        ({"orders": {"lookup_limit": 0}}, "orders.lookup_limit"),
        ({"orders": {"order_lookup_limit": 0}}, "orders.order_lookup_limit"),
        ({"orders": {"lookup_window_s": 0}}, "orders.lookup_window_s"),
        ({"orders": {"lookup_window_s": float("inf")}}, "orders.lookup_window_s"),
        ({"orders": {"not_found_floor_s": -0.1}}, "orders.not_found_floor_s"),
        ({"orders": {"proof": []}}, "orders"),
        ({"orders": {"proof": [["order_id", "order_id"]]}}, "orders"),
        ({"orders": {"proof": [["order_id", "email"]]}}, "orders"),
        ({"orders": {"proof": [["order_id"]]}}, "orders.proof"),
        ({"orders": {"order_id_patterns": ["(A"]}}, "orders.order_id_patterns"),
        ({"orders": {"order_id_patterns": []}}, "orders.order_id_patterns"),
        ({"encoder": {"threads": 1}}, "encoder"),
        ({"reload_interval_s": 1}, "reload_interval_s"),
        ({"kb": {}}, "kb"),
    ],
)
def test_a_wrong_setting_is_refused_and_named(settings: dict[str, Any], where: str) -> None:
    with pytest.raises(ConfigError) as caught:
        BotConfig(**settings)
    assert where in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "where"),
    [
        ({"threads": -1}, "kb.threads"), ({"threads": 65}, "kb.threads"), ({"may_degrade": "panic"}, "kb.may_degrade"),
        ({"reload_interval_s": -1}, "kb.reload_interval_s"), ({"retry_interval_s": -1}, "kb.retry_interval_s"),
        ({"encodr": "x"}, "kb.encodr"),
    ],
)  # fmt: skip
def test_a_wrong_setting_of_the_knowledge_base_is_refused_and_named(settings: dict[str, Any], where: str) -> None:
    with pytest.raises(ConfigError, match=where):
        KbConfig(**settings)


def test_the_settings_of_the_knowledge_base_are_arguments_of_its_load() -> None:
    arguments = inspect.signature(KnowledgeBase.load).parameters
    assert set(arguments) - {"path"} == set(KbConfig.model_fields)
    assert {name: arguments[name].default for name in KbConfig.model_fields} == KbConfig().model_dump()


def test_a_settings_file_has_the_bots_and_the_knowledge_bases_half(tmp_path: Path) -> None:
    file = tmp_path / "bot.yaml"
    file.write_text("bands: {answer: 0.0}\nkb: {threads: 2, may_degrade: false}\n", encoding="utf-8")
    assert load_settings(file) == (BotConfig(bands={"answer": 0.0}), KbConfig(threads=2, may_degrade=False))
    assert BotConfig.load(file) == BotConfig(bands={"answer": 0.0})
    file.write_text("kb:\n", encoding="utf-8")
    assert load_settings(file) == (BotConfig(), KbConfig())


@pytest.mark.parametrize("content", ["kb: [1]", "kb: {1: 2}", "kb: {threads: x}", "band: {}"])
def test_a_wrong_half_of_a_settings_file_is_one_config_error(tmp_path: Path, content: str) -> None:
    file = tmp_path / "bot.yaml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError):
        load_settings(file)


def test_aliases_that_stand_for_far_more_than_is_written_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "bot.yaml"
    lines = [f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True)]
    file.write_text("\n".join(["a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1]", *lines]), encoding="utf-8")
    with pytest.raises(ConfigError, match="别名"):
        load_settings(file)


def test_a_huge_wrong_setting_is_shown_by_its_beginning() -> None:
    value: list[object] = [1] * 9
    for _ in range(12):
        value = [value] * 9
    with pytest.raises(ConfigError) as caught:
        BotConfig(bands={"answer": value})
    assert len(str(caught.value)) < 1000


def test_all_wrong_settings_are_named_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        BotConfig(bands={"answer": 2}, dialogue={"miss_limit": 0}, colour="red")
    assert all(name in str(caught.value) for name in ("bands.answer", "dialogue.miss_limit", "colour"))


def test_a_config_error_is_a_value_error_and_one_of_csbots() -> None:
    assert issubclass(ConfigError, ValueError)
    assert issubclass(ConfigError, CsbotError)


def test_clarify_may_equal_answer() -> None:
    assert BotConfig(bands={"answer": 0.5, "clarify": 0.5}).bands.clarify == 0.5


def test_settings_can_not_be_changed_afterwards() -> None:
    config = BotConfig()
    with pytest.raises(ValidationError, match="frozen"):
        config.bands.answer = 0.1  # type: ignore[misc]


def test_yaml_and_json_files_say_the_same(tmp_path: Path) -> None:
    yaml, as_json = tmp_path / "bot.yaml", tmp_path / "bot.json"
    yaml.write_text("bands: {answer: 0.0}\norders:\n  proof: [[phone, name]]\n", encoding="utf-8")
    as_json.write_text(json.dumps({"bands": {"answer": 0.0}, "orders": {"proof": [["phone", "name"]]}}), encoding="utf-8")
    wanted = BotConfig(bands={"answer": 0.0}, orders={"proof": (("phone", "name"),)})
    assert BotConfig.load(yaml) == BotConfig.load(as_json) == wanted


def test_an_empty_file_means_the_defaults(tmp_path: Path) -> None:
    file = tmp_path / "bot.yaml"
    file.write_text("# nothing set\n", encoding="utf-8")
    assert BotConfig.load(file) == BotConfig()


@pytest.mark.parametrize(
    "content",
    [b"bands: [", b"- a\n- b\n", b"just words", b"\xff\xfe\x00\x01", b"\x00", b"bands: {answer: 7}", b"colour: red"],
    ids=["broken", "list", "scalar", "no utf-8", "nul", "out of range", "unknown"],
)
def test_a_wrong_file_is_one_config_error(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "bot.yaml"
    file.write_bytes(content)
    with pytest.raises(ConfigError):
        BotConfig.load(file)


def test_an_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.yaml"):
        BotConfig.load(tmp_path / "nowhere.yaml")
