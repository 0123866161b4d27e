"""Pauses between restarts."""

from nearhit_server.workers.backoff import Backoff


def test_pauses_grow_to_half_a_minute_while_workers_end_young():
    backoff = Backoff()
    pauses = [backoff.pause_seconds(served_seconds=1) for _ in range(12)]
    for number, pause in enumerate(pauses):
        longest = min(0.5 * 2**number, 30)
        assert longest / 2 <= pause <= longest


def test_pause_is_short_again_after_a_worker_that_has_served_for_long():
    backoff = Backoff()
    for _ in range(12):
        backoff.pause_seconds(served_seconds=1)
    assert backoff.pause_seconds(served_seconds=60) <= 0.5


def test_workers_that_end_together_do_not_come_back_together():
    assert len({Backoff().pause_seconds(served_seconds=1) for _ in range(100)}) > 50
