"""Bars, lines and percentile curves that look alike."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle

from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

# Okabe and Ito's, which colour-blind people can tell apart. The first is nearhit's.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00")
_OTHERS = "#B8BEC4"
_GRID = "#E3E3E3"
_PERCENTILES = (0, 50, 90, 99, 99.9)


@dataclass(frozen=True)
class Panel:
    """A part of a figure. `height` is in inches."""

    title: str
    height: float
    draw: Callable[[Axes], None]


def bars(title: str, values: Mapping[str, float]) -> Panel:
    """A bar for each, with its number; nearhit's stand out."""

    def draw(axes: Axes) -> None:
        colours = [_COLOURS[0] if name.startswith("nearhit") else _OTHERS for name in values]
        drawn = axes.barh(list(values), list(values.values()), color=colours, height=0.68)
        labels = [f"{value:,.1f}" if value < 10 else f"{value:,.0f}" for value in values.values()]
        axes.bar_label(drawn, labels, padding=5)
        axes.invert_yaxis()
        axes.margins(x=0.1)
        axes.tick_params(left=False)
        axes.xaxis.set_visible(False)
        axes.spines["bottom"].set_visible(False)

    return Panel(title, 0.75 + 0.34 * len(values), draw)


def curves(title: str, measured: Mapping[str, Mapping[str, Sequence[float]]]) -> Panel:
    """Percentiles, the tail drawn out as HdrHistogram draws it."""

    def draw(axes: Axes) -> None:
        for (name, curve), colour in zip(measured.items(), cycle(_COLOURS), strict=False):
            axes.plot(curve["one_in"], curve["milliseconds"], color=colour, lw=2, label=name)
        most = max(curve["one_in"][-1] for curve in measured.values())
        axes.set_xscale("log")
        ticks = {100 / (100 - percent): f"{percent:g} %" for percent in _PERCENTILES}
        shown = {one_in: label for one_in, label in ticks.items() if one_in <= most}
        axes.set_xticks(list(shown), list(shown.values()))
        axes.set_xlim(1, most)
        axes.set_xlabel("of the searches took at most")
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
        axes.yaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_minor_locator(NullLocator())
        _finish(axes)

    return Panel(title, 3.6, draw)


def lines(title: str, sizes: Sequence[int], measured: Mapping[str, Sequence[float]]) -> Panel:
    """Milliseconds by number of entries."""

    def draw(axes: Axes) -> None:
        for (name, milliseconds), colour in zip(measured.items(), cycle(_COLOURS), strict=False):
            axes.plot(sizes, milliseconds, color=colour, lw=2, marker="o", label=name)
        axes.set_xscale("log")
        axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_xlabel("entries")
        axes.set_ylim(0)
        _finish(axes)

    return Panel(title, 3.6, draw)


def _finish(axes: Axes) -> None:
    axes.set_ylabel("milliseconds")
    axes.grid(color=_GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    # Beside the lines, which may be anywhere.
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
