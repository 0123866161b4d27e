"""Different identifiers, files, addresses, codes, quotations or emoji."""

import re
from collections.abc import Iterable
from typing import Final

from nearhit_server.core.verification.guard.conflict import Conflict, ConflictKind, against, only
from nearhit_server.core.verification.guard.literals import Literal
from nearhit_server.core.verification.guard.plain_text import plain
from nearhit_server.core.verification.guard.prompt import Prompt
from nearhit_server.core.verification.guard.vocabulary import FUNCTION_WORDS, stem
from nearhit_server.core.verification.guard.words import read_words

_NOT_LETTERS: Final = re.compile(r"[\W_]+")
_QUOTED: Final = re.compile(r'"([^"]+)"|(?<![\w\'])\'([^\']+)\'(?!\w)|`([^`]+)`')
_EMOJI: Final = re.compile("[\u2600-\u27bf\U0001f1e6-\U0001faff]")

SHORTEST_SOUGHT: Final = 3
"""Letters of a literal that is found inside other words; `c#` would be in too many."""


LONGEST_INITIALS: Final = 5
"""Letters of a name that is looked for as the initials of the words that it stands for."""


def find_literal_conflict(asked: Prompt, stored: Prompt) -> Conflict | None:
    """A literal of one prompt where the other has another one, or lacks one that it needs."""
    if asked.literals == stored.literals:
        return None
    extra = _absent(asked.literals, stored)
    missing = _absent(stored.literals, asked)
    if extra and missing:
        return against(ConflictKind.LITERALS, extra[0].spelling, missing[0].spelling)
    for literal in (*extra, *missing):
        if literal.telling:
            mine = literal.spelling if literal in extra else ""
            return only(ConflictKind.LITERALS, mine, "" if mine else literal.spelling)
    return None


def _absent(literals: Iterable[Literal], other: Prompt) -> list[Literal]:
    return sorted(literal for literal in literals if not _has(other, literal))


def _has(prompt: Prompt, literal: Literal) -> bool:
    letters = _NOT_LETTERS.sub("", literal.spelling.lower())
    if len(letters) < SHORTEST_SOUGHT or literal.spelling.startswith("-"):
        return literal.spelling in prompt.bag or (
            len(letters) == 2 and letters.isalpha() and letters in prompt.initials
        )
    if letters in prompt.letters:
        return True
    return len(letters) <= LONGEST_INITIALS and letters in prompt.initials


def find_quotation_conflict(asked: Prompt, stored: Prompt) -> Conflict | None:
    """Other words between quotation marks, on both sides."""
    mine, theirs = _quotations(asked.text), _quotations(stored.text)
    if not mine or not theirs:
        return None
    extra = [words for words in mine if not _says(stored, words)]
    missing = [words for words in theirs if not _says(asked, words)]
    if extra and missing:
        return against(ConflictKind.LITERALS, " ".join(extra[0]), " ".join(missing[0]))
    # Between the marks every word counts, `he runs` is not `she runs`.
    if len(mine) == len(theirs) == 1:
        words, others = mine[0], theirs[0]
        if len(words) == len(others) and _one_differs(words, others):
            return against(ConflictKind.LITERALS, " ".join(words), " ".join(others))
    return None


_SPEAKERS: Final = frozenset({"i", "we", "you"})


def _one_differs(words: tuple[str, ...], others: tuple[str, ...]) -> bool:
    pairs = [pair for pair in zip(words, others, strict=True) if stem(pair[0]) != stem(pair[1])]
    return (
        len(pairs) == 1
        and FUNCTION_WORDS.issuperset(pairs[0])
        and not _SPEAKERS.issuperset(pairs[0])
    )


def _says(prompt: Prompt, words: tuple[str, ...]) -> bool:
    """Whether a prompt has the words of a quotation, inside of quotation marks or not."""
    content = {stem(word) for word in words if word not in FUNCTION_WORDS}
    return prompt.topics >= content if content else prompt.bag.issuperset(words)


def _quotations(text: str) -> list[tuple[str, ...]]:
    text = plain(text)
    if '"' not in text and "'" not in text and "`" not in text:
        return []
    return [
        words for groups in _QUOTED.findall(text) if (words := read_words("".join(groups)).tokens)
    ]


def find_emoji_conflict(asked: Prompt, stored: Prompt) -> Conflict | None:
    """Other emoji on both sides."""
    if asked.text.isascii() or stored.text.isascii():
        return None
    mine, theirs = set(_EMOJI.findall(asked.text)), set(_EMOJI.findall(stored.text))
    if mine and theirs and mine.isdisjoint(theirs):
        return against(ConflictKind.LITERALS, min(mine), min(theirs))
    return None
