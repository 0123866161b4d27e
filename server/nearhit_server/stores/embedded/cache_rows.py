"""Statements on the `caches` table. All run on the database's thread."""

import sqlite3
from dataclasses import replace

from nearhit_server.core.caches import CacheSpec
from nearhit_server.core.errors import SpecChangedError, cache_exists, cache_not_found
from nearhit_server.stores.embedded.epochs import bury, next_number
from nearhit_server.stores.spec_json import spec_from_json, spec_to_json

_COLUMNS = "cache_id, version, epoch, spec"


def check_current(connection: sqlite3.Connection, spec: CacheSpec) -> None:
    """Raise NotFoundError or SpecChangedError unless `spec` is the cache's present one.

    Asked of the database and not of memory, so that a write also sees what an earlier one in
    the same transaction has changed.
    """
    row = connection.execute(
        "SELECT version FROM caches WHERE cache_id = ?", (spec.cache_id,)
    ).fetchone()
    if row is None:
        raise cache_not_found(spec.cache_id)
    if row[0] != spec.version:
        raise SpecChangedError(spec.cache_id)


def read_spec(connection: sqlite3.Connection, cache_id: str) -> CacheSpec:
    """The cache's present settings. Raises NotFoundError."""
    row = connection.execute(
        f"SELECT {_COLUMNS} FROM caches WHERE cache_id = ?", (cache_id,)
    ).fetchone()
    if row is None:
        raise cache_not_found(cache_id)
    return _spec(row)


def read_specs(connection: sqlite3.Connection, *, after: str, limit: int) -> list[CacheSpec]:
    """Up to `limit` (-1 for all) caches with ids after `after`, ordered by id."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM caches WHERE cache_id > ? ORDER BY cache_id LIMIT ?",
        (after, limit),
    )
    return [_spec(row) for row in rows]


def insert_spec(connection: sqlite3.Connection, spec: CacheSpec) -> CacheSpec:
    """Keep a new cache; returns it with its version and epoch. Raises AlreadyExistsError."""
    number = next_number(connection)
    spec = replace(spec, version=number, epoch=number)
    inserted = connection.execute(
        f"INSERT INTO caches ({_COLUMNS}) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (spec.cache_id, spec.version, spec.epoch, spec_to_json(spec)),
    )
    if not inserted.rowcount:
        raise cache_exists(spec.cache_id)
    return spec


def replace_spec(connection: sqlite3.Connection, spec: CacheSpec, *, flush: bool) -> CacheSpec:
    """Write settings as a new version, in a new epoch if `flush`; the old one is then dead."""
    number = next_number(connection)
    if flush:
        bury(connection, spec.epoch)
    new = replace(spec, version=number, epoch=number if flush else spec.epoch)
    connection.execute(
        "UPDATE caches SET version = ?, epoch = ?, spec = ? WHERE cache_id = ?",
        (new.version, new.epoch, spec_to_json(new), new.cache_id),
    )
    return new


def remove_spec(connection: sqlite3.Connection, spec: CacheSpec) -> None:
    """Forget a cache; its epoch is then dead."""
    bury(connection, spec.epoch)
    connection.execute("DELETE FROM caches WHERE cache_id = ?", (spec.cache_id,))


def _spec(row: tuple[str, int, int, str]) -> CacheSpec:
    cache_id, version, epoch, text = row
    return spec_from_json(text, cache_id=cache_id, version=version, epoch=epoch)
