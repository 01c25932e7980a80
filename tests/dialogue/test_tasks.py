"""Tasks are declared in YAML; a declaration that is wrong is refused, every fault by its file and field."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from handmade import DATA, FAULT

from csbot.dialogue.tasks import LEAST_EXAMPLES, Task, declared, order_task, places, read_tasks
from csbot.errors import InputError, SourceError

CANCEL: dict[str, Any] = {
    "name": "cancel_install",
    "title": "取消安装预约",
    "examples": [f"帮我取消安装{i}" for i in range(LEAST_EXAMPLES)],
    "slots": [
        {"name": "phone", "kind": "phone", "title": "电话", "prompts": ["手机号？", "请留手机号。"], "invalid": ["不完整。"]},
        {
            "name": "why", "kind": "choice", "title": "原因", "choices": {"改期": ["换时间"], "不要了": []},
            "prompts": ["为什么？", "原因呢？"], "invalid": ["请选一个。"],
        },
    ],
    "confirm": ["取消 {phone} 的安装（{why}），对吗？", "请核对：\n{summary}"],
    "done": ["已取消。"],
    "failed": ["没能取消，已转人工。"],
}  # fmt: skip


def write(folder: Path, data: Any, name: str = "task.yaml") -> Path:
    file = folder / name
    file.write_text(data if isinstance(data, str) else yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    return file


def changed(**fields: Any) -> dict[str, Any]:
    return CANCEL | fields


def slot(**fields: Any) -> list[dict[str, Any]]:
    return [CANCEL["slots"][0] | fields, CANCEL["slots"][1]]


def test_a_declaration_is_read_as_it_is_written(tmp_path: Path) -> None:
    task = Task.read(write(tmp_path, CANCEL))
    assert (task.name, task.handler, [slot.name for slot in task.slots]) == (
        "cancel_install",
        "cancel_install",
        ["phone", "why"],
    )
    assert Task.read(write(tmp_path, changed(call="crm.cancel"))).handler == "crm.cancel"


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (changed(title=" "), "title"), (changed(colour="red"), "colour"), (changed(examples=["一句"]), None),
        (changed(slots=[]), "slots"), (changed(slots=slot(kind="email")), "slots.0.kind"),
        (changed(slots=slot(prompts=["一句"])), "slots.0.prompts"), (changed(slots=slot(invalid=[])), "slots.0.invalid"),
        (changed(slots=slot(check="(")), "slots.0.check"), (changed(slots=slot(choices={"a": []})), "slots.0"),
        (changed(slots=slot(find="x")), "slots.0"), (changed(slots=slot(name="confirm")), "slots.0"),
        (changed(slots=slot(name="电话")), "slots.0.name"), (changed(slots=[CANCEL["slots"][0]] * 2), None),
        (changed(confirm=["{nobody} 对吗"]), None), (changed(confirm=["{phone"]), None), (changed(confirm=["{}"]), None),
        (changed(failed=["{phone.__class__}"]), None), (changed(done=[]), None), (changed(failed=[]), None),
        (changed(name="human_handoff"), None), (changed(name="Cancel"), "name"), (changed(timeout_s=0), "timeout_s"),
        (changed(timeout_s=31), "timeout_s"), ({k: v for k, v in CANCEL.items() if k != "slots"}, "slots"),
        ([CANCEL], None),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_the_file_and_the_field(tmp_path: Path, data: Any, field: str | None) -> None:
    file = write(tmp_path, data)
    with pytest.raises(SourceError) as caught:
        Task.read(file)
    assert str(file) in str(caught.value)
    assert [fault.field for fault in caught.value.faults] == [field]


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        Task.read(write(tmp_path, changed(title="", slots=slot(kind="email", prompts=[]))))
    assert {fault.field for fault in caught.value.faults} == {"title", "slots.0.kind", "slots.0.prompts"}


def test_a_file_that_is_no_yaml_is_told_with_the_line(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        Task.read(write(tmp_path, "name: a\ntitle: [\n"))
    assert caught.value.line == 3


def test_no_object_is_made_from_a_tag(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="YAML"):
        Task.read(write(tmp_path, "name: !!python/object/apply:os.getcwd []\n"))


def test_a_directory_is_read_in_the_order_of_its_names(tmp_path: Path) -> None:
    write(tmp_path, changed(name="b"), "2.yaml")
    write(tmp_path, changed(name="a"), "1.yml")
    write(tmp_path, "no declaration", "README.md")
    assert [task.name for task in read_tasks(tmp_path)] == ["a", "b"]


def test_two_declarations_of_one_task_are_refused_with_both_files(tmp_path: Path) -> None:
    first, second = write(tmp_path, CANCEL, "1.yaml"), write(tmp_path, CANCEL, "2.yaml")
    with pytest.raises(SourceError) as caught:
        read_tasks(tmp_path)
    assert str(first) in str(caught.value)
    assert str(second) in str(caught.value)


@pytest.mark.parametrize("name", ["", "absent.yaml", "absent"])
def test_where_there_is_no_declaration_that_is_said(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError):
        read_tasks(tmp_path / name)


def test_a_merchant_may_word_order_progress_otherwise_but_not_change_what_proves_ownership(tmp_path: Path) -> None:
    slots = [slot.model_dump(mode="json", exclude_defaults=True) for slot in order_task().slots]
    own = Task.read(write(tmp_path, {"name": "order_progress", "title": "查我的单子", "slots": slots}))
    assert declared([own])["order_progress"].title == "查我的单子"
    for wrong in ({"slots": slots[:2]}, {"slots": [slots[0] | {"name": "tel"}, *slots[1:]]}, {"done": ["好了"]}):
        with pytest.raises(SourceError, match="order_progress"):
            Task.read(write(tmp_path, {"name": "order_progress", "title": "查单", "slots": slots} | wrong))


def test_the_sample_task_has_thirty_utterances_and_is_declared_beside_order_progress() -> None:
    assert len(set(FAULT.examples)) == 30
    assert [task.name for task in read_tasks(DATA / "tasks")] == ["fault_report"]
    assert list(declared(DATA / "tasks")) == ["order_progress", "fault_report"]


@pytest.mark.parametrize("task", [FAULT, order_task()], ids=lambda task: task.name)
def test_every_slot_is_asked_for_in_changing_words(task: Task) -> None:
    for slot in task.slots:
        assert len(set(slot.prompts)) == len(slot.prompts) >= 2


def test_places_are_the_names_in_braces() -> None:
    assert places(["{a}{{b}}", "c {a} {d}"]) == {"a", "d"}


def test_a_declaration_whose_aliases_explode_is_refused(tmp_path: Path) -> None:
    levels = [f"x{i}: &x{i} [{', '.join([f'*x{i - 1}'] * 9)}]" for i in range(1, 9)]
    (tmp_path / "bomb.yaml").write_text("\n".join(["x0: &x0 [1]", *levels]), encoding="utf-8")
    with pytest.raises(SourceError, match="YAML"):
        Task.read(tmp_path / "bomb.yaml")
