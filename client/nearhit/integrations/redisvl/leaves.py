"""The conditions that RedisVL's filters are made of, one for each field."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from nearhit.choices import AttributeType
from nearhit.filters import NumericRange, TagIn, TextMatch
from nearhit.integrations.redisvl.conditions import Condition, word_patterns, words
from nearhit.integrations.redisvl.fields import TEXTS, TIMES
from nearhit.results import Entry

Value: TypeAlias = Callable[[Entry], str | None]

_QUERY_LANGUAGE: Final = re.compile(r"""[%?()\[\]{}"\\@:~=<>;&^$+-]""")
"""What means something in a text pattern that whole words and `*` do not say."""


@dataclass(frozen=True)
class Bounds:
    """A range of numbers; None is no bound."""

    minimum: float | None
    maximum: float | None
    exclusive_minimum: bool
    exclusive_maximum: bool

    def __contains__(self, number: float) -> bool:
        over = self.minimum is None or number > self.minimum
        under = self.maximum is None or number < self.maximum
        at_minimum = number == self.minimum and not self.exclusive_minimum
        at_maximum = number == self.maximum and not self.exclusive_maximum
        return (over or at_minimum) and (under or at_maximum)


class Leaves:
    """Makes the conditions on the fields of one cache. Each raises ValueError for a field
    that the cache does not have, or that is of another type."""

    def __init__(self, declared: Mapping[str, AttributeType]) -> None:
        self._declared = declared

    def tag(self, name: str, values: Sequence[str]) -> Condition:
        """A field equals one of the values, character for character."""
        self._check(name, AttributeType.TAG)
        served = TagIn(name, tuple(values))
        return Condition.served(served, lambda entry: entry.attributes.get(name) in values)

    def tag_like(self, name: str, patterns: Sequence[str]) -> Condition:
        """A field is as one of the patterns says, in which `*` stands for anything."""
        self._check(name, AttributeType.TAG)
        expressions = [_expression(pattern) for pattern in patterns]

        def holds(entry: Entry) -> bool:
            value = entry.attributes.get(name)
            return value is not None and any(e.fullmatch(value) for e in expressions)

        return Condition.local(holds)

    def number(self, name: str, bounds: Bounds) -> Condition:
        """A field lies in a range."""
        if name in TIMES:
            return Condition.local(lambda entry: _time(entry, name) in bounds)
        self._check(name, AttributeType.NUMERIC)

        def holds(entry: Entry) -> bool:
            value = entry.attributes.get(name)
            return value is not None and float(value) in bounds

        if bounds.minimum is None and bounds.maximum is None:
            return Condition.local(holds)
        served = NumericRange(
            name,
            minimum=bounds.minimum,
            maximum=bounds.maximum,
            exclusive_minimum=bounds.exclusive_minimum,
            exclusive_maximum=bounds.exclusive_maximum,
        )
        return Condition.served(served, holds)

    def phrase(self, name: str, text: str) -> Condition:
        """A text holds some words, one right after the other."""
        value = self._text(name)
        wanted = words(text)

        def holds(entry: Entry) -> bool:
            found = words(value(entry) or "")
            return any(
                found[start : start + len(wanted)] == wanted
                for start in range(len(found) - len(wanted) + 1)
            )

        if not wanted:
            return Condition.local(lambda entry: False)
        if name in TEXTS:
            return Condition.local(holds)
        served = TextMatch(name, text)
        # Several words are found by the server in any order.
        one = len(wanted) == 1
        return Condition.served(served, holds) if one else Condition.local(holds, within=served)

    def text_like(self, name: str, pattern: str) -> Condition:
        """A text holds every word of one of the alternatives, `a b|c`; `*` stands for letters.

        Raises ValueError for the rest of Redis's query language.
        """
        value = self._text(name)
        if _QUERY_LANGUAGE.search(pattern):
            raise ValueError(
                f"cannot filter {name} by {pattern!r}: a text pattern has words, * and | here"
            )
        condition: Condition | None = None
        for alternative in pattern.split("|"):
            each = self._all_words(name, alternative, value)
            condition = each if condition is None else condition | each
        assert condition is not None
        return condition

    def missing(self, name: str) -> Condition:
        """A field is not there."""
        if name not in self._declared:
            raise _unknown(name)
        return Condition.local(lambda entry: name not in entry.attributes)

    def _all_words(self, name: str, text: str, value: Value) -> Condition:
        patterns = [_expression(word) for word in word_patterns(text)]
        if not patterns:
            raise ValueError(f"the pattern for {name} has an alternative without words")

        def holds(entry: Entry) -> bool:
            found = words(value(entry) or "")
            return all(any(pattern.fullmatch(word) for word in found) for pattern in patterns)

        if "*" in text or name in TEXTS:
            return Condition.local(holds)
        return Condition.served(TextMatch(name, text), holds)

    def _text(self, name: str) -> Value:
        if name in TEXTS:
            return lambda entry: entry.prompt if name == "prompt" else entry.response
        self._check(name, AttributeType.TEXT)
        return lambda entry: entry.attributes.get(name)

    def _check(self, name: str, wanted: AttributeType) -> None:
        kind = self._declared.get(name)
        if kind is None:
            raise _unknown(name)
        if kind is not wanted:
            raise ValueError(f"field {name} is {kind.value}, which this filter is not for")


def _unknown(name: str) -> ValueError:
    return ValueError(f"Unknown field {name}: filter by what filterable_fields declares")


def _expression(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL)


def _time(entry: Entry, name: str) -> float:
    moment = entry.created_at if name == "inserted_at" else entry.updated_at
    return moment.timestamp()
