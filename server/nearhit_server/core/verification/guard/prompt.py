"""A prompt as the rules look at it: each part is worked out once, when a rule first asks."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from re import compile as pattern
from typing import Final

from nearhit_server.core.verification.guard.literals import Literal
from nearhit_server.core.verification.guard.numerals import NUMBER_WORDS, NUMBERED
from nearhit_server.core.verification.guard.phrasal import PARTICLES, phrases
from nearhit_server.core.verification.guard.prefixes import turned_words
from nearhit_server.core.verification.guard.quantities import Quantity, read_quantities
from nearhit_server.core.verification.guard.vocabulary import FUNCTION_WORDS, stem
from nearhit_server.core.verification.guard.words import read_words

KEPT: Final = 512
"""Prompts whose analysis is kept: the one asked meets several candidates, popular ones return."""
LONGEST_KEPT: Final = 512
"""Characters of a prompt that is kept, so that all of them stay within a few megabytes."""

_NOT_LETTERS: Final = pattern(r"[\W_]+")
_INITIALS: Final = pattern(r"\b[^\W\d_]|(?<=[a-z])[A-Z]")
_RUNS: Final = pattern(r"\d+")


@dataclass(frozen=True)
class Prompt:
    """`tokens` are lower-case words, numbers and signs in the order of the text, `bag` the same
    without order."""

    text: str
    tokens: tuple[str, ...]
    bag: frozenset[str]
    literals: frozenset[Literal]
    has_digits: bool

    def before(self, token: str) -> tuple[str, ...]:
        """The token in front of the first such one; empty if that is the first of all."""
        place = self.tokens.index(token)
        return self.tokens[max(0, place - 1) : place]

    @cached_property
    def terms(self) -> frozenset[str]:
        """The bag, and verbs with the particle that belongs to them."""
        return self.bag if self.bag.isdisjoint(PARTICLES) else self.bag | phrases(self.tokens)

    @cached_property
    def turned(self) -> tuple[tuple[str, str], ...]:
        """The words with a negative prefix, each with the word that it turns round."""
        return turned_words(self.bag)

    @cached_property
    def quantities(self) -> tuple[Quantity, ...]:
        """Numbers and what they count."""
        numbered = self.has_digits or not (
            self.bag.isdisjoint(NUMBER_WORDS) and self.bag.isdisjoint(NUMBERED)
        )
        return read_quantities(self.tokens) if numbered else ()

    @cached_property
    def content(self) -> tuple[str, ...]:
        """The stems of the words that say what is asked for, in order."""
        return tuple([stem(token) for token in self.tokens if token not in FUNCTION_WORDS])

    @cached_property
    def topics(self) -> frozenset[str]:
        """`content` without its order."""
        return frozenset(self.content)

    @cached_property
    def letters(self) -> str:
        """Letters and digits only: finds `node.js` in `nodejs` and `ORA-00942` in `ora 00942`."""
        return _NOT_LETTERS.sub("", self.text.lower())

    @cached_property
    def initials(self) -> str:
        """First letters of words and their parts: finds `nyc` in `New York City`."""
        return "".join(_INITIALS.findall(self.text)).lower()

    @cached_property
    def literal_digits(self) -> frozenset[str]:
        """Runs of digits within literals."""
        return frozenset(
            run for literal in self.literals for run in _RUNS.findall(literal.spelling)
        )


def read_prompt(text: str) -> Prompt:
    """Take a prompt apart."""
    return _kept(text) if len(text) <= LONGEST_KEPT else _read(text)


def _read(text: str) -> Prompt:
    words = read_words(text)
    return Prompt(text, words.tokens, frozenset(words.tokens), words.literals, words.has_digits)


_kept = lru_cache(maxsize=KEPT)(_read)


def likeness(asked: Prompt, stored: Prompt) -> float:
    """The share of all topics of the prompts that they have in common; 1.0 if they have none."""
    every = asked.topics | stored.topics
    return len(asked.topics & stored.topics) / len(every) if every else 1.0
