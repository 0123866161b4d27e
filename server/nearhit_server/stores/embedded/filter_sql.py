"""Filters as SQL. Whatever a caller typed is a bound parameter, never part of the text."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, assert_never

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

Parameter = str | int | float


@dataclass(frozen=True)
class Sql:
    """A piece of SQL and the values of its question marks."""

    text: str
    parameters: tuple[Parameter, ...] = ()


EVERYTHING: Final = Sql("TRUE")


def condition(filter_: Filter | None, epoch: int) -> Sql:
    """The condition that a row of `entries` is selected, looked up row by row.

    Right for few rows; SQLite would work through all the rows of a common tag for
    `row_id IN (SELECT ...)` even if only one entry asks.
    """
    match filter_:
        case None:
            return EVERYTHING
        case AllOf(filters):
            return _joined(" AND ", [condition(child, epoch) for child in filters], "TRUE")
        case AnyOf(filters):
            return _joined(" OR ", [condition(child, epoch) for child in filters], "FALSE")
        case Negation(child):
            inner = condition(child, epoch)
            return Sql(f"NOT ({inner.text})", inner.parameters)
        case TextMatch():
            return _has_words(filter_, epoch)
        case TagIn() | NumericRange():
            rows = _rows(filter_, epoch)
            return Sql(f"EXISTS ({rows.text} AND row_id = entries.row_id)", rows.parameters)
        case _:
            assert_never(filter_)


def superset(filter_: Filter, epoch: int, size: Callable[[Sql], int]) -> Sql | None:
    """A SELECT of row ids, by index, that has all rows the filter selects and maybe more.

    None if no index helps, as for a negation. Of filters that must all hold, the one whose
    SELECT has the smallest `size` is taken.
    """
    match filter_:
        case TagIn() | NumericRange():
            return _rows(filter_, epoch)
        case TextMatch(name, text):
            return _smallest([_word_rows(name, word, epoch) for word in words(text)], size)
        case AllOf(filters):
            return _smallest([superset(child, epoch, size) for child in filters], size)
        case AnyOf(filters):
            return _union([superset(child, epoch, size) for child in filters])
        case Negation():
            return None
        case _:
            assert_never(filter_)


def _smallest(parts: list[Sql | None], size: Callable[[Sql], int]) -> Sql | None:
    found = [part for part in parts if part is not None]
    return min(found, key=size) if len(found) > 1 else next(iter(found), None)


def _union(parts: list[Sql | None]) -> Sql | None:
    found = [part for part in parts if part is not None]
    if not found or len(found) < len(parts):
        return None
    parameters = tuple(value for part in found for value in part.parameters)
    return Sql(" UNION ALL ".join(part.text for part in found), parameters)


def _rows(leaf: TagIn | NumericRange, epoch: int) -> Sql:
    match leaf:
        case TagIn(name, values):
            table, wanted = "tags", Sql(f"value IN ({', '.join('?' * len(values))})", values)
        case NumericRange(name):
            table, wanted = "numbers", _within(leaf)
    return Sql(
        f"SELECT row_id FROM {table} WHERE epoch = ? AND name = ? AND {wanted.text}",
        (epoch, name, *wanted.parameters),
    )


def _within(bounds: NumericRange) -> Sql:
    conditions = ["TRUE"]
    parameters: list[float] = []
    if bounds.minimum is not None:
        conditions.append("number > ?" if bounds.exclusive_minimum else "number >= ?")
        parameters.append(bounds.minimum)
    if bounds.maximum is not None:
        conditions.append("number < ?" if bounds.exclusive_maximum else "number <= ?")
        parameters.append(bounds.maximum)
    return Sql(" AND ".join(conditions), tuple(parameters))


def _word_rows(name: str, word: str, epoch: int) -> Sql:
    return Sql(
        "SELECT row_id FROM words WHERE epoch = ? AND name = ? AND word = ?", (epoch, name, word)
    )


def _has_words(match: TextMatch, epoch: int) -> Sql:
    wanted = sorted(set(words(match.text)))
    if not wanted:
        return Sql("FALSE")
    # One count instead of a condition a word: expressions can only be so deep. Words are
    # letters and digits, which JSON keeps as they are.
    return Sql(
        "(SELECT count(*) FROM words WHERE epoch = ? AND name = ? AND row_id = entries.row_id"
        " AND word IN (SELECT value FROM json_each(?))) = ?",
        (epoch, match.name, json.dumps(wanted, ensure_ascii=False), len(wanted)),
    )


def _joined(separator: str, parts: list[Sql], empty: str) -> Sql:
    parameters = tuple(value for part in parts for value in part.parameters)
    return Sql(separator.join(f"({part.text})" for part in parts) or empty, parameters)
