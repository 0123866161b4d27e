"""Keeping, changing and removing entries."""

import math
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from nearhit_server.core.caches import CacheSpec
from nearhit_server.core.entries import Entry, EntryChange, EntryUse, LifetimeChange
from nearhit_server.core.errors import EntryChangedError
from nearhit_server.core.filters import Filter
from nearhit_server.core.observing import Observer
from nearhit_server.core.ports import Clock
from nearhit_server.stores.redis import entry_scripts
from nearhit_server.stores.redis.commands import Command, Commands, call
from nearhit_server.stores.redis.entry_hash import (
    Fields,
    attributes_json,
    changed_fields,
    fields_of,
)
from nearhit_server.stores.redis.entry_reads import get_entry
from nearhit_server.stores.redis.keys import CacheKeys, EpochKeys
from nearhit_server.stores.redis.lua import ENTRY_CHANGED
from nearhit_server.stores.redis.query import query_of
from nearhit_server.stores.redis.replies import ask, checked
from nearhit_server.stores.redis.searches import documents, keys_of
from nearhit_server.stores.times import (
    optional_duration_to_microseconds,
    optional_to_microseconds,
    to_microseconds,
)

_PUT_AT_ONCE: Final = 50
"""Entries in one pipeline. Each costs Redis about a millisecond to index, and meanwhile it
answers nobody."""

_DELETED_AT_ONCE: Final = 50
"""Taking 500 entries out of the index at once stops Redis for 0.2 s (measured)."""


async def put_entries(
    commands: Commands,
    clock: Clock,
    spec: CacheSpec,
    entries: Sequence[Entry],
    *,
    observer: Observer,
) -> list[bool]:
    """As EntryStore.put. Tells the observer of evictions."""
    now = clock.now()
    puts = iter([_put(spec, entry, now) for entry in entries])
    created: list[bool] = []
    while some := list(islice(puts, _PUT_AT_ONCE)):
        replies = await commands.run(
            CacheKeys(spec.cache_id).version, some, patient=len(entries) > 1, durable=True
        )
        outcomes = [checked(spec, reply) for reply in replies]
        created += [outcome % 2 == 1 for outcome in outcomes]
        if evicted := sum(outcome // 2 for outcome in outcomes):
            observer.evicted(spec.cache_id, evicted)
    return created


def _put(spec: CacheSpec, entry: Entry, now: datetime) -> Command:
    keys = EpochKeys.of(spec)
    lifetime = None if entry.expires_at is None else entry.expires_at - now
    return call(
        entry_scripts.PUT,
        _entry_keys(spec, entry.entry_id),
        *(spec.version, entry.entry_id, _milliseconds(lifetime)),
        *("" if spec.max_entries is None else spec.max_entries, keys.entries),
        *_flat(fields_of(spec, entry)),
    )


async def update_entry(
    commands: Commands, clock: Clock, spec: CacheSpec, entry_id: str, change: EntryChange
) -> Entry | None:
    """As EntryStore.update."""
    written, removed = changed_fields(spec, change)
    (reply,) = await commands.run(
        CacheKeys(spec.cache_id).version,
        [
            call(
                entry_scripts.UPDATE,
                _entry_keys(spec, entry_id),
                *(spec.version, entry_id, _new_lifetime(change.lifetime, clock.now())),
                *(_bounded(spec), *_expected(change), len(removed), *removed),
                *_flat(written),
            )
        ],
        durable=True,
    )
    outcome = checked(spec, reply)
    if outcome == ENTRY_CHANGED:
        raise EntryChangedError
    if not outcome:
        return None
    return await get_entry(commands, clock, spec, entry_id)


def _expected(change: EntryChange) -> tuple[str | int, str]:
    return (
        "" if change.if_updated_at is None else to_microseconds(change.if_updated_at),
        "" if change.if_attributes is None else attributes_json(change.if_attributes),
    )


def _new_lifetime(change: LifetimeChange | None, now: datetime) -> str | int:
    if change is None:
        return "keep"
    lifetime = None if change.expires_at is None else change.expires_at - now
    return _milliseconds(lifetime)


async def touch_entries(
    commands: Commands, clock: Clock, spec: CacheSpec, uses: Sequence[EntryUse]
) -> None:
    """As EntryStore.touch."""
    if not spec.ttl_refresh_on_hit and spec.max_entries is None:
        return
    now = clock.now()
    replies = await commands.run(
        CacheKeys(spec.cache_id).version, [_touch(spec, use, now) for use in uses]
    )
    for reply in replies:
        checked(spec, reply)


def _touch(spec: CacheSpec, use: EntryUse, now: datetime) -> Command:
    lifetime = None if use.expires_at is None else use.expires_at - now
    slid = _milliseconds(lifetime) if spec.ttl_refresh_on_hit else "keep"
    ttl_us = optional_duration_to_microseconds(use.ttl)
    expired_us = optional_to_microseconds(use.previous_expires_at)
    return call(
        entry_scripts.TOUCH,
        _entry_keys(spec, use.entry_id),
        *(spec.version, use.entry_id, to_microseconds(use.updated_at)),
        *("" if ttl_us is None else ttl_us, "" if expired_us is None else expired_us),
        *(slid, _bounded(spec)),
    )


async def delete_entries(commands: Commands, spec: CacheSpec, entry_ids: Sequence[str]) -> int:
    """As EntryStore.delete."""
    keys = EpochKeys.of(spec)
    deleted = 0
    ids = iter(dict.fromkeys(entry_ids))
    while some := list(islice(ids, _DELETED_AT_ONCE)):
        (reply,) = await commands.run(
            CacheKeys(spec.cache_id).version,
            [
                call(
                    entry_scripts.DELETE,
                    (
                        CacheKeys(spec.cache_id).version,
                        *(keys.uses, keys.expiries),
                        *(keys.entry(entry_id) for entry_id in some),
                    ),
                    spec.version,
                    *some,
                )
            ],
            patient=True,
            durable=True,
        )
        deleted += checked(spec, reply)
    return deleted


async def delete_selected(commands: Commands, spec: CacheSpec, where: Filter) -> int:
    """As EntryStore.delete_where, in batches."""
    query = query_of(where)
    deleted = 0
    tried: set[str] = set()
    gone: set[str] = set()
    while True:
        # Entries that have expired may stay in the index for a moment after they are gone.
        search = keys_of(EpochKeys.of(spec), query, limit=_DELETED_AT_ONCE + len(gone))
        (reply,) = await ask(commands, spec, [search], patient=True)
        found = {document.key.rpartition(":")[2] for document in documents(reply)}
        gone |= found & tried
        if not found - tried:
            return deleted
        deleted += await delete_entries(commands, spec, sorted(found - tried))
        tried |= found


def _entry_keys(spec: CacheSpec, entry_id: str) -> tuple[str, ...]:
    keys = EpochKeys.of(spec)
    return CacheKeys(spec.cache_id).version, keys.entry(entry_id), keys.uses, keys.expiries


def _bounded(spec: CacheSpec) -> str:
    return "" if spec.max_entries is None else "bounded"


def _milliseconds(lifetime: timedelta | None) -> str | int:
    # Up, and at least one: PEXPIRE with 0 deletes.
    return "none" if lifetime is None else max(1, math.ceil(lifetime / timedelta(milliseconds=1)))


def _flat(fields: Fields) -> Iterable[str | bytes | int]:
    return [word for pair in fields.items() for word in pair]
