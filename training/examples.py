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

_EASY: Final = 0.7

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


def shortened_from(pairs: Sequence[Pair], *, seed: int) -> list[Example]:
    """The pairs that can be said in the few words of a search box, with their labels."""
    choice = random.Random(seed)
    short = (shortened_pair(pair, choice) for pair in pairs)
    return of_people([pair for pair in short if pair is not None])


def changed_from(pairs: Sequence[Pair], wordnet: Path, *, most: int, seed: int) -> list[Example]:
    """At most so many pairs made of labelled ones by a change on one side, or the same on both."""
    choice = random.Random(seed)
    words = read_wordnet(wordnet)
    maker = VariantMaker(different(pairs, words), equal(pairs, words), choice)
    made = [example for pair in pairs for example in maker.examples_of(pair)]
    made = [example for example in made if not (example.equivalent and _is_easy(example))]
    choice.shuffle(made)
    return [
        Example(example, 1 - _DOUBT if example.equivalent else _DOUBT) for example in made[:most]
    ]


def _is_easy(pair: Pair) -> bool:
    """Whether a script's rewording left most words as they were: such pairs teach that a pair with
    the same words is equivalent."""
    first, second = ({*prompt.casefold().split()} for prompt in (pair.first, pair.second))
    return len(first & second) > _EASY * len(first | second)
