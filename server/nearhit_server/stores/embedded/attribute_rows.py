"""Statements on the tables that filters ask: `tags`, `numbers` and `words`."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence

from nearhit_server.core.caches import AttributeType, CacheSpec
from nearhit_server.core.filters import words
from nearhit_server.core.limits import NUMBER


def insert_attributes(
    connection: sqlite3.Connection, spec: CacheSpec, row_id: int, attributes: Mapping[str, str]
) -> None:
    """Make an entry's attributes findable: all by equality, declared ones also by type."""
    connection.executemany(
        "INSERT INTO tags (epoch, name, value, row_id) VALUES (?, ?, ?, ?)",
        [(spec.epoch, name, value, row_id) for name, value in attributes.items()],
    )
    if spec.attribute_types:
        _insert_typed(connection, spec, row_id, attributes)


def delete_attributes(connection: sqlite3.Connection, keys: Sequence[tuple[int]]) -> None:
    """The reverse of `insert_attributes`, for rows by their ids."""
    for table in ("tags", "numbers", "words"):
        connection.executemany(f"DELETE FROM {table} WHERE row_id = ?", keys)


def _insert_typed(
    connection: sqlite3.Connection, spec: CacheSpec, row_id: int, attributes: Mapping[str, str]
) -> None:
    connection.executemany(
        "INSERT INTO numbers (epoch, name, number, row_id) VALUES (?, ?, ?, ?)",
        [(spec.epoch, name, number, row_id) for name, number in _numbers(spec, attributes)],
    )
    connection.executemany(
        "INSERT INTO words (epoch, name, word, row_id) VALUES (?, ?, ?, ?)",
        [(spec.epoch, name, word, row_id) for name, word in _words(spec, attributes)],
    )


def _numbers(spec: CacheSpec, attributes: Mapping[str, str]) -> Iterator[tuple[str, float]]:
    for name, value in attributes.items():
        # What is not a number matches no range, however it came here.
        if spec.attribute_types.get(name) is AttributeType.NUMERIC and NUMBER.fullmatch(value):
            yield name, float(value)


def _words(spec: CacheSpec, attributes: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in attributes.items():
        if spec.attribute_types.get(name) is AttributeType.TEXT:
            for word in sorted(set(words(value))):
                yield name, word
