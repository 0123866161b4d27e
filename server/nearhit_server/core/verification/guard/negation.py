"""A negation on one side: enabled against not enabled, with against without."""

from typing import Final, NamedTuple

from nearhit_server.core.verification.guard.conflict import Conflict, ConflictKind, only
from nearhit_server.core.verification.guard.prompt import Prompt, likeness
from nearhit_server.core.verification.guard.vocabulary import FUNCTION_WORDS, PRONOUNS, stem
from nearhit_server.core.verification.guard.word_sets import word_set

NEGATIONS: Final = word_set(
    "not no never none nobody nothing nowhere neither nor without non unable "
    "lack lacks lacked lacking hardly barely scarcely"
)
_NEGATING_VERBS: Final = word_set(
    "fail fails failed failing refuse refuses refused refusing decline declines declined "
    "neglect neglects neglected"
)
"""In front of `to` they say that it is not done."""


IMPLICIT: Final = word_set(
    "fail fails failed failing failure broken stop stops stopped stopping missing lack "
    "lacks lacking forgot forget forgotten lost refuse refuses refused refusing prevent avoid "
    "avoiding prevents free offline impossible unavailable down dead stuck crash crashes "
    "crashing error errors issue problem problems trouble less zero quit instead rather except "
    "hardly rarely absence absent blocked denied rejected invalid wrong hate cease"
)
"""Words that may say what a negation says: `stopped working` is `no longer works`."""

_NEGATING: Final = NEGATIONS | _NEGATING_VERBS
_AUXILIARIES: Final = word_set(
    "is are was were do does did can could will would should has have had am might must"
)
_BE: Final = word_set("is are was were")
_ANSWERING: Final = word_set("the it i this that")
_FRAMED: Final = word_set("sure know understand remember mind matter idea doubt wonder")
"""`I don't know how to ...` asks how to; `no matter what`, `would you mind`."""

TURNED_LIKENESS: Final = 0.5
"""How alike prompts are at least where what one negates is said by the other as well: below it
any other word may carry the negation."""
ADDED_LIKENESS: Final = 0.8
"""And where it is not: with a few other words it is one detail more, `without getting bored`."""
SHORTEST_QUESTION: Final = 5
"""Words of a question that opens with a negation; `is not null` is none."""
SCOPE: Final = 3
"""Words behind a negation that it may be about."""


class Negation(NamedTuple):
    """`shown` is for messages, `scope` has the stems of what it may be about.

    `verb`: the one that negates, as in `fails to open`; empty for other negations.
    """

    shown: str
    scope: frozenset[str]
    verb: str = ""


def find_negation_conflict(asked: Prompt, stored: Prompt) -> Conflict | None:
    """A negation in one prompt that the other has no counterpart for."""
    mine, theirs = negations(asked), negations(stored)
    if not mine and not theirs:
        return _freed(asked, stored)
    if len(mine) > len(theirs) and _turns(asked, mine[-1], stored):
        return only(ConflictKind.NEGATION, mine[-1].shown, "")
    if len(theirs) > len(mine) and _turns(stored, theirs[-1], asked):
        return only(ConflictKind.NEGATION, "", theirs[-1].shown)
    return None


_FREE: Final = frozenset([stem("free")])


def _freed(asked: Prompt, stored: Prompt) -> Conflict | None:
    """Gluten-free bread against gluten bread."""
    if ("free" in asked.bag) == ("free" in stored.bag):
        return None
    more, fewer = (asked, stored) if "free" in asked.bag else (stored, asked)
    of = "".join(more.before("free"))
    if f"{of}-free" not in more.text.lower() or of not in fewer.bag:
        return None
    if more.topics - _FREE != fewer.topics:
        return None
    mine = f"{of}-free" if more is asked else ""
    return only(ConflictKind.NEGATION, mine, "" if mine else f"{of}-free")


def _turns(more: Prompt, negation: Negation, fewer: Prompt) -> bool:
    """Whether a negation that only `more` has makes it ask something else."""
    if (fewer.bag & IMPLICIT) - more.bag or (_complains(more) and "how" in fewer.tokens[:3]):
        return False
    if negation.verb in fewer.bag:
        return False
    scope = negation.scope
    if scope <= fewer.topics:
        return likeness(more, fewer) >= TURNED_LIKENESS
    rest = more.topics - (scope - fewer.topics)
    every = rest | fewer.topics
    return len(rest & fewer.topics) >= ADDED_LIKENESS * len(every)


def _complains(prompt: Prompt) -> bool:
    """I can't delete my account: that is asking how to."""
    tokens = prompt.tokens
    return any(tokens[i : i + 3] == ("i", "can", "not") for i in range(min(6, len(tokens))))


def negations(prompt: Prompt) -> list[Negation]:
    """The negations that turn the meaning of a prompt round."""
    if prompt.bag.isdisjoint(_NEGATING):
        return []
    tokens = prompt.tokens
    return [
        Negation(
            " ".join(tokens[position : position + 2]),
            _topics(tokens[position + 1 : position + 1 + SCOPE]),
            token if token in _NEGATING_VERBS else "",
        )
        for position, token in enumerate(tokens)
        if (token in NEGATIONS and not _idiom(tokens, position))
        or (token in _NEGATING_VERBS and tokens[position + 1 : position + 2] == ("to",))
    ]


def _idiom(tokens: tuple[str, ...], position: int) -> bool:
    """Whether a negation is only a manner of asking."""
    before = tokens[position - 1] if position else ""
    after = tokens[position + 1] if position + 1 < len(tokens) else ""
    if before in ("or", "if") or tokens[max(0, position - 2) : position] == ("or", "why"):
        return True
    if after in ("only", "just") or after in _FRAMED:
        return True
    if tokens[position] == "no" and (after.isdigit() or (not before and after in _ANSWERING)):
        # No. 5; "No, the ..." answers, and says the rest again.
        return True
    if len(tokens) > position + 3 and tokens[-2] in _AUXILIARIES and tokens[-1] in PRONOUNS:
        # It isn't cold, is it?
        return True
    if before in _AUXILIARIES and after in PRONOUNS:
        # Isn't it ..., Can't I ... open a question or close it; in `why can't I` it is meant.
        return position < 2 or position + 2 >= len(tokens)
    # Isn't Pluto a planet, but not `isn't working` or `aren't allowed in`.
    return (
        position == 1
        and before in _BE
        and not after.endswith(("ing", "ed"))
        and len(tokens) >= SHORTEST_QUESTION
    )


def _topics(tokens: tuple[str, ...]) -> frozenset[str]:
    return frozenset([stem(token) for token in tokens if token not in FUNCTION_WORDS])
