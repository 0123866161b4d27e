"""Words that a prefix turns round: unhealthy, disagree, nonrefundable."""

from collections.abc import Iterable
from typing import Final

from nearhit_server.core.verification.guard.word_sets import word_set

_PREFIXES: Final = ("un", "dis", "non", "in", "im", "il", "ir", "mis", "anti", "de")
SHORTEST: Final = 4
"""Letters of a word that a prefix turns round; of shorter ones too many are there by chance."""
_NOT_TURNED: Final = word_set(
    "inform import impress improve include increase install input inside display discover "
    "discharge dispatch indeed invent interest industry independent default deliver design "
    "develop decrease decode information implant impact infant until under unit unite united "
    "unable instead income inform intend intent invest department deserve detail demand"
)


def turned_words(words: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """The words with such a prefix, each with what is left without it."""
    return tuple(
        (word, word.removeprefix(prefix))
        for word in words
        if word.startswith(_PREFIXES) and word not in _NOT_TURNED
        for prefix in _PREFIXES
        if word.startswith(prefix) and len(word) - len(prefix) >= SHORTEST
    )
