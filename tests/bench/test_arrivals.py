"""When calls are due, and which prompts they repeat."""

from collections import Counter
from itertools import islice

import numpy as np
import pytest

from nearhit_server.bench.arrivals import due_seconds
from nearhit_server.bench.settings import Arrivals, Load, Session
from nearhit_server.bench.zipf import ranks


def due(arrivals: Arrivals, *, processes: int = 1) -> list[float]:
    """The times of all processes, for 100 calls a second over 50 s."""
    load = Load(
        rate=100.0,
        arrivals=arrivals,
        duration_seconds=40.0,
        warmup_seconds=10.0,
        processes=processes,
    )
    return sorted(
        time
        for process in range(processes)
        for time in due_seconds(
            load.of_process(process),
            Session("c", 1, 0, 1.0, process=process, processes=processes),
        )
    )


@pytest.mark.parametrize("processes", [1, 3])
def test_uniform_arrivals_are_evenly_spaced_whatever_the_processes(processes):
    times = due(Arrivals.UNIFORM, processes=processes)
    assert times == pytest.approx(np.arange(5_000) / 100)


@pytest.mark.parametrize("processes", [1, 3])
def test_poisson_gaps_vary_as_much_as_they_last(processes):
    gaps = np.diff(due(Arrivals.POISSON, processes=processes))
    assert np.mean(gaps) == pytest.approx(0.01, rel=0.1)
    assert np.std(gaps) == pytest.approx(0.01, rel=0.1)


def test_parts_of_a_closed_loop_add_up():
    load = Load(concurrency=10, processes=4)
    assert [load.of_process(process).concurrency for process in range(4)] == [3, 3, 2, 2]


@pytest.mark.parametrize("exponent", [0.0, 1.0, 2.0])
def test_ranks_follow_the_power_law(exponent):
    drawn = Counter(islice(ranks(20, exponent, np.random.default_rng(1)), 50_000))
    weights = np.arange(1, 21) ** -exponent
    expected = 50_000 * weights / weights.sum()
    for rank, count in enumerate(expected):
        assert drawn[rank] == pytest.approx(count, abs=5 * count**0.5)
    assert set(drawn) <= set(range(20))
