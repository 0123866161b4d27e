"""What a rate limit means.

Settings name a rate R, calls a second for each key and cache, and a burst B, calls that may come
at once: by default a second's worth, and never less. Calls are counted in windows of B / R
seconds, rounded up to whole ones, and a window has room for the R times its length calls, rounded
down, that the rate allows in it.

How many of them are used up is a sliding window's estimate: the calls of this window, and those
of the one before for the part of it that a window ending now would still cover. So at most a
window's calls come at once, and in any T seconds at most that many and R * T more. A log of every
call would be exact, but takes memory for each; this takes two counters.

Replicas count together. Each takes room in blocks, a twentieth of a second's calls, and spends
them without asking; what it has not spent after a second lapses. So a key and cache cost it some
twenty round trips a second, however many calls there are; a caller who is spread thinly over N
replicas may lose N twentieths of the rate to lapsed blocks, and a block may be spent up to a
second after it was counted. Nobody gets more room than there is.
"""

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import Final

BLOCKS_A_SECOND: Final = 20


@dataclass(frozen=True, kw_only=True)
class Limit:
    """At most `calls` in a window of `window_seconds`, taken `block` at a time."""

    calls: int
    window_seconds: int
    block: int

    @classmethod
    def of(cls, rate: float, burst: int | None = None) -> "Limit":
        """The limit for `rate` calls a second, of which `burst` may come at once."""
        # As it is written: 0.29 * 100 is less than 29 in binary.
        exact = Fraction(str(rate))
        window_seconds = max(1, ceil((burst or ceil(exact)) / exact))
        return cls(
            calls=floor(exact * window_seconds),
            window_seconds=window_seconds,
            block=max(1, floor(exact / BLOCKS_A_SECOND)),
        )
