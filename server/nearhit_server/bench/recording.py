"""Counts what becomes of calls, and how long they take."""

from collections import Counter
from enum import StrEnum
from typing import Any, Final

from nearhit_server.bench.histograms import Histogram, encoded, new_histogram, record


class Outcome(StrEnum):
    """How a call ended."""

    HIT = "hit"
    MISS = "miss"
    STORED = "stored"
    ERROR = "error"


ANSWERED: Final = (Outcome.HIT, Outcome.MISS, Outcome.STORED)


class Recorder:
    """What one process has seen between two points in time. Calls that are due before or after
    are not counted, whenever they end."""

    def __init__(self, *, begins: float, ends: float) -> None:
        self._begins = begins
        self.ends = ends
        self._latencies = {outcome: new_histogram() for outcome in Outcome}
        self._lag = new_histogram()
        self._errors: Counter[str] = Counter()
        self._due = 0
        self._dropped = 0
        self._begun = 0
        self._ended = 0

    def due(self, due: float, now: float) -> None:
        """A call was due, and the generator has got round to it."""
        if self._counts(due):
            self._due += 1
            record(self._lag, now - due)

    def dropped(self, due: float) -> None:
        """It is not made, because too many others are unanswered."""
        self._dropped += self._counts(due)

    def begun(self, due: float) -> None:
        """It is made."""
        self._begun += self._counts(due)

    def ended(self, outcome: Outcome, due: float, now: float, *, reason: str = "") -> None:
        """It has ended; `reason` is that of an error."""
        if not self._counts(due):
            return
        self._ended += 1
        record(self._latencies[outcome], now - due)
        if outcome is Outcome.ERROR:
            self._errors[reason] += 1

    def state(self, now: float) -> dict[str, Any]:
        """All of it as JSON."""
        return {
            "seconds": min(max(0.0, now - self._begins), self.ends - self._begins),
            "due": self._due,
            "dropped": self._dropped,
            "unfinished": self._begun - self._ended,
            "errors": dict(self._errors),
            "latencies": _encoded(self._latencies),
            "lag": encoded(self._lag),
        }

    def _counts(self, due: float) -> bool:
        return self._begins <= due < self.ends


def _encoded(histograms: dict[Outcome, Histogram]) -> dict[str, str]:
    return {
        outcome.value: encoded(histogram)
        for outcome, histogram in histograms.items()
        if histogram.get_total_count()
    }
