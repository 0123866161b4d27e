"""How long to wait before a worker is started again."""

from random import uniform
from typing import Final

_FIRST_SECONDS: Final = 0.5
_LONGEST_SECONDS: Final = 30.0

_STEADY_SECONDS: Final = 60.0
"""A worker that has served for so long did not end because of how it was started."""


class Backoff:
    """Pauses that double each time a worker ends young, up to half a minute."""

    def __init__(self) -> None:
        self._next_seconds = _FIRST_SECONDS

    def pause_seconds(self, *, served_seconds: float) -> float:
        """The pause after a worker that has served for so long."""
        if served_seconds >= _STEADY_SECONDS:
            self._next_seconds = _FIRST_SECONDS
        pause_seconds = self._next_seconds
        self._next_seconds = min(2 * pause_seconds, _LONGEST_SECONDS)
        # By chance a little less: workers that end together should not all load their models at
        # the same moment, again and again.
        return pause_seconds * uniform(0.5, 1)
