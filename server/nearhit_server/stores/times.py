"""Times between the domain (UTC datetimes) and stores (integer microseconds)."""

from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)

NEVER_US: Final = (1 << 63) - 1
"""Stands for "does not expire" where times are compared as 64-bit integers."""


def to_microseconds(time: datetime) -> int:
    """Microseconds since 1970, exact: a datetime has no finer resolution."""
    return (time - _EPOCH) // _MICROSECOND


def from_microseconds(microseconds: int) -> datetime:
    """The reverse of `to_microseconds`, with time zone UTC."""
    return _EPOCH + timedelta(microseconds=microseconds)


def optional_to_microseconds(time: datetime | None) -> int | None:
    """`to_microseconds`, None for None."""
    return None if time is None else to_microseconds(time)


def optional_from_microseconds(microseconds: int | None) -> datetime | None:
    """`from_microseconds`, None for None."""
    return None if microseconds is None else from_microseconds(microseconds)


def optional_duration_to_microseconds(duration: timedelta | None) -> int | None:
    """A duration in microseconds, exact; None for None."""
    return None if duration is None else duration // _MICROSECOND


def optional_duration_from_microseconds(microseconds: int | None) -> timedelta | None:
    """The reverse of `optional_duration_to_microseconds`."""
    return None if microseconds is None else timedelta(microseconds=microseconds)


def expiry_to_microseconds(expires_at: datetime | None) -> int:
    """A time of expiry for comparing: NEVER_US for None."""
    return NEVER_US if expires_at is None else to_microseconds(expires_at)


def expiry_of_column(expires_us: int | None) -> int:
    """A time of expiry as a store has it for comparing: NEVER_US for none."""
    return NEVER_US if expires_us is None else expires_us
