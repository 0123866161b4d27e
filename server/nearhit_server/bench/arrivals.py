"""When calls are due that come at a fixed rate, whatever became of those before."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from nearhit_server.bench.settings import Arrivals, Load, Session

_BATCH: Final = 1_024


def due_seconds(load: Load, session: Session) -> Iterator[float]:
    """When each call of one process is due, in seconds after the start, to the end of the run.

    Poisson processes add up to one of the sum of their rates, and evenly spaced ones of several
    processes are laid between each other, so the number of processes changes nothing.
    """
    assert load.rate is not None
    offsets = (
        _poisson(load.rate, np.random.default_rng([session.seed, session.process, 1]))
        if load.arrivals is Arrivals.POISSON
        else _uniform(load.rate, session.process / session.processes)
    )
    for offset in offsets:
        if offset >= load.total_seconds:
            return
        yield offset


def _poisson(rate: float, random: np.random.Generator) -> Iterator[float]:
    now = 0.0
    while True:
        for gap in random.exponential(1 / rate, _BATCH).tolist():
            now += gap
            yield now


def _uniform(rate: float, first: float) -> Iterator[float]:
    number = 0
    while True:
        yield (number + first) / rate
        number += 1
