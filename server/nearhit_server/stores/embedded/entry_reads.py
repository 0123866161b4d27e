"""What the store is asked about entries. All of it runs on the database's thread."""

from typing import Final

from nearhit_server.core.caches import CacheSpec
from nearhit_server.core.entries import Entry, Neighbour, PromptKey
from nearhit_server.core.filters import Filter
from nearhit_server.core.vectors import FloatVector
from nearhit_server.stores.embedded.entry_rows import count_expired, entry_columns, entry_of_row
from nearhit_server.stores.embedded.filter_sql import condition
from nearhit_server.stores.embedded.selection import LIVE, select_all, select_among
from nearhit_server.stores.embedded.session import Session
from nearhit_server.stores.embedded.vector_table import RowIds

_PROBED_NEIGHBOURS: Final = 200
"""A filter that selects one entry in 200 is mostly answered by the nearest 200."""

Scored = list[tuple[int, float]]
"""Pairs of row id and cosine, nearest first."""


def get_entry(session: Session, spec: CacheSpec, entry_id: str) -> Entry | None:
    """As EntryStore.get."""
    found = get_row(session, spec, entry_id, with_vectors=False)
    return None if found is None else found[1]


def get_row(
    session: Session, spec: CacheSpec, entry_id: str, *, with_vectors: bool
) -> tuple[int, Entry] | None:
    """The row id and the entry with an id, None if it is missing or expired."""
    row = session.connection.execute(
        f"SELECT {entry_columns(with_vectors=with_vectors)}"
        " FROM entries JOIN contents USING (row_id)"
        f" WHERE epoch = ? AND entry_id = ? AND {LIVE}",
        (spec.epoch, entry_id, session.now_us),
    ).fetchone()
    return None if row is None else (row[0], entry_of_row(row))


def find_exact(
    session: Session,
    spec: CacheSpec,
    key: PromptKey,
    *,
    where: Filter | None,
    limit: int,
    with_vectors: bool,
) -> list[Entry]:
    """As EntryStore.find_exact."""
    wanted = condition(where, spec.epoch)
    rows = session.connection.execute(
        f"SELECT {entry_columns(with_vectors=with_vectors)}"
        " FROM entries JOIN contents USING (row_id)"
        f" WHERE epoch = ? AND folded_key = ? AND NOT quarantined AND {LIVE} AND ({wanted.text})"
        " ORDER BY cased_key = ? DESC, updated_us DESC, row_id DESC LIMIT ?",
        (spec.epoch, key.folded, session.now_us, *wanted.parameters, key.cased, limit),
    )
    return [entry_of_row(row) for row in rows]


def find_nearest(
    session: Session,
    spec: CacheSpec,
    vector: FloatVector,
    *,
    where: Filter | None,
    limit: int,
    with_vectors: bool,
) -> list[Neighbour]:
    """As EntryStore.find_nearest."""
    if where is None:
        scored = _nearest(session, spec, vector, limit)
    else:
        scored = _nearest_where(session, spec, vector, where, limit)
    return _neighbours(session, scored, with_vectors)


def _nearest_where(
    session: Session,
    spec: CacheSpec,
    vector: FloatVector,
    where: Filter,
    limit: int,
) -> Scored:
    # Listing all that a common tag selects takes ten times as long as the search; asking about
    # the nearest few does not, and mostly finds enough. If not, the filter selects little.
    probed = limit + _PROBED_NEIGHBOURS
    nearest = _nearest(session, spec, vector, probed)
    row_ids = [row_id for row_id, _ in nearest]
    selected = select_among(session, row_ids, where, spec.epoch)
    found = [(row_id, cosine) for row_id, cosine in nearest if row_id in selected]
    if len(found) >= limit or len(nearest) < probed:
        return found[:limit]
    among = select_all(session, where, spec.epoch)
    return _nearest(session, spec, vector, limit, among)


def _nearest(
    session: Session,
    spec: CacheSpec,
    vector: FloatVector,
    limit: int,
    among: RowIds | None = None,
) -> Scored:
    table = session.index.vectors(spec.epoch, spec.dimension)
    return table.nearest(vector, limit=limit, now_us=session.now_us, among=among)


def _neighbours(session: Session, scored: Scored, with_vectors: bool) -> list[Neighbour]:
    # Everything scored is there: the index holds what is committed, nothing more.
    rows = (
        session.connection.execute(
            f"SELECT {entry_columns(with_vectors=with_vectors)}"
            " FROM entries JOIN contents USING (row_id) WHERE row_id = ?",
            (row_id,),
        ).fetchone()
        for row_id, _ in scored
    )
    return [
        Neighbour(entry_of_row(row), cosine) for row, (_, cosine) in zip(rows, scored, strict=True)
    ]


def count_entries(session: Session, spec: CacheSpec) -> int:
    """As EntryStore.count."""
    kept = len(session.index.recency(spec.epoch))
    return kept - count_expired(session.connection, spec.epoch, session.now_us)
