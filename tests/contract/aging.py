"""Time passing for a Redis, which tells its own time."""

from datetime import timedelta

import redis

from clocks import ManualClock


class AgingClock(ManualClock):
    """A clock that brings every expiry in a Redis nearer by as much as it is advanced."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._client = redis.Redis.from_url(url)

    def advance(self, duration: timedelta) -> None:
        """Let time pass, here and there."""
        super().advance(duration)
        milliseconds = duration // timedelta(milliseconds=1)
        for key in self._client.scan_iter("nearhit:*", count=10_000):
            if key.endswith(b":expiries"):
                self._age_scores(key, duration)
            left = self._client.pttl(key)
            if left >= 0:
                self._client.pexpire(key, left - milliseconds)

    def _age_scores(self, key: bytes, duration: timedelta) -> None:
        for member, score in self._client.zrange(key, 0, -1, withscores=True):
            self._client.zadd(key, {member: score - duration / timedelta(microseconds=1)})
