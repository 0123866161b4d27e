"""Splits labelled pairs so that no prompt is on two sides.

One that was seen on one side would be recognised on the other, and what is measured there would
be too good.
"""

import random
from collections import Counter
from collections.abc import Mapping, Sequence

from nearhit_server.tuning.pairs import Pair


def split(
    pairs: Sequence[Pair], shares: Mapping[str, float], *, seed: int
) -> dict[str, list[Pair]]:
    """The pairs by side, in their order; `shares` are about how much of them each side gets.

    Pairs that are connected by common prompts stay together.
    """
    groups = connected(pairs)
    sizes = Counter(groups)
    order = sorted(sizes)
    random.Random(seed).shuffle(order)
    side_of: dict[int, str] = {}
    taken = 0
    for group in order:
        side_of[group] = _side(taken / len(pairs), shares)
        taken += sizes[group]
    sides: dict[str, list[Pair]] = {side: [] for side in shares}
    for pair, group in zip(pairs, groups, strict=True):
        sides[side_of[group]].append(pair)
    return sides


def halves(pairs: Sequence[Pair], *, seed: int) -> list[bool]:
    """For each pair whether it is in the second half; the halves are as even as they can be
    if pairs that are connected by common prompts stay together."""
    groups = connected(pairs)
    sizes = Counter(groups)
    order = sorted(sizes)
    random.Random(seed).shuffle(order)
    # A stable sort: which of equal size goes where remains a matter of chance.
    order.sort(key=sizes.__getitem__, reverse=True)
    second: dict[int, bool] = {}
    lead = 0
    for group in order:
        second[group] = lead > 0
        lead += -sizes[group] if second[group] else sizes[group]
    return [second[group] for group in groups]


def connected(pairs: Sequence[Pair]) -> list[int]:
    """For each pair the number of its group, counted in the order of the groups' first pairs."""
    parents: dict[str, str] = {}
    for pair in pairs:
        first, second = (_root(parents, prompt) for prompt in _prompts(pair))
        parents[second] = first
    numbers: dict[str, int] = {}
    roots = [_root(parents, _prompts(pair)[0]) for pair in pairs]
    return [numbers.setdefault(root, len(numbers)) for root in roots]


def _root(parents: dict[str, str], prompt: str) -> str:
    """The prompt that stands for the group, itself for one that is new."""
    parents.setdefault(prompt, prompt)
    while (parent := parents[prompt]) != prompt:
        # Halves the way for the next who comes along.
        parents[prompt] = prompt = parents[parent]
    return prompt


def _prompts(pair: Pair) -> tuple[str, str]:
    return pair.first.casefold().strip(), pair.second.casefold().strip()


def _side(share: float, shares: Mapping[str, float]) -> str:
    for side, width in shares.items():
        share -= width
        if share < 0:
            return side
    return side
