"""The time of day."""

from datetime import UTC, datetime


class SystemClock:
    """A Clock that tells the machine's time."""

    def now(self) -> datetime:
        """Now, in UTC."""
        return datetime.now(UTC)
