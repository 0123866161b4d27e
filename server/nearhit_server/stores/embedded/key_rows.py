"""Statements on the `api_keys` table. All run on the database's thread."""

import sqlite3

from nearhit_server.core.access.keys import ApiKey
from nearhit_server.stores.embedded.database import Written
from nearhit_server.stores.embedded.session import Session
from nearhit_server.stores.key_json import key_from_json, key_to_json


def read_key(connection: sqlite3.Connection, key_id: str) -> ApiKey | None:
    """The key, None if there is none."""
    row = connection.execute("SELECT key FROM api_keys WHERE key_id = ?", (key_id,)).fetchone()
    return None if row is None else key_from_json(row[0], key_id=key_id)


def read_keys(connection: sqlite3.Connection, *, after: str, limit: int) -> list[ApiKey]:
    """Up to `limit` keys with ids after `after`, ordered by id."""
    rows = connection.execute(
        "SELECT key_id, key FROM api_keys WHERE key_id > ? ORDER BY key_id LIMIT ?",
        (after, limit),
    )
    return [key_from_json(text, key_id=key_id) for key_id, text in rows]


def write_key(session: Session, key: ApiKey) -> Written[bool]:
    """As KeyStore.put_key."""
    held = read_key(session.connection, key.key_id)
    if held == key:
        return Written(True)
    if key.version != (1 if held is None else held.version + 1):
        return Written(False)
    session.connection.execute(
        "INSERT OR REPLACE INTO api_keys (key_id, key) VALUES (?, ?)",
        (key.key_id, key_to_json(key)),
    )
    return Written(True)
