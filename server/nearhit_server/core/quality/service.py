"""What owners of caches ask and say about hits."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from nearhit_server.core.cache_directory import CacheDirectory
from nearhit_server.core.caches import CacheSpec
from nearhit_server.core.entries import Entry
from nearhit_server.core.errors import entry_not_found
from nearhit_server.core.limits import Limits
from nearhit_server.core.ports import Clock, EntryStore
from nearhit_server.core.quality import tallies as names
from nearhit_server.core.quality.false_hits import Rate, rate
from nearhit_server.core.quality.operating_point import OperatingPoints
from nearhit_server.core.quality.reports import HitReport, ReportPage, ShadowPage, Verdict
from nearhit_server.core.quality.store import QualityStore
from nearhit_server.core.queries import RefusalReason
from nearhit_server.core.validation import (
    Violations,
    check_cache_id,
    check_entry_id,
    check_page_size,
    check_prompt,
    invalid,
)
from nearhit_server.core.verification.estimating import Estimator

_DEFAULT_PAGE_SIZE: Final = 100


@dataclass(frozen=True, kw_only=True)
class CacheStats:
    """What a cache has answered, and how much of it was right."""

    searches: int
    exact_hits: int
    semantic_hits: int
    refusals: Mapping[RefusalReason, int]
    reported_right: int
    reported_wrong: int
    false_hit_rate: Rate | None
    min_confidence: float | None
    quarantined_entries: int


class CacheQuality:
    """Takes reports and tells what came of them.

    Every method raises InvalidArgumentError, NotFoundError and UnavailableError as those of
    SemanticCache do.
    """

    def __init__(
        self,
        *,
        directory: CacheDirectory,
        entries: EntryStore,
        store: QualityStore,
        estimator: Estimator,
        operating_points: OperatingPoints,
        clock: Clock,
        limits: Limits,
    ) -> None:
        self._directory = directory
        self._entries = entries
        self._store = store
        self._estimator = estimator
        self._operating_points = operating_points
        self._clock = clock
        self._limits = limits

    async def report_hit(self, cache_id: str, entry_id: str, prompt: str, verdict: Verdict) -> bool:
        """Keep a verdict on an entry as the answer to a prompt, in place of an earlier one.
        Returns whether the entry is quarantined now. Raises NotFoundError if there is none."""
        check_cache_id(cache_id)
        check_entry_id(entry_id)
        violations = Violations()
        check_prompt(violations, prompt, self._limits)
        violations.raise_if_any()
        return await self._directory.use(
            cache_id, lambda spec: self._report(spec, entry_id, prompt, verdict)
        )

    async def _report(self, spec: CacheSpec, entry_id: str, prompt: str, verdict: Verdict) -> bool:
        entry = await self._entry(spec, entry_id)
        estimate = await self._estimator.estimate(spec, prompt, entry)
        report = HitReport.of(
            entry,
            prompt,
            verdict,
            similarity=estimate.similarity,
            confidence=estimate.confidence,
            reported_at=self._clock.now(),
        )
        quarantined = await self._store.put_report(spec, report)
        self._operating_points.forget(spec)
        return quarantined

    async def stats(self, cache_id: str) -> CacheStats:
        """What the cache has answered since it was made or last emptied."""
        check_cache_id(cache_id)
        return await self._directory.use(cache_id, self._stats)

    async def _stats(self, spec: CacheSpec) -> CacheStats:
        tallies = await self._store.read_tallies(spec)
        right, wrong = (names.total(tallies, verdict) for verdict in Verdict)
        refusals = {reason: tallies.get(names.refusals(reason), 0) for reason in RefusalReason}
        return CacheStats(
            searches=tallies.get(names.SEARCHES, 0),
            exact_hits=tallies.get(names.EXACT_HITS, 0),
            semantic_hits=tallies.get(names.SEMANTIC_HITS, 0),
            refusals={reason: count for reason, count in refusals.items() if count},
            reported_right=right,
            reported_wrong=wrong,
            false_hit_rate=rate(wrong, right + wrong),
            min_confidence=self._operating_points.from_tallies(spec, tallies),
            quarantined_entries=tallies.get(names.QUARANTINED, 0),
        )

    async def list_reports(self, cache_id: str, *, page_size: int, page_token: str) -> ReportPage:
        """A page of reports, the oldest first."""
        check_cache_id(cache_id)
        check_page_size(page_size)

        async def list_page(spec: CacheSpec) -> ReportPage:
            try:
                return await self._store.list_reports(
                    spec, cursor=page_token or None, limit=page_size or _DEFAULT_PAGE_SIZE
                )
            except ValueError as error:
                raise invalid("page_token", "is not one that this list gave out") from error

        return await self._directory.use(cache_id, list_page)

    async def list_shadow_searches(
        self, cache_id: str, *, page_size: int, page_token: str
    ) -> ShadowPage:
        """A page of searches in shadow mode, the oldest first."""
        check_cache_id(cache_id)
        check_page_size(page_size)

        async def list_page(spec: CacheSpec) -> ShadowPage:
            try:
                return await self._store.list_shadow_searches(
                    spec, cursor=page_token or None, limit=page_size or _DEFAULT_PAGE_SIZE
                )
            except ValueError as error:
                raise invalid("page_token", "is not one that this list gave out") from error

        return await self._directory.use(cache_id, list_page)

    async def release(self, cache_id: str, entry_id: str) -> bool:
        """End the quarantine of an entry; False if it was in none. Raises NotFoundError if there
        is no such entry."""
        check_cache_id(cache_id)
        check_entry_id(entry_id)
        return await self._directory.use(cache_id, lambda spec: self._store.release(spec, entry_id))

    async def _entry(self, spec: CacheSpec, entry_id: str) -> Entry:
        entry = await self._entries.get(spec, entry_id)
        if entry is None:
            raise entry_not_found(spec.cache_id, entry_id)
        return entry
