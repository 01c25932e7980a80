"""What several tests share: knowledge bases made by the real bundled encoder."""

from __future__ import annotations

import os
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import hypothesis
import numpy as np
import pytest

from csbot import Chatbot, Faq, KnowledgeBase, Session
from csbot.encoders import Encoder, load_encoder
from csbot.encoders.base import Progress, Vectors
from csbot.handoff import open_desk
from csbot.handoff.desk import Desk
from csbot.kb.export import write_faqs
from csbot.storage import open_store

ROOT = Path(__file__).parent.parent
DATA = ROOT / "data"

hypothesis.settings.register_profile("csbot", database=None, deadline=None)
hypothesis.settings.load_profile("csbot")

FAQS = (
    Faq(
        id="ship-time", question="下单后多久发货", similar=("什么时候能发货", "几天能寄出来"), answer="48 小时内发货。",
        category="物流",
    ),
    Faq(id="ship-fee", question="运费怎么算", similar=("邮费多少钱", "包邮吗"), answer="满 99 元包邮。", category="物流"),
    Faq(
        id="ship-company", question="发什么快递", similar=("能指定顺丰吗", "用哪家物流"), answer="默认中通快递。",
        category="物流",
    ),
    Faq(
        id="return", question="怎么退货", similar=("不喜欢想退掉", "七天无理由怎么申请"),
        answer="签收后 7 天内在订单详情申请退货。", category="售后", related=("refund",),
    ),
    Faq(
        id="refund", question="退款多久到账", similar=("钱什么时候退回来", "退款还没收到"),
        answer="审核通过后 1 到 3 个工作日原路退回。",
    ),
    Faq(
        id="invoice", question="发票怎么开", similar=("能开增值税专用发票吗", "我要开票"),
        answer="在订单详情点“申请发票”。", tags=("发票",),
    ),
    Faq(
        id="lock-power", question="智能门锁没电了怎么开门", similar=("指纹锁电池耗尽进不了家", "门锁没电"),
        answer="用充电宝接锁底的应急口供电。", channel_answers={"wechat": "微信里看视频：用充电宝应急供电。"},
    ),
    Faq(
        id="lock-wifi", question="门锁怎么联网", similar=("智能锁连不上无线网", "WiFi 配网失败"),
        answer="在应用里添加设备，按提示配网。",
    ),
    Faq(id="measure", question="上门测量收费吗", similar=("量房要钱吗", "量尺寸怎么收费"), answer="首次测量免费。"),
    Faq(id="install", question="橱柜安装要多久", similar=("装一套柜子几天", "安装需要几个小时"), answer="一般一天装完。"),
    Faq(id="pay", question="可以分期付款吗", similar=("支持花呗分期吗", "能不能用信用卡分期"), answer="支持 3、6、12 期。"),
    Faq(id="gone", question="国庆活动有哪些", similar=("十一有什么优惠",), answer="满 5000 减 500。", valid_until="2020-10-08"),
)  # fmt: skip


class CountingEncoder:
    """The bundled encoder, which remembers what it was asked to encode."""

    def __init__(self) -> None:
        self._encoder = load_encoder()
        self.seen: list[str] = []

    @property
    def dimension(self) -> int:
        return self._encoder.dimension

    @property
    def fingerprint(self) -> str:
        return self._encoder.fingerprint

    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        self.seen += texts
        return self._encoder.encode(texts, progress=progress)


class HashEncoder:
    """A small encoder of one's own: counts of hashed character pairs. csbot has no calibration for it."""

    dimension = 32
    fingerprint = "hashed-pairs-32"

    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        vectors = np.full((len(texts), self.dimension), 1e-3, np.float32)
        for row, text in enumerate(texts):
            for i in range(len(text)):
                vectors[row, zlib.crc32(text[i : i + 2].encode()) % self.dimension] += 1
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """csbot's cache of the tests is their own, so that nothing outside pytest's directories is written."""
    os.environ["XDG_CACHE_HOME"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def faqs() -> list[Faq]:
    """The FAQs of `small_kb`."""
    return list(FAQS)


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    """The bundled encoder."""
    return load_encoder()


@pytest.fixture(scope="session")
def small_kb() -> KnowledgeBase:
    """A dozen FAQs (`FAQS`), one of them expired; not to be saved: `fresh_kb` is for that."""
    return KnowledgeBase.build(FAQS)


@pytest.fixture(scope="session")
def hash_kb() -> KnowledgeBase:
    """`FAQS` behind an encoder of one's own, which csbot calibrates by itself; not to be saved."""
    return KnowledgeBase.build(FAQS, encoder=HashEncoder())


@pytest.fixture(scope="session")
def sample_kb() -> KnowledgeBase:
    """The sample knowledge base ``data/faq.csv``; not to be saved."""
    return KnowledgeBase.build(DATA / "faq.csv")


@pytest.fixture
def fresh_kb(small_kb: KnowledgeBase) -> KnowledgeBase:
    """A knowledge base of one's own with the contents of `small_kb`, never saved yet."""
    return KnowledgeBase(small_kb.contents, small_kb.encoder)


@pytest.fixture
def counting() -> CountingEncoder:
    return CountingEncoder()


@pytest.fixture(scope="session")
def small_source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`FAQS` as a ``.jsonl`` file; not to be changed."""
    file = tmp_path_factory.mktemp("source") / "faq.jsonl"
    write_faqs(FAQS, file)
    return file


@pytest.fixture(scope="session")
def small_saved(small_kb: KnowledgeBase, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Directory of a saved knowledge base over `FAQS`; copy it before changing anything in it."""
    directory = tmp_path_factory.mktemp("saved") / "kb"
    KnowledgeBase(small_kb.contents, small_kb.encoder).save(directory)
    return directory


@pytest.fixture(scope="session")
def run_csbot() -> Callable[..., subprocess.CompletedProcess[str]]:
    """``run_csbot("ask", "--kb", …)``: the command line as a process of its own; its output as text."""

    def run(*arguments: str | Path, stdin: str = "", cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from csbot.cli.main import main; main()", *map(str, arguments)]
        environment = os.environ | {"PYTHONIOENCODING": "utf-8", "COLUMNS": "200"}
        return subprocess.run(
            command, input=stdin, capture_output=True, text=True, encoding="utf-8", cwd=cwd, env=environment, timeout=300
        )

    return run


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = open_desk(f"sqlite:///{tmp_path}/desk.db")
    yield desk
    desk.close()


@pytest.fixture
def bot(small_kb: KnowledgeBase, desk: Desk, tmp_path: Path) -> Iterator[Chatbot]:
    """A bot with a store and the built-in desk."""
    store = open_store(f"sqlite:///{tmp_path}/store.db")
    yield Chatbot(small_kb, desk=desk, store=store)
    store.close()


@pytest.fixture
def session(bot: Chatbot) -> Session:
    return bot.session("u1", "wechat")
