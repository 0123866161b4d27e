"""The order of use of a cache that is given a bound only after it has entries."""

from typing import Final

from nearhit_server.core.caches import CacheSpec
from nearhit_server.core.entries import Entry
from nearhit_server.core.observing import Observer
from nearhit_server.core.ports import Clock
from nearhit_server.stores.redis import entry_scripts
from nearhit_server.stores.redis.commands import Commands, call, run_one
from nearhit_server.stores.redis.entry_reads import list_entries
from nearhit_server.stores.redis.keys import CacheKeys, EpochKeys
from nearhit_server.stores.redis.replies import checked
from nearhit_server.stores.times import to_microseconds

_NOTED_AT_ONCE: Final = 500


async def note_existing_uses(commands: Commands, clock: Clock, spec: CacheSpec) -> None:
    """Enter every entry as used when it was last changed, unless it was used since."""
    keys = EpochKeys.of(spec)
    version = CacheKeys(spec.cache_id).version
    cursor: str | None = None
    used = 0
    while True:
        page = await list_entries(
            commands,
            clock,
            spec,
            where=None,
            cursor=cursor,
            limit=_NOTED_AT_ONCE,
            with_vectors=False,
        )
        if page.entries:
            scores: list[str | int] = []
            for entry in page.entries:
                # Entries of one microsecond still come one after the other.
                used = max(used + 1, to_microseconds(entry.updated_at))
                scores += [entry.entry_id, used, _expiry_score(entry)]
            note = call(
                entry_scripts.NOTE_USES, (version, keys.uses, keys.expiries), spec.version, *scores
            )
            (reply,) = await commands.run(version, [note], patient=True)
            checked(spec, reply)
        cursor = page.next_cursor
        if cursor is None:
            return


async def evict_excess(commands: Commands, spec: CacheSpec, *, observer: Observer) -> None:
    """Remove the least recently used entries beyond a bound that has been lowered."""
    keys = EpochKeys.of(spec)
    version = CacheKeys(spec.cache_id).version
    assert spec.max_entries is not None
    evict = call(
        entry_scripts.EVICT,
        (version, keys.uses, keys.expiries),
        *(spec.version, spec.max_entries, keys.entries),
    )
    while evicted := checked(spec, await run_one(commands, version, evict, patient=True)):
        observer.evicted(spec.cache_id, evicted)


def _expiry_score(entry: Entry) -> str | int:
    return "" if entry.expires_at is None else to_microseconds(entry.expires_at)
