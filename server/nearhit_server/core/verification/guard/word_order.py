"""What stands on which side of a word."""

from itertools import islice
from typing import Final

from nearhit_server.core.verification.guard.prompt import Prompt
from nearhit_server.core.verification.guard.vocabulary import FUNCTION_WORDS, stem
from nearhit_server.core.verification.guard.word_sets import word_set

REACH: Final = 7
"""Words to either side that are looked at."""
MOST_PLACES: Final = 3
"""Of one pivot."""
_ENDS: Final = word_set("from to into than")


def sides(prompt: Prompt, position: int) -> tuple[frozenset[str], frozenset[str]]:
    """The stems of the words that say something before and behind a position."""
    tokens = prompt.tokens
    before = tokens[max(0, position - REACH) : position]
    after = tokens[position + 1 : position + 1 + REACH]
    if tokens[position] in _ENDS:
        before, after = _till_end(before[::-1]), _till_end(after)
    return _said(before), _said(after)


def crossed(asked: Prompt, pivot: str, stored: Prompt, other_pivot: str) -> bool:
    """Whether two words that stand on either side of a pivot have changed places around the
    other prompt's pivot."""
    others = [sides(stored, place) for place in _places(stored, other_pivot)]
    for place in _places(asked, pivot):
        before, after = sides(asked, place)
        for others_before, others_after in others:
            left, right = before & others_after, after & others_before
            if left and right and len(left | right) > 1:
                return True
    return False


def _places(prompt: Prompt, word: str) -> list[int]:
    if word not in prompt.bag:
        return []
    places = (place for place, token in enumerate(prompt.tokens) if token == word)
    return list(islice(places, MOST_PLACES))


def _till_end(tokens: tuple[str, ...]) -> tuple[str, ...]:
    for position, token in enumerate(tokens):
        if token in _ENDS:
            return tokens[:position]
    return tokens


def _said(tokens: tuple[str, ...]) -> frozenset[str]:
    return frozenset([stem(token) for token in tokens if token not in FUNCTION_WORDS])
