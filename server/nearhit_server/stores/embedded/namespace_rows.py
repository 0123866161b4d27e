"""Statements on `namespaces` and `namespace_rows`. All run on the database's thread."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from nearhit_server.core.ports import NamespaceRow
from nearhit_server.stores.embedded.database import Written
from nearhit_server.stores.embedded.epochs import bury, next_number
from nearhit_server.stores.embedded.session import Session
from nearhit_server.stores.times import (
    from_microseconds,
    optional_duration_from_microseconds,
    optional_duration_to_microseconds,
    optional_from_microseconds,
    optional_to_microseconds,
    to_microseconds,
)
from nearhit_server.stores.vector_blobs import from_blob, to_blob

_COLUMNS: Final = "key, model, vector, text, metadata_json, ttl_us, created_us, expires_us"
_LIVE: Final = "epoch = ? AND key = ? AND (expires_us IS NULL OR expires_us > ?)"


def read_rows(session: Session, namespace: str, keys: Sequence[str]) -> list[NamespaceRow | None]:
    """One row for each key, in order, None where there is none or it has expired."""
    epoch = _epoch(session, namespace)
    return [None if epoch is None else _read(session, epoch, key) for key in keys]


def refresh_rows(
    session: Session, namespace: str, keys: Sequence[str], *, ttl: timedelta | None
) -> Written[list[NamespaceRow | None]]:
    """As `read_rows`, once the ttl of each row found, which is `ttl` if there is one, has
    started again."""
    if ttl is not None:
        session.connection.executemany(
            f"UPDATE namespace_rows SET ttl_us = ? WHERE {_LIVE}",
            [
                (optional_duration_to_microseconds(ttl), *live)
                for live in _live(session, namespace, keys)
            ],
        )
    session.connection.executemany(
        f"UPDATE namespace_rows SET expires_us = ? + ttl_us WHERE {_LIVE} AND ttl_us IS NOT NULL",
        [(session.now_us, *live) for live in _live(session, namespace, keys)],
    )
    return Written(read_rows(session, namespace, keys))


def write_rows(session: Session, namespace: str, rows: Sequence[NamespaceRow]) -> Written[None]:
    """Write rows, each over what has its key."""
    epoch = _epoch(session, namespace)
    if epoch is None:
        epoch = next_number(session.connection)
        session.connection.execute("INSERT INTO namespaces VALUES (?, ?)", (namespace, epoch))
    session.connection.executemany(
        f"INSERT OR REPLACE INTO namespace_rows (epoch, {_COLUMNS})"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [(epoch, *_values(row)) for row in rows],
    )
    return Written(None)


def have_rows(session: Session, namespace: str, keys: Sequence[str]) -> list[bool]:
    """Whether there is a row of each key that has not expired, in order."""
    epoch = _epoch(session, namespace)
    return [epoch is not None and _exists(session, epoch, key) for key in keys]


def delete_rows(session: Session, namespace: str, keys: Sequence[str]) -> Written[int]:
    """Delete rows; returns how many had not expired."""
    deleted = session.connection.executemany(
        f"DELETE FROM namespace_rows WHERE {_LIVE}", _live(session, namespace, keys)
    )
    return Written(max(0, deleted.rowcount))


def leave_epoch(session: Session, namespace: str) -> Written[int]:
    """Empty a namespace; its rows stay behind in their epoch, for the sweeper to delete."""
    epoch = _epoch(session, namespace)
    if epoch is None:
        return Written(0)
    bury(session.connection, epoch)
    session.connection.execute("DELETE FROM namespaces WHERE namespace = ?", (namespace,))
    return Written(_count_live(session, epoch))


def delete_dead_namespace_rows(session: Session, epoch: int, *, limit: int) -> int:
    """Delete up to `limit` rows of an epoch; returns how many."""
    return _delete_some(session, "epoch = ?", epoch, limit=limit)


def delete_expired_namespace_rows(session: Session, *, limit: int) -> int:
    """Delete up to `limit` expired rows; returns how many."""
    return _delete_some(session, "expires_us <= ?", session.now_us, limit=limit)


def _epoch(session: Session, namespace: str) -> int | None:
    row = session.connection.execute(
        "SELECT epoch FROM namespaces WHERE namespace = ?", (namespace,)
    ).fetchone()
    return None if row is None else row[0]


def _live(session: Session, namespace: str, keys: Sequence[str]) -> list[tuple[int, str, int]]:
    """The parameters of `_LIVE` for each key."""
    epoch = _epoch(session, namespace)
    return [] if epoch is None else [(epoch, key, session.now_us) for key in keys]


def _exists(session: Session, epoch: int, key: str) -> bool:
    row = session.connection.execute(
        f"SELECT 1 FROM namespace_rows WHERE {_LIVE}", (epoch, key, session.now_us)
    ).fetchone()
    return row is not None


def _read(session: Session, epoch: int, key: str) -> NamespaceRow | None:
    row = session.connection.execute(
        f"SELECT {_COLUMNS} FROM namespace_rows WHERE {_LIVE}", (epoch, key, session.now_us)
    ).fetchone()
    return None if row is None else _row(*row)


def _row(
    key: str,
    model: str,
    vector: bytes,
    text: str | None,
    metadata_json: str | None,
    ttl_us: int | None,
    created_us: int,
    expires_us: int | None,
) -> NamespaceRow:
    return NamespaceRow(
        key=key,
        model=model,
        vector=from_blob(vector),
        text=text,
        metadata_json=metadata_json,
        ttl=optional_duration_from_microseconds(ttl_us),
        created_at=from_microseconds(created_us),
        expires_at=optional_from_microseconds(expires_us),
    )


def _values(row: NamespaceRow) -> tuple[Any, ...]:
    """The values of `_COLUMNS`."""
    return (
        *(row.key, row.model, to_blob(row.vector), row.text, row.metadata_json),
        optional_duration_to_microseconds(row.ttl),
        to_microseconds(row.created_at),
        optional_to_microseconds(row.expires_at),
    )


def _count_live(session: Session, epoch: int) -> int:
    # Two counts over indexes; one over both conditions would read every row.
    total: int
    expired: int
    (total,) = session.connection.execute(
        "SELECT count(*) FROM namespace_rows WHERE epoch = ?", (epoch,)
    ).fetchone()
    (expired,) = session.connection.execute(
        "SELECT count(*) FROM namespace_rows INDEXED BY namespace_rows_by_expiry"
        " WHERE expires_us <= ? AND epoch = ?",
        (session.now_us, epoch),
    ).fetchone()
    return total - expired


def _delete_some(session: Session, condition: str, value: int, *, limit: int) -> int:
    deleted = session.connection.execute(
        "DELETE FROM namespace_rows WHERE row_id IN"
        f" (SELECT row_id FROM namespace_rows WHERE {condition} LIMIT ?)",
        (value, limit),
    )
    return deleted.rowcount
