"""Percentile curves, the tail drawn out as HdrHistogram draws it."""

from collections.abc import Sequence
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from nearhit_server.bench.histograms import Histogram, quantiles
from nearhit_server.bench.results import Results

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FORMATS: Final = ("svg", "png")

# Okabe and Ito's, which colour-blind people can tell apart.
_COLOURS: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_POINTS: Final = 400
_LEAST_MILLISECONDS: Final = 0.001
_PERCENTILES: Final = (0, 50, 90, 99, 99.9, 99.99, 99.999)

Curve: TypeAlias = tuple[str, Histogram]


def plot(results: Sequence[tuple[str, Results]], path: Path) -> None:
    """Write the curves of named results, as SVG or PNG by the name of `path`.

    One alone has a curve for each outcome, several have one each for all their answers. Raises
    OSError, and ModuleNotFoundError without matplotlib.
    """
    # Imported here: only plots need it. Without pyplot there is no display to look for.
    import matplotlib
    from matplotlib.figure import Figure

    if len(results) == 1:
        title, curves = _of_one(results[0][1])
    else:
        title, curves = _of_several(results)
    # Text stays text, which can be searched and is drawn with the reader's own fonts.
    with matplotlib.rc_context({"svg.fonttype": "none", "font.size": 11}):
        figure = Figure(figsize=(9, 4.4 + 0.3 * len(curves)), layout="constrained")
        axes = figure.add_subplot()
        _draw(axes, curves)
        axes.set_title(title, loc="left", fontsize=12, pad=14)
        if axes.lines:
            # Below the curves, which may be anywhere.
            figure.legend(loc="outside lower left", frameon=False)
        figure.savefig(path, dpi=150, facecolor="white")


def _of_one(results: Results) -> tuple[str, list[Curve]]:
    target = results.server["target"]
    return f"{_settings(results)} at {target}: {_answers(results)}{_failed(results)}", [
        (f"{outcome.value} ({_calls(histogram)})", histogram)
        for outcome, histogram in results.latencies.items()
    ]


def _of_several(named: Sequence[tuple[str, Results]]) -> tuple[str, list[Curve]]:
    return "Latencies of all answered calls", [
        (f"{name}: {_settings(results)}, {_answers(results)}{_failed(results)}", results.answered)
        for name, results in named
    ]


def _draw(axes: "Axes", curves: Sequence[Curve]) -> None:
    drawn = [(name, histogram) for name, histogram in curves if histogram.get_total_count()]
    most = max((histogram.get_total_count() for _, histogram in drawn), default=1)
    for (name, histogram), colour in zip(drawn, cycle(_COLOURS)):
        # One call in so many takes at least as long; beyond their number nobody knows.
        one_in = np.geomspace(1, histogram.get_total_count(), _POINTS)
        # The axis has no 0; that is what the histogram's last digit can make of a microsecond.
        latencies = np.maximum(quantiles(histogram, 1 - 1 / one_in), _LEAST_MILLISECONDS)
        axes.plot(one_in, latencies, color=colour, linewidth=2, label=name)
    _set_percentiles(axes, most)
    _set_milliseconds(axes)
    axes.grid(color="#dddddd", linewidth=0.8)
    axes.spines[["top", "right"]].set_visible(False)


def _set_percentiles(axes: "Axes", most: int) -> None:
    axes.set_xscale("log")
    ticks = {100 / (100 - percent): f"{percent:g} %" for percent in _PERCENTILES}
    shown = {one_in: label for one_in, label in ticks.items() if one_in <= most}
    axes.set_xticks(list(shown), list(shown.values()))
    axes.minorticks_off()
    axes.set_xlim(1, max(most, 10))
    axes.set_xlabel("percentile")


def _set_milliseconds(axes: "Axes") -> None:
    from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.set_ylabel("latency, milliseconds")


def _settings(results: Results) -> str:
    load = results.load
    if results.is_open:
        return f"{results.scenario['name']}, {load['rate']:g} calls a second"
    return f"{results.scenario['name']}, {load['concurrency']} callers"


def _answers(results: Results) -> str:
    return f"{results.answered_rate:,.1f} answers a second"


def _failed(results: Results) -> str:
    """What a curve of answers alone does not show."""
    failed = sum(results.errors.values()) + results.dropped + results.unfinished
    return f", {failed:,} failed" if failed else ""


def _calls(histogram: Histogram) -> str:
    return f"{histogram.get_total_count():,} calls"
