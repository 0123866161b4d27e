"""Conditions on entries: a filter for the server, and where that says too little, a check here.

The server selects by attributes. RedisVL's filters also know an entry's times, its prompt and
response, and patterns. Those are checked on what the server found, which a wider filter
selects: so an entry that does not meet the condition is never a hit.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self, TypeAlias

from nearhit.filters import Filter
from nearhit.results import Entry

Check: TypeAlias = Callable[[Entry], bool]

_WORD: Final = re.compile(r"[^\W_]+")
_PATTERN: Final = re.compile(r"(?:[^\W_]|\*)+")


@dataclass(frozen=True)
class Condition:
    """Which entries are meant: those that `holds` says yes to.

    `filter` selects all of them and, unless it is `exact`, others too; None selects all.
    """

    filter: Filter | None
    holds: Check
    exact: bool

    @classmethod
    def served(cls, filter_: Filter, holds: Check) -> Self:
        """One that the server can tell by itself."""
        return cls(filter_, holds, exact=True)

    @classmethod
    def local(cls, holds: Check, *, within: Filter | None = None) -> Self:
        """One that is to be checked here, on what is `within` a filter."""
        return cls(within, holds, exact=False)

    def __and__(self, other: "Condition") -> "Condition":
        if self is EVERYTHING or other is EVERYTHING:
            return other if self is EVERYTHING else self
        filters = [part.filter for part in (self, other) if part.filter is not None]
        both = filters[0] & filters[1] if len(filters) == 2 else next(iter(filters), None)
        return Condition(
            both, lambda entry: self.holds(entry) and other.holds(entry), self.exact and other.exact
        )

    def __or__(self, other: "Condition") -> "Condition":
        # In RedisVL "everything" on one side is no filter rather than one that always holds.
        if self is EVERYTHING or other is EVERYTHING:
            return other if self is EVERYTHING else self
        either = None
        if self.filter is not None and other.filter is not None:
            either = self.filter | other.filter
        return Condition(
            either,
            lambda entry: self.holds(entry) or other.holds(entry),
            self.exact and other.exact,
        )

    def __invert__(self) -> "Condition":
        # The opposite of a filter that selects too much would select too little.
        negated = ~self.filter if self.exact and self.filter is not None else None
        return Condition(negated, lambda entry: not self.holds(entry), self.exact)


EVERYTHING: Final = Condition(None, lambda entry: True, exact=True)


def words(text: str) -> list[str]:
    """The words of a text as the server sees them: runs of letters and digits."""
    return _WORD.findall(_folded(text))


def word_patterns(text: str) -> list[str]:
    """The same of a pattern, whose words may hold `*`."""
    return _PATTERN.findall(_folded(text))


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
