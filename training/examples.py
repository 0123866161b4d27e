"""What the verifier is trained on."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from training.pairs import Pair
from training.shortening import shortened_pair
from training.substitutes import different, equal
from training.variants import VariantMaker
from training.wordnet import read_wordnet

_DOUBT: Final = 0.03
"""What a script makes of a pair is wrong now and then."""


@dataclass(frozen=True)
class Example:
    """A pair and what its label is worth: the probability of its being equivalent."""

    pair: Pair
    target: float


def of_people(pairs: Sequence[Pair]) -> list[Example]:
    """Pairs with the label that they have."""
    return [Example(pair, float(pair.equivalent)) for pair in pairs]


def made_from(pairs: Sequence[Pair], wordnet: Path, *, most: int, seed: int) -> list[Example]:
    """At most so many pairs made of labelled ones: changed on one side, or the same on both;
    reworded; and shortened to what is typed into a search box."""
    choice = random.Random(seed)
    words = read_wordnet(wordnet)
    maker = VariantMaker(different(pairs, words), equal(pairs, words), choice)
    made = [
        Example(example, 1 - _DOUBT if example.equivalent else _DOUBT)
        for pair in pairs
        for example in maker.examples_of(pair)
    ]
    short = (shortened_pair(pair, choice) for pair in pairs)
    made += of_people([pair for pair in short if pair is not None])
    choice.shuffle(made)
    return made[:most]
