"""What thresholds let through, against counting by hand."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nearhit_server.tuning.curves import UNSERVED, Curve

SCORES = st.sampled_from([-1.0, -0.5, 0.0, 0.25, 0.5, 0.75, 0.9, 1.0, UNSERVED])
LABELLED = st.lists(st.tuples(SCORES, st.booleans()), min_size=1, max_size=60)


def curve_of(labelled):
    return Curve.of([score for score, _ in labelled], [label for _, label in labelled])


def counted(labelled, threshold):
    """Right and wrong hits, counted one by one."""
    hits = [label for score, label in labelled if score > UNSERVED and score >= threshold]
    return sum(hits), len(hits) - sum(hits)


@settings(deadline=None)
@given(LABELLED)
def test_every_threshold_counts_what_scores_at_least_that(labelled):
    curve = curve_of(labelled)

    served = {score for score, _ in labelled if score > UNSERVED}
    assert list(curve.thresholds) == sorted(served, reverse=True)
    for index in range(len(curve)):
        point = curve.point(index)
        assert (point.right, point.wrong) == counted(labelled, point.threshold)
        assert curve.recalls[index] == point.right / max(point.equivalent, 1)
        assert curve.false_positive_rates[index] == point.wrong / max(point.different, 1)
        assert curve.false_hit_rates[index] == point.wrong / (point.right + point.wrong)
    labels = [label for _, label in labelled]
    assert (curve.equivalent, curve.different) == (sum(labels), len(labels) - sum(labels))


@settings(deadline=None)
@given(LABELLED, st.floats(-1.5, 1.5))
def test_point_at_any_threshold_counts_what_scores_at_least_that(labelled, threshold):
    point = curve_of(labelled).at_threshold(threshold)
    assert point.threshold == threshold
    assert (point.right, point.wrong) == counted(labelled, threshold)


@settings(deadline=None)
@given(LABELLED, st.integers(1, 10))
def test_threshold_for_a_recall_is_the_highest_that_reaches_it(labelled, tenths):
    curve, equivalent = curve_of(labelled), sum(label for _, label in labelled)

    point = curve.at_recall(tenths / 10)

    reaching = [
        threshold
        for threshold in curve.thresholds
        if (right := counted(labelled, threshold)[0]) and 10 * right >= tenths * equivalent
    ]
    assert (point and point.threshold) == max(reaching, default=None)


@settings(deadline=None)
@given(LABELLED, st.sampled_from([0.0, 0.1, 0.25, 0.5]))
def test_best_point_within_a_rate_has_the_most_recall(labelled, rate):
    point = curve_of(labelled).best_within(rate, z=0)

    within = [
        (right, threshold)
        for threshold in curve_of(labelled).thresholds
        for right, wrong in [counted(labelled, threshold)]
        if wrong <= rate * (right + wrong)
    ]
    # Of several with the same recall, the one with the fewest wrong hits.
    assert (point and (point.right, point.threshold)) == max(within, default=None)


@pytest.mark.parametrize(("wrong", "hits"), [(0, 1), (0, 80), (3, 100), (50, 50)])
def test_upper_bound_is_wilsons(wrong, hits):
    z = 1.281552
    curve = Curve.of([0.5] * hits, [False] * wrong + [True] * (hits - wrong))

    [bound] = curve.upper_false_hit_rates(z=z)

    # The largest share p of which the sample is no more than z standard deviations too low.
    far = (bound - wrong / hits) / math.sqrt(bound * (1 - bound) / hits) if bound < 1 else z
    assert far == pytest.approx(z)


def test_upper_bound_at_no_deviation_is_the_rate_itself():
    curve = Curve.of([0.9, 0.8, 0.7, 0.6], [True, False, True, False])
    assert np.allclose(curve.upper_false_hit_rates(z=0), curve.false_hit_rates)


def test_curve_is_empty_when_every_pair_is_refused():
    curve = Curve.of([UNSERVED, UNSERVED], [True, False])
    assert len(curve) == 0
    assert curve.at_recall(0.3) is None
    assert curve.best_within(0.5, z=0) is None
    assert curve.at_threshold(-1).false_hit_rate is None
    assert (curve.equivalent, curve.different) == (1, 1)


def test_rates_of_a_point_have_their_intervals():
    point = Curve.of([0.9] * 100, [True] * 98 + [False] * 2).point(0)
    assert point.recall.value == 1
    assert point.false_positive_rate.value == 1
    assert point.false_hit_rate.value == 0.02
    assert point.false_hit_rate.low < 0.02 < point.false_hit_rate.high < 0.08
