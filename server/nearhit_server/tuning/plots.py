"""The curves of a tuning as a drawing for a page."""

import io
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from nearhit_server.tuning.curves import Curve
from nearhit_server.tuning.tune import Tuning

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's, which colour-blind people can tell apart.
_COLOURS: Final = ("#D55E00", "#0072B2", "#009E73")
_POINTS: Final = 400
_FEWEST_HITS: Final = 20
"""The share of wrong ones in fewer is a matter of chance, and jumps about."""


def curves_svg(tuning: Tuning) -> str:
    """Recall against the false-hit rate and against the false-positive rate, as an SVG element.

    Raises ModuleNotFoundError without matplotlib.
    """
    # Imported here: only pages need it.
    import matplotlib

    # Text stays text; the salt makes the same drawing twice the same file.
    with matplotlib.rc_context(
        {"svg.fonttype": "none", "svg.hashsalt": "nearhit", "font.size": 11}
    ):
        drawing = io.StringIO()
        # Nothing about the time and the program: such metadata name pages elsewhere.
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        _figure(tuning).savefig(drawing, format="svg", facecolor="white", metadata=nothing)
    svg = drawing.getvalue()
    return svg[svg.index("<svg") :]


def _figure(tuning: Tuning) -> "Figure":
    # Without pyplot there is no display to look for.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4.6), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    for tuned, colour in zip(tuning.ways, _COLOURS, strict=False):
        curve, shown = tuned.curve, _shown(tuned.curve)
        recalls = curve.recalls[shown]
        left.plot(curve.false_hit_rates[shown], recalls, color=colour, label=tuned.way.name)
        right.plot(curve.false_positive_rates[shown], recalls, color=colour)
    left.axvline(tuning.subject.max_false_hit_rate, color="#777777", linestyle=":")
    left.set_ylabel("recall")
    _finish(left, "false-hit rate: share of hits that are wrong")
    _finish(right, "false-positive rate: share of different pairs that hit")
    figure.legend(loc="outside upper left", ncols=len(_COLOURS), frameon=False)
    return figure


def _shown(curve: Curve) -> NDArray[np.intp]:
    """The points that are drawn."""
    hits = curve.right + curve.wrong
    enough = np.flatnonzero(hits >= min(_FEWEST_HITS, hits.max(initial=0)))
    if not len(enough):
        return enough
    ranks = np.unique(np.linspace(0, len(enough) - 1, _POINTS).round().astype(int))
    return np.asarray(enough[ranks])


def _finish(axes: "Axes", label: str) -> None:
    from matplotlib.ticker import PercentFormatter

    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1))
    axes.set_xlim(left=0)
    axes.set_ylim(0, 1)
    axes.set_xlabel(label)
    axes.grid(color="#dddddd", linewidth=0.8)
    axes.spines[["top", "right"]].set_visible(False)
