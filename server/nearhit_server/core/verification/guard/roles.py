"""Who does it to whom: which team did A beat, which team beat A; X sued Y, Y sued X."""

from typing import Final

from nearhit_server.core.verification.guard.conflict import Conflict, ConflictKind, against
from nearhit_server.core.verification.guard.prompt import Prompt
from nearhit_server.core.verification.guard.vocabulary import FUNCTION_WORDS
from nearhit_server.core.verification.guard.word_sets import word_set

_ASKING: Final = word_set("who whom which what")
_DO: Final = word_set("do does did")
_OTHERWISE: Final = word_set("is are was were be been by not have has had")
"""Forms that may turn subject and object round: was beaten by."""
_JOINING: Final = word_set("and or vs versus nor &")
_SYMMETRIC: Final = word_set(
    "vs versus between difference differences differ different compare compared "
    "comparing comparison distance far near same similar equal equals together synonym marry "
    "married meet met resemble mix mixing combine blend"
)
_NOT_ASKING: Final = _OTHERWISE | _SYMMETRIC | _JOINING
_ONE_FORM: Final = {
    **{"me": "i", "him": "he", "her": "she", "them": "they", "us": "we", "am": "is", "are": "is"},
    **{"do": "does", "were": "was"},
}
_NO_ROLES: Final = FUNCTION_WORDS | {"only", "always", "often", "usually"}
LONGEST_SIDE: Final = 3
"""Words that change places with others."""
LONGEST_BETWEEN: Final = 8
NEAR: Final = 6
"""Words before the two sides among which `difference` or `compare` is looked for."""


def find_role_conflict(asked: Prompt, stored: Prompt) -> Conflict | None:
    """Subject and object that have changed places."""
    if asked.topics != stored.topics or min(len(asked.tokens), len(stored.tokens)) < 3:
        return None
    return _asked_for(asked, stored) or _exchanged(asked, stored)


def _asked_for(asked: Prompt, stored: Prompt) -> Conflict | None:
    """The one asks for the object, with `did`, the other for the subject, without."""
    if asked.content == stored.content:
        return None
    mine, theirs = _asks_for_object(asked), _asks_for_object(stored)
    if mine is None or theirs is None or mine == theirs:
        return None
    return against(ConflictKind.DIRECTION, " ".join(asked.tokens[:4]), " ".join(stored.tokens[:4]))


def _asks_for_object(prompt: Prompt) -> bool | None:
    """None if the prompt does not open with a question of this sort."""
    if prompt.tokens[0] not in _ASKING or not prompt.bag.isdisjoint(_NOT_ASKING):
        return None
    return not _DO.isdisjoint(prompt.tokens[1:4])


def _exchanged(asked: Prompt, stored: Prompt) -> Conflict | None:
    """The same words, but for two short runs of them that have changed places."""
    if len(asked.tokens) != len(stored.tokens):
        return None
    mine = [_ONE_FORM.get(token, token) for token in asked.tokens]
    theirs = [_ONE_FORM.get(token, token) for token in stored.tokens]
    differing = [place for place, token in enumerate(mine) if token != theirs[place]]
    if len(differing) < 2:
        return None
    start, end = differing[0], differing[-1] + 1
    before = mine[max(0, start - NEAR) : start]
    if end - start > 2 * LONGEST_SIDE + LONGEST_BETWEEN or not _SYMMETRIC.isdisjoint(
        [*before, *mine[start:end]]
    ):
        return None
    if not _JOINING.isdisjoint(mine[start:end]) or not _ASKING.isdisjoint(mine[start:end]):
        return None
    if _swapped(mine[start:end], theirs[start:end]) or (
        # Things that eat snakes, things that snakes eat.
        end - start == 2
        and before[-1:] in (["that"], ["which"])
        and _NO_ROLES.isdisjoint(mine[start:end])
    ):
        return against(
            ConflictKind.DIRECTION,
            " ".join(asked.tokens[start:end]),
            " ".join(stored.tokens[start:end]),
        )
    return None


def _swapped(mine: list[str], theirs: list[str]) -> bool:
    """Whether x-between-y became y-between-x."""
    for left in range(1, LONGEST_SIDE + 1):
        for right in range(1, LONGEST_SIDE + 1):
            if (
                left + right < len(mine)
                and mine[:left] == theirs[-left:]
                and mine[-right:] == theirs[:right]
                and mine[left:-right] == theirs[right : len(theirs) - left]
            ):
                return True
    return False
