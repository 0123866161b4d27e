"""Texts: distinct, mixed in length, the same for the same seed."""

from nearhit_server.bench.texts import Texts

# Of those stored beforehand, and of those that are always new.
NUMBERS = [*range(2_000), *range(1 << 36, (1 << 36) + 2_000)]


def test_no_two_numbers_share_a_prompt():
    prompts = {Texts(1).prompt(number).casefold() for number in NUMBERS}
    assert len(prompts) == len(NUMBERS)


def test_texts_depend_on_the_seed_and_nothing_else():
    assert Texts(1).prompt(5) == Texts(1).prompt(5)
    assert Texts(1).response(5) == Texts(1).response(5)
    assert Texts(1).prompt(5) != Texts(2).prompt(5)


def test_most_prompts_are_a_sentence_and_some_a_paragraph():
    lengths = sorted(len(Texts(1).prompt(number).split()) for number in range(1_000))
    assert lengths[500] <= 12
    assert lengths[850] >= 15
    assert 80 <= lengths[-1] <= 150
