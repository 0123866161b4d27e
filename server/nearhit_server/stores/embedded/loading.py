"""Rebuilding what is kept in memory from the database, at start."""

import sqlite3

from nearhit_server.core.caches import CacheSpec
from nearhit_server.stores.embedded.cache_rows import read_specs
from nearhit_server.stores.embedded.entry_index import EntryIndex
from nearhit_server.stores.embedded.entry_rows import uses_of_epoch, vectors_of_epoch
from nearhit_server.stores.failures import StoreStartupError
from nearhit_server.stores.times import expiry_of_column
from nearhit_server.stores.vector_blobs import from_blob


def load_index(connection: sqlite3.Connection, index: EntryIndex) -> None:
    """Fill an empty index. Raises StoreStartupError for rows that nearhit did not write."""
    try:
        for spec in read_specs(connection, after="", limit=-1):
            entries = _load_uses(connection, index, spec)
            _load_vectors(connection, index, spec, entries)
    except ValueError as error:
        raise StoreStartupError(f"the database is damaged: {error}") from error


def _load_uses(connection: sqlite3.Connection, index: EntryIndex, spec: CacheSpec) -> int:
    recency = index.recency(spec.epoch)
    for row_id, expiry, used_order in uses_of_epoch(connection, spec.epoch):
        recency.put(row_id, expires_us=expiry_of_column(expiry))
        index.continue_after(used_order)
    return len(recency)


def _load_vectors(
    connection: sqlite3.Connection, index: EntryIndex, spec: CacheSpec, entries: int
) -> None:
    vectors = index.vectors(spec.epoch, spec.dimension)
    # Row by row into the matrix: the vectors are never in memory twice. Room that no vector
    # is written to takes no memory, so there may be room for all entries.
    vectors.reserve(entries)
    for row_id, blob, expiry, updated_us in vectors_of_epoch(connection, spec.epoch):
        vectors.put(
            row_id,
            from_blob(blob),
            expires_us=expiry_of_column(expiry),
            updated_us=updated_us,
        )
