"""The tables, and how a database of an older version gets them."""

import sqlite3
from typing import Final

from nearhit_server.stores.failures import StoreStartupError

_VERSION_1: Final = """
-- Versions and epochs come from here and are never used twice, so that a cache which is
-- deleted and made again does not meet its old rows.
CREATE TABLE sequence (last INTEGER NOT NULL);
INSERT INTO sequence VALUES (0);

CREATE TABLE caches (
    cache_id TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    spec TEXT NOT NULL
) WITHOUT ROWID;

-- Epochs that no cache is in any more but whose rows are still to be deleted.
CREATE TABLE dead_epochs (epoch INTEGER NOT NULL PRIMARY KEY);

-- What is searched for, ordered by or changed by a hit. Kept narrow: SQLite rewrites a whole
-- row when a column changes, and a hit should not rewrite a vector and a response.
CREATE TABLE entries (
    row_id INTEGER PRIMARY KEY,
    epoch INTEGER NOT NULL,
    entry_id TEXT NOT NULL,
    folded_key TEXT NOT NULL,
    cased_key TEXT NOT NULL,
    ttl_us INTEGER,
    created_us INTEGER NOT NULL,
    updated_us INTEGER NOT NULL,
    expires_us INTEGER,
    used_order INTEGER NOT NULL,
    UNIQUE (epoch, entry_id)
);
CREATE INDEX entries_by_key ON entries (epoch, folded_key);
CREATE INDEX entries_by_change ON entries (epoch, updated_us, row_id);
CREATE INDEX entries_by_expiry ON entries (expires_us, epoch) WHERE expires_us IS NOT NULL;

-- The vector comes first, so that reading the vectors does not walk through long responses.
CREATE TABLE contents (
    row_id INTEGER PRIMARY KEY,
    vector BLOB,
    prompt TEXT NOT NULL,
    response TEXT NOT NULL,
    attributes TEXT NOT NULL,
    metadata_json TEXT
);

CREATE TABLE tags (
    epoch INTEGER NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    row_id INTEGER NOT NULL,
    PRIMARY KEY (epoch, name, value, row_id)
) WITHOUT ROWID;
CREATE INDEX tags_by_row ON tags (row_id);

CREATE TABLE numbers (
    epoch INTEGER NOT NULL,
    name TEXT NOT NULL,
    number REAL NOT NULL,
    row_id INTEGER NOT NULL,
    PRIMARY KEY (epoch, name, number, row_id)
) WITHOUT ROWID;
CREATE INDEX numbers_by_row ON numbers (row_id);

CREATE TABLE words (
    epoch INTEGER NOT NULL,
    name TEXT NOT NULL,
    word TEXT NOT NULL,
    row_id INTEGER NOT NULL,
    PRIMARY KEY (epoch, name, word, row_id)
) WITHOUT ROWID;
CREATE INDEX words_by_row ON words (row_id);

CREATE TABLE embeddings (
    namespace TEXT NOT NULL,
    owner TEXT NOT NULL,
    key TEXT NOT NULL,
    vector BLOB NOT NULL,
    created_us INTEGER NOT NULL,
    expires_us INTEGER,
    PRIMARY KEY (namespace, owner, key)
) WITHOUT ROWID;
CREATE INDEX embeddings_by_expiry ON embeddings (expires_us) WHERE expires_us IS NOT NULL;
"""

_VERSION_2: Final = """
CREATE TABLE api_keys (key_id TEXT NOT NULL PRIMARY KEY, key TEXT NOT NULL) WITHOUT ROWID;
"""

_VERSION_3: Final = """
-- A namespace is listed from its first row on, and until it is flushed. Its epoch is dead then,
-- in the same table as those of caches.
CREATE TABLE namespaces (
    namespace TEXT NOT NULL PRIMARY KEY,
    epoch INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE namespace_rows (
    row_id INTEGER PRIMARY KEY,
    epoch INTEGER NOT NULL,
    key TEXT NOT NULL,
    ttl_us INTEGER,
    created_us INTEGER NOT NULL,
    expires_us INTEGER,
    model TEXT NOT NULL,
    vector BLOB NOT NULL,
    text TEXT,
    metadata_json TEXT,
    UNIQUE (epoch, key)
);
CREATE INDEX namespace_rows_by_expiry ON namespace_rows (expires_us, epoch)
    WHERE expires_us IS NOT NULL;
"""

_VERSION_4: Final = """
-- What is held against an entry: for how many prompts it was reported right and wrong in the
-- round of reports that it is in, which ends when it is changed or released.
ALTER TABLE entries ADD COLUMN quarantined INTEGER NOT NULL DEFAULT 0;
ALTER TABLE entries ADD COLUMN report_round INTEGER;
ALTER TABLE entries ADD COLUMN reported_right INTEGER NOT NULL DEFAULT 0;
ALTER TABLE entries ADD COLUMN reported_wrong INTEGER NOT NULL DEFAULT 0;
CREATE INDEX entries_quarantined ON entries (epoch) WHERE quarantined;

CREATE TABLE reports (
    position INTEGER PRIMARY KEY,
    epoch INTEGER NOT NULL,
    key TEXT NOT NULL,
    verdict TEXT NOT NULL,
    tally TEXT NOT NULL,
    report_round INTEGER,
    body TEXT NOT NULL,
    UNIQUE (epoch, key)
);
CREATE INDEX reports_by_epoch ON reports (epoch);

CREATE TABLE shadow_searches (
    position INTEGER PRIMARY KEY,
    epoch INTEGER NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX shadow_searches_by_epoch ON shadow_searches (epoch);

CREATE TABLE tallies (
    epoch INTEGER NOT NULL,
    name TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (epoch, name)
) WITHOUT ROWID;
"""

_MIGRATIONS: Final = (_VERSION_1, _VERSION_2, _VERSION_3, _VERSION_4)
"""Script n brings a database from version n to n + 1; a released one is never edited."""

SCHEMA_VERSION: Final = len(_MIGRATIONS)


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the tables up to date. Raises StoreStartupError if they are newer than this code."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > SCHEMA_VERSION:
        raise StoreStartupError(
            f"the database was written by a newer nearhit (schema {version}, "
            f"this one understands {SCHEMA_VERSION})"
        )
    for number, script in enumerate(_MIGRATIONS[version:], start=version + 1):
        # One transaction a step: a crash leaves either version, never half of one.
        connection.executescript(
            f"BEGIN IMMEDIATE; {script} PRAGMA user_version = {number}; COMMIT;"
        )
