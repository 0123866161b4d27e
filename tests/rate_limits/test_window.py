"""What follows from a window as it was read."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nearhit_server.rate_limits.limit import Limit
from nearhit_server.rate_limits.window import Window

LIMIT = Limit(calls=10, window_seconds=10, block=1)


def window(**values):
    return Window(limit=LIMIT, read_at=1_000, **values)


@pytest.mark.parametrize(
    ("after", "room"),
    # Until 5 the first counter fades beside the second, then the second alone until 15.
    [(0, 2), (2, 4), (4, 6), (5, 6), (8.9, 8), (12, 9), (13, 10), (99, 10)],
)
def test_window_fades_as_time_goes_by(after, room):
    read = window(previous=8, previous_ttl=5, current=4, current_ttl=15)
    assert read.room(1_000 + after) == room


def test_window_of_nothing_has_room_for_everything():
    assert window().room(1_000) == 10
    assert window().seconds_until_room(10, 1_000) == 0
    assert window().seconds_until_empty(1_000) == 0


def test_calls_taken_since_count_as_read():
    assert window(current=4, current_ttl=15).plus(3).room(1_000) == 3


def test_window_is_empty_when_its_last_counter_is_over():
    assert window(previous=8, previous_ttl=5).seconds_until_empty(1_002) == 3
    assert window(previous=8, previous_ttl=5, current=1, current_ttl=15).seconds_until_empty(
        1_002
    ) == pytest.approx(13)


@example(previous=0, current=1, ends_in=1.0, calls=10, elapsed=1.0)
@given(
    previous=st.integers(0, 10),
    current=st.integers(0, 10),
    ends_in=st.floats(0.1, 10),
    calls=st.integers(1, 10),
    elapsed=st.floats(0, 30),
)
def test_room_comes_when_it_was_told_and_not_sooner(previous, current, ends_in, calls, elapsed):
    read = window(
        previous=previous, previous_ttl=ends_in, current=current, current_ttl=10 + ends_in
    )
    now = 1_000 + elapsed
    wait = read.seconds_until_room(calls, now)
    assert read.room(now + wait) >= calls
    if wait > 0.01:
        assert read.room(now + wait - 0.01) < calls
