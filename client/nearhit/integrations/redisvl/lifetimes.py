"""Times to live as RedisVL takes them: whole seconds, 0 or None for no such thing."""

from datetime import timedelta
from operator import index


def checked_seconds(ttl: int | None) -> int | None:
    """`ttl`, which has to be a whole number of seconds or None.

    Raises TypeError for anything else, ValueError if it is negative.
    """
    if ttl is None:
        return None
    try:
        seconds = index(ttl)
    except TypeError:
        raise TypeError(f"ttl must be whole seconds, not {ttl!r}") from None
    if seconds < 0:
        raise ValueError(f"ttl must not be negative, as {seconds} is")
    return seconds


def lifetime(seconds: int | None) -> timedelta | None:
    """The time to live to send, None if there is none."""
    return timedelta(seconds=seconds) if seconds else None
