"""What is told of hits, as JSON objects and as lines for people. Pure."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from nearhit import CacheStats, Rate, RefusalReason


def reported_sentence(entry_id: str, *, quarantined: bool) -> str:
    """What a report led to, for people."""
    if not quarantined:
        return f"noted for {entry_id}"
    return (
        f"noted; {entry_id} is quarantined, searches no longer find it; `nearhit release` ends that"
    )


def stats_record(stats: CacheStats) -> dict[str, Any]:
    """What is counted of a cache; what is not known is null."""
    return {
        **asdict(stats),
        "refusals": {reason.value: count for reason, count in stats.refusals.items()},
    }


def stats_fields(stats: CacheStats) -> dict[str, str]:
    """What is counted of a cache, for people."""
    return {
        "searches": f"{stats.searches:,}",
        "exact hits": counted_share(stats.exact_hits, stats.searches),
        "semantic hits": counted_share(stats.semantic_hits, stats.searches),
        "refused": _refusals(stats.refusals),
        "reported": f"{stats.reported_right:,} right, {stats.reported_wrong:,} wrong",
        "false-hit rate": _rate(stats.false_hit_rate),
        "least confidence": _least(stats.min_confidence),
        "quarantined entries": f"{stats.quarantined_entries:,}",
    }


def counted_share(part: int, whole: int) -> str:
    """`12 (3.4 %)`."""
    return f"{part:,} ({percent(part / whole)})" if whole else f"{part:,}"


def percent(share: float) -> str:
    """`3.4 %`."""
    return f"{100 * share:.1f} %"


def reason_words(reason: RefusalReason) -> str:
    """Why an entry was refused, in a word or two."""
    return reason.value.replace("_", " ")


def _refusals(counts: Mapping[RefusalReason, int]) -> str:
    shown = sorted(counts.items(), key=lambda item: -item[1])
    return ", ".join(f"{count:,} {reason_words(reason)}" for reason, count in shown) or "none"


def _least(min_confidence: float | None) -> str:
    if min_confidence is None:
        return "none, the threshold decides"
    # So a server says that nothing is sure enough for the rate that the cache allows.
    return "only exact hits are sure enough" if min_confidence > 1 else f"{min_confidence:.4f}"


def _rate(rate: Rate | None) -> str:
    if rate is None:
        return "not known, nothing was reported"
    return f"{percent(rate.value)}, between {percent(rate.low)} and {percent(rate.high)}"
