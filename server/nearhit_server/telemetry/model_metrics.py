"""Models as metrics: their queues, their batches, and how often they are not needed."""

from dataclasses import dataclass
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from nearhit_server.core.observing import BatchReport, VectorSource

_TEXT_BUCKETS: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024)
_TOKEN_BUCKETS: Final = (8, 16, 32, 64, 128, 256, 512, 1_024, 2_048, 4_096, 8_192, 16_384)
_SECONDS_BUCKETS: Final = (
    *(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05),
    *(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)


@dataclass(frozen=True)
class _ModelSeries:
    texts: Histogram
    padded_tokens: Histogram
    tokens: Counter
    waiting: Gauge
    waits: Histogram
    durations: Histogram
    failures: Counter


class ModelMetrics:
    """Batches and queues by model, of which the settings name a few."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def histogram(name: str, text: str, buckets: tuple[float, ...]) -> Histogram:
            return Histogram(
                f"nearhit_embedding_{name}", text, ("model",), buckets=buckets, registry=registry
            )

        self._texts = histogram("batch_texts", "Texts in a batch.", _TEXT_BUCKETS)
        self._padded_tokens = histogram(
            "batch_tokens", "Tokens in a batch, padding included.", _TOKEN_BUCKETS
        )
        self._tokens = Counter(
            "nearhit_embedding_tokens_total",
            "Tokens in all batches without the padding, which is the rest of their sum.",
            ("model",),
            registry=registry,
        )
        self._waits = histogram(
            "queue_wait_seconds", "Time a text waited for its batch to begin.", _SECONDS_BUCKETS
        )
        self._durations = histogram(
            "encode_duration_seconds", "Time the model took for a batch.", _SECONDS_BUCKETS
        )
        self._waiting = Gauge(
            "nearhit_embedding_queue_texts",
            "Texts that wait for the model.",
            ("model",),
            registry=registry,
            multiprocess_mode="livesum",
        )
        self._failures = Counter(
            "nearhit_embedding_batch_failures_total",
            "Batches that the model failed on.",
            ("model",),
            registry=registry,
        )
        vectors = Counter(
            "nearhit_embedding_vectors_total",
            "Vectors of texts by where they came from; only the model computes any.",
            ("source",),
            registry=registry,
        )
        self._vectors = {source: vectors.labels(source) for source in VectorSource}
        self._series: dict[str, _ModelSeries] = {}

    def vectors_found(self, source: VectorSource, count: int) -> None:
        """Vectors came from `source`."""
        self._vectors[source].inc(count)

    def texts_waiting(self, model: str, count: int) -> None:
        """So many texts now wait for a model."""
        self._of_model(model).waiting.set(count)

    def batch_encoded(self, report: BatchReport) -> None:
        """A model has encoded a batch."""
        series = self._of_model(report.model)
        series.texts.observe(report.texts)
        series.padded_tokens.observe(report.padded_tokens)
        series.tokens.inc(report.tokens)
        series.durations.observe(report.seconds)
        for seconds in report.waits:
            series.waits.observe(seconds)

    def batch_failed(self, model: str) -> None:
        """A model has failed on a batch."""
        self._of_model(model).failures.inc()

    def _of_model(self, model: str) -> _ModelSeries:
        series = self._series.get(model)
        if series is None:
            series = self._series[model] = _ModelSeries(
                texts=self._texts.labels(model),
                padded_tokens=self._padded_tokens.labels(model),
                tokens=self._tokens.labels(model),
                waiting=self._waiting.labels(model),
                waits=self._waits.labels(model),
                durations=self._durations.labels(model),
                failures=self._failures.labels(model),
            )
        return series
