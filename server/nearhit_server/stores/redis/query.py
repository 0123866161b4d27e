"""Filters as queries of the Query Engine. Nothing that a user typed is ever part of one."""

import hashlib
from collections.abc import Mapping
from typing import Final

from nearhit_server.core.caches import AttributeType
from nearhit_server.core.filters import (
    AllOf,
    AnyOf,
    Filter,
    Negation,
    NumericRange,
    TagIn,
    TextMatch,
    words,
)

EVERYTHING: Final = "*"


def tag_of_value(name: str, value: str) -> str:
    """What stands in the index for an attribute's value: 32 hexadecimal digits."""
    return _digest("value", name, value)


def tag_of_word(name: str, word: str) -> str:
    """What stands in the index for a word of a text attribute."""
    return _digest("word", name, word)


def numeric_field(name: str) -> str:
    """The field that holds a numeric attribute; its name may have characters that queries
    would read otherwise."""
    return f"number_{_digest('field', name)[:16]}"


def _digest(*parts: str) -> str:
    # NUL is refused in attributes, so it keeps the parts apart.
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def index_tags(attributes: Mapping[str, str], types: Mapping[str, AttributeType]) -> list[str]:
    """Everything that an entry with these attributes is found by, but for numbers."""
    tags = [tag_of_value(name, value) for name, value in attributes.items()]
    for name, value in attributes.items():
        if types.get(name) is AttributeType.TEXT:
            tags += [tag_of_word(name, word) for word in dict.fromkeys(words(value))]
    return tags


def query_of(where: Filter | None) -> str:
    """The query that selects what the filter does."""
    return EVERYTHING if where is None else _query(where)


def _query(node: Filter) -> str:
    match node:
        case AllOf(filters):
            return "(" + " ".join(map(_query, filters)) + ")"
        case AnyOf(filters):
            return "(" + "|".join(map(_query, filters)) + ")"
        case Negation(child):
            return f"(-{_query(child)})"
        case TagIn(name, values):
            return _tags("|".join(tag_of_value(name, value) for value in values))
        case TextMatch(name, text):
            return "(" + " ".join(_tags(tag_of_word(name, word)) for word in words(text)) + ")"
        case NumericRange():
            return _range(node)


def _tags(alternatives: str) -> str:
    return f"(@tags:{{{alternatives}}})"


def _range(node: NumericRange) -> str:
    low = _bound(node.minimum, float("-inf"), exclusive=node.exclusive_minimum)
    high = _bound(node.maximum, float("inf"), exclusive=node.exclusive_maximum)
    return f"(@{numeric_field(node.name)}:[{low} {high}])"


def _bound(value: float | None, unbounded: float, *, exclusive: bool) -> str:
    # repr gives the shortest digits that mean exactly this number.
    bound = repr(unbounded if value is None else value)
    return f"({bound}" if exclusive and value is not None else bound
