"""Between what is told about hits as JSON and the core's words."""

from nearhit_server.api.rest.quality.models import (
    HitReportAnswer,
    RateAnswer,
    ReportsAnswer,
    ShadowSearchAnswer,
    ShadowSearchesAnswer,
    StatsAnswer,
)
from nearhit_server.core.quality.reports import HitReport, ReportPage, ShadowPage, ShadowSearch
from nearhit_server.core.quality.service import CacheStats


def encode_stats(stats: CacheStats) -> StatsAnswer:
    """What is counted of a cache."""
    rate = stats.false_hit_rate
    return StatsAnswer(
        searches=stats.searches,
        exact_hits=stats.exact_hits,
        semantic_hits=stats.semantic_hits,
        refusals={reason.value: count for reason, count in stats.refusals.items()},
        reported_right=stats.reported_right,
        reported_wrong=stats.reported_wrong,
        false_hit_rate=(
            None if rate is None else RateAnswer(value=rate.value, low=rate.low, high=rate.high)
        ),
        min_confidence=stats.min_confidence,
        quarantined_entries=stats.quarantined_entries,
    )


def encode_reports(page: ReportPage) -> ReportsAnswer:
    """A page of reports."""
    return ReportsAnswer(
        reports=[_encode_report(report) for report in page.reports],
        next_page_token=page.next_cursor,
    )


def encode_shadow_searches(page: ShadowPage) -> ShadowSearchesAnswer:
    """A page of searches in shadow mode."""
    return ShadowSearchesAnswer(
        searches=[_encode_shadow_search(search) for search in page.searches],
        next_page_token=page.next_cursor,
    )


def _encode_report(report: HitReport) -> HitReportAnswer:
    return HitReportAnswer(
        entry_id=report.entry_id,
        prompt=report.prompt,
        entry_prompt=report.entry_prompt,
        verdict=report.verdict.value,
        similarity=report.similarity,
        confidence=report.confidence,
        reported_at=report.reported_at,
    )


def _encode_shadow_search(search: ShadowSearch) -> ShadowSearchAnswer:
    found = bool(search.entry_id)
    return ShadowSearchAnswer(
        searched_at=search.searched_at,
        prompt=search.prompt,
        entry_id=search.entry_id if found else None,
        entry_prompt=search.entry_prompt if found else None,
        similarity=search.similarity if found else None,
        confidence=search.confidence,
        search_strategy=search.strategy.value,
        refusal=None if search.refusal is None else search.refusal.value,
    )
