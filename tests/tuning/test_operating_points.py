"""Thresholds from one half, judged on the other."""

import numpy as np
import pytest

from nearhit_server.tuning.curves import UNSERVED, Curve
from nearhit_server.tuning.operating_points import (
    RECALLS,
    best_point,
    hits_needed,
    operating_points,
)


def sample(count, seed):
    """A curve of pairs whose score is the probability that they are equivalent."""
    random = np.random.default_rng(seed)
    scores = random.beta(2, 1, count)
    return Curve.of(scores, random.random(count) < scores)


def test_operating_points_take_the_threshold_from_one_half_and_the_rates_from_the_other():
    tuning, held_out = sample(2_000, 1), sample(2_000, 2)

    points = operating_points(tuning, held_out)

    assert [point.wanted_recall for point in points] == list(RECALLS)
    for point in points:
        threshold = tuning.at_recall(point.wanted_recall).threshold
        assert point.held_out == held_out.at_threshold(threshold)
        assert point.held_out.recall.value == pytest.approx(point.wanted_recall, abs=0.05)


def test_operating_point_is_missing_when_too_many_pairs_are_refused():
    labels = [True] * 10 + [False] * 10
    curve = Curve.of([0.9] * 4 + [UNSERVED] * 6 + [0.5] * 10, labels)
    reached = [point.held_out is not None for point in operating_points(curve, curve)]
    assert reached == [True, True, False, False, False, False]


def test_best_threshold_keeps_to_the_rate_on_other_pairs():
    rates = [
        best_point(
            sample(4_000, seed), sample(4_000, -seed % 1_000), 0.1, decimals=None
        ).held_out.false_hit_rate.value
        for seed in range(1, 41)
    ]
    # Without the margin about half of them would be above.
    assert sum(rate <= 0.1 for rate in rates) >= 32
    # And no more is left out than has to be.
    assert np.mean(rates) > 0.07


def test_best_threshold_is_rounded_upwards_and_measured_so():
    scores = [*np.linspace(0.99, 0.9123, 300), 0.9123, *np.linspace(0.5, 0.6, 100)]
    curve = Curve.of(scores, [True] * 300 + [False] * 101)

    plain, rounded = (best_point(curve, curve, 0.02, decimals=d).held_out for d in (None, 3))

    assert plain.threshold == 0.9123
    assert rounded.threshold == 0.913
    assert (plain.right, plain.wrong) == (300, 1)
    assert (rounded.right, rounded.wrong) == (297, 0)
    exact = Curve.of([0.9] * 300, [True] * 300)
    assert best_point(exact, exact, 0.02, decimals=4).held_out.threshold == 0.9


def test_obstacle_is_said_when_there_are_too_few_pairs():
    curve = Curve.of([0.9] * 30 + [0.1] * 30, [True] * 30 + [False] * 30)

    found = best_point(curve, curve, 0.02, decimals=4)

    assert found.held_out is None
    assert found.obstacle == (
        "too few pairs: 81 hits without a wrong one would show it, and the half that is tuned on "
        "has 30 equivalent pairs"
    )


def test_obstacle_is_said_when_hits_are_too_often_wrong():
    curve = Curve.of([0.9] * 200, [True] * 150 + [False] * 50)
    found = best_point(curve, curve, 0.02, decimals=4)
    assert found.held_out is None
    assert (
        found.obstacle == "no threshold keeps to it: at best, 50 of 200 hits are wrong, at 0.9000"
    )


def test_obstacle_is_said_when_every_pair_is_refused():
    curve = Curve.of([UNSERVED] * 200, [True] * 100 + [False] * 100)
    assert best_point(curve, curve, 0.02, decimals=4).obstacle == "every pair is refused"


@pytest.mark.parametrize("rate", [0.001, 0.02, 0.1, 0.5])
def test_as_few_hits_as_needed_show_that_a_rate_is_kept_to(rate):
    needed = hits_needed(rate)

    def reached(hits):
        curve = Curve.of([0.9] * hits, [True] * hits)
        return best_point(curve, curve, rate, decimals=4).held_out is not None

    assert reached(needed)
    assert needed == 1 or not reached(needed - 1)
