"""Any sentence-transformers model serves as encoder: here a tiny real one, made on the spot."""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

import csbot.encoders
from csbot.encoders import Encoder, load_encoder
from csbot.errors import EncoderError

TOKENIZER = Path(csbot.encoders.__file__).parent / "bundled" / "tokenizer.json"


def make_model(place: Path, seed: int) -> str:
    """A model that averages random vectors of word pieces."""
    pytest.importorskip("sentence_transformers", reason="light install")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.models import StaticEmbedding
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(TOKENIZER))
    weights = np.random.default_rng(seed).normal(size=(tokenizer.get_vocab_size(), 16)).astype(np.float32)
    SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_weights=weights)], device="cpu").save(str(place))
    return str(place)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_model(tmp_path_factory.mktemp("model"), seed=0)


def test_a_local_model_encodes_unit_rows_in_order(model: str) -> None:
    encoder = load_encoder(model, batch_size=2)
    texts = ["快递还没到", "怎么退货", "发票怎么开", "怎么退货"]
    vectors = encoder.encode(texts)
    assert isinstance(encoder, Encoder)
    assert (vectors.shape, vectors.dtype) == ((4, 16), np.float32)
    assert encoder.dimension == 16
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(vectors[1], vectors[3], atol=1e-6)
    np.testing.assert_allclose(vectors[2], encoder.encode(["发票怎么开"])[0], atol=1e-6)
    assert encoder.encode([]).shape == (0, 16)


def test_progress_counts_up_to_all_texts_and_changes_no_vector(model: str) -> None:
    encoder, seen = load_encoder(model, batch_size=1), []
    texts = [f"第{i}个问题" for i in range(20)]
    vectors = encoder.encode(texts, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(16, 20), (20, 20)]
    np.testing.assert_allclose(vectors, encoder.encode(texts), atol=1e-6)


def test_the_fingerprint_is_that_of_the_weights(model: str, tmp_path: Path) -> None:
    fingerprint = load_encoder(model).fingerprint
    assert fingerprint == load_encoder(make_model(tmp_path / "same", seed=0)).fingerprint
    assert fingerprint != load_encoder(make_model(tmp_path / "other", seed=1)).fingerprint


def test_a_directory_that_holds_no_model_is_an_encoder_error(tmp_path: Path) -> None:
    pytest.importorskip("sentence_transformers", reason="light install")
    with warnings.catch_warnings(), pytest.raises(EncoderError, match=str(tmp_path)):
        warnings.simplefilter("ignore")
        load_encoder(str(tmp_path))


def test_a_light_install_names_the_pip_line() -> None:
    script = (
        "import sys; sys.modules['sentence_transformers'] = None\n"
        "from csbot.encoders import load_encoder\n"
        "from csbot.errors import MissingDependency\n"
        "try: load_encoder('BAAI/bge-small-zh-v1.5')\n"
        "except MissingDependency as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert "BAAI/bge-small-zh-v1.5" in done.stdout, done.stderr
    assert "pip install sentence-transformers" in done.stdout
