"""Opposites and negations together: each undoes the other, `not enabled` is `disabled`."""

from typing import Final

from nearhit_server.core.verification.guard.conflict import Conflict, ConflictKind, against
from nearhit_server.core.verification.guard.negation import find_negation_conflict
from nearhit_server.core.verification.guard.opposites import opposite_words
from nearhit_server.core.verification.guard.prompt import Prompt
from nearhit_server.core.verification.guard.word_sets import word_set

_TURNS: Final = word_set("not never no less least hardly")

_DEGREES: Final = word_set("most least more less")
"""Of `least painful` and `most painless` these are opposites as well, and undo the others."""


def find_polarity_conflict(asked: Prompt, stored: Prompt) -> Conflict | None:
    """Opposites or a negation that only one prompt has."""
    pairs = opposite_words(asked, stored)
    negation = find_negation_conflict(asked, stored)
    if not pairs or negation is not None:
        return None if pairs else negation
    standing = _standing(asked, stored, pairs)
    return against(ConflictKind.OPPOSITES, *standing[0]) if standing else None


def _standing(asked: Prompt, stored: Prompt, pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The pairs that nothing undoes."""
    undone = [pair for pair in pairs if _turned(asked, pair[0]) != _turned(stored, pair[1])]
    return [
        pair for pair in pairs if pair not in undone and not (undone and _DEGREES.issuperset(pair))
    ]


def _turned(prompt: Prompt, word: str) -> bool:
    """Whether the word is itself negated: `not happy`, `least painful`."""
    tokens = prompt.tokens
    return any(
        token == word and position and tokens[position - 1] in _TURNS
        for position, token in enumerate(tokens)
    )
