"""The bundled encoder: unit rows, in order, the same from every thread; clear errors where it can't run."""

from __future__ import annotations

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import numpy as np
import pytest

import csbot.encoders
from csbot.encoders import Encoder, load_encoder
from csbot.encoders.onnx import MODEL_FILE, TOKENIZER_FILE, OnnxEncoder
from csbot.errors import EncoderError

BUNDLED = Path(csbot.encoders.__file__).parent / "bundled"
TEXTS = ["快递还没到", "怎么退货", "门锁没电了怎么开门" * 3, "发票", "上门测量收费吗", ""]


def test_the_bundled_encoder_is_an_encoder_and_one_object_per_process(encoder: Encoder) -> None:
    assert isinstance(encoder, Encoder)
    assert load_encoder("bundled") is load_encoder() is encoder


def test_rows_are_unit_vectors_of_float32(encoder: Encoder) -> None:
    vectors = encoder.encode(TEXTS)
    assert vectors.shape == (len(TEXTS), encoder.dimension)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_no_texts_give_no_rows(encoder: Encoder) -> None:
    vectors = encoder.encode([])
    assert vectors.shape == (0, encoder.dimension)
    assert vectors.dtype == np.float32


def test_rows_keep_the_order_of_the_texts_though_they_are_batched_by_length() -> None:
    small = OnnxEncoder(BUNDLED, batch_size=2)
    together, alone = small.encode(TEXTS), np.concatenate([small.encode([text]) for text in TEXTS])
    assert (together @ alone.T).argmax(axis=1).tolist() == list(range(len(TEXTS)))
    assert (together * alone).sum(axis=1).min() > 0.95  # int8: scales depend a little on the batch


def test_likeness_follows_meaning(encoder: Encoder) -> None:
    delivery, same, other = encoder.encode(["快递还没到", "包裹怎么还没送来", "今天天气真好"])
    assert delivery @ same > delivery @ other


def test_progress_counts_up_to_all_texts() -> None:
    seen: list[tuple[int, int]] = []
    OnnxEncoder(BUNDLED, batch_size=4).encode(TEXTS, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(4, 6), (6, 6)]


def test_a_text_of_any_length_is_cut_not_refused(encoder: Encoder) -> None:
    long = encoder.encode(["退货" * 50_000])
    np.testing.assert_allclose(long, encoder.encode(["退货" * 60_000]), atol=1e-6)


def test_a_cold_encoder_loads_once_however_many_threads_come_first() -> None:
    class Counted(OnnxEncoder):
        opened = 0

        def _open(self):  # type: ignore[no-untyped-def]
            Counted.opened += 1
            return super()._open()

    cold, barrier = Counted(BUNDLED, threads=1), Barrier(8)

    def ask(_: int) -> np.ndarray:
        barrier.wait()
        return cold.encode(["快递还没到"])

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(ask, range(8)))
    assert Counted.opened == 1
    assert all(np.array_equal(vector, found[0]) for vector in found)


def test_the_fingerprint_follows_weights_and_vocabulary_not_the_place(tmp_path: Path, encoder: Encoder) -> None:
    shutil.copytree(BUNDLED, tmp_path / "copy")
    assert OnnxEncoder(tmp_path / "copy").fingerprint == encoder.fingerprint
    for name in (MODEL_FILE, TOKENIZER_FILE):
        changed = tmp_path / name.partition(".")[0]
        shutil.copytree(BUNDLED, changed)
        data = bytearray((changed / name).read_bytes())
        data[len(data) // 2] ^= 1
        (changed / name).write_bytes(data)
        assert OnnxEncoder(changed).fingerprint != encoder.fingerprint


@pytest.mark.parametrize("name", [MODEL_FILE, TOKENIZER_FILE])
@pytest.mark.parametrize("damage", ["absent", "cut"])
def test_an_absent_or_damaged_file_is_an_encoder_error_that_names_the_place(tmp_path: Path, name: str, damage: str) -> None:
    place = tmp_path / "damaged"
    shutil.copytree(BUNDLED, place)
    data = (place / name).read_bytes()
    (place / name).unlink()
    if damage == "cut":
        (place / name).write_bytes(data[: len(data) // 2])
    with pytest.raises(EncoderError, match=str(place)):
        OnnxEncoder(place).encode(["快递"])


def test_the_bundled_encoder_works_without_a_network() -> None:
    """Sockets are forbidden in the child; it encodes all the same."""
    script = (
        "import socket\n"
        "def refuse(*a, **k): raise SystemExit('network!')\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        "from csbot.encoders import load_encoder\n"
        "import sys\n"
        "print(load_encoder().encode(['快递']).shape[0], 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert (done.stdout.strip(), done.returncode) == ("1 False", 0), done.stderr
