"""Time passing for a Redis, which tells its own time."""

from collections.abc import Sequence
from datetime import timedelta

import redis

from clocks import ManualClock


class AgingClock(ManualClock):
    """A clock that brings every expiry in some Redises nearer by as much as it is advanced."""

    def __init__(self, urls: Sequence[str]) -> None:
        super().__init__()
        self._clients = [redis.Redis.from_url(url) for url in urls]

    def advance(self, duration: timedelta) -> None:
        """Let time pass, here and there."""
        super().advance(duration)
        for client in self._clients:
            _age(client, duration)


def _age(client: redis.Redis, duration: timedelta) -> None:
    for key in client.scan_iter("nearhit:*", count=10_000):
        if key.endswith(b":expiries"):
            for member, score in client.zrange(key, 0, -1, withscores=True):
                client.zadd(key, {member: score - duration / timedelta(microseconds=1)})
        left = client.pttl(key)
        if left >= 0:
            client.pexpire(key, left - duration // timedelta(milliseconds=1))
