"""`KnowledgeBase` on disk: saved, loaded, and followed by readers that run."""

from __future__ import annotations

from pathlib import Path

import pytest

from csbot import KnowledgeBase
from csbot.encoders import Encoder
from csbot.errors import EncoderMismatch, SnapshotConflict, SnapshotMissing
from csbot.text import Lexicon


def ids(kb: KnowledgeBase, text: str) -> list[str]:
    return [candidate.faq_id for candidate in kb.search(text, top_k=50)]


def test_a_loaded_knowledge_base_answers_as_the_saved_one(fresh_kb: KnowledgeBase, tmp_path: Path) -> None:
    before = fresh_kb.search_batch(["怎么还不发货", "锁没电了", "今天天气真好"])
    version = fresh_kb.save(tmp_path / "kb")
    loaded = KnowledgeBase.load(tmp_path / "kb")
    assert loaded.version == fresh_kb.version == version
    assert loaded.faqs == fresh_kb.faqs
    assert loaded.search_batch(["怎么还不发货", "锁没电了", "今天天气真好"]) == before


def test_the_merchants_words_are_saved_with_it(tmp_path: Path) -> None:
    lexicon = Lexicon(user_words=("阻尼铰链",), synonyms={"合页": "铰链"}, stop_words=("店家",))
    rows = [{"question": "阻尼铰链多少钱", "answer": "十元"}, {"question": "发票怎么开", "answer": "点申请"}]
    KnowledgeBase.build(rows, lexicon=lexicon).save(tmp_path)
    loaded = KnowledgeBase.load(tmp_path)
    assert loaded.contents.lexicon == lexicon == loaded.update(upsert=[{"question": "问", "answer": "答"}]).contents.lexicon
    assert "阻尼铰链" in loaded.contents.tokeniser.words("阻尼铰链")


def test_an_encoder_of_ones_own_serves_and_must_be_given_again_to_load(
    hash_kb: KnowledgeBase, small_kb: KnowledgeBase, tmp_path: Path
) -> None:
    assert isinstance(hash_kb.encoder, Encoder)
    assert ids(hash_kb, "发票怎么开")[0] == "invoice"
    own = KnowledgeBase(hash_kb.contents, hash_kb.encoder)
    own.save(tmp_path / "kb")
    assert ids(KnowledgeBase.load(tmp_path / "kb", encoder=hash_kb.encoder), "发票怎么开")[0] == "invoice"
    with pytest.raises(EncoderMismatch, match="csbot index"):
        KnowledgeBase.load(tmp_path / "kb")
    KnowledgeBase(small_kb.contents, small_kb.encoder).save(tmp_path / "bundled")
    with pytest.raises(EncoderMismatch, match=hash_kb.encoder.fingerprint):
        KnowledgeBase.load(tmp_path / "bundled", encoder=hash_kb.encoder)


def test_loading_what_was_never_saved_says_what_to_do(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "absent"):
        with pytest.raises(SnapshotMissing, match="csbot index"):
            KnowledgeBase.load(place)


def test_a_running_reader_follows_new_versions(fresh_kb: KnowledgeBase, tmp_path: Path) -> None:
    first = fresh_kb.save(tmp_path / "kb")
    reader = KnowledgeBase.load(tmp_path / "kb", reload_interval_s=0)
    held = reader.contents
    second = fresh_kb.update(delete=["pay"]).save(tmp_path / "kb")
    assert reader.version == second != first
    assert "pay" not in ids(reader, "可以分期付款吗")
    assert held.version == first
    assert held.get("pay") is not None


def test_a_reader_does_not_look_again_within_its_interval(fresh_kb: KnowledgeBase, tmp_path: Path) -> None:
    first = fresh_kb.save(tmp_path / "kb")
    reader = KnowledgeBase.load(tmp_path / "kb", reload_interval_s=3600)
    fresh_kb.update(delete=["pay"]).save(tmp_path / "kb")
    assert reader.version == first


def test_a_reader_keeps_its_version_when_a_damaged_one_is_published(fresh_kb: KnowledgeBase, tmp_path: Path) -> None:
    first = fresh_kb.save(tmp_path / "kb")
    reader = KnowledgeBase.load(tmp_path / "kb", reload_interval_s=0)
    second = fresh_kb.update(delete=["pay"]).save(tmp_path / "kb")
    (tmp_path / "kb" / "versions" / second / "vectors.npy").write_bytes(b"damaged")
    with pytest.warns(RuntimeWarning, match="继续使用旧版本"):
        assert reader.version == first
    (tmp_path / "kb" / "CURRENT").write_text(first, encoding="ascii")
    assert ids(reader, "可以分期付款吗")[0] == "pay"


def test_an_update_is_made_to_the_latest_version_and_never_overwrites_anothers(fresh_kb: KnowledgeBase, tmp_path: Path) -> None:
    fresh_kb.save(tmp_path / "kb")
    one, two = (KnowledgeBase.load(tmp_path / "kb", reload_interval_s=3600) for _ in range(2))
    mine, theirs = one.update(delete=["pay"]), two.update(delete=["invoice"])
    mine.save(tmp_path / "kb")
    with pytest.raises(SnapshotConflict):
        theirs.save(tmp_path / "kb")
    both = two.update(delete=["invoice"])
    both.save(tmp_path / "kb")
    assert {"pay", "invoice"}.isdisjoint(faq.id for faq in KnowledgeBase.load(tmp_path / "kb").faqs)
