"""Searches as metrics: what they found, and where their time went."""

from dataclasses import dataclass
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram

from nearhit_server.core.caches import Strategy
from nearhit_server.core.observing import Stage
from nearhit_server.core.queries import Hit, Miss, RefusalReason
from nearhit_server.telemetry.cache_labels import CacheLabels

_SIMILARITY_BUCKETS: Final = (
    *(0, 0.3, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.925, 0.95, 0.975, 0.99, 1),
)
_CONFIDENCE_BUCKETS: Final = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 1)
_STAGE_BUCKETS: Final = (
    *(0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05),
    *(0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)


@dataclass(frozen=True)
class _CacheSeries:
    hits: dict[Strategy, Counter]
    misses: Counter
    refusals: dict[RefusalReason, Counter]
    hit_similarity: Histogram
    hit_confidence: Histogram
    miss_similarity: Histogram


class SearchMetrics:
    """Searches by cache."""

    def __init__(self, registry: CollectorRegistry, labels: CacheLabels) -> None:
        self._labels = labels
        self._hits = Counter(
            "nearhit_search_hits_total",
            "Searches with a match, by the strategy that found it.",
            ("cache", "strategy"),
            registry=registry,
        )
        self._misses = Counter(
            "nearhit_search_misses_total",
            "Searches without a match.",
            ("cache",),
            registry=registry,
        )
        self._refusals = Counter(
            "nearhit_search_refusals_total",
            "Misses by why the nearest entry was not the answer.",
            ("cache", "reason"),
            registry=registry,
        )
        self._hit_confidence = Histogram(
            "nearhit_search_hit_confidence",
            "Probability of being right of the best match of semantic hits, where it is estimated.",
            ("cache",),
            buckets=_CONFIDENCE_BUCKETS,
            registry=registry,
        )
        self._hit_similarity = Histogram(
            "nearhit_search_hit_similarity",
            "Cosine similarity of the best match of semantic hits.",
            ("cache",),
            buckets=_SIMILARITY_BUCKETS,
            registry=registry,
        )
        self._miss_similarity = Histogram(
            "nearhit_search_miss_similarity",
            "Cosine similarity of the nearest entry of misses.",
            ("cache",),
            buckets=_SIMILARITY_BUCKETS,
            registry=registry,
        )
        stages = Histogram(
            "nearhit_search_stage_duration_seconds",
            "Time of the stages of searches and of all else that embeds texts.",
            ("stage",),
            buckets=_STAGE_BUCKETS,
            registry=registry,
        )
        self._stages = {stage: stages.labels(stage) for stage in Stage}
        self._series: dict[str, _CacheSeries] = {}

    def stage(self, stage: Stage, seconds: float) -> None:
        """A stage has ended."""
        self._stages[stage].observe(seconds)

    def searched(self, cache_id: str, outcome: Hit | Miss) -> None:
        """A search has ended."""
        label = self._labels.of(cache_id)
        series = self._series.get(label)
        if series is None:
            series = self._series[label] = self._of_cache(label)
        if isinstance(outcome, Hit):
            best = outcome.matches[0]
            series.hits[best.strategy].inc()
            if best.strategy is Strategy.SEMANTIC:
                series.hit_similarity.observe(best.similarity)
                if best.confidence is not None:
                    series.hit_confidence.observe(best.confidence)
        else:
            series.misses.inc()
            if (nearest := outcome.candidate) is not None:
                series.refusals[nearest.reason].inc()
                series.miss_similarity.observe(nearest.similarity)

    def _of_cache(self, label: str) -> _CacheSeries:
        return _CacheSeries(
            hits={s: self._hits.labels(label, s.value) for s in Strategy},
            misses=self._misses.labels(label),
            refusals={r: self._refusals.labels(label, r.value) for r in RefusalReason},
            hit_similarity=self._hit_similarity.labels(label),
            hit_confidence=self._hit_confidence.labels(label),
            miss_similarity=self._miss_similarity.labels(label),
        )
