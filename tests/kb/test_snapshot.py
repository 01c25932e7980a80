"""Saved versions: published whole or not at all, one writer, and nothing lost when the disk says no."""

from __future__ import annotations

import json
import multiprocessing
import subprocess
import sys
from functools import partial
from multiprocessing.synchronize import Event
from pathlib import Path

import filelock
import numpy as np
import pytest

from csbot import Faq, KnowledgeBase
from csbot.errors import SnapshotError, SnapshotLocked, SnapshotMissing
from csbot.kb import manifests, publishing, snapshot


def tree(root: Path) -> dict[str, bytes]:
    """Every file with its bytes, but the lock."""
    files = (path for path in root.rglob("*") if path.is_file() and path.name != "lock")
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def test_a_version_holds_the_files_of_the_design_and_no_pickle(fresh_kb: KnowledgeBase, tmp_path: Path) -> None:
    version = fresh_kb.save(tmp_path / "kb")
    directory = tmp_path / "kb" / "versions" / version
    manifest = json.loads((directory / "manifest.json").read_text(encoding="utf-8"))
    assert (tmp_path / "kb" / "CURRENT").read_text(encoding="ascii").strip() == version
    assert {"faqs.jsonl", "vectors.npy", "dense.faiss", "calibration.json", "lexicon.json"} <= set(manifest["files"])
    assert set(manifest["files"]) | {"manifest.json"} == set(tree(directory))
    assert (manifest["format_version"], manifest["faqs"], manifest["questions"]) == (manifests.FORMAT_VERSION, 12, 35)
    assert (manifest["encoder"], manifest["parent"]) == (fresh_kb.encoder.fingerprint, None)
    for file in directory.rglob("*.npy"):
        np.load(file, allow_pickle=False)


def test_what_is_read_is_what_was_written_and_vectors_are_mapped(fresh_kb: KnowledgeBase, tmp_path: Path) -> None:
    before = fresh_kb.contents
    version = fresh_kb.save(tmp_path / "kb")
    contents, manifest = snapshot.read(tmp_path / "kb")
    assert (contents.version, manifest.version) == (version, version)
    assert contents.faqs == before.faqs
    assert contents.calibration == before.calibration
    assert contents.lexical_calibration == before.lexical_calibration
    np.testing.assert_array_equal(contents.vectors, before.vectors)
    assert isinstance(contents.vectors, np.memmap)
    assert snapshot.read_faqs(tmp_path / "kb") == list(before.faqs)


def test_publishing_the_same_content_twice_makes_no_second_version(fresh_kb: KnowledgeBase, tmp_path: Path) -> None:
    first = fresh_kb.save(tmp_path / "kb")
    files = tree(tmp_path / "kb")
    assert fresh_kb.save(tmp_path / "kb") == first
    assert KnowledgeBase.load(tmp_path / "kb").save(tmp_path / "kb") == first
    assert tree(tmp_path / "kb") == files


def test_a_damaged_current_version_is_mended_by_publishing_it_again(fresh_kb: KnowledgeBase, tmp_path: Path) -> None:
    contents = fresh_kb.contents
    first = fresh_kb.save(tmp_path / "kb")
    (tmp_path / "kb" / "versions" / first / "vectors.npy").write_bytes(b"damaged")
    KnowledgeBase(contents, fresh_kb.encoder).save(tmp_path / "kb")
    assert KnowledgeBase.load(tmp_path / "kb").faqs == contents.faqs


def test_publishing_leaves_older_versions_untouched(fresh_kb: KnowledgeBase, tmp_path: Path) -> None:
    first = fresh_kb.save(tmp_path / "kb")
    before = tree(tmp_path / "kb" / "versions" / first)
    fresh_kb.update(delete=["pay"]).save(tmp_path / "kb")
    assert tree(tmp_path / "kb" / "versions" / first) == before
    assert {path.name[0] for path in (tmp_path / "kb").iterdir()} == {"C", "l", "v"}  # nothing temporary is left


def test_what_a_killed_writer_left_behind_is_swept_away(fresh_kb: KnowledgeBase, tmp_path: Path) -> None:
    fresh_kb.save(tmp_path / "kb")
    leftover = tmp_path / "kb" / "versions" / ".tmp-killed"
    leftover.mkdir()
    (leftover / "faqs.jsonl").write_text("half a line")
    assert len(manifests.history(tmp_path / "kb")) == 1
    fresh_kb.update(delete=["pay"]).save(tmp_path / "kb")
    assert not leftover.exists()


def test_only_so_many_versions_are_kept(hash_kb: KnowledgeBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "KEPT_VERSIONS", 3)
    kb, names = KnowledgeBase(hash_kb.contents, hash_kb.encoder), []
    for i in range(5):
        kb = kb.update(upsert=[Faq(id="pay", question="可以分期付款吗", answer=f"第 {i} 版")])
        names.append(kb.save(tmp_path / "kb"))
    assert [manifest.version for manifest in manifests.history(tmp_path / "kb")] == names[:1:-1]
    assert sorted(path.name for path in (tmp_path / "kb" / "versions").iterdir()) == sorted(names[2:])
    assert KnowledgeBase.load(tmp_path / "kb", encoder=hash_kb.encoder).faqs[-2].answer == "第 4 版"


def _hold(path: str, held: Event, leave: Event) -> None:
    with filelock.FileLock(path):
        held.set()
        leave.wait(60)


def test_a_second_writer_is_told_to_wait_and_nothing_changes(
    fresh_kb: KnowledgeBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process holds the lock; the patience of ten seconds is cut short for the test."""
    fresh_kb.save(tmp_path / "kb")
    files = tree(tmp_path / "kb")
    real = filelock.FileLock
    monkeypatch.setattr(filelock, "FileLock", lambda path, timeout: partial(real, timeout=0.1)(path))
    context = multiprocessing.get_context("spawn")
    held, leave = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(str(tmp_path / "kb" / "lock"), held, leave))
    other.start()
    try:
        assert held.wait(60)
        with pytest.raises(SnapshotLocked, match="另一个进程"):
            fresh_kb.update(delete=["pay"]).save(tmp_path / "kb")
        assert tree(tmp_path / "kb") == files
    finally:
        leave.set()
        other.join(60)
    fresh_kb.update(delete=["pay"]).save(tmp_path / "kb")


def test_a_place_that_cannot_be_written_to_is_one_clear_error(fresh_kb: KnowledgeBase, tmp_path: Path) -> None:
    """A file stands where the directory should be: not even root may write there."""
    (tmp_path / "file").write_text("not a directory")
    for place in (tmp_path / "file", tmp_path / "file" / "kb"):
        with pytest.raises(SnapshotError, match="无法写入") as caught:
            fresh_kb.save(place)
        assert caught.value.path == str(place)
    assert (tmp_path / "file").read_text() == "not a directory"
    assert fresh_kb.search("发票怎么开")[0].faq_id == "invoice"


def test_a_failed_write_leaves_what_was_saved(fresh_kb: KnowledgeBase, tmp_path: Path) -> None:
    first = fresh_kb.save(tmp_path / "kb")
    (tmp_path / "kb" / "versions").rename(tmp_path / "versions")
    (tmp_path / "kb" / "versions").write_text("a file in the way")
    with pytest.raises(SnapshotError):
        fresh_kb.update(delete=["pay"]).save(tmp_path / "kb")
    (tmp_path / "kb" / "versions").unlink()
    (tmp_path / "versions").rename(tmp_path / "kb" / "versions")
    assert KnowledgeBase.load(tmp_path / "kb").version == first


SAVE_WITH_LITTLE_ROOM = """
import resource, sys
from csbot import KnowledgeBase
from csbot.errors import SnapshotError
kb = KnowledgeBase.load(sys.argv[1]).update(delete=["pay"])
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    kb.save(sys.argv[1])
except SnapshotError as error:
    print(error)
    sys.exit(2)
"""


@pytest.mark.parametrize("room", [0, 100, 5_000, 30_000])
def test_a_full_disk_is_one_clear_error_and_what_was_saved_still_loads(
    fresh_kb: KnowledgeBase, tmp_path: Path, room: int
) -> None:
    """Files may not grow beyond ``room`` bytes in the child: what a full disk does, at another file each time."""
    first = fresh_kb.save(tmp_path / "kb")
    files = tree(tmp_path / "kb")
    command = [sys.executable, "-c", SAVE_WITH_LITTLE_ROOM, str(tmp_path / "kb"), str(room)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (2, "")
    assert "无法写入" in done.stdout
    assert "原有版本未受影响" in done.stdout
    assert tree(tmp_path / "kb") == files
    assert KnowledgeBase.load(tmp_path / "kb").version == first


def test_a_directory_without_a_knowledge_base_says_what_to_run(tmp_path: Path) -> None:
    for call in (manifests.current_version, snapshot.read, snapshot.read_faqs, manifests.history):
        with pytest.raises(SnapshotMissing, match="csbot index"):
            call(tmp_path)
