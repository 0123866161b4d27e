"""No prompt is on two sides of a split."""

from itertools import chain

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nearhit_server.tuning.pairs import Pair
from nearhit_server.tuning.splitting import connected, halves, split

SHARES = {"train": 0.8, "dev": 0.1, "test": 0.1}

PROMPTS = st.sampled_from([*"abcdefghij", "A", " b "])
PAIRS = st.lists(st.builds(Pair, PROMPTS, PROMPTS, st.booleans()), min_size=1, max_size=30)


def prompts(pairs):
    return {prompt.casefold().strip() for pair in pairs for prompt in (pair.first, pair.second)}


def apart(count):
    return [Pair(f"first {n}", f"second {n}", n % 3 == 0) for n in range(count)]


@settings(deadline=None)
@given(PAIRS)
def test_pairs_are_connected_when_a_chain_of_prompts_leads_from_one_to_the_other(pairs):
    groups = connected(pairs)

    # By hand: spread from each pair until nothing is added.
    for index in range(len(pairs)):
        reached = prompts([pairs[index]])
        for _ in pairs:
            reached |= {p for pair in pairs if prompts([pair]) & reached for p in prompts([pair])}
        assert [group == groups[index] for group in groups] == [
            bool(prompts([pair]) & reached) for pair in pairs
        ]
    assert list(dict.fromkeys(groups)) == list(range(len(set(groups))))


@settings(deadline=None)
@given(PAIRS, st.integers(0, 5))
def test_sides_share_no_prompt_and_lose_no_pair(pairs, seed):
    sides = split(pairs, SHARES, seed=seed)
    assert sorted(map(id, chain.from_iterable(sides.values()))) == sorted(map(id, pairs))
    assert sum(len(prompts(side)) for side in sides.values()) == len(prompts(pairs))


@settings(deadline=None)
@given(PAIRS, st.integers(0, 5))
def test_halves_share_no_prompt_and_are_as_even_as_groups_allow(pairs, seed):
    second = halves(pairs, seed=seed)

    parts = [[p for p, held in zip(pairs, second, strict=True) if held is half] for half in (0, 1)]
    assert not prompts(parts[0]) & prompts(parts[1])
    groups = connected(pairs)
    largest = max(groups.count(group) for group in groups)
    assert abs(len(parts[0]) - len(parts[1])) <= largest


def test_shares_are_kept_when_no_pair_is_connected_to_another():
    sides = split(apart(1_000), SHARES, seed=1)
    # Give or take a pair, as the shares are no binary fractions.
    assert [len(pairs) for pairs in sides.values()] == pytest.approx([800, 100, 100], abs=1)


@pytest.mark.parametrize("seed", [1, 2])
def test_split_is_the_same_for_the_same_seed_only(seed):
    pairs = apart(100)
    assert halves(pairs, seed=seed) == halves(pairs, seed=seed) != halves(pairs, seed=seed + 1)
    assert split(pairs, SHARES, seed=seed) == split(pairs, SHARES, seed=seed)
    assert split(pairs, SHARES, seed=seed) != split(pairs, SHARES, seed=seed + 1)
    assert sum(halves(pairs, seed=seed)) == 50
