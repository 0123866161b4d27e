"""A tuning for the terminal."""

from collections.abc import Iterator

from rich import box
from rich.table import Table
from rich.text import Text

from nearhit_server.tuning import wording
from nearhit_server.tuning.operating_points import OperatingPoint
from nearhit_server.tuning.tune import TunedWay, Tuning

_COLUMNS = ("recall wanted", "threshold", "recall", "false-positive rate", "false-hit rate")


def points_table(tuned: TunedWay) -> Table:
    """The operating points of a way."""
    table = Table(
        title=f"{tuned.way.name}, by {tuned.way.scale.value}",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
    )
    for column in _COLUMNS:
        table.add_column(column, justify="right", no_wrap=True)
    for point in tuned.operating_points:
        table.add_row(*map(Text, (f"{point.wanted_recall:.0%}", *cells(point))))
    return table


def cells(point: OperatingPoint) -> list[str]:
    """Threshold and rates of an operating point."""
    found = point.held_out
    if found is None:
        return ["not reached", "", "", ""]
    rates = (found.recall, found.false_positive_rate, found.false_hit_rate)
    return [wording.threshold(found), *map(wording.percent, rates)]


def recommendations(tuning: Tuning) -> Iterator[str]:
    """The settings for the false-hit rate that was asked for."""
    limit = tuning.subject.max_false_hit_rate
    yield f"For a false-hit rate of at most {limit:g}, measured on the held-out half:"
    for tuned in tuning.ways:
        yield f"  {tuned.way.name}: {wording.recommended(tuned, limit)}"
        if (further := wording.borne(tuned)) is not None:
            yield f"    {further}"
