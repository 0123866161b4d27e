"""Filters: which entries, by their attributes.

    attribute("lang").is_in("en", "de") & (attribute("price") < 10) & ~attribute("tier").is_in("x")

`&`, `|` and `~` combine them; comparisons need parentheses, because Python's `&` binds
tighter than its `<`.
"""

from dataclasses import dataclass
from typing import Literal


class Filter:
    """Selects entries by their attributes. Make one with `attribute`."""

    __slots__ = ()

    def __and__(self, other: "Filter") -> "Filter":
        if not isinstance(other, Filter):
            return NotImplemented
        return AllOf((*_parts(self, AllOf), *_parts(other, AllOf)))

    def __or__(self, other: "Filter") -> "Filter":
        if not isinstance(other, Filter):
            return NotImplemented
        return AnyOf((*_parts(self, AnyOf), *_parts(other, AnyOf)))

    def __invert__(self) -> "Filter":
        return self.filter if isinstance(self, Negation) else Negation(self)

    def __bool__(self) -> Literal[True]:
        # `a and b` is `b` alone: half of the filter would be lost without a word.
        raise TypeError("combine filters with & | ~, not with and, or, not or chained comparisons")


@dataclass(frozen=True)
class AllOf(Filter):
    """Every one of the filters holds."""

    filters: tuple[Filter, ...]


@dataclass(frozen=True)
class AnyOf(Filter):
    """At least one of the filters holds."""

    filters: tuple[Filter, ...]


@dataclass(frozen=True)
class Negation(Filter):
    """The filter does not hold; an entry without the attribute is selected."""

    filter: Filter


@dataclass(frozen=True)
class TagIn(Filter):
    """The attribute equals one of the values, character for character."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class NumericRange(Filter):
    """The attribute, declared numeric, lies between the bounds; None is no bound."""

    name: str
    minimum: float | None = None
    maximum: float | None = None
    exclusive_minimum: bool = False
    exclusive_maximum: bool = False


@dataclass(frozen=True)
class TextMatch(Filter):
    """The attribute, declared text, contains every word of `text`, in any order."""

    name: str
    text: str


@dataclass(frozen=True, eq=False)
class Attribute:
    """An attribute to select by; each of its methods and comparisons makes a Filter."""

    name: str

    # Comparisons that make filters, as elsewhere in the field; so no two attributes compare.
    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, value: str | float) -> Filter:  # type: ignore[override]
        """Equals `value`: a string character for character, a number by its worth."""
        if isinstance(value, str):
            return TagIn(self.name, (value,))
        return NumericRange(self.name, minimum=value, maximum=value)

    def __ne__(self, value: str | float) -> Filter:  # type: ignore[override]
        """Does not equal `value`, or is not there."""
        return ~(self == value)

    def __ge__(self, minimum: float) -> Filter:
        """Is at least `minimum`, for a numeric attribute."""
        return NumericRange(self.name, minimum=minimum)

    def __gt__(self, minimum: float) -> Filter:
        """Is more than `minimum`, for a numeric attribute."""
        return NumericRange(self.name, minimum=minimum, exclusive_minimum=True)

    def __le__(self, maximum: float) -> Filter:
        """Is at most `maximum`, for a numeric attribute."""
        return NumericRange(self.name, maximum=maximum)

    def __lt__(self, maximum: float) -> Filter:
        """Is less than `maximum`, for a numeric attribute."""
        return NumericRange(self.name, maximum=maximum, exclusive_maximum=True)

    def between(self, minimum: float, maximum: float) -> Filter:
        """Lies between the two, both included, for a numeric attribute."""
        return NumericRange(self.name, minimum=minimum, maximum=maximum)

    def is_in(self, *values: str) -> Filter:
        """Equals one of the values, character for character."""
        return TagIn(self.name, values)

    def matches(self, text: str) -> Filter:
        """Contains every word of `text`, in any order, for a text attribute."""
        return TextMatch(self.name, text)


def attribute(name: str) -> Attribute:
    """The attribute of that name, to make filters of: `attribute("lang") == "en"`."""
    return Attribute(name)


def _parts(filter_: Filter, kind: type[AllOf] | type[AnyOf]) -> tuple[Filter, ...]:
    return filter_.filters if isinstance(filter_, kind) else (filter_,)
