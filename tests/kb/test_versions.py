"""History, differences and rollback over saved versions."""

from __future__ import annotations

from pathlib import Path

import pytest

from csbot import Faq, KnowledgeBase
from csbot.errors import InputError, SnapshotMissing
from csbot.kb import manifests, versions
from csbot.kb.versions import Change, compare, find, roll_back


@pytest.fixture
def published(fresh_kb: KnowledgeBase, tmp_path: Path) -> tuple[Path, list[str]]:
    """Three versions: the fixture's FAQs; one deleted, one added, one changed; another answer."""
    root = tmp_path / "kb"
    names = [fresh_kb.save(root)]
    pay = Faq(id="pay", question="可以分期付款吗", similar=("支持花呗分期吗",), answer="支持 3 期。", category="支付")
    second = fresh_kb.update(upsert=[pay, {"id": "new", "question": "能货到付款吗", "answer": "不能"}], delete=["gone"])
    names.append(second.save(root))
    names.append(second.update(upsert=[{"id": "new", "question": "能货到付款吗", "answer": "能"}]).save(root))
    return root, names


def test_history_is_newest_first_and_knows_parents(published: tuple[Path, list[str]]) -> None:
    root, names = published
    history = manifests.history(root)
    assert [manifest.version for manifest in history] == names[::-1]
    assert [manifest.parent for manifest in history] == [names[1], names[0], None]
    assert [manifest.faqs for manifest in history] == [12, 12, 12]
    assert [manifest.questions for manifest in history] == [33, 33, 35]


def test_the_history_for_people_lists_whole_and_damaged_versions_and_says_what_is_wrong(
    published: tuple[Path, list[str]],
) -> None:
    root, names = published
    assert [(v.version, v.current, v.damage) for v in versions.history(root)] == [
        (names[2], True, None), (names[1], False, None), (names[0], False, None),
    ]  # fmt: skip
    (root / "versions" / names[1] / "vectors.npy").write_bytes(b"damaged")
    (root / "versions" / names[0] / "manifest.json").unlink()
    whole, altered, unreadable = versions.history(root)
    assert (whole.version, whole.damage, whole.faqs) == (names[2], None, 12)
    assert (altered.version, altered.faqs, "vectors.npy" in str(altered.damage)) == (names[1], 12, True)
    assert (unreadable.version, unreadable.created, "manifest.json" in str(unreadable.damage)) == (names[0], None, True)


@pytest.mark.parametrize("content", [None, b"", b"../../etc", b"0123456789abcdef"])
def test_the_history_is_listed_where_the_pointer_to_the_current_version_is_damaged(
    published: tuple[Path, list[str]], content: bytes | None
) -> None:
    root, names = published
    (root / "CURRENT").unlink()
    if content is not None:
        (root / "CURRENT").write_bytes(content)
    assert [(v.version, v.current, v.damage) for v in versions.history(root)] == [(name, False, None) for name in names[::-1]]


def test_differences_are_listed_by_faq_and_field(published: tuple[Path, list[str]]) -> None:
    root, names = published
    assert compare(root, names[0], names[1]) == [
        Change(what="-", faq_id="gone", field="question", old="国庆活动有哪些"),
        Change(what="~", faq_id="pay", field="similar", old="支持花呗分期吗、能不能用信用卡分期", new="支持花呗分期吗"),
        Change(what="~", faq_id="pay", field="answer", old="支持 3、6、12 期。", new="支持 3 期。"),
        Change(what="~", faq_id="pay", field="category", old="", new="支付"),
        Change(what="+", faq_id="new", field="question", new="能货到付款吗"),
    ]
    assert compare(root, names[1]) == [Change(what="~", faq_id="new", field="answer", old="不能", new="能")]
    assert compare(root, names[2], names[2]) == []
    backwards = compare(root, names[1], names[0])
    assert {(change.what, change.faq_id) for change in backwards} == {("-", "new"), ("+", "gone"), ("~", "pay")}


def test_rollback_goes_to_the_version_before_and_again(published: tuple[Path, list[str]]) -> None:
    root, names = published
    assert roll_back(root) == names[1]
    assert KnowledgeBase.load(root).version == names[1]
    assert roll_back(root) == names[0]
    assert "gone" in {faq.id for faq in KnowledgeBase.load(root).faqs}


def test_rollback_to_a_named_version_goes_forward_too(published: tuple[Path, list[str]]) -> None:
    root, names = published
    assert roll_back(root, names[0]) == names[0]
    assert roll_back(root, names[2][:12]) == names[2]
    assert KnowledgeBase.load(root).version == names[2]


def test_a_version_published_after_a_rollback_has_the_one_rolled_back_to_as_parent(
    published: tuple[Path, list[str]], fresh_kb: KnowledgeBase
) -> None:
    root, names = published
    roll_back(root, names[0])
    fourth = KnowledgeBase.load(root).update(delete=["invoice"]).save(root)
    assert manifests.read_manifest(root, fourth).parent == names[0]
    assert roll_back(root) == names[0]


def test_a_running_reader_follows_a_rollback(published: tuple[Path, list[str]]) -> None:
    root, names = published
    reader = KnowledgeBase.load(root, reload_interval_s=0)
    assert reader.search("国庆活动有哪些")[0].faq_id != "gone"
    roll_back(root, names[0])
    assert reader.version == names[0]
    assert "gone" in {faq.id for faq in reader.faqs}


def test_a_version_is_found_by_the_beginning_of_its_name(published: tuple[Path, list[str]]) -> None:
    root, names = published
    for name in names:
        assert find(root, name) == find(root, name[:12]) == name


@pytest.mark.parametrize("prefix", ["", "zzzz"])
def test_a_beginning_that_fits_none_or_several_is_an_error(published: tuple[Path, list[str]], prefix: str) -> None:
    root, _ = published
    with pytest.raises(InputError, match="csbot kb history"):
        find(root, prefix)
    with pytest.raises(InputError):
        compare(root, prefix)


def test_the_only_version_cannot_be_rolled_back(fresh_kb: KnowledgeBase, tmp_path: Path) -> None:
    version = fresh_kb.save(tmp_path / "kb")
    with pytest.raises(InputError, match="没有更早的版本"):
        roll_back(tmp_path / "kb")
    assert KnowledgeBase.load(tmp_path / "kb").version == version


def test_where_nothing_was_saved_there_are_no_versions(tmp_path: Path) -> None:
    for call in (
        lambda: roll_back(tmp_path),
        lambda: compare(tmp_path, "a"),
        lambda: find(tmp_path, "a"),
        lambda: versions.history(tmp_path),
    ):
        with pytest.raises(SnapshotMissing):
            call()
