"""What the verifier is trained on: split, shortened, changed."""

import random
from pathlib import Path

import pytest
import torch
from training.averaging import averaged
from training.inferring import inferred
from training.pairs import Pair
from training.shortening import shortened, shortened_pair
from training.splitting import split
from training.substitutes import different, equal
from training.variants import VariantMaker
from training.wordnet import WordNet, read_wordnet

NOUNS = """  1 the licence is indented
00000001 06 n 01 animal 0 000 | a living thing
00000002 06 n 02 dog 0 hound 0 001 @ 00000001 n 0000 | barks
00000003 06 n 01 cat 0 001 @ 00000001 n 0000 | purrs
"""
NOUN_INDEX = """  1 the licence is indented
animal n 1 0 1 1 00000001
cat n 1 1 @ 1 1 00000003
dog n 1 1 @ 1 1 00000002
hound n 1 1 @ 1 1 00000002
"""
ADJECTIVES = """00000001 00 a 01 hot 0 001 ! 00000002 a 0101 | of high temperature
00000002 00 a 01 cold 0 001 ! 00000001 a 0101 | of low temperature
"""
ADJECTIVE_INDEX = """cold a 1 1 ! 1 1 00000002
hot a 1 1 ! 1 1 00000001
"""


@pytest.fixture
def wordnet_folder(tmp_path) -> Path:
    for part, data, index in (
        ("noun", NOUNS, NOUN_INDEX),
        ("adj", ADJECTIVES, ADJECTIVE_INDEX),
        ("verb", "", ""),
    ):
        (tmp_path / f"data.{part}").write_text(data)
        (tmp_path / f"index.{part}").write_text(index)
    return tmp_path


def test_wordnet_tells_synonyms_kin_and_opposites(wordnet_folder):
    words = read_wordnet(wordnet_folder)
    assert words.synonyms["dog"] == ["hound"]
    assert words.siblings["dog"] == ["cat"]
    assert set(words.siblings["hot"]) == {"cold"}


def test_no_question_is_on_two_sides():
    choice = random.Random(1)
    questions = [f"question {number}?" for number in range(400)]
    pairs = [Pair(*choice.sample(questions, 2), choice.random() < 0.4) for _ in range(150)]
    sides = split(pairs, seed=1)
    assert sorted(map(str, pairs)) == sorted(str(pair) for side in sides.values() for pair in side)
    prompts = [{p for pair in side for p in (pair.first, pair.second)} for side in sides.values()]
    assert all(sides.values())
    assert sum(map(len, prompts)) == len(set().union(*prompts))


def test_what_equals_the_same_is_equal_and_differs_from_the_same():
    labelled = [
        *(Pair("a", "b", True), Pair("b", "c", True), Pair("c", "d", False)),
        # Somebody erred: nothing follows of it.
        *(Pair("a", "e", True), Pair("b", "e", False), Pair("x", "y", False)),
    ]
    found = {
        (frozenset((pair.first, pair.second)), pair.equivalent)
        for pair in inferred(labelled, random.Random(1))
    }
    equal, different = ("ac", "ce"), ("ad", "bd", "de")
    assert found == {(frozenset(both), True) for both in equal} | {
        (frozenset(both), False) for both in different
    }


def test_one_question_asked_in_many_ways_does_not_outweigh_the_others():
    chain = [Pair(f"way {number}", f"way {number + 1}", True) for number in range(80)]
    assert len(inferred(chain, random.Random(1))) == 3 * 81


@pytest.mark.parametrize(
    ("prompt", "short"),
    [
        ("How do I reset my Gmail password?", {"reset gmail password", "reset my gmail password"}),
        ("What is the capital of France?", {"capital of france"}),
        ("Why?", {None}),
        ("flights from Paris to Rome", {"flights from paris to rome"}),
    ],
)
def test_prompt_is_shortened_to_what_decides(prompt, short):
    found = {shortened(prompt, random.Random(seed)) for seed in range(30)}
    assert {each.removeprefix("how to ") if each else each for each in found} <= short


def test_pair_that_comes_to_the_same_is_left_out():
    choice = random.Random(0)
    assert shortened_pair(Pair("What is rust?", "what is rust", True), choice) is None


PAIRS = [
    Pair("How do I feed a dog at home?", "What does one feed a dog at home?", True),
    Pair("How do I wash a dog?", "How do I wash a cat?", False),
    Pair("How do I wash a small dog?", "How do I wash a tiny dog?", True),
    Pair("Can I wash a small horse?", "Can I wash a tiny horse?", True),
]


def test_words_that_fill_one_gap_are_different_unless_people_say_otherwise():
    found = different(PAIRS, WordNet({}, {}))
    assert "cat" in found["dog"]
    assert "tiny" not in found.get("small", [])
    assert "tiny" in equal(PAIRS, WordNet({}, {}))["small"]


def test_change_on_one_side_is_no_longer_equivalent_and_on_both_sides_it_is():
    maker = VariantMaker(different(PAIRS, WordNet({}, {})), {}, random.Random(5))
    made = [example for _ in range(60) for example in maker.examples_of(PAIRS[0])]
    assert {example.equivalent for example in made} == {True, False}
    for example in made:
        words = [
            {*prompt.casefold().rstrip("?").split()} for prompt in (example.first, example.second)
        ]
        if "cat" in words[0] ^ words[1] and "dog" in words[0] ^ words[1]:
            assert not example.equivalent


def test_mean_of_trainings_is_that_of_what_they_add_to_each_matrix():
    generator = torch.Generator().manual_seed(1)
    left, right = torch.rand(6, 2, generator=generator), torch.rand(2, 5, generator=generator)
    # The same product from other factors, and twice that.
    states = [
        {"m.lora_A.weight": right / 3, "m.lora_B.weight": left * 3, "head": torch.tensor([1.0])},
        {"m.lora_A.weight": right * 2, "m.lora_B.weight": left, "head": torch.tensor([2.0])},
    ]
    mean = averaged(states)
    assert mean["head"].item() == 1.5
    assert mean["m.lora_A.weight"].shape == right.shape
    torch.testing.assert_close(
        mean["m.lora_B.weight"] @ mean["m.lora_A.weight"], left @ right * 1.5
    )
