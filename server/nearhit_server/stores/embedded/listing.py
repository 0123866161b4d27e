"""Entries page by page, the longest unchanged first."""

import re
from collections.abc import Sequence
from typing import Any, Final

from nearhit_server.core.caches import CacheSpec
from nearhit_server.core.entries import EntryPage
from nearhit_server.core.filters import Filter
from nearhit_server.stores.embedded.entry_rows import entry_columns, entry_of_row
from nearhit_server.stores.embedded.filter_sql import Sql, condition
from nearhit_server.stores.embedded.selection import LIVE, few_candidates
from nearhit_server.stores.embedded.session import Session

_CURSOR: Final = re.compile(r"([0-9]{1,18})\.(-?[0-9]{1,18})\.([0-9]{1,18})")
"""Epoch, time of change and row id; 18 digits fit SQLite's integers."""

_BEGINNING: Final = (-(1 << 63), 0)

_Position = tuple[int, int]
"""The time of change and the row id of the last entry seen."""


def list_entries(
    session: Session,
    spec: CacheSpec,
    *,
    where: Filter | None,
    cursor: str | None,
    limit: int,
    with_vectors: bool,
) -> EntryPage:
    """As EntryStore.list_entries."""
    wanted = condition(where, spec.epoch)
    source = _source(session, where, spec.epoch)
    position = _BEGINNING if cursor is None else _position(cursor, spec.epoch)
    # One more than asked for tells whether there is another page.
    rows = session.connection.execute(
        f"SELECT {entry_columns(with_vectors=with_vectors)}"
        " FROM entries JOIN contents USING (row_id)"
        f" WHERE {source.text} AND (updated_us, row_id) > (?, ?) AND {LIVE} AND ({wanted.text})"
        " ORDER BY updated_us, row_id LIMIT ?",
        (*source.parameters, *position, session.now_us, *wanted.parameters, limit + 1),
    ).fetchall()
    entries = tuple(entry_of_row(row) for row in rows[:limit])
    return EntryPage(entries, _cursor(spec, rows[limit - 1]) if len(rows) > limit else None)


def _source(session: Session, where: Filter | None, epoch: int) -> Sql:
    """The condition of the rows to go through: the whole epoch in its order, or a few."""
    few = few_candidates(session, where, epoch)
    if few is None:
        return Sql("epoch = ?", (epoch,))
    # The plus sign keeps SQLite from going through the whole epoch instead.
    return Sql(f"+epoch = ? AND row_id IN ({few.text})", (epoch, *few.parameters))


def _cursor(spec: CacheSpec, row: Sequence[Any]) -> str:
    row_id, _, _, _, updated_us, *_ = row
    return f"{spec.epoch}.{updated_us}.{row_id}"


def _position(cursor: str, epoch: int) -> _Position:
    matched = _CURSOR.fullmatch(cursor)
    if matched is None:
        raise ValueError("not a cursor of this store")
    cursor_epoch, updated_us, row_id = (int(digits) for digits in matched.groups())
    if cursor_epoch != epoch:
        raise ValueError("a cursor of entries that are gone")
    return updated_us, row_id
