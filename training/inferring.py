"""Pairs that nobody labelled but whose label follows.

What equals the same prompt is equal, and what differs from one of several equal prompts differs
from all of them.
"""

import random
from collections.abc import Iterator, Sequence
from itertools import combinations, product
from typing import Final

from nearhit_server.tuning.splitting import connected
from training.pairs import Pair

_OF_EACH_PROMPT: Final = 3
"""Pairs for each prompt involved, at most: 80 equal prompts would make 3,160 of one question."""


def inferred(pairs: Sequence[Pair], choice: random.Random) -> list[Pair]:
    """What follows from the labels, without the pairs themselves and without contradictions."""
    known = {frozenset((pair.first, pair.second)) for pair in pairs}
    following: list[Pair] = []
    for made, prompts in _following(pairs):
        unknown = [pair for pair in made if frozenset((pair.first, pair.second)) not in known]
        known.update(frozenset((pair.first, pair.second)) for pair in unknown)
        following += choice.sample(unknown, min(_OF_EACH_PROMPT * prompts, len(unknown)))
    return following


def _following(pairs: Sequence[Pair]) -> Iterator[tuple[list[Pair], int]]:
    """What follows of each group of equal prompts, and of each two groups that differ; with the
    number of prompts involved."""
    group_of = _groups(pairs)
    for group in dict.fromkeys(group_of.values()):
        yield [Pair(*both, equivalent=True) for both in combinations(group, 2)], len(group)
    differing = {
        frozenset((group_of[pair.first], group_of[pair.second])): pair
        for pair in pairs
        if not pair.equivalent and group_of[pair.first] != group_of[pair.second]
    }
    for pair in differing.values():
        one, other = group_of[pair.first], group_of[pair.second]
        yield [Pair(*both, equivalent=False) for both in product(one, other)], len(one + other)


def _groups(pairs: Sequence[Pair]) -> dict[str, tuple[str, ...]]:
    """For each prompt all that equal it, itself among them."""
    equivalent = [pair for pair in pairs if pair.equivalent]
    members: dict[int, dict[str, None]] = {}
    for pair, number in zip(equivalent, connected(equivalent), strict=True):
        members.setdefault(number, {}).update({pair.first: None, pair.second: None})
    groups = {prompt: (prompt,) for pair in pairs for prompt in (pair.first, pair.second)}
    for prompts in members.values():
        groups.update(dict.fromkeys(prompts, tuple(prompts)))
    return groups
