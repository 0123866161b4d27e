"""The filter tree: which entries, by their attributes."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

MAX_DEPTH = 16
MAX_NODES = 256
MAX_TAG_VALUES = 100


@dataclass(frozen=True)
class AllOf:
    """Every one of the filters holds."""

    filters: tuple["Filter", ...]


@dataclass(frozen=True)
class AnyOf:
    """At least one of the filters holds."""

    filters: tuple["Filter", ...]


@dataclass(frozen=True)
class Negation:
    """The filter does not hold; an entry without the attribute is selected."""

    filter: "Filter"


@dataclass(frozen=True)
class TagIn:
    """The attribute equals one of the values, character for character."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class NumericRange:
    """The attribute, declared numeric, lies between the bounds; None is no bound."""

    name: str
    minimum: float | None = None
    maximum: float | None = None
    exclusive_minimum: bool = False
    exclusive_maximum: bool = False


@dataclass(frozen=True)
class TextMatch:
    """The attribute, declared text, contains every word of `text`, in any order."""

    name: str
    text: str


Filter = AllOf | AnyOf | Negation | TagIn | NumericRange | TextMatch


def words(text: str) -> tuple[str, ...]:
    """The words of a text attribute or match: runs of letters and digits, NFKC, casefolded.

    Marks (accents that NFKC could not compose) belong to the letter they follow.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    runs = groupby(folded, key=lambda character: unicodedata.category(character)[0] in "LMN")
    return tuple("".join(run) for in_word, run in runs if in_word)


def carrying(attributes: Mapping[str, str]) -> Filter | None:
    """The filter for entries that carry all of `attributes`, None if there are none."""
    return both(*(TagIn(name, (value,)) for name, value in sorted(attributes.items())))


def both(*filters: Filter | None) -> Filter | None:
    """The conjunction of the filters that are there, None if none is."""
    present = tuple(filter_ for filter_ in filters if filter_ is not None)
    if len(present) < 2:
        return present[0] if present else None
    return AllOf(present)
