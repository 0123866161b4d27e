"""Statements on `entries` and `contents`: one entry is a row in each, with the same row id."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from nearhit_server.core.caches import CacheSpec
from nearhit_server.core.entries import Entry, PromptKey
from nearhit_server.stores.embedded.attribute_rows import delete_attributes, insert_attributes
from nearhit_server.stores.times import (
    from_microseconds,
    optional_duration_from_microseconds,
    optional_duration_to_microseconds,
    optional_from_microseconds,
    optional_to_microseconds,
    to_microseconds,
)
from nearhit_server.stores.vector_blobs import from_blob, to_blob


def entry_columns(*, with_vectors: bool) -> str:
    """The columns that `entry_of_row` takes, for a SELECT from `entries JOIN contents`."""
    vector = "vector" if with_vectors else "NULL"
    return (
        f"row_id, entry_id, ttl_us, created_us, updated_us, expires_us, "
        f"{vector}, prompt, response, attributes, metadata_json, quarantined"
    )


def entry_of_row(row: Sequence[Any]) -> Entry:
    """The entry in a row of `entry_columns`."""
    (_, entry_id, ttl_us, created_us, updated_us, expires_us, *contents) = row
    vector, prompt, response, attributes, metadata_json, quarantined = contents
    return Entry(
        entry_id=entry_id,
        prompt=prompt,
        response=response,
        attributes=json.loads(attributes),
        metadata_json=metadata_json,
        vector=None if vector is None else from_blob(vector),
        ttl=optional_duration_from_microseconds(ttl_us),
        created_at=from_microseconds(created_us),
        updated_at=from_microseconds(updated_us),
        expires_at=optional_from_microseconds(expires_us),
        quarantined=bool(quarantined),
    )


def insert_entry(
    connection: sqlite3.Connection, spec: CacheSpec, entry: Entry, *, used_order: int
) -> int:
    """Write a new entry; returns its row id, which is higher than that of any other."""
    inserted = connection.execute(
        "INSERT INTO entries (epoch, entry_id, created_us, used_order, folded_key, cased_key,"
        " ttl_us, updated_us, expires_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            spec.epoch,
            entry.entry_id,
            to_microseconds(entry.created_at),
            used_order,
            *_changing_columns(entry),
        ),
    )
    row_id = inserted.lastrowid
    assert row_id is not None
    connection.execute(
        "INSERT INTO contents (row_id, vector, prompt, response, attributes, metadata_json)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (row_id, *_content_columns(entry)),
    )
    insert_attributes(connection, spec, row_id, entry.attributes)
    return row_id


def rewrite_entry(
    connection: sqlite3.Connection,
    spec: CacheSpec,
    row_id: int,
    entry: Entry,
    *,
    used_order: int,
) -> None:
    """Write an entry over its old self; the row id and the time of creation stay."""
    connection.execute(
        "UPDATE entries SET used_order = ?, folded_key = ?, cased_key = ?, ttl_us = ?,"
        " updated_us = ?, expires_us = ? WHERE row_id = ?",
        (used_order, *_changing_columns(entry), row_id),
    )
    connection.execute(
        "UPDATE contents SET vector = ?, prompt = ?, response = ?, attributes = ?,"
        " metadata_json = ? WHERE row_id = ?",
        (*_content_columns(entry), row_id),
    )
    delete_attributes(connection, [(row_id,)])
    insert_attributes(connection, spec, row_id, entry.attributes)


def _changing_columns(entry: Entry) -> tuple[str, str, int | None, int, int | None]:
    key = PromptKey.of(entry.prompt)
    return (
        key.folded,
        key.cased,
        optional_duration_to_microseconds(entry.ttl),
        to_microseconds(entry.updated_at),
        optional_to_microseconds(entry.expires_at),
    )


def _content_columns(entry: Entry) -> tuple[bytes | None, str, str, str, str | None]:
    return (
        None if entry.vector is None else to_blob(entry.vector),
        entry.prompt,
        entry.response,
        json.dumps(dict(entry.attributes), ensure_ascii=False),
        entry.metadata_json,
    )


class FoundRow(NamedTuple):
    """Where an entry is, and when it expires, in microseconds since 1970."""

    row_id: int
    expires_us: int | None

    def live_at(self, now_us: int) -> bool:
        """Whether the entry has not expired at `now_us`."""
        return self.expires_us is None or self.expires_us > now_us


def find_row(connection: sqlite3.Connection, epoch: int, entry_id: str) -> FoundRow | None:
    """The row of an entry, expired or not; None if there is none."""
    row = connection.execute(
        "SELECT row_id, expires_us FROM entries WHERE epoch = ? AND entry_id = ?",
        (epoch, entry_id),
    ).fetchone()
    return None if row is None else FoundRow(*row)


def delete_rows(connection: sqlite3.Connection, row_ids: Iterable[int]) -> None:
    """Delete entries with all that belongs to them."""
    keys = [(row_id,) for row_id in row_ids]
    connection.executemany("DELETE FROM entries WHERE row_id = ?", keys)
    connection.executemany("DELETE FROM contents WHERE row_id = ?", keys)
    delete_attributes(connection, keys)


def count_live(connection: sqlite3.Connection, epoch: int, now_us: int) -> int:
    """How many entries of an epoch have not expired, as the open transaction sees it."""
    # Two counts over indexes; one over both conditions would read every row.
    total: int
    (total,) = connection.execute(
        "SELECT count(*) FROM entries WHERE epoch = ?", (epoch,)
    ).fetchone()
    return total - count_expired(connection, epoch, now_us)


def count_expired(connection: sqlite3.Connection, epoch: int, now_us: int) -> int:
    """How many entries of an epoch have expired and are not swept yet."""
    expired: int
    # Left to itself, SQLite goes through the whole epoch.
    (expired,) = connection.execute(
        "SELECT count(*) FROM entries INDEXED BY entries_by_expiry"
        " WHERE expires_us <= ? AND epoch = ?",
        (now_us, epoch),
    ).fetchone()
    return expired


def vectors_of_epoch(
    connection: sqlite3.Connection, epoch: int
) -> Iterator[tuple[int, bytes, int | None, int]]:
    """The (row id, vector, time of expiry, time of change) of an epoch's rows with a vector,
    but for quarantined ones."""
    return connection.execute(
        "SELECT row_id, vector, expires_us, updated_us FROM entries JOIN contents USING (row_id)"
        " WHERE epoch = ? AND vector IS NOT NULL AND NOT quarantined",
        (epoch,),
    )


def uses_of_epoch(
    connection: sqlite3.Connection, epoch: int
) -> Iterator[tuple[int, int | None, int]]:
    """The (row id, time of expiry, used order) of all of an epoch's rows, least used first."""
    return connection.execute(
        "SELECT row_id, expires_us, used_order FROM entries WHERE epoch = ?"
        " ORDER BY used_order, row_id",
        (epoch,),
    )


def save_uses(connection: sqlite3.Connection, uses: Iterable[tuple[int, int]]) -> None:
    """Write pairs (row id, used order)."""
    connection.executemany(
        "UPDATE entries SET used_order = ? WHERE row_id = ?",
        [(used_order, row_id) for row_id, used_order in uses],
    )
