"""What the store changes about caches. All of it runs on the database's thread."""

from dataclasses import replace

from nearhit_server.core.caches import CacheSpec
from nearhit_server.stores.embedded.cache_rows import (
    insert_spec,
    read_spec,
    remove_spec,
    replace_spec,
)
from nearhit_server.stores.embedded.database import Written
from nearhit_server.stores.embedded.entry_rows import count_live
from nearhit_server.stores.embedded.index_changes import EpochBounded, EpochDropped
from nearhit_server.stores.embedded.session import Session


def create_cache(session: Session, spec: CacheSpec) -> Written[CacheSpec]:
    """As CacheStore.create_cache."""
    return Written(insert_spec(session.connection, spec))


def update_cache(session: Session, spec: CacheSpec, *, flush: bool) -> Written[CacheSpec]:
    """As CacheStore.update_cache. Entries are indexed as attributes were declared when they were
    put: who changes that flushes."""
    old = read_spec(session.connection, spec.cache_id)
    spec = replace(spec, epoch=old.epoch, created_at=old.created_at)
    new = replace_spec(session.connection, spec, flush=flush)
    if flush:
        return Written(new, [EpochDropped(old.epoch)])
    if new.max_entries is None:
        return Written(new)
    # A lower bound takes effect at once.
    return Written(new, [EpochBounded(new.epoch, new.cache_id, new.max_entries, session.now_us)])


def flush_cache(session: Session, spec: CacheSpec) -> Written[int]:
    """As EntryStore.flush: the rows stay behind in their epoch, for the sweeper to delete."""
    live = count_live(session.connection, spec.epoch, session.now_us)
    replace_spec(session.connection, read_spec(session.connection, spec.cache_id), flush=True)
    return Written(live, [EpochDropped(spec.epoch)])


def delete_cache(session: Session, cache_id: str) -> Written[int]:
    """As CacheStore.delete_cache."""
    spec = read_spec(session.connection, cache_id)
    live = count_live(session.connection, spec.epoch, session.now_us)
    remove_spec(session.connection, spec)
    return Written(live, [EpochDropped(spec.epoch)])
