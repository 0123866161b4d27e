"""Reports, shadow searches and what is counted of a cache."""

from nearhit.v1 import cache_quality_pb2 as pb
from nearhit.v1 import semantic_cache_pb2
from nearhit_server.api.grpc.codec.choices import (
    REFUSAL_REASON_NUMBERS,
    STRATEGY_NUMBERS,
    VERDICT_NUMBERS,
    VERDICTS,
    decode_choice,
)
from nearhit_server.api.grpc.codec.values import encode_time
from nearhit_server.core.quality.false_hits import Rate
from nearhit_server.core.quality.reports import HitReport, ShadowSearch, Verdict
from nearhit_server.core.quality.service import CacheStats


def decode_verdict(request: semantic_cache_pb2.ReportHitRequest) -> Verdict:
    """The verdict of a report. Raises InvalidArgumentError."""
    return decode_choice(request.verdict, VERDICTS, field="verdict")


def encode_stats(stats: CacheStats) -> pb.GetCacheStatsResponse:
    """What is counted of a cache."""
    rate = stats.false_hit_rate
    return pb.GetCacheStatsResponse(
        searches=stats.searches,
        exact_hits=stats.exact_hits,
        semantic_hits=stats.semantic_hits,
        refusals={reason.value: count for reason, count in stats.refusals.items()},
        reported_right=stats.reported_right,
        reported_wrong=stats.reported_wrong,
        false_hit_rate=None if rate is None else _encode_rate(rate),
        min_confidence=stats.min_confidence,
        quarantined_entries=stats.quarantined_entries,
    )


def encode_report(report: HitReport) -> pb.HitReport:
    """A verdict on an entry."""
    return pb.HitReport(
        entry_id=report.entry_id,
        prompt=report.prompt,
        entry_prompt=report.entry_prompt,
        verdict=VERDICT_NUMBERS[report.verdict],
        similarity=report.similarity,
        confidence=report.confidence,
        report_time=encode_time(report.reported_at),
    )


def encode_shadow_search(search: ShadowSearch) -> pb.ShadowSearch:
    """What a search in shadow mode came to."""
    return pb.ShadowSearch(
        search_time=encode_time(search.searched_at),
        prompt=search.prompt,
        entry_id=search.entry_id,
        entry_prompt=search.entry_prompt,
        similarity=search.similarity,
        confidence=search.confidence,
        strategy=STRATEGY_NUMBERS[search.strategy],
        refusal=REFUSAL_REASON_NUMBERS[search.refusal],
    )


def _encode_rate(rate: Rate) -> pb.Rate:
    return pb.Rate(value=rate.value, low=rate.low, high=rate.high)
