"""What is learned from, what decides when to stop, and what is left to measure with."""

from collections.abc import Sequence
from typing import Final

from nearhit_server.tuning import splitting
from training.pairs import Pair

SPLIT_SEED: Final = 1
"""Of the split that the shipped verifier was trained on: what it calls "test" it has never seen."""

_SHARES: Final = {"train": 0.84, "dev": 0.10, "test": 0.06}


def split(pairs: Sequence[Pair], *, seed: int) -> dict[str, list[Pair]]:
    """The pairs by side: "train", "dev" and "test". No question is on two of them."""
    return splitting.split(pairs, _SHARES, seed=seed)
