"""Finding entries."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from datetime import timedelta
from typing import Final

from nearhit_server.core.caches import CacheSpec
from nearhit_server.core.entries import Entry, EntryPage, Neighbour, PromptKey
from nearhit_server.core.filters import Filter
from nearhit_server.core.ports import Clock
from nearhit_server.core.vectors import FloatVector, similarity
from nearhit_server.stores.redis.commands import Command, Commands
from nearhit_server.stores.redis.cursors import ListCursor
from nearhit_server.stores.redis.entry_hash import entry_of, returned_fields
from nearhit_server.stores.redis.keys import EpochKeys
from nearhit_server.stores.redis.quarantine import still_quarantined
from nearhit_server.stores.redis.query import EVERYTHING, query_of
from nearhit_server.stores.redis.replies import ask
from nearhit_server.stores.redis.searches import (
    DISTANCE,
    Document,
    by_last_change,
    documents,
    keys_of,
    nearest,
    total,
)

_SPARE_NEIGHBOURS: Final = 8
"""Asked for beyond what is wanted: the engine may still know entries that have just expired,
and equally near ones are put in order here."""

_WIDENING: Final = 8
"""How many times more to ask for while dead entries or quarantined ones come back: after a mass
expiry the nearest ones can all be dead for a moment."""

_MOST_EQUALS: Final = 5_000
"""Among more equally near entries than this, some of the last changed are good enough."""


async def count_entries(commands: Commands, spec: CacheSpec) -> int:
    """As EntryStore.count, give or take what has expired within the last moments."""
    (reply,) = await ask(commands, spec, [keys_of(EpochKeys.of(spec), EVERYTHING, limit=0)])
    return total(reply)


async def get_entry(
    commands: Commands, clock: Clock, spec: CacheSpec, entry_id: str
) -> Entry | None:
    """As EntryStore.get."""
    key = EpochKeys.of(spec).entry(entry_id)
    fields, milliseconds = await ask(commands, spec, [("HGETALL", key), ("PTTL", key)])
    if not fields:
        return None
    return _aged(entry_of(entry_id, _without_vector(fields)), spec, clock, milliseconds)


async def find_exact(
    commands: Commands,
    spec: CacheSpec,
    key: PromptKey,
    *,
    where: Filter | None,
    limit: int,
    with_vectors: bool,
) -> list[Entry]:
    """As EntryStore.find_exact: one search for the same case, one for the rest, one round trip."""
    asked = limit + _SPARE_NEIGHBOURS
    while True:
        searches = _exact_searches(spec, key, where, asked, with_vectors)
        pages = [documents(reply) for reply in await ask(commands, spec, searches)]
        served = [list(filter(_is_served, page)) for page in pages]
        found = {document.key: document for page in served for document in page}
        if all(
            len(page) < asked or len(some) >= limit
            for page, some in zip(pages, served, strict=True)
        ):
            return [_entry(document) for document in list(found.values())[:limit]]
        asked *= _WIDENING


def _exact_searches(
    spec: CacheSpec, key: PromptKey, where: Filter | None, limit: int, with_vectors: bool
) -> list[Command]:
    narrowed = "" if where is None else f" {query_of(where)}"
    return [
        by_last_change(
            EpochKeys.of(spec),
            f"@{field}:{{{digest}}}{narrowed}",
            limit=limit,
            fields=returned_fields(with_vectors=with_vectors),
            newest_first=True,
        )
        for field, digest in (("cased_key", key.cased), ("folded_key", key.folded))
    ]


async def find_nearest(
    commands: Commands,
    spec: CacheSpec,
    vector: FloatVector,
    *,
    where: Filter | None,
    limit: int,
    with_vectors: bool,
) -> list[Neighbour]:
    """As EntryStore.find_nearest."""
    keys = EpochKeys.of(spec)
    fields = returned_fields(with_vectors=with_vectors)
    asked = limit + _SPARE_NEIGHBOURS
    search = nearest(keys, query_of(where), vector, limit=asked, fields=fields)
    (reply,) = await ask(commands, spec, [search])
    found = documents(reply)
    served = list(filter(_is_served, found))
    if _enough(served, limit=limit, found=len(found), asked=asked):
        neighbours = [_neighbour(document, document) for document in served]
        return sorted(neighbours, key=_rank)[:limit]
    return await _find_among_many(commands, spec, vector, where, limit, fields)


def _enough(served: list[Document], *, limit: int, found: int, asked: int) -> bool:
    """Whether `served`, which are left of `found` when `asked` were asked for, holds the nearest
    `limit` for sure."""
    if found < asked:
        return True
    if len(served) < limit:
        return False
    # If the last is as near as the least of those wanted, more like it may follow.
    return _similarity(served[-1]) < _similarity(served[limit - 1]) or asked >= _MOST_EQUALS


def _is_served(document: Document) -> bool:
    """Whether an entry is neither dead nor quarantined."""
    return bool(document.fields) and b"quarantined" not in (document.fields or ())


async def _find_among_many(
    commands: Commands,
    spec: CacheSpec,
    vector: FloatVector,
    where: Filter | None,
    limit: int,
    fields: Sequence[str],
) -> list[Neighbour]:
    """The nearest where many are dead, quarantined or equally near: first which, then what they
    say."""
    while True:
        served = await _served_among_many(commands, spec, vector, where, limit)
        best = sorted(served, key=_document_rank)[: limit + _SPARE_NEIGHBOURS]
        contents = await ask(commands, spec, [("HMGET", d.key, *fields) for d in best])
        read = [Document(d.key, _named(fields, v)) for d, v in zip(best, contents, strict=True)]
        neighbours = [
            _neighbour(document, content)
            for document, content in zip(best, read, strict=True)
            if _is_served(content)
        ]
        # Those that have just died may have kept others out.
        if len(neighbours) >= limit or len(neighbours) == len(served):
            return neighbours[:limit]


async def _served_among_many(
    commands: Commands, spec: CacheSpec, vector: FloatVector, where: Filter | None, limit: int
) -> list[Document]:
    """Enough of the nearest to hold the nearest `limit`, without what the entries say."""
    keys = EpochKeys.of(spec)
    asked = limit + _SPARE_NEIGHBOURS
    while True:
        asked *= _WIDENING
        # Nothing that stands in the entries: to read a dead one takes it out of the index that
        # is being searched, and what is behind it is missed.
        search = nearest(keys, query_of(where), vector, limit=asked, fields=("updated_us",))
        reply, ids = await ask(
            commands, spec, [search, ("SMEMBERS", keys.quarantined)], patient=True
        )
        found = documents(reply)
        refused = await _quarantined_among(commands, spec, found, ids)
        served = [document for document in found if document.fields and document.key not in refused]
        if _enough(served, limit=limit, found=len(found), asked=asked):
            return served


async def _quarantined_among(
    commands: Commands, spec: CacheSpec, found: Sequence[Document], once_quarantined: Set[bytes]
) -> set[str]:
    ids = {document.key.rpartition(":")[2].encode() for document in found} & once_quarantined
    return await still_quarantined(commands, spec, ids)


def _named(fields: Sequence[str], values: Sequence[bytes | None]) -> dict[bytes, bytes]:
    return {
        name.encode(): value
        for name, value in zip(fields, values, strict=True)
        if value is not None
    }


def _similarity(document: Document) -> float:
    assert document.fields is not None
    return similarity(1.0 - float(document.fields[DISTANCE.encode()]))


def _document_rank(document: Document) -> tuple[float, int]:
    assert document.fields is not None
    return -_similarity(document), -int(document.fields[b"updated_us"])


def _neighbour(scored: Document, content: Document) -> Neighbour:
    assert scored.fields is not None
    return Neighbour(_entry(content), 1.0 - float(scored.fields[DISTANCE.encode()]))


def _rank(neighbour: Neighbour) -> tuple[float, float]:
    return -similarity(neighbour.cosine), -neighbour.entry.updated_at.timestamp()


def _entry(document: Document) -> Entry:
    assert document.fields is not None
    return entry_of(document.key.rpartition(":")[2], document.fields)


async def list_entries(
    commands: Commands,
    clock: Clock,
    spec: CacheSpec,
    *,
    where: Filter | None,
    cursor: str | None,
    limit: int,
    with_vectors: bool,
) -> EntryPage:
    """As EntryStore.list_entries."""
    at = ListCursor.parse(cursor, epoch=spec.epoch)
    narrowed = "" if where is None else f" {query_of(where)}"
    # One more than wanted tells whether this is the last page.
    search = by_last_change(
        EpochKeys.of(spec),
        f"@updated_us:[{at.updated_us} inf]{narrowed}",
        limit=len(at.shown) + limit + 1,
        fields=returned_fields(with_vectors=with_vectors),
        newest_first=False,
    )
    (reply,) = await ask(commands, spec, [search], patient=True)
    found = documents(reply)
    shown = {EpochKeys.of(spec).entry(entry_id) for entry_id in at.shown}
    live = [d for d in found if d.fields and d.key not in shown]
    entries = await _with_expiry(commands, clock, spec, [_entry(d) for d in live[:limit]])
    more = len(live) > limit or len(found) > len(at.shown) + limit
    return EntryPage(tuple(entries), str(at.after(entries)) if more and entries else None)


async def _with_expiry(
    commands: Commands, clock: Clock, spec: CacheSpec, entries: list[Entry]
) -> list[Entry]:
    """The entries with the expiry that they have now; a sliding one is not in the hash."""
    if not spec.ttl_refresh_on_hit or not entries:
        return entries
    keys = EpochKeys.of(spec)
    lifetimes = await ask(
        commands, spec, [("PTTL", keys.entry(entry.entry_id)) for entry in entries]
    )
    return [
        _aged(entry, spec, clock, milliseconds)
        for entry, milliseconds in zip(entries, lifetimes, strict=True)
    ]


def _aged(entry: Entry, spec: CacheSpec, clock: Clock, milliseconds: int) -> Entry:
    if not spec.ttl_refresh_on_hit or milliseconds < 0:
        return entry
    return replace(entry, expires_at=clock.now() + timedelta(milliseconds=milliseconds))


def _without_vector(fields: Mapping[bytes, bytes]) -> dict[bytes, bytes]:
    return {name: value for name, value in fields.items() if name != b"vector"}
