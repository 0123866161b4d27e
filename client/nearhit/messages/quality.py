"""Requests and responses about how far hits can be trusted."""

from collections import Counter
from collections.abc import Mapping

from nearhit.choices import RefusalReason, Verdict
from nearhit.messages import values
from nearhit.messages.enums import STRATEGIES, VERDICTS, refusal_reason
from nearhit.messages.responses import moment
from nearhit.quality import CacheStats, HitReport, Rate, ReportPage, ShadowPage, ShadowSearch
from nearhit.v1 import cache_quality_pb2, semantic_cache_pb2


def report(
    cache: str, entry_id: str, prompt: str, verdict: Verdict | str
) -> semantic_cache_pb2.ReportHitRequest:
    """The request to say what came of a hit."""
    return semantic_cache_pb2.ReportHitRequest(
        cache=cache,
        entry_id=values.text("entry_id", entry_id),
        prompt=values.text("prompt", prompt),
        verdict=VERDICTS.number_of(Verdict(verdict)),
    )


def stats(cache: str) -> cache_quality_pb2.GetCacheStatsRequest:
    """The request for what is counted of a cache."""
    return cache_quality_pb2.GetCacheStatsRequest(cache=cache)


def list_reports(
    cache: str, *, page_token: str, page_size: int | None
) -> cache_quality_pb2.ListReportsRequest:
    """The request for one page of reports."""
    return cache_quality_pb2.ListReportsRequest(
        cache=cache,
        page_size=values.whole("page_size", page_size or 0),
        page_token=values.text("page_token", page_token),
    )


def release(cache: str, entry_id: str) -> cache_quality_pb2.ReleaseEntryRequest:
    """The request to end an entry's quarantine."""
    return cache_quality_pb2.ReleaseEntryRequest(
        cache=cache, entry_id=values.text("entry_id", entry_id)
    )


def list_shadow_searches(
    cache: str, *, page_token: str, page_size: int | None
) -> cache_quality_pb2.ListShadowSearchesRequest:
    """The request for one page of searches in shadow mode."""
    return cache_quality_pb2.ListShadowSearchesRequest(
        cache=cache,
        page_size=values.whole("page_size", page_size or 0),
        page_token=values.text("page_token", page_token),
    )


def reported(response: semantic_cache_pb2.ReportHitResponse) -> bool:
    """Whether the entry is quarantined now."""
    return response.quarantined


def counted(response: cache_quality_pb2.GetCacheStatsResponse) -> CacheStats:
    """What is counted of a cache."""
    rate = response.false_hit_rate
    return CacheStats(
        searches=response.searches,
        exact_hits=response.exact_hits,
        semantic_hits=response.semantic_hits,
        refusals=_refusals(response.refusals),
        reported_right=response.reported_right,
        reported_wrong=response.reported_wrong,
        false_hit_rate=(
            Rate(rate.value, rate.low, rate.high) if response.HasField("false_hit_rate") else None
        ),
        min_confidence=response.min_confidence if response.HasField("min_confidence") else None,
        quarantined_entries=response.quarantined_entries,
    )


def reports_listed(response: cache_quality_pb2.ListReportsResponse) -> ReportPage:
    """One page of reports."""
    return ReportPage(tuple(map(_report, response.reports)), response.next_page_token)


def released(response: cache_quality_pb2.ReleaseEntryResponse) -> bool:
    """Whether the entry was quarantined."""
    return response.released


def shadow_searches_listed(response: cache_quality_pb2.ListShadowSearchesResponse) -> ShadowPage:
    """One page of searches in shadow mode."""
    return ShadowPage(tuple(map(_shadow_search, response.searches)), response.next_page_token)


def _refusals(counts: Mapping[str, int]) -> dict[RefusalReason, int]:
    known = {reason.value: reason for reason in RefusalReason}
    totals: Counter[RefusalReason] = Counter()
    for name, count in counts.items():
        # A newer server may have several reasons that are new here.
        totals[known.get(name, RefusalReason.OTHER)] += count
    return dict(totals)


def _report(message: cache_quality_pb2.HitReport) -> HitReport:
    return HitReport(
        entry_id=message.entry_id,
        prompt=message.prompt,
        entry_prompt=message.entry_prompt,
        verdict=VERDICTS.member_of(message.verdict),
        similarity=message.similarity if message.HasField("similarity") else None,
        confidence=message.confidence if message.HasField("confidence") else None,
        reported_at=moment(message.report_time),
    )


def _shadow_search(message: cache_quality_pb2.ShadowSearch) -> ShadowSearch:
    served = message.refusal == semantic_cache_pb2.REFUSAL_REASON_UNSPECIFIED
    return ShadowSearch(
        searched_at=moment(message.search_time),
        prompt=message.prompt,
        entry_id=message.entry_id,
        entry_prompt=message.entry_prompt,
        similarity=message.similarity,
        confidence=message.confidence if message.HasField("confidence") else None,
        strategy=STRATEGIES.member_of(message.strategy),
        refusal=None if served else refusal_reason(message.refusal),
    )
