"""Opposites, and other values of one slot: enable against disable, Monday against Friday."""

from collections.abc import Iterable, Mapping
from typing import Final

from nearhit_server.core.verification.guard.conflict import Conflict, ConflictKind, against
from nearhit_server.core.verification.guard.inflection import forms
from nearhit_server.core.verification.guard.opposite_words import OPPOSITES
from nearhit_server.core.verification.guard.prompt import Prompt
from nearhit_server.core.verification.guard.slot_words import CALENDAR, MEASURES
from nearhit_server.core.verification.guard.word_order import crossed
from nearhit_server.core.verification.guard.word_sets import word_set


class _Slots:
    """The values that words stand for, by slot."""

    def __init__(self, slots: Iterable[Iterable[Iterable[str]]]) -> None:
        values: dict[str, list[tuple[int, int]]] = {}
        for slot, poles in enumerate(slots):
            for pole, words in enumerate(poles):
                for word in words:
                    values.setdefault(word, []).append((slot, pole))
        self._values: Mapping[str, list[tuple[int, int]]] = values
        self._words = frozenset(values)

    def differing(self, asked: Prompt, stored: Prompt) -> list[tuple[str, str]]:
        """The words of the prompts that exclude one another, in pairs."""
        if self._words.isdisjoint(asked.terms) or self._words.isdisjoint(stored.terms):
            return []
        mine, theirs = asked.terms & self._words, stored.terms & self._words
        return [] if mine == theirs else self._pairs(mine, theirs)

    def exchanged(self, asked: Prompt, stored: Prompt) -> list[tuple[str, str]]:
        """The same, of the words that only one of the prompts has."""
        if self._words.isdisjoint(asked.terms) or self._words.isdisjoint(stored.terms):
            return []
        mine, theirs = asked.terms & self._words, stored.terms & self._words
        return [] if mine == theirs else self._pairs(mine - theirs, theirs - mine)

    def _pairs(self, mine: frozenset[str], theirs: frozenset[str]) -> list[tuple[str, str]]:
        if not mine or not theirs:
            return []
        filled, others = self._filled(mine), self._filled(theirs)
        return sorted(
            (min(filled[slot].values()), min(others[slot].values()))
            for slot in filled.keys() & others.keys()
            if filled[slot].keys().isdisjoint(others[slot])
        )

    def _filled(self, words: Iterable[str]) -> dict[int, dict[int, str]]:
        filled: dict[int, dict[int, str]] = {}
        for word in words:
            for slot, pole in self._values[word]:
                filled.setdefault(slot, {})[pole] = word
        return filled


def _poles(line: str) -> list[list[str]]:
    return [[form for word in pole.split() for form in forms(word)] for pole in line.split("/")]


_OPPOSITES: Final = _Slots(_poles(line) for line in OPPOSITES.strip().splitlines())
_CALENDAR: Final = _Slots(CALENDAR)
_MEASURES: Final = _Slots(MEASURES)

_AGES: Final = word_set("year years yr yrs month months week weeks day days how")

ENOUGH_OVERLAP: Final = 0.5
"""Below it the prompts are worded so differently that opposites may speak of other things."""


def opposite_words(asked: Prompt, stored: Prompt) -> list[tuple[str, str]]:
    """The words of the prompts that are one another's opposites, in pairs."""
    pairs = [
        *_OPPOSITES.differing(asked, stored),
        *_turned_round(asked, stored),
        *((bare, word) for word, bare in _turned_round(stored, asked)),
    ]
    if not pairs or not _one_subject(asked, stored):
        return []
    # Is A older than B, is B younger than A.
    return [
        (mine, other)
        for mine, other in pairs
        if not crossed(asked, mine, stored, other)
        and not _counts_years(asked, mine)
        and not _counts_years(stored, other)
    ]


def _counts_years(prompt: Prompt, word: str) -> bool:
    """Whether `old` gives an age: four years old."""
    return word == "old" and not _AGES.isdisjoint(prompt.before("old"))


def _one_subject(asked: Prompt, stored: Prompt) -> bool:
    """Whether enough is said alike beside the opposites, of the prompt that says less."""
    others = min(len(asked.topics), len(stored.topics)) - 1
    return len(asked.topics & stored.topics) >= ENOUGH_OVERLAP * others


def find_date_conflict(asked: Prompt, stored: Prompt) -> Conflict | None:
    """Other months, weekdays, seasons or days counted from today."""
    pairs = _CALENDAR.exchanged(asked, stored)
    return against(ConflictKind.DATES, *pairs[0]) if pairs else None


def find_unit_conflict(asked: Prompt, stored: Prompt) -> Conflict | None:
    """Other units or currencies, where no number goes with them."""
    pairs = _MEASURES.exchanged(asked, stored)
    return against(ConflictKind.NUMBERS, *pairs[0]) if pairs else None


def _turned_round(prompt: Prompt, other: Prompt) -> list[tuple[str, str]]:
    """The words with a negative prefix that the other prompt has without."""
    return [
        (word, bare)
        for word, bare in prompt.turned
        if bare in other.bag and bare not in prompt.bag and word not in other.bag
    ]
