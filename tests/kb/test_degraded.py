"""Where the encoder can't run, words alone answer: said once, and refused where the merchant forbids it."""

from __future__ import annotations

import shutil
import warnings
from pathlib import Path

import pytest

import csbot.encoders
from csbot import KnowledgeBase
from csbot.encoders.onnx import MODEL_FILE, OnnxEncoder
from csbot.errors import EncoderError

BUNDLED = Path(csbot.encoders.__file__).parent / "bundled"


@pytest.fixture
def broken(tmp_path: Path) -> OnnxEncoder:
    """The bundled encoder's directory without its model."""
    shutil.copytree(BUNDLED, tmp_path / "encoder", ignore=shutil.ignore_patterns(MODEL_FILE))
    return OnnxEncoder(tmp_path / "encoder")


def test_a_missing_model_is_said_once_and_words_alone_answer(small_saved: Path, broken: OnnxEncoder) -> None:
    with pytest.warns(RuntimeWarning, match="仅用词面匹配") as said:
        kb = KnowledgeBase.load(small_saved, encoder=broken)
    assert len(said) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert kb.search("智能门锁没电了怎么开门")[0].faq_id == "lock-power"
        assert kb.search("智能门锁没电了怎么开门")[0].confidence == 1.0
        assert kb.search("智能门锁联网")[0].faq_id == "lock-wifi"
    assert kb.degraded


def test_a_model_that_vanishes_while_running_degrades_too(small_saved: Path, tmp_path: Path) -> None:
    shutil.copytree(BUNDLED, tmp_path / "encoder")
    kb = KnowledgeBase.load(small_saved, encoder=OnnxEncoder(tmp_path / "encoder"))
    assert not kb.degraded
    broken = OnnxEncoder(tmp_path / "encoder")
    assert broken.fingerprint == kb.encoder.fingerprint  # the files were there when it was opened …
    shutil.rmtree(tmp_path / "encoder")  # … and are gone when it first encodes
    kb = KnowledgeBase.load(small_saved, encoder=broken)
    with pytest.warns(RuntimeWarning, match="仅用词面匹配"):
        found = kb.search("发票怎么开")
    assert (found[0].faq_id, kb.degraded) == ("invoice", True)


def test_thresholds_of_words_alone_are_their_own(small_saved: Path, broken: OnnxEncoder) -> None:
    with pytest.warns(RuntimeWarning, match="words alone"):
        kb = KnowledgeBase.load(small_saved, encoder=broken)
    assert kb.contents.lexical_calibration.encoder == "lexical-only"
    assert kb.contents.lexical_calibration != kb.contents.calibration


def test_degrading_is_refused_where_it_is_forbidden(small_saved: Path, broken: OnnxEncoder) -> None:
    with pytest.raises(EncoderError, match="encoder file is missing"):
        KnowledgeBase.load(small_saved, encoder=broken, may_degrade=False)


def test_a_knowledge_base_cannot_be_built_or_extended_without_an_encoder(small_saved: Path, broken: OnnxEncoder) -> None:
    with pytest.raises(EncoderError):
        KnowledgeBase.build([{"question": "问", "answer": "答"}], encoder=broken)
    with pytest.warns(RuntimeWarning, match="words alone"):
        kb = KnowledgeBase.load(small_saved, encoder=broken)
    with pytest.raises(EncoderError):
        kb.update(upsert=[{"question": "新问题", "answer": "答"}])
