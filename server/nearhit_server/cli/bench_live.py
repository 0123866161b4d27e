"""How a run is going, while it goes."""

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

from nearhit_server.bench.histograms import merged, milliseconds
from nearhit_server.bench.results import latencies_of
from nearhit_server.cli.progress import Bar

_SHOWN_SECONDS: Final = 0.5


class LiveFigures:
    """Shows the rate of now, and percentiles and errors so far, beside a bar."""

    def __init__(self, bar: Bar) -> None:
        self._bar = bar
        self._began = self._shown = time.monotonic()
        self._ended = 0

    def __call__(self, states: Sequence[Mapping[str, Any]]) -> None:
        """What the processes have seen so far."""
        now = time.monotonic()
        # Adding histograms up takes time that the server may need.
        if self._bar.progress.disable or now - self._shown < _SHOWN_SECONDS:
            return
        figures = milliseconds(merged(list(latencies_of(states).values())))
        rate = (figures["count"] - self._ended) / (now - self._shown)
        self._shown, self._ended = now, figures["count"]
        self._bar.show(round(now - self._began), self._remark(figures, rate, states))

    def _remark(
        self, figures: Mapping[str, Any], rate: float, states: Sequence[Mapping[str, Any]]
    ) -> str:
        if not figures["count"]:
            return "warming up"
        errors = sum(sum(state["errors"].values()) for state in states)
        percentiles = [
            f"{name} {figures[name]:.3g} ms" for name in ("p50", "p99") if figures[name] is not None
        ]
        return ", ".join([f"{rate:,.0f}/s", *percentiles, f"{errors:,} errors"])
