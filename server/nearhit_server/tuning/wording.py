"""What a tuning found, in words for people."""

from collections.abc import Iterator
from typing import Final

from nearhit_server.core.quality.false_hits import Rate
from nearhit_server.tuning.curves import Point
from nearhit_server.tuning.tune import TunedWay, Tuning

_NONE: Final = "-"


def heading(tuning: Tuning) -> str:
    """What was tuned, and how."""
    tuned_on, held_out, subject = tuning.tuned_on, tuning.held_out, tuning.subject
    pairs = tuned_on.pairs + held_out.pairs
    equivalent = tuned_on.equivalent + held_out.equivalent
    return (
        f"{subject.source}: {pairs:,} pairs, of which {equivalent:,} equivalent; "
        f"model {subject.model}. Thresholds are chosen on {tuned_on.pairs:,} of them and measured "
        f"on the other {held_out.pairs:,} (seed {subject.seed}); no prompt is in both halves."
    )


def recommended(tuned: TunedWay, max_false_hit_rate: float) -> str:
    """The settings for a false-hit rate, or why there are none."""
    point = tuned.recommended
    if point is None:
        return tuned.best.obstacle
    settings = tuned.way.settings(point.threshold, max_false_hit_rate)
    words = ", ".join(f"{name} {value}" for name, value in settings.items())
    return f"{words}: {_hits(point)}"


def borne(tuned: TunedWay) -> str | None:
    """Where a cache begins that is set to a false-hit rate, and how far reports like these pairs
    would let it go; None where the threshold decides."""
    if tuned.start is None:
        return None
    best = tuned.best.held_out
    far = tuned.best.obstacle if best is None else f"from {threshold(best)} on: {_hits(best)}"
    return (
        f"such a cache begins at confidence {threshold(tuned.start)} and moves with the reports; "
        f"what these pairs bear: {far}"
    )


def warnings(tuning: Tuning) -> Iterator[str]:
    """Where the held-out half does not bear out what was chosen."""
    limit = tuning.subject.max_false_hit_rate
    for tuned in tuning.ways:
        point = tuned.recommended
        if point is None:
            continue
        rate = point.false_hit_rate
        if rate is None:
            yield f"{tuned.way.name}: nothing of the held-out half would hit; more pairs would tell"
        elif rate.value > limit:
            yield f"{tuned.way.name}: more of the held-out half's hits are wrong than was asked for"
        elif rate.high > limit:
            yield (
                f"{tuned.way.name}: the rate may be above {_share(limit)}; more pairs would tell"
            )


def notes(tuning: Tuning) -> Iterator[str]:
    """What to know before the numbers are used."""
    both = tuning.tuned_on, tuning.held_out
    share = sum(half.equivalent for half in both) / sum(half.pairs for half in both)
    yield (
        f"A false-hit rate depends on what is asked: these hold where {_share(share)} of what "
        "comes near is equivalent, as of these pairs. A false-positive rate does not."
    )
    if tuning.subject.from_reports:
        yield (
            "Reports are about hits that were served. What the cache refused is not among them, so "
            "recall is the share of those hits that remains."
        )
    if tuning.unread:
        yield (
            f"Of {tuning.unread:,} pairs the model does not read all, so that only exact search "
            "finds them; they count as no hits."
        )
    yield "In brackets: what contains the true rate in 95 of 100 cases."


def percent(rate: Rate | None) -> str:
    """A rate with its interval: `1.8 % (1.2-2.6)`."""
    if rate is None:
        return _NONE
    return f"{_share(rate.value)} ({100 * rate.low:.1f}-{100 * rate.high:.1f})"


def threshold(point: Point) -> str:
    """The threshold of a point."""
    return f"{point.threshold:.4f}"


def _hits(point: Point) -> str:
    return f"recall {percent(point.recall)}, false-hit rate {percent(point.false_hit_rate)}"


def _share(value: float) -> str:
    return f"{100 * value:.{2 if 0 < value < 0.01 else 1}f} %"
