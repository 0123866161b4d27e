"""A run's results for people."""

from collections.abc import Iterator
from typing import Any, Final

from rich import box
from rich.table import Table
from rich.text import Text

from nearhit_server.bench.histograms import milliseconds
from nearhit_server.bench.recording import Outcome
from nearhit_server.bench.results import Results

_STYLES: Final = {"error": "bold red", "answered": "bold"}
_COLUMNS: Final = ("mean", "p50", "p90", "p99", "p99.9", "p99.99", "max")

_LATE_SHARE: Final = 0.1
_LATE_MILLISECONDS: Final = 1.0
_BUSY_SHARE: Final = 0.9


def heading(results: Results) -> str:
    """What was done to which server."""
    load, server = results.load, results.server
    how = (
        f"{load['rate']:g} calls a second, {load['arrivals']} arrivals"
        if results.is_open
        else f"{load['concurrency']} callers in a closed loop"
    )
    knobs = ", ".join(
        f"{name.replace('_', ' ')} {value:,}"
        for name, value in results.scenario.items()
        if name != "name"
    )
    chosen = f" ({knobs})" if knobs else ""
    ended = "interrupted after" if results.interrupted else "measured for"
    return (
        f"{results.scenario['name']}{chosen} at {server['target']}: {how}, "
        f"{ended} {results.measured_seconds:.1f} s after {load['warmup_seconds']:g} s of warm-up"
    )


def cache_line(results: Results) -> str:
    """What became of the cache."""
    server = results.server
    stored = f"{server['entries_stored_before']:,} entries stored beforehand"
    if server["cache_made_for_the_run"]:
        return f"cache {server['cache']}: made for the run and deleted, {stored}"
    return f"cache {server['cache']}: {stored}; all entries of the run deleted"


def table(results: Results) -> Table:
    """A row for each outcome."""
    made = Table(
        "outcome",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        caption="latencies in milliseconds",
        caption_justify="right",
    )
    for title in ("calls", "a second", *_COLUMNS):
        made.add_column(title, justify="right", no_wrap=True)
    rows = {name.value: milliseconds(each) for name, each in results.latencies.items()}
    if len(rows.keys() - {Outcome.ERROR}) > 1:
        rows["answered"] = milliseconds(results.answered)
    for name, row in rows.items():
        style = _STYLES.get(name, "")
        rate = row["count"] / results.measured_seconds if results.measured_seconds else 0.0
        cells = [name, f"{row['count']:,}", f"{rate:,.1f}", *(_ms(row[key]) for key in _COLUMNS)]
        made.add_row(*(Text(cell, style=style) for cell in cells))
    return made


def remarks(results: Results) -> Iterator[str]:
    """What there is to know beside the table."""
    if results.is_open:
        lag = milliseconds(results.lag)
        planned = results.due / results.measured_seconds if results.measured_seconds else 0.0
        yield (
            f"due {planned:,.1f} a second, answered {results.answered_rate:,.1f}; scheduling lag "
            f"p50 {_ms(lag['p50'])} ms, p99 {_ms(lag['p99'])} ms, max {_ms(lag['max'])} ms"
        )
    for reason, count in results.errors.items():
        yield f"{count:,} errors: {reason}"


def warnings(results: Results) -> Iterator[str]:
    """Why the numbers may not be the server's."""
    if results.dropped:
        yield (
            f"{results.dropped:,} calls were not made, as --max-outstanding others were "
            "unanswered; no latency counts them"
        )
    if results.unfinished:
        yield (
            f"{results.unfinished:,} calls had no answer when the run ended; no latency counts them"
        )
    if results.is_open and _is_late(milliseconds(results.lag), milliseconds(results.answered)):
        yield (
            "the generator fell behind its schedule, which is part of the latencies; "
            "give it more --processes or a lower --rate"
        )
    if results.cpu_share > _BUSY_SHARE:
        yield (
            f"a process of the generator used {results.cpu_share:.0%} of a core, and may be what "
            "was measured; give it more --processes"
        )


def _is_late(lag: dict[str, Any], latency: dict[str, Any]) -> bool:
    late, slow = lag["p99"] or lag["max"] or 0.0, latency["p99"] or latency["max"] or 0.0
    return bool(late > _LATE_MILLISECONDS and late > _LATE_SHARE * slow)


def _ms(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}" if value >= 1 else f"{value:.2f}"
