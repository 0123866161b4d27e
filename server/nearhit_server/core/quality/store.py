"""Where reports, shadow searches and counts are kept."""

from collections.abc import Sequence
from typing import Protocol

from nearhit_server.core.caches import CacheSpec
from nearhit_server.core.quality.reports import HitReport, ReportPage, ShadowPage, ShadowSearch
from nearhit_server.core.quality.tallies import Tallies


class QualityStore(Protocol):
    """Keeps what is reported about a cache's hits, what searches in shadow mode came to, and
    counts. All of it belongs to the cache's epoch, and goes with it.

    Every method takes the cache's settings and raises as those of EntryStore do.
    """

    async def put_report(self, spec: CacheSpec, report: HitReport) -> bool:
        """Keep a report in place of an earlier one with its `key`, and count it, in place of that
        one, under its `tally_of`. Of more than MAX_REPORTS the oldest are forgotten, but stay
        counted. On return it is durable.

        In the same step the entry is quarantined (and QUARANTINED counted) if as many prompts as
        WRONG_PROMPTS_TO_QUARANTINE, and more than are right, are reported wrong since it was
        stored, changed (in more than its lifetime) or released. Returns whether it is quarantined
        now. Raises NotFoundError if there is no such entry.
        """

    async def list_reports(self, spec: CacheSpec, *, cursor: str | None, limit: int) -> ReportPage:
        """A page of reports, the oldest first. `cursor` is a `next_cursor` of this epoch, or None
        to begin. Raises ValueError for a cursor that is not one."""

    async def release(self, spec: CacheSpec, entry_id: str) -> bool:
        """End an entry's quarantine, and no longer hold against it what was reported so far.
        Returns whether it was quarantined. Raises NotFoundError if there is no such entry."""

    async def add_tallies(self, spec: CacheSpec, tallies: Tallies) -> None:
        """Add to the counts of the cache."""

    async def read_tallies(self, spec: CacheSpec) -> Tallies:
        """The counts of the cache. QUARANTINED counts the entries that still are."""

    async def put_shadow_searches(self, spec: CacheSpec, searches: Sequence[ShadowSearch]) -> None:
        """Keep searches, in order. Of more than MAX_SHADOW_SEARCHES the oldest are forgotten."""

    async def list_shadow_searches(
        self, spec: CacheSpec, *, cursor: str | None, limit: int
    ) -> ShadowPage:
        """A page of searches, the oldest first. `cursor` as for `list_reports`."""
