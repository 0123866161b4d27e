"""The forms in which a word of a table turns up in a prompt."""

from collections.abc import Iterator
from typing import Final

_VOWELS: Final = frozenset("aeiou")
_ENDINGS: Final = ("ed", "ing", "er", "est")


def forms(word: str) -> Iterator[str]:
    """The word with an s, past and -ing form, comparative and superlative.

    Some of them exist in no book: whether it is a verb, noun or adjective is not known.
    """
    yield word
    if word.endswith("y") and word[-2] not in _VOWELS:
        yield from (f"{word[:-1]}{ending}" for ending in ("ies", "ied", "ier", "iest"))
        yield f"{word}ing"
        return
    yield f"{word}es" if word.endswith(("s", "x", "ch", "sh", "z")) else f"{word}s"
    base = word.removesuffix("e")
    yield from (f"{base}{ending}" for ending in _ENDINGS)
    if base == word and len(word) > 2 and _doubles(word):
        yield from (f"{word}{word[-1]}{ending}" for ending in _ENDINGS)


def _doubles(word: str) -> bool:
    """Whether the last letter may be written twice: stopped, bigger."""
    return word[-1] not in _VOWELS | {"w", "x", "y"} and word[-2] in _VOWELS
