"""What rate and burst come to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearhit_server.rate_limits import Limit


@pytest.mark.parametrize(
    ("rate", "burst", "calls", "window_seconds", "block"),
    [
        (100, None, 100, 1, 5),
        (100, 10, 100, 1, 5),
        (100, 250, 300, 3, 5),
        (5, None, 5, 1, 1),
        (2.5, None, 5, 2, 1),
        (0.5, None, 1, 2, 1),
        (0.3, None, 1, 4, 1),
        (0.29, 29, 29, 100, 1),
        (1_000_000, None, 1_000_000, 1, 50_000),
    ],
)
def test_limit_has_the_window_of_its_burst(rate, burst, calls, window_seconds, block):
    limit = Limit.of(rate, burst)
    assert limit == Limit(calls=calls, window_seconds=window_seconds, block=block)


@given(
    rate=st.floats(1e-6, 1_000_000),
    burst=st.one_of(st.none(), st.integers(1, 10_000_000)),
)
def test_limit_keeps_to_its_rate_and_allows_its_burst(rate, burst):
    limit = Limit.of(rate, burst)
    assert limit.calls / limit.window_seconds <= rate * (1 + 1e-12)
    assert limit.calls >= (burst or 1)
    assert 1 <= limit.block <= limit.calls
