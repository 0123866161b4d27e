"""Where a cache with a rate serves, and how reports move that."""

from collections import Counter

import numpy as np
import pytest

from nearhit_server.core.quality.false_hits import rate
from nearhit_server.core.quality.operating_point import min_confidence, shift_of
from nearhit_server.core.quality.reports import Verdict
from nearhit_server.core.quality.tallies import verdicts
from nearhit_server.core.verification.calibration import Calibration, OperatingPoint, Weights

SEARCHES = 5_000
SETTLED_AFTER = 1_000
SURE = np.random.default_rng(0).beta(6, 1, size=50_000)
"""Confidences of nearest entries: most are near 1."""


def tallies(*, right=0, wrong=0, confidence=0.98):
    counts = Counter()
    counts[verdicts(Verdict.RIGHT, confidence)] += right
    counts[verdicts(Verdict.WRONG, confidence)] += wrong
    return counts


def calibration():
    """Of traffic in which a confidence says how often it is right."""
    return Calibration(
        encoder_identity="f" * 64,
        by_similarity=Weights(bias=0.0),
        unverified=Weights(bias=0.0),
        verified=Weights(bias=0.0),
        highest_logit=5.0,
        same_wording=0.95,
        least_similarity=0.7,
        operating_points=tuple(
            OperatingPoint(confidence, float(1 - SURE[confidence <= SURE].mean()))
            for confidence in np.linspace(0.999, 0.2, 200)
        ),
    )


def test_without_reports_nothing_is_shifted():
    assert shift_of({}) == 0.0
    assert shift_of({"searches": 9, "right:unknown": 5, "wrong:unknown": 7}) == 0.0


def test_more_right_reports_make_a_cache_looser_within_bounds():
    shifts = [shift_of(tallies(right=count)) for count in (1, 50, 500, 100_000)]
    assert shifts == sorted(shifts)
    assert 0 < shifts[1] < shifts[-1] <= 1.0


def test_wrong_reports_make_a_cache_stricter_within_bounds():
    shifts = [shift_of(tallies(right=50, wrong=count)) for count in (0, 5, 25, 1_000_000)]
    assert shifts == sorted(shifts, reverse=True)
    assert shifts[1] < 0
    assert shifts[-1] >= -4.0


def test_reports_as_expected_change_little():
    assert abs(shift_of(tallies(right=9_800, wrong=200))) < 0.3


def test_operating_point_follows_the_rate():
    points = [min_confidence(calibration(), allowed, {}) for allowed in (0.3, 0.1, 0.02)]
    assert points == sorted(points)
    assert min_confidence(calibration(), 0.1, tallies(wrong=50)) > points[1]
    assert min_confidence(calibration(), 0.1, tallies(right=500)) < points[1]


def test_rate_that_nothing_bears_out_serves_nothing():
    assert min_confidence(calibration(), 0.0001, {}) > 1


def stream(seed, *, allowed, log_odds_off):
    """The share of wrong hits after a settling time, and whether the interval that is shown in
    the end contains that of all hits. Reports come for a tenth of the hits."""
    choice = np.random.default_rng(seed)
    counts, served, late = Counter(), [], []
    bar = min_confidence(calibration(), allowed, counts)
    for number in range(SEARCHES):
        confidence = choice.beta(6, 1)
        odds = confidence / (1 - confidence) * np.exp(log_odds_off)
        right = choice.random() < odds / (1 + odds)
        if confidence < bar:
            continue
        served.append(right)
        if number >= SETTLED_AFTER:
            late.append(right)
        if choice.random() < 0.1:
            counts[verdicts(Verdict.RIGHT if right else Verdict.WRONG, confidence)] += 1
            bar = min_confidence(calibration(), allowed, counts)
    wrong = sum(count for name, count in counts.items() if name.startswith("wrong"))
    shown = rate(wrong, counts.total())
    true = 1 - np.mean(served)
    return 1 - np.mean(late), shown is None or shown.low <= true <= shown.high


@pytest.mark.slow
@pytest.mark.parametrize("log_odds_off", [0.0, 0.5, 1.0])
def test_false_hit_rate_of_a_stream_stays_within_what_is_allowed(log_odds_off):
    runs = [stream(seed, allowed=0.02, log_odds_off=log_odds_off) for seed in range(20)]
    assert sum(late <= 0.02 for late, _ in runs) >= 18
    assert sum(covered for _, covered in runs) >= 18
