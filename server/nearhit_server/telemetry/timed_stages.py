"""When the stages of a call were."""

from typing import NamedTuple

from nearhit_server.core.observing import Stage


class TimedStage(NamedTuple):
    """A stage that has ended. Times are of time.perf_counter()."""

    stage: Stage
    started: float
    ended: float
