"""How much of their wording two prompts share."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

_WORD: Final = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*", re.UNICODE)

_STEM_CHARACTERS: Final = 5
"""Enough to tell words apart, and few enough that "learn" and "learning" are one."""

_REMEMBERED: Final = 1_024
_LONGEST_REMEMBERED: Final = 512
"""Prompts whose words are remembered: a stored prompt meets many asked ones."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


FUNCTION_WORDS: Final = _words(
    "a an the of in on at to for from by with about as into over under than then so if or and "
    "but nor is are was were be been being am do does did doing done have has had having will "
    "would shall should can could may might must i me my mine we us our you your he him his "
    "she her it its they them their this that these those there here what which who whom whose "
    "when where why how not no i'm it's what's i've don't can't doesn't isn't"
)


@dataclass(frozen=True)
class Wording:
    """A prompt's words in lower case, and what they are compared by."""

    words: tuple[str, ...]
    word_set: frozenset[str]
    stems: frozenset[str]
    """The beginnings of its content words."""
    bigrams: frozenset[tuple[str, str]]
    """Neighbouring content words: "from Java to Python" has others than "from Python to Java"."""


def wording_of(prompt: str) -> Wording:
    """A prompt's words."""
    return _remembered(prompt) if len(prompt) <= _LONGEST_REMEMBERED else _wording(prompt)


def _wording(prompt: str) -> Wording:
    words = tuple(_WORD.findall(prompt.casefold()))
    content = [word[:_STEM_CHARACTERS] for word in words if word not in FUNCTION_WORDS]
    return Wording(
        words,
        frozenset(words),
        frozenset(content),
        frozenset(pairwise(content)),
    )


_remembered = lru_cache(maxsize=_REMEMBERED)(_wording)


@dataclass(frozen=True)
class Overlap:
    """What two prompts share, as shares of all that either has."""

    words: float
    stems: float
    bigrams: float
    unmatched_stems: int
    """Content words of one or the other."""
    one_sided_stems: int
    """Content words that the one has and the other lacks, of the side that has fewer: 0 if one
    prompt says all that the other says."""
    log_words: float

    @property
    def features(self) -> Sequence[float]:
        """The figures, in the order in which a calibration weighs them."""
        return (
            self.words,
            self.stems,
            self.bigrams,
            self.unmatched_stems,
            self.one_sided_stems,
            self.log_words,
        )


def overlap_of(asked: Wording, stored: Wording) -> Overlap:
    """What two prompts share."""
    only_asked, only_stored = asked.stems - stored.stems, stored.stems - asked.stems
    return Overlap(
        words=_share(asked.word_set, stored.word_set),
        stems=_share(asked.stems, stored.stems),
        bigrams=_share(asked.bigrams, stored.bigrams),
        unmatched_stems=len(only_asked) + len(only_stored),
        one_sided_stems=min(len(only_asked), len(only_stored)),
        log_words=math.log1p(len(asked.words) + len(stored.words)),
    )


def _share(one: frozenset[object], other: frozenset[object]) -> float:
    if not one and not other:
        return 1.0
    common = len(one & other)
    return common / (len(one) + len(other) - common)
