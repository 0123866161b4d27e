"""Which rows a filter selects, asked in the way that suits how many there are."""

import json
import sqlite3
from collections.abc import Sequence
from typing import Final

import numpy as np

from nearhit_server.core.filters import Filter
from nearhit_server.stores.embedded.filter_sql import Sql, condition, superset
from nearhit_server.stores.embedded.session import Session
from nearhit_server.stores.embedded.vector_table import RowIds

_COUNTED_ROWS: Final = 1_000
"""Counting further would take longer than it can save."""

LIVE: Final = "(expires_us IS NULL OR expires_us > ?)"
"""The condition that an entry has not expired; takes the present in microseconds."""


def select_all(session: Session, where: Filter, epoch: int) -> RowIds:
    """The ids of the live rows that `where` selects, in no order."""
    wanted = condition(where, epoch)
    candidates = superset(where, epoch, _Sizes(session.connection))
    if candidates is None:
        source = Sql("epoch = ?", (epoch,))
    else:
        # The plus sign keeps SQLite from going through the whole epoch instead.
        source = Sql(
            f"+epoch = ? AND row_id IN ({candidates.text})", (epoch, *candidates.parameters)
        )
    rows = session.connection.execute(
        f"SELECT row_id FROM entries WHERE {source.text} AND {LIVE} AND ({wanted.text})",
        (*source.parameters, session.now_us, *wanted.parameters),
    )
    return np.fromiter((row_id for (row_id,) in rows), np.int64)


def few_candidates(session: Session, where: Filter | None, epoch: int) -> Sql | None:
    """A SELECT, by index, of row ids that has all rows `where` selects and maybe more.

    None if there are many, so that they had better be met one by one in the order wanted.
    """
    size = _Sizes(session.connection)
    candidates = None if where is None else superset(where, epoch, size)
    return candidates if candidates is not None and size(candidates) < _COUNTED_ROWS else None


def select_among(session: Session, row_ids: Sequence[int], where: Filter, epoch: int) -> set[int]:
    """Those of `row_ids` that are live and that `where` selects."""
    wanted = condition(where, epoch)
    rows = session.connection.execute(
        "SELECT row_id FROM entries WHERE row_id IN (SELECT value FROM json_each(?))"
        f" AND +epoch = ? AND {LIVE} AND ({wanted.text})",
        (json.dumps(row_ids), epoch, session.now_us, *wanted.parameters),
    )
    return {row_id for (row_id,) in rows}


class _Sizes:
    """Counts the rows of a SELECT, up to a limit."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __call__(self, rows: Sql) -> int:
        size: int
        (size,) = self._connection.execute(
            f"SELECT count(*) FROM (SELECT 1 FROM ({rows.text}) LIMIT {_COUNTED_ROWS})",
            rows.parameters,
        ).fetchone()
        return size
