"""Signals: what a customer's words tell beside their matter. The words are data, in ``data/signals.yaml``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from csbot.caching import kept
from csbot.intents.folding import Folded, fold
from csbot.intents.prefilter import Alternatives, Branch, split
from csbot.models import Signal
from csbot.resources import load_yaml
from csbot.text import count_hanzi

ROUTED = ("human_wanted", "anger", "complaint_threat", "urgency", "repeat_contact")
"""Signals of one message that decide whether, how soon and to whom it is handed over."""

PRESENT = 0.5
"""A signal at or above this counts as there; weaker ones only add up over turns."""
LIKELY = {"human_wanted": 0.92, "urgency": 0.85, "anger": 0.9, "complaint_threat": 0.9, "repeat_contact": 0.9}
"""Least probability at which likeness to example utterances alone, without any word of the lists, shows a signal; never in a
message shorter than `LEAST_HANZI`. Chosen on 2,074 labelled messages: the least at which few calm ones are taken for it; of
danger, more may be."""
LEAST_HANZI = 8
"""Of fewer characters (「我在乡下」, right after 「能上门量尺吗」) a vector alone says little: they answer or add to something.
On 2,735 labelled messages likeness alone found nothing in shorter ones that words had not found."""
LEAST_HANZI_OF_WISH = 4
"""A bare wish for a human is as short as 「专人服务」; of two or three characters a vector says little even of that."""
EXAMPLES_SHARE = 0.5
"""What example utterances count for beside words: a few dozen of them know less of the language than the word lists."""


@dataclass(frozen=True, eq=False)
class _Rule:
    score: float
    reason: str
    kind: str = ""


@dataclass(frozen=True)
class _Kind:
    """Words that show a signal, best first; words that mean another matter; what before or behind a hit takes it back."""

    shown: Alternatives[_Rule]
    unless: Alternatives[_Rule]
    before: Alternatives[_Rule]
    after: Alternatives[_Rule]

    def hits(self, text: str) -> tuple[list[tuple[_Rule, re.Match[str]]], bool]:
        """Rules that speak, each with its words, no words twice; and whether any were taken back."""
        cleared = self.unless.blanked(text)
        found: list[tuple[_Rule, re.Match[str]]] = []
        taken_back = cleared != text
        for rule, matches in self.shown.matches(cleared):
            for match in matches:
                if self._takes_back(cleared, match):
                    taken_back = True
                elif all(match.end() <= other.start() or other.end() <= match.start() for _, other in found):
                    found.append((rule, match))
                    break
        return found, taken_back

    def speaking(self, text: str) -> list[_Rule]:
        """All rules that speak, also those with the words of a better one."""
        cleared = self.unless.blanked(text)
        return [rule for rule, found in self.shown.matches(cleared) if not all(self._takes_back(cleared, one) for one in found)]

    def _takes_back(self, text: str, match: re.Match[str]) -> bool:
        before = _SENTENCE.split(text[: match.start()])[-1]
        return self.before.found_in(before) or self.after.found_at(text, match.end())


_PARTS = (
    ("shown", "shown_by"),
    ("unless", "unless"),
    ("before", "denied_by"),
    ("before", "supposed_by"),
    ("after", "followed_by"),
)
_ASCII = str.maketrans({"。": "\x1e", "、": ","})
"""Messages and patterns alike: a class of ASCII characters alone compiles several times faster."""
_SENTENCE = re.compile(r"[\x1e!?\n]")
_CLAUSE = r"[^,\x1e;!?~\n]"
_WITHIN = r"[^\x1e!?\n]"
_MACRO = re.compile(r"<(~?\d+|[a-z]+)>")
_H = "[\u4e00-\u9fff]"
_JOINED = re.compile(rf"(?:(?<=^{_H})|(?<=[^\u4e00-\u9fff]{_H}))\s+(?={_H})|(?<={_H})\s+(?={_H}(?!{_H}))")
"""Spaces by a single hanzi: 「转 人 工」 is one word, 「不用了 转人工」 are two clauses."""
_SPACE = re.compile(rf"(?<={_H})\s|\s(?={_H})")


def _written_out(source: str, terms: Mapping[str, str]) -> str:
    """``<6>``: up to six characters of a clause, ``<~6>``: of a sentence; ``<name>``: a term."""

    def expanded(match: re.Match[str]) -> str:
        name = match.group(1)
        if name.isdigit():
            return f"{_CLAUSE}{{0,{name}}}"
        return f"{_WITHIN}{{0,{name[1:]}}}" if name[0] == "~" else f"(?:{_MACRO.sub(expanded, terms[name])})"

    return _MACRO.sub(expanded, source).translate(_ASCII)


def _rules(data: Mapping[str, Any], kind: str) -> Iterator[tuple[_Rule, str]]:
    """Each expression of this kind and its rule, the highest score first."""
    terms = data.get("terms", {})
    for row in sorted(data.get(kind, ()), key=lambda row: -row.get("score", 0.0)):
        rule = _Rule(float(row.get("score", 0.0)), row["reason"], row.get("kind", ""))
        for source in (*map(re.escape, row.get("words", "").split()), *row.get("patterns", ())):
            yield rule, _written_out(source, terms)


@cache
def _kinds() -> dict[str, _Kind]:
    rules = [
        (name, rule, part, f"(?:{source})$" if kind == "denied_by" else source)
        for name, data in load_yaml("csbot.intents.data", "signals.yaml").items()
        for part, kind in _PARTS
        for rule, source in _rules(data, kind)
    ]
    parts: dict[str, dict[str, list[tuple[_Rule, Sequence[Branch]]]]] = {}
    for (name, rule, part, _), branches in zip(rules, kept("patterns", split, [source for *_, source in rules]), strict=True):
        parts.setdefault(name, {part: [] for part, _ in _PARTS})[part].append((rule, branches))
    return {name: _Kind(**{part: Alternatives(found) for part, found in of.items()}) for name, of in parts.items()}


def find_signals(text: str, likely: Mapping[str, float] | None = None) -> tuple[Signal, ...]:
    """Signals in a message as it was typed, at most one per name, with the words that show each.

    Different words that show the same signal add up: ``1 - (1 - a)(1 - b)``.

    :param likely: probability of each signal by its example utterances. Beside words it adds half of what it says; where no
        words speak, it speaks alone, from `LIKELY` on; where words mean another matter or are taken back, it is halved first.

    >>> [s.name for s in find_signals("转人工")]
    ['human_wanted']
    >>> find_signals("安装人工费多少"), find_signals("不用转人工")
    ((), ())
    """
    message, form = _heard(text)
    found = (_signal(name, kind, message, form, (likely or {}).get(name, 0.0)) for name, kind in _kinds().items())
    return tuple(signal for signal in found if signal)


def shown_by_words(signals: Iterable[Signal], name: str) -> float:
    """Score of a signal by the words that show it; what is only like the examples does not count."""
    return max((signal.score for signal in signals if signal.name == name and signal.text), default=0.0)


def kinds_shown(text: str, name: str) -> tuple[str, ...] | None:
    """Kinds of a signal of which a message's words tell, the surest first; none where its words are of no kind.

    :returns: None: no words show the signal.

    >>> kinds_shown("厨房有煤气味", "urgency"), kinds_shown("发票怎么开", "urgency")
    (('gas',), None)
    """
    rules = _kinds()[name].speaking(_heard(text)[1])
    return tuple(dict.fromkeys(rule.kind for rule in rules if rule.kind)) if rules else None


def _signal(name: str, kind: _Kind, message: Folded, form: str, likely: float) -> Signal | None:
    hits, taken_back = kind.hits(form)
    if taken_back:
        likely /= 2
    if not hits:
        least = LEAST_HANZI_OF_WISH if name == "human_wanted" else LEAST_HANZI
        if likely < LIKELY.get(name, 1.0) or count_hanzi(form) < least:
            return None
        return Signal(name=name, score=round(likely, 4), text="", reason="与示例说法相近 | like the example utterances")
    doubt = 1 - EXAMPLES_SHARE * likely
    for rule, _ in hits:
        doubt *= 1 - rule.score
    rule, match = hits[0]
    start, end = match.span()
    return Signal(
        name=name,
        score=round(1 - doubt, 4),
        text=message.typed[start:end],
        span=message.span(start, end),
        reason=rule.reason,
    )


def _heard(text: str) -> tuple[Folded, str]:
    """The message folded and as patterns see it, of the same length: lower case, a space between words ends a clause."""
    folded = fold(text)
    gone = {i for match in _JOINED.finditer(folded.text) for i in range(match.start(), match.end())}
    if gone:
        kept = [i for i in range(len(folded.text)) if i not in gone]
        folded = Folded(
            "".join(folded.typed[i] for i in kept),
            "".join(folded.text[i] for i in kept),
            tuple(folded.places[i] for i in kept),
        )
    form = "".join(low if len(low := char.lower()) == 1 else char for char in folded.text)
    return folded, _SPACE.sub(",", form).translate(_ASCII)
