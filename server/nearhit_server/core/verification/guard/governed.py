"""Prepositions in front of the same word that exclude one another: in stock, out of stock."""

from typing import Final

from nearhit_server.core.verification.guard.conflict import Conflict, ConflictKind, against
from nearhit_server.core.verification.guard.prompt import Prompt
from nearhit_server.core.verification.guard.vocabulary import FUNCTION_WORDS, stem
from nearhit_server.core.verification.guard.word_sets import word_set

_POLES: Final = (
    ("from", word_set("to towards toward")),
    ("out", word_set("in into to on inside at")),
    ("off", word_set("on onto")),
    ("down", word_set("up")),
    ("against", word_set("for with")),
    ("about", word_set("by")),
    ("for", word_set("by")),
)
"""A preposition, and those of which none is an other word for it."""
_MARKED: Final = word_set("from out off down against about for")
_TAKING_SIDES: Final = word_set(
    "vote votes voted voting argue argues argued arguing argument arguments case evidence "
    "campaign campaigned bet bets betting speak spoke essay speech stand reason reasons point "
    "points testify testified decide decided rule ruled ruling people"
)
"""With these, `for` and `against` are two sides; a vaccine is for and against one thing."""
_SYMMETRIC: Final = word_set(
    "distance far between difference different compare compared comparison vs versus"
)
_SKIPPED: Final = word_set("of the a an my your his her their our this that")
ENOUGH_LIKENESS: Final = 0.8
"""Below it other words may have taken over what the preposition says."""


def find_governed_conflict(asked: Prompt, stored: Prompt) -> Conflict | None:
    """A word that the other prompt has behind an opposite preposition."""
    if _MARKED.isdisjoint(asked.bag) and _MARKED.isdisjoint(stored.bag):
        return None
    if not _alike(asked, stored) or not (asked.bag & stored.bag).isdisjoint(_SYMMETRIC):
        return None
    for preposition, opposites in _POLES:
        if (preposition in asked.bag) == (preposition in stored.bag):
            continue
        mine = preposition in asked.bag
        having, lacking = (asked, stored) if mine else (stored, asked)
        if preposition == "against" and having.bag.isdisjoint(_TAKING_SIDES):
            continue
        if preposition == "out" and not _out_of(having):
            continue
        conflict = _facing(having, preposition, lacking, opposites)
        if conflict is not None:
            return against(ConflictKind.DIRECTION, *(conflict if mine else conflict[::-1]))
    return None


def _alike(asked: Prompt, stored: Prompt) -> bool:
    mine, theirs = asked.topics - _PARTICLES, stored.topics - _PARTICLES
    return len(mine & theirs) >= ENOUGH_LIKENESS * max(1, len(mine | theirs))


_PARTICLES: Final = frozenset(map(stem, _MARKED | {"up", "against", "towards", "toward"}))


def _facing(
    having: Prompt, preposition: str, lacking: Prompt, opposites: frozenset[str]
) -> tuple[str, str] | None:
    """What both say, if the other has an opposite where the one has the preposition."""
    word = _governed(having.tokens, having.tokens.index(preposition))
    if not word:
        return None
    for opposite in sorted(opposites & lacking.bag):
        if _has(lacking, opposite, word) and not _has(having, opposite, word):
            return f"{preposition} {word}", f"{opposite} {word}"
    return None


def _out_of(prompt: Prompt) -> bool:
    position = prompt.tokens.index("out")
    return prompt.tokens[position + 1 : position + 2] == ("of",)


def _has(prompt: Prompt, preposition: str, word: str) -> bool:
    """Whether a prompt has the word behind that preposition."""
    tokens = prompt.tokens
    return any(
        token == preposition and _governed(tokens, position) == word
        for position, token in enumerate(tokens)
    )


def _governed(tokens: tuple[str, ...], position: int) -> str:
    """The next word that is no article."""
    for token in tokens[position + 1 : position + 4]:
        if token not in _SKIPPED:
            return "" if token in FUNCTION_WORDS else stem(token)
    return ""
