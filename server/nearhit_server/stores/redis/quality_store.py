"""Reports, shadow searches and counts, as the core asks for them and adds to them."""

import uuid
from collections.abc import Sequence

from nearhit_server.core.caches import CacheSpec
from nearhit_server.core.errors import entry_not_found
from nearhit_server.core.quality import reports
from nearhit_server.core.quality.reports import HitReport, ReportPage, ShadowPage, ShadowSearch
from nearhit_server.core.quality.tallies import QUARANTINED, Tallies, tally_of
from nearhit_server.stores.positions import REPORTS, SHADOW_SEARCHES, PositionCursor
from nearhit_server.stores.quality_json import (
    report_from_json,
    report_to_json,
    shadow_search_from_json,
    shadow_search_to_json,
)
from nearhit_server.stores.redis import quality_scripts
from nearhit_server.stores.redis.commands import Command, Commands, call
from nearhit_server.stores.redis.entry_hash import HELD_REPORTS
from nearhit_server.stores.redis.keys import CacheKeys, EpochKeys
from nearhit_server.stores.redis.lua import NO_ENTRY
from nearhit_server.stores.redis.quarantine import still_quarantined
from nearhit_server.stores.redis.replies import ask, checked
from nearhit_server.stores.times import to_microseconds


class RedisQualityStore:
    """Implements the port QualityStore, which says what each method does."""

    def __init__(self, commands: Commands) -> None:
        self._commands = commands

    async def put_report(self, spec: CacheSpec, report: HitReport) -> bool:
        """As QualityStore.put_report."""
        keys = EpochKeys.of(spec)
        put = call(
            quality_scripts.PUT_REPORT,
            (
                *(CacheKeys(spec.cache_id).version, keys.entry(report.entry_id)),
                *(keys.reports, keys.report_positions, keys.tallies, keys.quarantined),
            ),
            *(spec.version, report.entry_id, keys.entries, report.key),
            *(to_microseconds(report.entry_updated_at), report.verdict.value, tally_of(report)),
            *(report_to_json(report), reports.MAX_REPORTS, reports.WRONG_PROMPTS_TO_QUARANTINE),
        )
        return await self._about_entry(spec, report.entry_id, put)

    async def release(self, spec: CacheSpec, entry_id: str) -> bool:
        """As QualityStore.release."""
        keys = EpochKeys.of(spec)
        names = (CacheKeys(spec.cache_id).version, keys.entry(entry_id), keys.quarantined)
        release = call(quality_scripts.RELEASE, names, spec.version, entry_id, *HELD_REPORTS)
        return await self._about_entry(spec, entry_id, release)

    async def list_reports(self, spec: CacheSpec, *, cursor: str | None, limit: int) -> ReportPage:
        """As QualityStore.list_reports."""
        at = PositionCursor.parse(cursor, list_name=REPORTS, epoch=spec.epoch)
        keys = EpochKeys.of(spec)
        # One more than asked for tells whether there is another page.
        behind = (f"({at.position}", "+inf", "LIMIT", 0, limit + 1, "WITHSCORES")
        (found,) = await ask(
            self._commands, spec, [("ZRANGEBYSCORE", keys.report_positions, *behind)]
        )
        if not found:
            return ReportPage((), None)
        shown = [key for key, _ in found[:limit]]
        (records,) = await ask(self._commands, spec, [("HMGET", keys.reports, *shown)])
        # One can have been forgotten in between.
        listed = tuple(_report(record) for record in records if record is not None)
        next_cursor = str(at.at(int(found[limit - 1][1]))) if len(found) > limit else None
        return ReportPage(listed, next_cursor)

    async def add_tallies(self, spec: CacheSpec, tallies: Tallies) -> None:
        """As QualityStore.add_tallies."""
        keys = EpochKeys.of(spec)
        names = (CacheKeys(spec.cache_id).version, keys.tallies, keys.done(uuid.uuid4().hex))
        counts = [word for pair in tallies.items() for word in pair]
        add = call(quality_scripts.ADD_TALLIES, names, spec.version, *counts)
        await self._run(spec, add)

    async def read_tallies(self, spec: CacheSpec) -> Tallies:
        """As QualityStore.read_tallies."""
        keys = EpochKeys.of(spec)
        counts, once_quarantined = await ask(
            self._commands, spec, [("HGETALL", keys.tallies), ("SMEMBERS", keys.quarantined)]
        )
        tallies = {name.decode(): int(count) for name, count in counts.items()}
        still = await still_quarantined(self._commands, spec, once_quarantined)
        return tallies | {QUARANTINED: len(still)}

    async def put_shadow_searches(self, spec: CacheSpec, searches: Sequence[ShadowSearch]) -> None:
        """As QualityStore.put_shadow_searches."""
        keys = EpochKeys.of(spec)
        names = (
            *(CacheKeys(spec.cache_id).version, keys.shadow_searches),
            keys.done(uuid.uuid4().hex),
        )
        put = call(
            quality_scripts.PUT_SHADOW_SEARCHES,
            names,
            *(spec.version, reports.MAX_SHADOW_SEARCHES),
            *map(shadow_search_to_json, searches),
        )
        await self._run(spec, put)

    async def list_shadow_searches(
        self, spec: CacheSpec, *, cursor: str | None, limit: int
    ) -> ShadowPage:
        """As QualityStore.list_shadow_searches."""
        at = PositionCursor.parse(cursor, list_name=SHADOW_SEARCHES, epoch=spec.epoch)
        stream = EpochKeys.of(spec).shadow_searches
        # One more than asked for tells whether there is another page.
        read = ("XRANGE", stream, f"({at.position}-0", "+", "COUNT", limit + 1)
        (found,) = await ask(self._commands, spec, [read])
        searches = tuple(shadow_search_from_json(fields[b"search"]) for _, fields in found[:limit])
        if len(found) <= limit:
            return ShadowPage(searches, None)
        last, _ = found[limit - 1]
        return ShadowPage(searches, str(at.at(int(last.removesuffix(b"-0")))))

    async def _about_entry(self, spec: CacheSpec, entry_id: str, command: Command) -> bool:
        """What a script says of an entry. Raises NotFoundError if there is none."""
        result = await self._run(spec, command, durable=True)
        if result == NO_ENTRY:
            raise entry_not_found(spec.cache_id, entry_id)
        return bool(result)

    async def _run(self, spec: CacheSpec, command: Command, *, durable: bool = False) -> int:
        version = CacheKeys(spec.cache_id).version
        (reply,) = await self._commands.run(version, [command], durable=durable)
        return checked(spec, reply)


def _report(record: bytes) -> HitReport:
    # Behind three words that scripts read.
    return report_from_json(record.split(b" ", 3)[3])
