"""Statements on the `embeddings` table. All run on the database's thread.

Its column `namespace` is always "": what clients put has tables of its own.
"""

from collections.abc import Sequence

from nearhit_server.core.ports import EmbeddingKey, EmbeddingRow
from nearhit_server.stores.embedded.database import Written
from nearhit_server.stores.embedded.session import Session
from nearhit_server.stores.times import (
    from_microseconds,
    optional_from_microseconds,
    optional_to_microseconds,
    to_microseconds,
)
from nearhit_server.stores.vector_blobs import from_blob, to_blob


def read_embeddings(session: Session, names: Sequence[EmbeddingKey]) -> list[EmbeddingRow | None]:
    """One row for each name, in order, None where there is none or it has expired."""
    return [_read(session, name) for name in names]


def _read(session: Session, name: EmbeddingKey) -> EmbeddingRow | None:
    row = session.connection.execute(
        "SELECT vector, created_us, expires_us FROM embeddings"
        " WHERE namespace = '' AND owner = ? AND key = ?"
        " AND (expires_us IS NULL OR expires_us > ?)",
        (name.owner, name.key, session.now_us),
    ).fetchone()
    if row is None:
        return None
    blob, created_us, expires_us = row
    return EmbeddingRow(
        name=name,
        vector=from_blob(blob),
        created_at=from_microseconds(created_us),
        expires_at=optional_from_microseconds(expires_us),
    )


def write_embeddings(session: Session, rows: Sequence[EmbeddingRow]) -> Written[None]:
    """Write rows, each over what has its name."""
    session.connection.executemany(
        "INSERT OR REPLACE INTO embeddings"
        " (namespace, owner, key, vector, created_us, expires_us) VALUES ('', ?, ?, ?, ?, ?)",
        [
            (
                row.name.owner,
                row.name.key,
                to_blob(row.vector),
                to_microseconds(row.created_at),
                optional_to_microseconds(row.expires_at),
            )
            for row in rows
        ],
    )
    return Written(None)


def delete_expired_embeddings(session: Session, *, limit: int) -> int:
    """Delete up to `limit` expired rows; returns how many."""
    deleted = session.connection.execute(
        "DELETE FROM embeddings WHERE (namespace, owner, key) IN (SELECT namespace, owner, key"
        " FROM embeddings WHERE expires_us <= ? LIMIT ?)",
        (session.now_us, limit),
    )
    return deleted.rowcount
