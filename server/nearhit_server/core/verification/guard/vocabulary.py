"""Word lists that several rules share."""

from functools import lru_cache
from typing import Final

from nearhit_server.core.verification.guard.irregular import REGULAR
from nearhit_server.core.verification.guard.word_sets import word_set

FUNCTION_WORDS: Final = word_set(
    "a an the this that these those some any every each of for in on at by to from with about "
    "as into onto and or but if so than then there here it its he she him her his they them "
    "their we us our you your i me my mine myself yourself one ones is are was were be been "
    "being am do does did doing done have has had having can could will would shall should may "
    "might must what which who whom whose when where why how please just really very much many "
    "most more also too still even ever get gets got getting make way ways best good thing "
    "things someone something people going want need know tell help not no never without"
)
"""Words that say little about what a prompt asks for."""

PRONOUNS: Final = word_set("i you he she it we they one there this that these those")


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """A word without its commonest endings, crude and only good for comparing."""
    word = REGULAR.get(word, word)
    if len(word) > 5 and word.endswith("ing"):
        return _single(word[:-3])
    if len(word) > 4 and word.endswith(("ed", "es")):
        return _single(word[:-2])
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        return _single(word[:-1])
    return _single(word) if len(word) > 3 else word


def _single(ending: str) -> str:
    """`logg` of logged is `log`."""
    return ending[:-1] if ending[-1] == ending[-2] != "e" else ending.rstrip("e")
