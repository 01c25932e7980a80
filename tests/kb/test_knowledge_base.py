"""`KnowledgeBase`: build, search, update, save and load."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from csbot import Faq, KnowledgeBase
from csbot.errors import InputError, SourceError
from csbot.kb.indexing import answer_view
from csbot.text import query_form


def ids(kb: KnowledgeBase, text: str) -> list[str]:
    return [candidate.faq_id for candidate in kb.search(text, top_k=50)]


def texts_of(*faqs: Faq) -> set[str]:
    """All texts that an FAQ is encoded by."""
    return {query_form(question) for faq in faqs for question in faq.questions} | {answer_view(faq) for faq in faqs}


def test_a_knowledge_base_is_built_from_a_file_from_objects_and_from_dicts(small_source: Path, faqs: list[Faq]) -> None:
    rows = [json.loads(line) for line in small_source.read_text(encoding="utf-8").splitlines()]
    built = [KnowledgeBase.build(source) for source in (small_source, str(small_source), faqs, iter(faqs), rows)]
    assert [kb.faqs for kb in built] == [tuple(faqs)] * 5
    assert {len(kb) for kb in built} == {12}
    assert {kb.version for kb in built} == {""}


def test_a_source_with_faults_lists_them_all() -> None:
    with pytest.raises(SourceError) as caught:
        KnowledgeBase.build([{"question": ""}, {"answer": "x"}, {"question": "a", "answer": "b", "colour": 1}])
    assert len({fault.line for fault in caught.value.faults}) == 3


def test_search_gives_at_most_top_k_best_first(small_kb: KnowledgeBase) -> None:
    assert len(small_kb.search("多久发货", top_k=3)) == 3
    assert small_kb.search("多久发货", top_k=3) == small_kb.search("多久发货", top_k=50)[:3]
    assert small_kb.search("下单后多久发货", top_k=1)[0].faq_id == "ship-time"
    assert small_kb.search("") == small_kb.search("😭") == []


def test_a_batch_is_searched_like_its_messages_alone(small_kb: KnowledgeBase) -> None:
    texts = ["发票怎么开", "", "门锁没电了怎么办", "能不能用信用卡分期"]
    batch = small_kb.search_batch(texts, top_k=1)
    assert [[c.faq_id for c in found] for found in batch] == [[c.faq_id for c in small_kb.search(t, 1)] for t in texts]
    assert small_kb.search_batch([]) == []


@pytest.mark.parametrize(("text", "top_k"), [("a", 0), ("a", -1), (None, 5), (b"a", 5)])
def test_wrong_use_of_search_is_an_input_error(small_kb: KnowledgeBase, text: Any, top_k: int) -> None:
    with pytest.raises(InputError):
        small_kb.search(text, top_k)


def test_building_encodes_each_distinct_text_once(counting: Any, faqs: list[Faq]) -> None:
    KnowledgeBase.build([*faqs, Faq(id="twin", question="发票怎么开？", answer=faqs[0].answer)], encoder=counting)
    assert sorted(counting.seen) == sorted(texts_of(*faqs))


def test_an_update_encodes_only_what_changed(counting: Any, faqs: list[Faq]) -> None:
    kb = KnowledgeBase.build(faqs, encoder=counting)
    counting.seen.clear()
    changed = faqs[0].model_copy(update={"similar": (*faqs[0].similar, "这个几号能发出")})
    new = Faq(id="new", question="可以货到付款吗", answer="暂不支持货到付款。")
    updated = kb.update(upsert=[changed, new.model_dump()], delete=["gone"])
    assert set(counting.seen) == {"这个几号能发出"} | texts_of(new)
    assert [faq.id for faq in updated.faqs] == [faq.id for faq in faqs if faq.id != "gone"] + ["new"]
    assert ids(updated, "这个几号能发出")[0] == "ship-time"
    assert ids(updated, "可以货到付款吗")[0] == "new"


def test_an_update_equals_a_build_from_scratch(small_kb: KnowledgeBase, faqs: list[Faq]) -> None:
    changed = faqs[3].model_copy(update={"answer": "改了"})
    updated = small_kb.update(upsert=[changed], delete=["pay"])
    built = KnowledgeBase.build([changed if faq.id == changed.id else faq for faq in faqs if faq.id != "pay"])
    assert updated.faqs == built.faqs
    likeness = (np.asarray(updated.contents.vectors) * np.asarray(built.contents.vectors)).sum(axis=1)
    assert likeness.min() > 0.95  # int8: scales depend a little on the batch
    for text in ("怎么退货", "能不能用信用卡分期"):
        assert updated.search(text)[0].faq_id == built.search(text)[0].faq_id


def test_an_update_leaves_the_old_knowledge_base_as_it_was(small_kb: KnowledgeBase, faqs: list[Faq]) -> None:
    small_kb.update(upsert=[faqs[0].model_copy(update={"answer": "改了"})], delete=["pay"])
    assert small_kb.faqs == tuple(faqs)
    assert ids(small_kb, "可以分期付款吗")[0] == "pay"


def test_a_deleted_faq_is_never_found_again(small_kb: KnowledgeBase, faqs: list[Faq]) -> None:
    kb = small_kb
    for faq in faqs[:-2]:
        kb = kb.update(delete=[faq.id])
        for question in faq.questions:
            assert faq.id not in ids(kb, question)
    assert [faq.id for faq in kb.faqs] == ["pay", "gone"]


def test_deleting_and_adding_the_same_id_replaces_it(small_kb: KnowledgeBase) -> None:
    kb = small_kb.update(upsert=[{"id": "pay", "question": "能刷信用卡吗", "answer": "能"}], delete=["pay"])
    assert [faq.question for faq in kb.faqs if faq.id == "pay"] == ["能刷信用卡吗"]
    assert not any(candidate.exact for candidate in kb.search("可以分期付款吗"))


def test_deleting_what_is_not_there_is_an_error_that_names_it(small_kb: KnowledgeBase) -> None:
    with pytest.raises(InputError, match="absent"):
        small_kb.update(delete=["pay", "absent"])


def test_a_knowledge_base_may_be_emptied(small_kb: KnowledgeBase, faqs: list[Faq], tmp_path: Path) -> None:
    empty = small_kb.update(delete=[faq.id for faq in faqs])
    assert (len(empty), empty.search("多久发货")) == (0, [])
    empty.save(tmp_path / "kb")
    assert KnowledgeBase.load(tmp_path / "kb").search("多久发货") == []


def test_vectors_of_a_previous_knowledge_base_serve_again_unless_the_encoder_differs(
    small_kb: KnowledgeBase, hash_kb: KnowledgeBase, counting: Any, faqs: list[Faq]
) -> None:
    KnowledgeBase.build(faqs[1:], encoder=counting, previous=small_kb)
    assert counting.seen == []
    KnowledgeBase.build(faqs[:1], encoder=counting, previous=hash_kb)
    assert set(counting.seen) == texts_of(faqs[0])


def test_the_kind_of_index_is_kept_through_updates(faqs: list[Faq]) -> None:
    kb = KnowledgeBase.build(faqs, index="hnsw")
    assert kb.contents.dense.kind == kb.update(delete=["pay"]).contents.dense.kind == "hnsw"
    assert ids(kb, "发票怎么开")[0] == "invoice"


def test_progress_is_reported_to_a_function(faqs: list[Faq]) -> None:
    seen: list[tuple[int, int]] = []
    KnowledgeBase.build(faqs, progress=lambda done, total: seen.append((done, total)))
    total = len(texts_of(*faqs))
    assert seen[-1] == (total, total)
    assert seen == sorted(seen)
