"""What a step draws: positives of the same topic, neighbours together, everything in turn, the same from the same seed."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import opencc
from pypinyin import lazy_pinyin
from tiny import data

from csbot.encoders.augment import Noise
from csbot.encoders.batches import GROUP_TOPICS, Sampler
from csbot.encoders.train_data import PairFile, Topic, TrainingData, own_texts
from csbot.text import normalise

TEXT = "我想问一下昨天买的那个门锁什么时候可以上门安装"


def sampler(material: TrainingData, size: int = 8, seed: int = 0) -> Sampler:
    return Sampler(material, size, Noise(own_texts(material)), random.Random(seed))


def many(groups: int, size: int) -> TrainingData:
    rows = [
        Topic(f"kb{g}", f"group{g}", f"{g}-{i}", f"{g}-{i}", (f"甲{g}之{i}问", f"乙{g}之{i}问"), (), "")
        for g in range(groups)
        for i in range(size)
    ]
    return TrainingData(topics=tuple(rows))


def test_every_topic_comes_once_before_any_comes_twice() -> None:
    drawing = sampler(many(groups=3, size=10), size=6)
    meanings = [meaning for _ in range(10) for meaning in drawing.next().meanings]
    assert set(Counter(meanings[:30]).values()) == set(Counter(meanings[30:]).values()) == {1}


def test_neighbours_come_together() -> None:
    batch = sampler(many(groups=10, size=8), size=16).next()
    assert len({meaning.split("-")[0] for meaning in batch.meanings}) == 2


def test_a_large_group_is_taken_in_parts_and_fills_the_step() -> None:
    batch = sampler(many(groups=1, size=100), size=50).next()
    assert len(set(batch.meanings)) == 50 > GROUP_TOPICS


def test_anchor_and_positive_are_different_texts_of_one_topic() -> None:
    plain = replace(data(), topics=tuple(replace(topic, answer="") for topic in data().topics))
    own = {topic.meaning: {normalise(text) for text in topic.texts} for topic in plain.topics}
    drawing = sampler(plain)
    drawing.noise = lambda text, rng: text  # type: ignore[assignment]
    for _ in range(50):
        batch = drawing.next()
        for anchor, positive, meaning in zip(batch.anchors, batch.positives, batch.meanings, strict=True):
            assert {normalise(anchor), normalise(positive)} <= own[meaning]
            assert normalise(anchor) != normalise(positive)


def test_answers_are_positives_at_times_and_always_where_there_is_one_question() -> None:
    topic = Topic("店", "店", "k", "k", ("怎么退货",), (), "在订单里点退货。")
    batch = sampler(TrainingData(topics=(topic,)), size=1).next()
    assert batch.positives[0].startswith("在订单里点退货")
    drawing = sampler(data())
    positives = [positive for _ in range(40) for positive in drawing.next().positives]
    assert 0.05 < sum("请在订单详情" in text for text in positives) / len(positives) < 0.3


def test_a_topic_with_nothing_to_compare_is_left_out() -> None:
    lonely = Topic("店", "店", "k", "k", ("怎么退货",))
    assert sampler(replace(data(), topics=(*data().topics, lonely)), size=99).next().meanings.count("k") == 0


def test_out_of_scope_questions_come_from_the_knowledge_bases_of_the_step() -> None:
    material = replace(data(), negatives={"店": ("天气如何",), "别家": ("招人吗",)})
    assert sampler(material).next().negatives == ["天气如何"]


def test_labelled_pairs_come_in_equal_numbers_and_grades_as_they_are() -> None:
    binary = PairFile("b", tuple((f"a{i}", f"b{i}", float(i % 2)) for i in range(40)), per_step=6)
    graded = PairFile("g", tuple((f"c{i}", f"d{i}", i / 2) for i in range(40)), per_step=4)
    batch = sampler(replace(data(), pairs=(binary, graded))).next()
    assert [label for _, _, label in batch.pairs[0]] == [1.0] * 6 + [0.0] * 6
    assert len(set(batch.pairs[1])) == 8
    assert batch.graded == [False, True]


def test_the_same_seed_draws_the_same_and_another_does_not() -> None:
    one, same, other = sampler(data(), seed=1), sampler(data(), seed=1), sampler(data(), seed=2)
    first = [one.next() for _ in range(5)]
    assert first == [same.next() for _ in range(5)]
    assert first != [other.next() for _ in range(5)]


def changed(wanted: int = 4000) -> list[str]:
    noise, rng = Noise([TEXT] * 2 + ["在再 做作坐 的得地 门们 锁所"]), random.Random(0)
    return [noise(TEXT, rng) for _ in range(wanted)]


def test_at_most_one_text_in_five_is_changed() -> None:
    """Fewer than the 22 % that are touched: a homophone may be the character itself."""
    texts = changed()
    assert 0.1 < sum(text != TEXT for text in texts) / len(texts) < 0.22


def test_changes_are_those_of_a_keyboard() -> None:
    traditional = opencc.OpenCC("s2t").convert(TEXT)
    sounds = lazy_pinyin(TEXT)
    seen = Counter[str]()
    for text in set(changed()) - {TEXT}:
        if text == traditional:
            seen["traditional"] += 1
        elif len(text) < len(TEXT):
            assert 1 <= len(TEXT) - len(text) <= 2
            seen["lost"] += 1
        elif sorted(text) == sorted(TEXT):
            seen["swapped"] += 1
        else:
            assert len(text) == len(TEXT)
            assert lazy_pinyin(text).count(sounds[0]) == sounds.count(sounds[0])
            assert sum(a != b for a, b in zip(text, TEXT, strict=True)) <= 2
            seen["homophone"] += 1
    assert set(seen) == {"traditional", "lost", "swapped", "homophone"}


def test_short_texts_are_left_alone() -> None:
    noise, rng = Noise([TEXT]), random.Random(0)
    assert {noise("退货", rng) for _ in range(200)} == {"退货"}
