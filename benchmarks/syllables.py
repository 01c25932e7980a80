"""Makes src/csbot/kb/syllables.txt: the syllable of every character that jieba's dictionary has, from pypinyin.

pypinyin itself takes 0.4 s to import, half of what a cold `csbot ask` has.

    pip install pypinyin && python benchmarks/syllables.py
"""

from __future__ import annotations

import re
from pathlib import Path

import jieba
from pypinyin import lazy_pinyin

OUT = Path(__file__).resolve().parents[1] / "src/csbot/kb/syllables.txt"
HANZI = re.compile(r"[\u4e00-\u9fff]")


def main() -> None:
    with jieba.get_dict_file() as lines:
        chars = {char for line in lines for char in line.decode("utf-8").split(" ")[0] if HANZI.match(char)}
    syllables: dict[str, list[str]] = {}
    for char in sorted(chars):
        syllable = lazy_pinyin(char)[0]
        if syllable.isascii() and syllable.isalpha():
            syllables.setdefault(syllable, []).append(char)
    head = "# The syllable of each character, without its tone: made by benchmarks/syllables.py from pypinyin (MIT)"
    lines_out = [head, *(f"{syllable} {''.join(found)}" for syllable, found in sorted(syllables.items()))]
    OUT.write_text("\n".join(lines_out) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
