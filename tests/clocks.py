"""A clock that a test sets."""

from datetime import UTC, datetime, timedelta


class ManualClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self._now = datetime(2024, 5, 17, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self._now

    def advance(self, duration: timedelta) -> None:
        self._now += duration
