"""Reports, shadow searches and counts, as the core asks for them and adds to them."""

from collections.abc import Sequence

from nearhit_server.core.caches import CacheSpec
from nearhit_server.core.quality import reports
from nearhit_server.core.quality.reports import HitReport, ReportPage, ShadowPage, ShadowSearch
from nearhit_server.core.quality.tallies import Tallies
from nearhit_server.stores.embedded.database import Written
from nearhit_server.stores.embedded.logs import forget_oldest, read_page
from nearhit_server.stores.embedded.report_rows import put_report, release_entry
from nearhit_server.stores.embedded.session import Session, Sessions
from nearhit_server.stores.embedded.tally_rows import add_to_tallies, read_tallies
from nearhit_server.stores.positions import REPORTS, SHADOW_SEARCHES, PositionCursor
from nearhit_server.stores.quality_json import (
    report_from_json,
    shadow_search_from_json,
    shadow_search_to_json,
)


class EmbeddedQualityStore:
    """Implements the port QualityStore, which says what each method does."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def put_report(self, spec: CacheSpec, report: HitReport) -> bool:
        """As QualityStore.put_report."""
        return await self._sessions.write(
            lambda session: put_report(session, spec, report), spec=spec
        )

    async def list_reports(self, spec: CacheSpec, *, cursor: str | None, limit: int) -> ReportPage:
        """As QualityStore.list_reports."""
        bodies, next_cursor = await self._page(spec, REPORTS, cursor, limit)
        return ReportPage(tuple(map(report_from_json, bodies)), next_cursor)

    async def release(self, spec: CacheSpec, entry_id: str) -> bool:
        """As QualityStore.release."""
        return await self._sessions.write(
            lambda session: release_entry(session, spec, entry_id), spec=spec
        )

    async def add_tallies(self, spec: CacheSpec, tallies: Tallies) -> None:
        """As QualityStore.add_tallies."""

        def add(session: Session) -> Written[None]:
            add_to_tallies(session.connection, spec.epoch, tallies)
            return Written(None)

        await self._sessions.write(add, spec=spec)

    async def read_tallies(self, spec: CacheSpec) -> Tallies:
        """As QualityStore.read_tallies."""
        return await self._sessions.read(
            lambda session: read_tallies(session, spec.epoch), spec=spec
        )

    async def put_shadow_searches(self, spec: CacheSpec, searches: Sequence[ShadowSearch]) -> None:
        """As QualityStore.put_shadow_searches."""
        rows = [(spec.epoch, shadow_search_to_json(search)) for search in searches]

        def put(session: Session) -> Written[None]:
            session.connection.executemany(
                f"INSERT INTO {SHADOW_SEARCHES} (epoch, body) VALUES (?, ?)", rows
            )
            keep = reports.MAX_SHADOW_SEARCHES
            forget_oldest(session.connection, SHADOW_SEARCHES, spec.epoch, keep=keep)
            return Written(None)

        await self._sessions.write(put, spec=spec)

    async def list_shadow_searches(
        self, spec: CacheSpec, *, cursor: str | None, limit: int
    ) -> ShadowPage:
        """As QualityStore.list_shadow_searches."""
        bodies, next_cursor = await self._page(spec, SHADOW_SEARCHES, cursor, limit)
        return ShadowPage(tuple(map(shadow_search_from_json, bodies)), next_cursor)

    async def _page(
        self, spec: CacheSpec, list_name: str, cursor: str | None, limit: int
    ) -> tuple[list[str], str | None]:
        def read(session: Session) -> tuple[list[str], str | None]:
            position = PositionCursor.parse(cursor, list_name=list_name, epoch=spec.epoch)
            # The tables have the names of the lists.
            return read_page(session.connection, list_name, position, limit=limit)

        return await self._sessions.read(read, spec=spec)
