"""Same words the other way round: from A to B against from B to A, A over B against B over A."""

from typing import Final

from nearhit_server.core.verification.guard.conflict import Conflict, ConflictKind, against
from nearhit_server.core.verification.guard.prompt import Prompt, likeness
from nearhit_server.core.verification.guard.word_order import crossed
from nearhit_server.core.verification.guard.word_sets import word_set

_SYMMETRIC: Final = word_set(
    "vs versus or between difference differences differ compare compared comparing comparison "
    "distance far similar similarity similarities relationship relation common equal same and "
    "alongside together near nearest & synonym"
)
"""With one of these in both prompts the sides may change places."""
_PIVOTLESS: Final = word_set(
    "the a an is are do does did i you my your of it and or if but when where how which what "
    "who why that not - be"
)
"""Words around which anything may be put."""
_PREPOSITIONS: Final = word_set("in on for with of to into by from at than over about through when")
ENOUGH_LIKENESS: Final = 0.7
"""Below it other words have changed as well, and may have taken the order with them."""
ENOUGH_COMMON: Final = 0.45
"""The same of all words, small ones included; quickly seen."""
MOST_TOKENS: Final = 20
"""Of a longer prompt the order of two words says little."""


def find_direction_conflict(asked: Prompt, stored: Prompt) -> Conflict | None:
    """Two words that have changed places around a word between them."""
    common = asked.bag & stored.bag
    longest = max(len(asked.tokens), len(stored.tokens))
    if len(common) < 3 or longest > MOST_TOKENS:
        return None
    if "from" in common and "to" in common and _route_reversed(asked, stored):
        return against(ConflictKind.DIRECTION, _route_shown(asked), _route_shown(stored))
    if len(common) < ENOUGH_COMMON * longest:
        return None
    if (
        likeness(asked, stored) < ENOUGH_LIKENESS
        or _same_order(asked, stored)
        or not common.isdisjoint(_SYMMETRIC)
    ):
        return None
    # Killed by Brutus, Brutus killed; treatment of a disease, disease treatment.
    reworded = asked.bag & _PREPOSITIONS != stored.bag & _PREPOSITIONS
    for pivot in asked.tokens:
        if (
            pivot in common
            and pivot not in _PIVOTLESS
            and not (reworded and pivot not in _PREPOSITIONS)
            and crossed(asked, pivot, stored, pivot)
        ):
            return against(ConflictKind.DIRECTION, _around(asked, pivot), _around(stored, pivot))
    return None


def _same_order(asked: Prompt, stored: Prompt) -> bool:
    common = asked.topics & stored.topics
    return len(common) < 2 or [word for word in asked.content if word in common] == [
        word for word in stored.content if word in common
    ]


def _route(prompt: Prompt) -> tuple[frozenset[str], frozenset[str]]:
    """The words of where it starts, and of where it ends."""
    tokens = prompt.tokens
    start = tokens.index("from")
    ends = [i for i, token in enumerate(tokens) if token == "to"]
    end = next((i for i in ends if i > start), ends[-1])
    if start < end:
        return frozenset(tokens[start + 1 : end]), frozenset(tokens[end + 1 : end + 4])
    return frozenset(tokens[start + 1 : start + 4]), frozenset(tokens[end + 1 : start])


def _route_reversed(asked: Prompt, stored: Prompt) -> bool:
    origin, target = _route(asked)
    other_origin, other_target = _route(stored)
    return bool(
        (origin & other_target) - origin - other_origin
        or ((origin - other_origin) & other_target and (target - other_target) & other_origin)
    )


def _route_shown(prompt: Prompt) -> str:
    start = prompt.tokens.index("from")
    end = prompt.tokens.index("to")
    return " ".join(prompt.tokens[min(start, end) : max(start, end) + 2])


def _around(prompt: Prompt, pivot: str) -> str:
    position = prompt.tokens.index(pivot)
    return " ".join(prompt.tokens[max(0, position - 1) : position + 2])
