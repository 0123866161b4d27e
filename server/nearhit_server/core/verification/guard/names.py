"""Other names in one place: the variable foo, the variable bar; vitamin C, vitamin D."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from nearhit_server.core.verification.guard.conflict import Conflict, ConflictKind, against
from nearhit_server.core.verification.guard.negation import IMPLICIT
from nearhit_server.core.verification.guard.prompt import Prompt
from nearhit_server.core.verification.guard.vocabulary import FUNCTION_WORDS
from nearhit_server.core.verification.guard.word_sets import word_set

_NO_NAMES: Final = (
    FUNCTION_WORDS
    | IMPLICIT
    | word_set(
        "flag flags option options switch argument arguments parameter parameters command "
        "meaning means mean explained explain explanation example examples use used usage syntax "
        "tutorial guide docs documentation package packages dependency dependencies module "
        "modules library libraries version versions latest newest specific windows mac macos "
        "linux ubuntu debian"
    )
)
"""Words behind a flag, a subcommand or `the command` that name nothing."""
_ANNOUNCING: Final = word_set("variable package command column module keyword")
"""Nouns that a name stands beside."""


def differing_names(
    asked: Prompt, stored: Prompt, mine: Sequence[str], theirs: Sequence[str]
) -> Conflict | None:
    """Two names in one place; each prompt lacks the other's."""
    if not mine or not theirs or mine[0] == theirs[0]:
        return None
    if mine[0] in stored.bag or theirs[0] in asked.bag:
        return None
    if mine[0] in _NO_NAMES or theirs[0] in _NO_NAMES:
        return None
    return against(ConflictKind.LITERALS, mine[0], theirs[0])


def find_name_conflict(asked: Prompt, stored: Prompt) -> Conflict | None:
    """Other names beside a word that announces one, in otherwise the same words."""
    if _ANNOUNCING.isdisjoint(asked.bag) or _ANNOUNCING.isdisjoint(stored.bag):
        return None
    mine, theirs = asked.bag - stored.bag, stored.bag - asked.bag
    if len(mine) != 1 or len(theirs) != 1 or len(asked.tokens) != len(stored.tokens):
        return None
    (one,), (other,) = mine, theirs
    place = asked.tokens.index(one)
    beside = asked.tokens[max(0, place - 1) : place + 2]
    if stored.tokens[place] != other or _ANNOUNCING.isdisjoint(beside):
        return None
    return differing_names(asked, stored, [one], [other])


def find_letter_conflict(asked: Prompt, stored: Prompt) -> Conflict | None:
    """Other letters behind the same word: vitamin C against vitamin D."""
    if _LETTERS.isdisjoint(asked.bag) or _LETTERS.isdisjoint(stored.bag):
        return None
    mine, theirs = _lettered(asked), _lettered(stored)
    for word in mine.keys() & theirs.keys():
        if mine[word].isdisjoint(theirs[word]):
            return against(
                ConflictKind.LITERALS,
                f"{word} {min(mine[word])}",
                f"{word} {min(theirs[word])}",
            )
    return None


_NO_NOUNS: Final = FUNCTION_WORDS | word_set("after before between than until within")
_LETTERS: Final = frozenset("abcdefghjklmnopqrstuvwxyz")
"""But for the pronoun."""


def _lettered(prompt: Prompt) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    tokens = prompt.tokens
    # A small `a` is the article.
    letters = _LETTERS if " A" in prompt.text else _LETTERS - {"a"}
    for before, letter in pairwise(tokens):
        if letter in letters and before.isalpha() and before not in _NO_NOUNS:
            found.setdefault(before, set()).add(letter)
    return found
