"""Shares with their intervals."""

import numpy as np
import pytest
from scipy.stats import binomtest

from nearhit_server.core.quality.false_hits import rate


@pytest.mark.parametrize(("part", "whole"), [(0, 1), (1, 1), (0, 200), (4, 200), (37, 91)])
def test_interval_is_wilsons(part, whole):
    expected = binomtest(part, whole).proportion_ci(method="wilson")
    found = rate(part, whole)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-6)
    assert found.value == part / whole
    assert 0 <= found.low <= found.value <= found.high <= 1


def test_without_a_sample_there_is_no_rate():
    assert rate(0, 0) is None


def test_interval_contains_the_true_share_in_about_19_of_20_samples():
    draws = np.random.default_rng(1).binomial(200, 0.02, size=4_000)
    found = [rate(int(wrong), 200) for wrong in draws]
    assert 0.93 < np.mean([each.low <= 0.02 <= each.high for each in found]) < 0.99
