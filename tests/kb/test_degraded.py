"""Where the encoder can't run, words alone answer: said once, and refused where the merchant forbids it."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Sequence
from pathlib import Path

import pytest

import csbot.encoders
from csbot import Chatbot, KnowledgeBase, Session
from csbot.encoders.base import Progress, Vectors
from csbot.encoders.onnx import MODEL_FILE, OnnxEncoder
from csbot.errors import ConfigError, EncoderError

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


class Flaky:
    """The bundled encoder behind a switch: it fails while ``down``, as one that runs out of memory does."""

    def __init__(self) -> None:
        self.down, self.tries, self.name = False, 0, ""
        self._encoder = OnnxEncoder.bundled()

    @property
    def dimension(self) -> int:
        return self._encoder.dimension

    @property
    def fingerprint(self) -> str:
        return self._encoder.fingerprint + self.name

    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        self.tries += 1
        if self.down:
            raise EncoderError("out of memory")
        return self._encoder.encode(texts, progress=progress)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def flaky() -> Flaky:
    return Flaky()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def kb(small_kb: KnowledgeBase, flaky: Flaky, clock: Clock) -> KnowledgeBase:
    return KnowledgeBase(small_kb.contents, flaky, retry_interval_s=30, clock=clock)


def test_an_encoder_that_failed_is_left_alone_for_the_pause_and_then_serves_again(
    kb: KnowledgeBase, flaky: Flaky, clock: Clock
) -> None:
    flaky.down = True
    with pytest.warns(RuntimeWarning, match="out of memory") as said:
        assert kb.encode(["发票"]) is None
        flaky.down = False
        clock.now = 29.9
        assert kb.encode(["发票"]) is None
        assert (kb.degraded, flaky.tries) == (True, 1)
        clock.now = 30.0
        vectors = kb.encode(["发票"])
    assert vectors is not None
    assert (kb.degraded, len(said)) == (False, 1)


def test_an_encoder_that_fails_again_is_left_alone_again_without_another_word(
    kb: KnowledgeBase, flaky: Flaky, clock: Clock
) -> None:
    flaky.down = True
    with pytest.warns(RuntimeWarning, match="out of memory") as said:
        for clock.now in (0.0, 10.0, 30.0, 59.9, 60.0):
            assert kb.encode(["发票"]) is None
    assert (flaky.tries, len(said)) == (3, 1)


def test_a_second_failure_after_a_recovery_is_said_again(kb: KnowledgeBase, flaky: Flaky, clock: Clock) -> None:
    with pytest.warns(RuntimeWarning, match="out of memory") as said:
        for clock.now, flaky.down in ((0.0, True), (30.0, False), (31.0, True)):
            kb.encode(["发票"])
    assert len(said) == 2


def test_what_comes_back_as_another_model_is_not_used(kb: KnowledgeBase, flaky: Flaky, clock: Clock) -> None:
    flaky.down = True
    with pytest.warns(RuntimeWarning, match="out of memory"):
        kb.encode(["发票"])
    flaky.down, flaky.name, clock.now = False, " retrained", 30.0
    with pytest.warns(RuntimeWarning, match="retrained.*csbot index"):
        assert kb.encode(["发票"]) is None
    assert kb.degraded


def test_a_model_that_appears_after_loading_serves_from_then_on(small_saved: Path, broken: OnnxEncoder) -> None:
    with pytest.warns(RuntimeWarning, match="words alone"):
        kb = KnowledgeBase.load(small_saved, encoder=broken, retry_interval_s=0)
    shutil.copy(BUNDLED / MODEL_FILE, broken.directory)
    vectors = kb.encode(["发票怎么开"])
    assert vectors is not None
    assert not kb.degraded


def test_the_bot_says_in_its_trace_which_replies_were_made_without_the_encoder(
    kb: KnowledgeBase, flaky: Flaky, clock: Clock
) -> None:
    bot, flaky.down = Chatbot(kb), True
    with pytest.warns(RuntimeWarning, match="words alone"):
        first = bot.reply(Session(customer_id="u"), "邮费怎么收")
    flaky.down, clock.now = False, 30.0
    second = bot.reply(Session(customer_id="u"), "邮费怎么收")
    assert (first.trace.degraded, second.trace.degraded) == (True, False)


def test_where_degrading_is_forbidden_each_message_tries_and_raises(small_kb: KnowledgeBase, flaky: Flaky) -> None:
    bot, flaky.down = Chatbot(KnowledgeBase(small_kb.contents, flaky, may_degrade=False)), True
    for _ in range(2):
        with pytest.raises(EncoderError, match="out of memory"):
            bot.reply(Session(customer_id="u"), "邮费怎么收")
    flaky.down = False
    assert not bot.reply(Session(customer_id="u"), "邮费怎么收").trace.degraded


def test_a_knowledge_base_that_is_built_may_forbid_degrading_too(flaky: Flaky) -> None:
    kb = KnowledgeBase.build([{"question": "多久发货", "answer": "两天"}], encoder=flaky, may_degrade=False)
    flaky.down = True
    with pytest.raises(EncoderError):
        kb.search("几天发货")


def test_threads_are_for_encoders_given_by_name(small_saved: Path, flaky: Flaky) -> None:
    assert KnowledgeBase.load(small_saved, threads=1).encoder.threads == 1
    with pytest.raises(ConfigError, match="threads"):
        KnowledgeBase.load(small_saved, encoder=flaky, threads=1)
