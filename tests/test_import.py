"""What importing and asking cost: `import csbot` loads nothing heavy, and the bundled encoder needs no torch."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import resources

import pytest

import csbot

HEAVY = {
    "alembic", "bm25s", "faiss", "httpx", "huggingface_hub", "jieba", "numpy", "onnxruntime", "opencc", "openpyxl", "pydantic",
    "rich", "sentence_transformers", "sqlalchemy", "tokenizers", "torch", "transformers", "typer", "yaml",
}  # fmt: skip


def loaded_after(code: str) -> set[str]:
    """Top-level modules in a fresh interpreter after ``code``."""
    script = f"{code}\nimport json, sys\nprint(json.dumps(sorted({{name.split('.')[0] for name in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_importing_csbot_loads_nothing_heavy() -> None:
    loaded = loaded_after("import csbot")
    assert "csbot" in loaded
    assert loaded & HEAVY == set()


def test_the_check_would_see_a_heavy_import() -> None:
    assert "pydantic" in loaded_after("import csbot; csbot.Faq")


def test_defining_data_and_settings_loads_no_index_and_no_encoder() -> None:
    loaded = loaded_after("from csbot import BotConfig, Faq, Session; BotConfig(); Session(customer_id='u')")
    assert loaded & {"faiss", "jieba", "numpy", "onnxruntime", "sentence_transformers", "tokenizers", "torch"} == set()


def test_a_question_is_answered_without_torch() -> None:
    loaded = loaded_after(
        "from csbot import Chatbot, KnowledgeBase, Session\n"
        "kb = KnowledgeBase.build([{'id': 'ship', 'question': '多久发货', 'answer': '48 小时内'}])\n"
        "assert Chatbot(kb).reply(Session(customer_id='u'), '多久发货').faq_id == 'ship'\n"
        "assert not kb.degraded\n"
    )
    assert "onnxruntime" in loaded
    assert loaded & {"torch", "sentence_transformers", "transformers", "huggingface_hub"} == set()


def test_the_help_of_the_command_line_loads_no_index_and_no_encoder() -> None:
    loaded = loaded_after("from csbot.cli.main import app\nfrom typer.main import get_command\nget_command(app)")
    assert "typer" in loaded
    assert loaded & {"faiss", "jieba", "onnxruntime", "torch", "sentence_transformers"} == set()


def test_the_public_names_are_sorted_and_all_there() -> None:
    assert csbot.__all__ == sorted(csbot.__all__)
    assert dir(csbot) == csbot.__all__
    assert all(getattr(csbot, name).__name__ == name for name in csbot.__all__)


def test_the_names_that_the_design_promises_are_public() -> None:
    promised = {"BotConfig", "Chatbot", "Encoder", "Faq", "KnowledgeBase", "Reply", "Session", "evaluate"}
    assert promised <= set(csbot.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="Chatbott"):
        _ = csbot.Chatbott  # type: ignore[attr-defined]


def test_the_package_is_typed_and_carries_its_encoder() -> None:
    package = resources.files("csbot")
    assert (package / "py.typed").is_file()
    assert all((package / "encoders" / "bundled" / name).is_file() for name in ("model_int8.onnx", "tokenizer.json"))
