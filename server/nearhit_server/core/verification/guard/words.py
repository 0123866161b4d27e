"""A prompt as words, numbers and literals, in its order."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from nearhit_server.core.verification.guard.literals import (
    LONGEST_LITERAL,
    Literal,
    camel_case,
    is_acronym,
    read_literal,
    read_sign,
)
from nearhit_server.core.verification.guard.numerals import FRACTION
from nearhit_server.core.verification.guard.plain_text import plain

_OPENING: Final = "\"'`([{<,;:!?*…¿¡“"
_CLOSING: Final = "\"'`)]}>,;:!?…."

_PIECE: Final = re.compile(
    # Thousands with commas, the Indian way as well; bounded, since a failure starts over.
    r"\d{1,3}(?:,\d{2,3}){0,6},\d{3}(?![\d])"
    rf"|(?<![\d/])(?:{FRACTION.pattern})(?![\d/])"
    r"|\d+(?:[.:]\d+)*"
    r"|[^\W\d_]+"
    r"|[$€£¥₹₩₽%°+*^\u00d7\u00f7=<>]|(?<=\d)[-/](?=\d)"
)
_DIGIT: Final = re.compile(r"\d")
_ORDINAL: Final = re.compile(r"(?:st|nd|rd|th)\b")
_GLUED: Final = {"k": "thousand", "mn": "million", "bn": "billion", "cr": "crore"}
"""What letters mean right behind a number; elsewhere they are words."""

_INITIALS: Final = re.compile(r"(?:[A-Za-z]\.)+[A-Za-z]")
_CONTRACTED: Final = {
    "can't": ("can", "not"),
    "won't": ("will", "not"),
    "shan't": ("shall", "not"),
    "ain't": ("is", "not"),
    "o'clock": ("oclock",),
}
_UNMARKED: Final = {
    **{
        f"{word}nt": (word, "not")
        for word in (
            *("do", "does", "did", "is", "are", "was", "were", "has", "have", "had", "could"),
            *("should", "would", "must", "need"),
        )
    },
    "cant": ("can", "not"),
    "wont": ("will", "not"),
    "cannot": ("can", "not"),
    "into": ("to",),
}
KEPT_CHUNKS: Final = 4096
"""Chunks whose reading is kept: `don't`, `what's`, `2024` are in every other prompt."""
LONGEST_KEPT: Final = 40
"""Characters of such a chunk."""

LONGEST_SIGN: Final = 8
"""Characters of an emoticon or operator with quotation marks around it."""

_ARROWS: Final = frozenset({"->", "=>", "-->", "→", "⇒"})
_SUFFIX: Final = re.compile(r"'(?:s|re|ll|ve|d|m|em)?$")


class Words(NamedTuple):
    """`tokens` are lower-case words, numbers and signs, in the order of the text."""

    tokens: tuple[str, ...]
    literals: frozenset[Literal]
    has_digits: bool


def read_words(text: str) -> Words:
    """Take a text apart."""
    text = plain(text)
    tokens: list[str] = []
    literals: set[Literal] = set()
    for chunk in text.split():
        word = chunk if chunk.isalpha() else chunk.rstrip("?.,!:;")
        if not word.isalpha():
            read = _kept_chunk(chunk) if len(chunk) <= LONGEST_KEPT else _read_chunk(chunk)
            tokens.extend(read.tokens)
            if read.literal is not None:
                literals.add(read.literal)
            continue
        lower = word.lower()
        if lower in _UNMARKED:
            tokens.extend(_UNMARKED[lower])
            continue
        tokens.append(lower)
        if word != lower and not word.istitle() and (camel_case(word) or is_acronym(word)):
            literals.add(Literal(lower, telling=False))
    if text.isupper():
        literals = {literal for literal in literals if literal.telling}
    return Words(tuple(tokens), frozenset(literals), _DIGIT.search(text) is not None)


class _Read(NamedTuple):
    tokens: Sequence[str]
    literal: Literal | None = None


def _read_chunk(chunk: str) -> _Read:
    """Read a chunk with more than letters in it."""
    if chunk in _ARROWS:
        return _Read(("to",))
    sign = read_sign(chunk) if len(chunk) <= LONGEST_SIGN else None
    if sign is not None:
        return _Read((sign.spelling,), sign)
    core = _without_punctuation(chunk)
    if core.endswith("0's"):
        core = f"{core[:-2]}s"
    if "'" in core and len(core) <= LONGEST_LITERAL:
        negated = _contraction(core.lower())
        if negated is not None:
            return _Read(negated)
        core = _SUFFIX.sub("", core)
    if _INITIALS.fullmatch(core):
        return _Read((core.replace(".", "").lower(),))
    literal = read_literal(core)
    return _Read(_pieces(core)) if literal is None else _Read((literal.spelling,), literal)


_kept_chunk = lru_cache(maxsize=KEPT_CHUNKS)(_read_chunk)


def _without_punctuation(chunk: str) -> str:
    """The chunk without what belongs to the sentence; `foo()` keeps its parentheses."""
    core = chunk.lstrip(_OPENING).rstrip(_CLOSING)
    if "(" in core and ")" not in core:
        return chunk.lstrip(_OPENING).rstrip(_CLOSING.replace(")", ""))
    return f"{core}()" if chunk.rstrip("?.,!:;`").endswith(f"{core}()") and core else core


def _contraction(lower: str) -> tuple[str, ...] | None:
    """The words of `don't` or `o'clock`, None for any other chunk."""
    if lower in _CONTRACTED:
        return _CONTRACTED[lower]
    if lower.endswith("n't") and lower[:-3].isalpha():
        return (lower[:-3], "not")
    return None


def _pieces(core: str) -> list[str]:
    """The words, numbers and signs in a chunk such as `24x7`, `$1,000` or `sugar-free`."""
    pieces: list[str] = []
    if core[0:1] == "-" and core[1:2].isdigit():
        pieces.append("minus")
    end = -1
    for found in _PIECE.finditer(core):
        piece = found.group().lower()
        glued = found.start() == end and pieces and pieces[-1][-1].isdigit()
        end = found.end()
        if glued and _ORDINAL.fullmatch(piece):
            continue
        pieces.append(_GLUED.get(piece, piece) if glued else piece)
    return pieces
