"""Histograms of latencies."""

import numpy as np
import pytest

from nearhit_server.bench.histograms import (
    encoded,
    merged,
    milliseconds,
    new_histogram,
    quantiles,
    record,
)

SECONDS = np.random.default_rng(1).lognormal(-6, 1, 20_000)


def histogram_of(seconds):
    histogram = new_histogram()
    for value in seconds:
        record(histogram, float(value))
    return histogram


def test_percentiles_are_right_to_three_digits():
    found = milliseconds(histogram_of(SECONDS))
    assert found["count"] == 20_000
    assert found["max"] == pytest.approx(SECONDS.max() * 1_000, rel=2e-3)
    assert found["mean"] == pytest.approx(SECONDS.mean() * 1_000, rel=2e-3)
    for name in ("p50", "p90", "p99", "p99.9", "p99.99"):
        exact = np.percentile(SECONDS, float(name[1:]), method="closest_observation") * 1_000
        assert found[name] == pytest.approx(exact, rel=2e-3)


def test_merged_parts_are_the_whole_when_some_are_encoded():
    whole = histogram_of(SECONDS)
    first, second = histogram_of(SECONDS[:300]), histogram_of(SECONDS[300:])
    together = merged([encoded(first), second])
    assert milliseconds(together) == milliseconds(whole)
    # Which an average of percentiles would miss by far.
    assert encoded(merged([encoded(whole)])) == encoded(whole)


def test_percentile_is_unknown_when_too_few_calls_were_made():
    found = milliseconds(histogram_of(SECONDS[:100]))
    assert found["p99"] is not None
    assert found["p99.9"] is None
    assert milliseconds(new_histogram())["p50"] is None


def test_durations_out_of_range_count_at_its_ends():
    found = milliseconds(histogram_of([-1e-9, 10_000.0]))
    assert found["count"] == 2
    assert found["max"] == pytest.approx(3_600_000, rel=1e-3)


def test_quantiles_are_those_of_the_values():
    shares = np.array([0.0, 0.5, 0.99, 1.0])
    exact = np.quantile(SECONDS, shares, method="inverted_cdf") * 1_000
    assert quantiles(histogram_of(SECONDS), shares) == pytest.approx(exact, rel=2e-3, abs=1e-3)


@pytest.mark.parametrize("text", ["", "nonsense", "HISTFAAAABx4nJNpmSzMwMD", "ünïcode"])
def test_broken_histogram_is_a_value_error(text):
    with pytest.raises(ValueError, match="cannot be read"):
        merged([text])
